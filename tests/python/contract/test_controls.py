"""Operations of clients and sockets that no T-number names: transports, names, ioctls, datagrams, send backlog."""

import ctypes
import ipaddress

import pytest

from harness import CTX, DISC, Ears, at, data, ok
from wsksim import wsk
from wsksim.wsk import Out

INVALID = wsk.STATUS_INVALID_PARAMETER
OVERFLOW = wsk.STATUS_BUFFER_OVERFLOW


def test_list_of_transports(world):
    needed, found = Out(), Out()
    query = (wsk.WSK_TRANSPORT_LIST_QUERY, 0, None)
    assert world.npi.WskControlClient(*query, 0, None, needed, None) == OVERFLOW
    assert needed.value % wsk.sizeof(wsk.WSK_TRANSPORT) == 0 != needed.value
    assert world.npi.WskControlClient(*query, needed.value, found, needed, None) == ok
    kinds = {(one.SocketType, one.Protocol, one.AddressFamily) for one in found.value}
    assert (wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.AF_INET) in kinds
    assert (wsk.SOCK_DGRAM, wsk.IPPROTO_UDP, wsk.AF_INET6) in kinds
    irp = wsk.IRP()
    assert world.npi.WskControlClient(*query, 0, None, None, irp) == INVALID
    assert irp.is_completed


@pytest.mark.rule("O-18")
def test_change_of_the_list_of_transports(world):
    change = (wsk.WSK_TRANSPORT_LIST_CHANGE, 0, None, 0, None, None)
    assert world.npi.WskControlClient(*change, None) == INVALID
    request = world.ask(world.npi.WskControlClient, *change)
    assert request.returned == wsk.STATUS_PENDING
    world.net.change_transports()
    world.drive()
    assert request.check().status == ok


def test_transport_driver_interface_operations_are_checked(world):
    behave, mapping = (wsk.WSK_TDI_BEHAVIOR, 4), (wsk.WSK_TDI_DEVICENAME_MAPPING, 16)
    assert world.npi.WskControlClient(*behave, wsk.WSK_TDI_BEHAVIOR_BYPASS_TDI, 0, None, None, None) == ok
    assert world.npi.WskControlClient(*behave, None, 0, None, None, None) == INVALID
    assert world.npi.WskControlClient(*mapping, [(6, 2, 1, "\\Device\\Tcp")], 0, None, None, None) == ok
    assert world.npi.WskControlClient(*mapping, None, 0, None, None, None) == INVALID


def test_literal_names(world):
    result = Out()
    arguments = ("::1", "443", 0, None, None, result, None, None)
    assert world.do(world.npi.WskGetAddressInfo, *arguments).status == ok
    found = result.value
    assert (found.ai_family, found.ai_addrlen, found.ai_next) == (wsk.AF_INET6, 28, None)
    assert found.ai_addr == wsk.SOCKADDR_IN6(sin6_addr="::1", sin6_port=443)
    world.npi.WskFreeAddressInfo(found)
    with pytest.raises(TypeError):
        world.npi.WskFreeAddressInfo("no list")
    for node, service, hints in (("name.example", None, None), ("127.0.0.1", "http", None), ("::1", "1", wsk.AF_INET)):
        hint = None if hints is None else wsk.ADDRINFOEXW(ai_family=hints)
        arguments = (node, service, 0, None, hint, result, None, None)
        assert world.do(world.npi.WskGetAddressInfo, *arguments).status == wsk.STATUS_NOT_FOUND
    node, service = Out(), Out()
    assert world.do(world.npi.WskGetNameInfo, at(80), 16, node, service, 0, None, None).status == ok
    assert (node.value, service.value) == ("127.0.0.1", "80")


def test_queries_of_a_connection(world):
    pair = world.pair()
    for code in (wsk.SIO_WSK_QUERY_IDEAL_SEND_BACKLOG, wsk.SIO_WSK_QUERY_RECEIVE_BACKLOG):
        raw, returned = bytearray(8), Out()
        request = world.do(pair.a.WskControlSocket, wsk.WskIoctl, code, 0, 0, None, 8, raw, returned)
        assert (request.status, request.information, returned.value) == (ok, 8, 8)
        short = (wsk.WskIoctl, code, 0, 0, None, 4, bytearray(4), None)
        assert not wsk.NT_SUCCESS(world.do(pair.a.WskControlSocket, *short).status)
    assert world.send(pair.b, b"12345").status == ok
    raw = bytearray(8)
    code = wsk.SIO_WSK_QUERY_RECEIVE_BACKLOG
    assert world.do(pair.a.WskControlSocket, wsk.WskIoctl, code, 0, 0, None, 8, raw, None).status == ok
    assert int.from_bytes(raw, "little") == 5


def test_list_of_addresses(world):
    out, needed = Out(), Out()
    query = (wsk.WskIoctl, wsk.SIO_ADDRESS_LIST_QUERY, 0, 0, None)
    socket = world.pair().a
    assert socket.WskControlSocket(*query, 0, None, needed, None) == OVERFLOW
    assert socket.WskControlSocket(*query, 4096, out, needed, None) == ok
    assert all(isinstance(one, wsk.SOCKADDR_IN) for one in out.value)
    assert needed.value == 8 + 32 * len(out.value)
    order = [at(address="192.0.2.9"), at(address="192.0.2.1")]
    sort = (wsk.WskIoctl, wsk.SIO_ADDRESS_LIST_SORT, 0, 0, order, 4096, out, needed)
    assert socket.WskControlSocket(*sort, None) == ok
    assert sorted(one.sin_addr for one in out.value) == ["192.0.2.1", "192.0.2.9"]


@pytest.mark.rule("I-7", "I-9", "L-12")
def test_datagrams(world):
    socket, far, sender = world.datagram(), world.net.datagram(at()), wsk.SOCKADDR_IN()
    address = world.address(socket)
    early = data(4)
    flags, length = Out(), Out()
    waiting = world.ask(socket.WskReceiveFrom, early, 0, sender, length, None, flags)
    assert waiting.returned == wsk.STATUS_PENDING
    far.send_to(b"longer than four", address)
    world.drive()
    assert waiting.check().information == 4
    assert (early.tobytes(), sender, length.value) == (b"long", far.address, 0)
    assert flags.value & wsk.MSG_TRUNC
    assert world.do(socket.WskSendTo, data(b"to you"), 0, far.address, 0, None).information == 6
    assert far.receive_from() == (b"to you", address)
    fixed = (wsk.WskIoctl, wsk.SIO_WSK_SET_SENDTO_ADDRESS, 0, 16, far.address, 0, None, None)
    assert world.do(socket.WskControlSocket, *fixed).status == ok
    two = wsk.WSK_BUF_LIST(wsk.WSK_BUF_LIST(None, data(b"second")), data(b"first"))
    assert world.do(socket.WskSendMessages, two, 0, None, 0, None).information == 11
    assert [far.receive_from()[0] for _ in "ab"] == [b"first", b"second"]
    unbound = world.datagram(bound=False)
    assert (
        world.do(unbound.WskReceiveFrom, data(4), 0, None, None, None, None).status == wsk.STATUS_INVALID_DEVICE_STATE
    )


@pytest.mark.parametrize("world", [{"window": 16}], indirect=True, ids=["window-16"])
def test_send_backlog_event(world):
    pair = world.pair(wsk.WSK_EVENT_SEND_BACKLOG)
    request = world.ask(pair.a.WskSend, data(64), 0)
    assert request.returned == wsk.STATUS_PENDING
    world.drive()
    assert pair.ears.backlog
    assert all(size > 0 for size in pair.ears.backlog)
    assert world.close(pair.a) == ok


@pytest.mark.rule("O-3", "L-4")
def test_ipv6(world):
    listener = world.net.listen(wsk.SOCKADDR_IN6(sin6_addr="::1"))
    ears, anywhere = Ears(), wsk.SOCKADDR_IN6()
    arguments = (wsk.SOCK_STREAM, wsk.IPPROTO_TCP, anywhere, listener.address, 0, CTX, ears.table, None, None, None)
    request = world.do(world.npi.WskSocketConnect, *arguments)
    assert request.status == ok
    far, found = listener.accept(), wsk.SOCKADDR_IN6()
    assert world.do(request.information.WskGetRemoteAddress, found).status == ok
    assert found == listener.address
    assert world.en(request.information, DISC) == ok
    far.abort()
    world.drive()
    assert ears.ev == [(CTX, 1)]


def test_scattered_buffers(world):
    pair = world.pair()
    first, second = bytearray(3), bytearray(8)
    mdl = wsk.MDL(first, wsk.MDL(second))
    assert wsk.MmGetMdlByteCount(mdl) == 3
    assert world.send(pair.b, b"scattered").status == ok
    request = world.do(pair.a.WskReceive, wsk.WSK_BUF(mdl, 1, 9), 0)
    assert request.information == 9
    assert bytes(first) + bytes(second) == b"\0scattered\0"
    assert bytes(wsk.MmGetSystemAddressForMdlSafe(mdl)) == b"\0sc"
    again = wsk.IoAllocateMdl(bytearray(b"some bytes"), 4)
    assert world.do(pair.b.WskSend, wsk.WSK_BUF(again, 1, 3), 0).information == 3
    assert world.receive(pair.a, 9) == (ok, b"ome")
    assert wsk.IoAllocateMdl(b"", 4) is None


QUERY = (wsk.WskIoctl, wsk.SIO_ADDRESS_LIST_QUERY, 0, 0, None)


@pytest.mark.parametrize("version", [4, 6])
def test_a_list_of_addresses_is_asked_for_twice(world, version):
    if version == 4:
        socket = world.connection()
    else:
        made = (wsk.AF_INET6, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.WSK_FLAG_CONNECTION_SOCKET)
        socket = world.do(world.npi.WskSocket, *made, None, None, None, None, None).information
    needed, out, small = wsk.Out(), wsk.Out(), bytearray(16)
    assert socket.WskControlSocket(*QUERY, 16, small, needed, None) == wsk.STATUS_BUFFER_OVERFLOW
    assert small == bytes(16)
    size = needed.value
    assert socket.WskControlSocket(*QUERY, size - 1, bytearray(size), needed, None) == wsk.STATUS_BUFFER_OVERFLOW
    memory = bytearray(size)
    assert socket.WskControlSocket(*QUERY, size, memory, needed, None) == ok
    assert needed.value == size
    assert socket.WskControlSocket(*QUERY, size, out, needed, None) == ok
    assert addresses(memory) == [one.sin_addr if version == 4 else one.sin6_addr for one in out.value]


def addresses(memory):
    """What a SOCKET_ADDRESS_LIST points to, read as C reads it."""
    found = []
    for number in range(int.from_bytes(memory[:4], "little")):
        item = memory[8 + 16 * number : 24 + 16 * number]
        body = ctypes.string_at(int.from_bytes(item[:8], "little"), int.from_bytes(item[8:12], "little"))
        host = body[4:8] if len(body) == 16 else body[8:24]
        found.append(str(ipaddress.ip_address(host)))
    return found


@pytest.mark.rule("A-18")
def test_an_inspect_id_is_a_buffer_like_any_other(world):
    inspected, accepted = [], []
    table = wsk.WSK_CLIENT_LISTEN_DISPATCH(
        lambda *event: accepted.append(event[4]) or ok,
        lambda *event: inspected.append(event[3]) or wsk.WskInspectAccept,
    )
    listener = world.listener("L", table, bound=False)
    assert world.option(listener, wsk.SO_CONDITIONAL_ACCEPT, 1) == ok
    assert world.do(listener.WskBind, at(), 0).status == ok
    assert world.en(listener, wsk.WSK_EVENT_ACCEPT) == ok
    world.net.connect(world.address(listener))
    world.drive()
    ask = (wsk.WskIoctl, wsk.SIO_WSK_QUERY_INSPECT_ID, 0, 0, None)
    found, written = wsk.WSK_INSPECT_ID(), wsk.Out()
    assert accepted[0].WskControlSocket(*ask, wsk.sizeof(found), found, written, None) == ok
    assert (found, written.value) == (inspected[0], wsk.sizeof(found))
    small = wsk.WSK_INSPECT_ID()
    assert accepted[0].WskControlSocket(*ask, 8, small, None, None) == wsk.STATUS_BUFFER_TOO_SMALL
    assert accepted[0].WskControlSocket(*ask, 17, small, None, None) == wsk.STATUS_INVALID_PARAMETER
    assert small == wsk.WSK_INSPECT_ID()
    assert world.close(accepted[0]) == ok
