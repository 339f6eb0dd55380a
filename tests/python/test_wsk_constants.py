"""Microsoft's words: constants and their views are the same numbers."""

import enum
import json
import pickle

import pytest

from wsksim import wsk

VIEWS = [wsk.NTSTATUS, wsk.DisconnectFlags, wsk.EventMask]


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)
def test_each_member_of_a_view_is_the_constant_of_its_name(view):
    assert len(view.__members__) > 1
    for name, member in view.__members__.items():
        assert int(member) == getattr(wsk, name)


def test_each_status_and_event_has_its_member():
    names = {name for name, value in vars(wsk).items() if isinstance(value, int)}
    assert {name for name in names if name.startswith("STATUS_")} == set(wsk.NTSTATUS.__members__)
    assert {name for name in names if name.startswith("WSK_EVENT_")} == set(wsk.EventMask.__members__)


def test_constants_are_plain_ints_of_32_bits():
    names = [name for name in vars(wsk) if name.startswith(("STATUS_", "WSK_", "MSG_"))]
    constants = [getattr(wsk, name) for name in names if not callable(getattr(wsk, name))]
    assert len(constants) > 50
    for constant in constants:
        assert type(constant) is int
        assert 0 <= constant <= 0xFFFFFFFF


def test_numbers_that_any_driver_relies_on():
    assert wsk.WSK_FLAG_ABORTIVE == 1
    assert wsk.WSK_FLAG_AT_DISPATCH_LEVEL == 8
    assert wsk.WSK_EVENT_DISCONNECT == 0x80
    assert wsk.WSK_EVENT_DISABLE == 0x80000000
    assert wsk.STATUS_PENDING == 0x103
    assert wsk.STATUS_EVENT_PENDING == 0x40000013
    assert wsk.STATUS_INVALID_PARAMETER == 0xC000000D
    assert (wsk.PASSIVE_LEVEL, wsk.APC_LEVEL, wsk.DISPATCH_LEVEL) == (0, 1, 2)
    assert wsk.NPI_WSK_INTERFACE_ID.hex() == "03e827228b8dd411abad009027719e09"


@pytest.mark.rule("D-5")
def test_unknown_flag_bit_is_refused_not_masked():
    assert [int(wsk.DisconnectFlags(flags)) for flags in (0, 1, 8, 9)] == [0, 1, 8, 9]
    for flags in (2, 4, 16, 0x80000000):
        with pytest.raises(ValueError, match="invalid value"):
            wsk.DisconnectFlags(flags)


def test_unknown_event_bit_is_refused():
    assert wsk.EventMask(0x80000080) == wsk.EventMask.WSK_EVENT_DISCONNECT | wsk.EventMask.WSK_EVENT_DISABLE
    with pytest.raises(ValueError, match="invalid value"):
        wsk.EventMask(0x20)


def test_status_view_reads_the_signed_form():
    assert wsk.NTSTATUS(0xC000000D - 2**32) is wsk.NTSTATUS.STATUS_INVALID_PARAMETER
    assert issubclass(wsk.NTSTATUS, enum.IntEnum)
    for wide in (2**32, -(2**31) - 1):
        with pytest.raises(ValueError, match="asked for a 32-bit status"):
            wsk.NTSTATUS(wide)
    with pytest.raises(ValueError, match="is not a valid"):
        wsk.NTSTATUS("STATUS_SUCCESS")


def test_status_without_a_name_is_a_status():
    unnamed = wsk.NTSTATUS(0xC0FFEE00)
    assert unnamed == 0xC0FFEE00
    assert unnamed.name is None
    assert wsk.NTSTATUS(0xC0FFEE00 - 2**32) == unnamed
    assert hash(unnamed) == hash(0xC0FFEE00)
    assert not wsk.NT_SUCCESS(unnamed)
    assert pickle.loads(pickle.dumps(unnamed)) == unnamed  # noqa: S301 - our own
    assert len(wsk.NTSTATUS) == len(wsk.NTSTATUS.__members__)


@pytest.mark.parametrize(
    ("status", "text", "shown"),
    [
        (0x103, "0x00000103 (STATUS_PENDING)", "<NTSTATUS.STATUS_PENDING: 0x00000103>"),
        (0x102, "0x00000102 (STATUS_TIMEOUT)", "<NTSTATUS.STATUS_TIMEOUT: 0x00000102>"),
        (0xC0FFEE00, "0xC0FFEE00", "<NTSTATUS: 0xC0FFEE00>"),
    ],
)
def test_status_prints_its_bits_and_its_name(status, text, shown):
    view = wsk.NTSTATUS(status)
    assert (str(view), f"{view}", repr(view)) == (text, text, shown)
    assert f"{view:#x}" == hex(status)
    assert json.dumps([view]) == f"[{status}]"


def test_nt_success_is_true_for_success_and_information():
    good = {wsk.STATUS_SUCCESS, wsk.STATUS_TIMEOUT, wsk.STATUS_PENDING, wsk.STATUS_EVENT_PENDING}
    for status in wsk.NTSTATUS:
        assert wsk.NT_SUCCESS(status) is (status in good)
        signed = int(status) - 2**32 if status >= 2**31 else int(status)
        assert wsk.NT_SUCCESS(signed) is (status in good)
    with pytest.raises(ValueError, match="32-bit"):
        wsk.NT_SUCCESS(2**32)


def test_version_has_the_major_number_in_the_high_byte():
    assert wsk.MAKE_WSK_VERSION(1, 0) == 0x0100
    assert (wsk.WSK_MAJOR_VERSION(0x0102), wsk.WSK_MINOR_VERSION(0x0102)) == (1, 2)
    with pytest.raises(ValueError, match="two bytes"):
        wsk.MAKE_WSK_VERSION(256, 0)
