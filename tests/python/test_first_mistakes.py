"""What a driver developer gets wrong first, and what he is told: asked, found, what to do."""

import pytest

import wsksim
from wsksim import wsk

CONNECTION = (wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.WSK_FLAG_CONNECTION_SOCKET, None, None)


@pytest.fixture
def npi():
    """The provider as a client captured it."""
    with wsksim.Subsystem() as subsystem:
        registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        yield subsystem.WskCaptureProviderNPI(registration, wsk.WSK_NO_WAIT)[1]


@pytest.mark.parametrize("name", [name for name in dir(wsk.WSK_PROVIDER_DISPATCH) if name.startswith("Wsk")])
@pytest.mark.parametrize("count", [1, 3, 14])
def test_client_given_twice_is_named(npi, name, count):
    with pytest.raises(TypeError) as raised:
        getattr(npi, name)(npi.Client, *[None] * (count - 1))
    text = str(raised.value)
    assert text.startswith(f"{name}: asked for what follows Client, which npi.{name} passes itself; found a WSK_CLIENT")
    assert f"npi.Dispatch.{name}(npi.Client, ...)" in text


def test_client_given_by_name_is_the_same_mistake(npi):
    with pytest.raises(TypeError, match="passes itself"):
        npi.WskSocket(*CONNECTION, Client=npi.Client)


def test_both_documented_ways_to_call_work(npi):
    for call, first in ((npi.WskSocket, ()), (npi.Dispatch.WskSocket, (npi.Client,)), (wsk.WskSocket, (npi.Client,))):
        irp = wsk.IRP()
        assert call(*first, *CONNECTION, Irp=irp) == wsk.STATUS_SUCCESS
        irp.IoStatus.Information.WskCloseSocket(wsk.IRP())


@pytest.mark.parametrize("before", range(3))
def test_irp_in_a_slot_before_its_own_is_named(npi, before):
    slot = ("OwningProcess", "OwningThread", "SecurityDescriptor")[before]
    with pytest.raises(TypeError) as raised:
        npi.WskSocket(*CONNECTION, *[None] * before, wsk.IRP())
    assert f"as {slot}; found an IRP; Irp is the last parameter" in str(raised.value)


def test_irp_as_owning_process_of_other_functions_is_named(npi):
    irp, found = wsk.IRP(), wsk.Out()
    for call in (
        lambda: npi.WskSocketConnect(1, 6, wsk.SOCKADDR_IN(), wsk.SOCKADDR_IN(), 0, None, None, irp),
        lambda: npi.WskGetAddressInfo("127.0.0.1", None, wsk.NS_ALL, None, None, found, irp),
        lambda: npi.WskGetNameInfo(wsk.SOCKADDR_IN(), 16, found, None, 0, irp),
    ):
        with pytest.raises(TypeError, match="OwningProcess; found an IRP"):
            call()
    assert not irp.in_use


def test_anything_else_is_ignored_there(npi):
    assert npi.WskSocket(*CONNECTION, object(), object(), object(), wsk.IRP()) == wsk.STATUS_SUCCESS


@pytest.mark.parametrize("name", [name for name in dir(wsksim.Subsystem) if name.startswith("Wsk")])
def test_function_of_the_subsystem_is_not_in_the_module_and_the_error_says_where(name):
    with pytest.raises(AttributeError) as raised:
        getattr(wsk, name)
    assert str(raised.value).startswith(f"wsksim.wsk: asked for {name}; it belongs to the machine")
    assert f"subsystem.{name}(...)" in str(raised.value)


@pytest.mark.parametrize("name", ["htons", "ntohs", "htonl", "ntohl"])
def test_byte_order_of_sockets_is_not_in_the_module_and_the_error_says_why(name):
    with pytest.raises(AttributeError, match="80 is port 80"):
        getattr(wsk, name)


def test_other_names_are_missing_as_in_any_module():
    with pytest.raises(AttributeError, match=r"^module 'wsksim\.wsk' has no attribute 'WskSockt'$") as raised:
        _ = wsk.WskSockt
    assert (raised.value.name, raised.value.obj) == ("WskSockt", wsk)
    assert not hasattr(wsk, "_WskSocket")


def test_statuses_print_as_people_read_them(npi):
    irp = wsk.IRP()
    assert npi.WskSocket(*CONNECTION[:-1], wsk.WSK_CLIENT_CONNECTION_DISPATCH(), Irp=irp) == wsk.STATUS_SUCCESS
    irp.IoStatus.Information = 0
    assert repr(irp.IoStatus) == "IO_STATUS_BLOCK(Status=0x00000000 (STATUS_SUCCESS), Information=0)"
    assert repr(irp) == "<IRP completed with 0x00000000 (STATUS_SUCCESS)>"
    assert "Status=0xC0FFEE00," in repr(wsk.IO_STATUS_BLOCK(0xC0FFEE00))
    assert "Status='none'," in repr(wsk.IO_STATUS_BLOCK("none"))


def test_remote_end_that_was_refused_says_so():
    said = pytest.raises(wsksim.RemoteError, match=r"connect: asked for .*; it answered 0xC0000236 \(STATUS_CONN")
    with wsksim.Subsystem() as subsystem, said:
        subsystem.network.connect(wsk.SOCKADDR_IN(wsk.AF_INET, 80, "127.0.0.1"))


@pytest.mark.parametrize(
    ("returned", "text"), [(0x103, "it returned 0x00000103 (STATUS_PENDING)"), (0xC0FFEE00, "it returned 0xC0FFEE00")]
)
def test_finding_shows_a_status_with_its_name_if_it_has_one(returned, text):
    with wsksim.Subsystem() as subsystem:
        subsystem.connect(1, lambda context, flags: returned).remote.abort()
        subsystem.dispatch()
        (finding,) = subsystem.findings
    assert finding.found == text


class TestNames:
    """Names of C that are written in the first lines of a driver."""

    def test_numbers(self):
        assert (wsk.NS_ALL, wsk.AF_UNSPEC, wsk.INADDR_ANY, wsk.INADDR_LOOPBACK) == (0, 0, 0, 0x7F000001)
        assert wsk.INADDR_NONE == wsk.INADDR_BROADCAST == 0xFFFFFFFF

    def test_addresses_are_what_the_structures_take(self):
        assert wsk.SOCKADDR_IN(wsk.AF_INET, 7, wsk.INADDR_LOOPBACK).sin_addr == "127.0.0.1"
        assert wsk.SOCKADDR_IN(wsk.AF_INET, 7, wsk.INADDR_ANY) == wsk.SOCKADDR_IN(wsk.AF_INET, 7)
        assert wsk.SOCKADDR_IN6(sin6_addr=wsk.in6addr_loopback).sin6_addr == "::1"
        assert wsk.SOCKADDR_IN6(sin6_addr=wsk.in6addr_any) == wsk.SOCKADDR_IN6()

    def test_byte_swaps(self):
        assert wsk.RtlUshortByteSwap(0x1234) == 0x3412
        assert wsk.RtlUlongByteSwap(0x12345678) == 0x78563412
        assert wsk.RtlUshortByteSwap(wsk.RtlUshortByteSwap(80)) == 80
        for swap, wide in ((wsk.RtlUshortByteSwap, 1 << 16), (wsk.RtlUlongByteSwap, 1 << 32)):
            for number in (-1, wide):
                with pytest.raises(ValueError, match="pass one that fits"):
                    swap(number)

    @pytest.mark.parametrize(
        ("text", "length", "room"), [("", 0, 2), ("127.0.0.1", 18, 20), ("\U0001f5a7", 4, 6), (None, 0, 0)]
    )
    def test_counted_string(self, text, length, room):
        name = wsk.UNICODE_STRING()
        wsk.RtlInitUnicodeString(name, text)
        assert (name.Length, name.MaximumLength, name.Buffer) == (length, room, text)
        assert wsk.sizeof(name) == 16

    def test_counted_string_counts_no_more_than_a_ushort(self):
        name = wsk.UNICODE_STRING()
        wsk.RtlInitUnicodeString(name, "x" * 32_766)
        assert name.MaximumLength == 65_534
        with pytest.raises(ValueError, match="Length counts 65532 at most"):
            wsk.RtlInitUnicodeString(name, "x" * 32_767)
        assert name.Length == 65_532

    def test_names_may_be_counted_strings(self, npi):
        node, service, found, irp = wsk.UNICODE_STRING(), wsk.UNICODE_STRING(), wsk.Out(), wsk.IRP()
        wsk.RtlInitUnicodeString(node, "127.0.0.1 and more")
        wsk.RtlInitUnicodeString(service, "7")
        node.Length = 18
        assert npi.WskGetAddressInfo(node, service, wsk.NS_ALL, None, None, found, Irp=irp) == wsk.STATUS_SUCCESS
        assert found.value.ai_addr == wsk.SOCKADDR_IN(wsk.AF_INET, 7, "127.0.0.1")

    @pytest.mark.parametrize("length", [3, 20, -2])
    def test_counted_string_with_a_wrong_length_is_refused(self, npi, length):
        name, irp = wsk.UNICODE_STRING(length, 20, "127.0.0.1"), wsk.IRP()
        asked = npi.WskGetAddressInfo(name, None, wsk.NS_ALL, None, None, wsk.Out(), Irp=irp)
        assert asked == irp.IoStatus.Status == wsk.STATUS_INVALID_PARAMETER

    def test_mdl_is_allocated_built_and_freed(self):
        memory = bytearray(b"some bytes")
        mdl = wsk.IoAllocateMdl(memory, 4)
        wsk.MmBuildMdlForNonPagedPool(mdl)
        assert bytes(wsk.MmGetSystemAddressForMdlSafe(mdl)) == b"some"
        with pytest.raises(BufferError):
            memory.append(0)
        wsk.IoFreeMdl(mdl)
        memory.append(0)
        assert wsk.MmGetMdlByteCount(mdl) == 0
        wsk.IoFreeMdl(mdl)
