"""SOCKADDR_IN and SOCKADDR_IN6: what they take, how they print, and what becomes of members that are assigned later."""

import copy
import ipaddress
import pickle
import random
import socket

import pytest

import wsksim
from wsksim import wsk

FOUR = [
    *("0.0.0", "127.0.0.1", "255.255.255.255", "1.2.3.4", "01.2.3.4", "1.2.3.04", "1.2.3", "1.2.3.4.5", "1.2.3.256"),
    *(
        "1.2.3.4 ",
        " 1.2.3.4",
        "1.2.3.-4",
        "1.2.3.+4",
        "1..3.4",
        "1.2.3.4/8",
        "\u0661.2.3.4",
        "0x1.2.3.4",
        "",
        ".",
        "1.2.3.4\0",
    ),
]
SIX = [
    *(
        "::",
        "::1",
        "1::",
        "2001:db8::9",
        "2001:DB8::9",
        "fe80::1%eth0",
        "::ffff:1.2.3.4",
        "::1.2.3.4",
        "1:2:3:4:5:6:7:8",
    ),
    *(
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8:9",
        "::1::",
        ":1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:",
        "12345::",
    ),
    *("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3.04", "g::", ":", ":::", "", "1:0:0:2:0:0:0:3", "0::0:1"),
    *("1:0:2:0:3:0:4:0", "::/0", " ::1", "::1 ", "::00001", "1.2.3.4", "::1.2.3.4.5", "[::1]", "::-1"),
]


def drawn(seed):
    """Texts that are nearly addresses."""
    chosen = random.Random(seed)
    for _ in range(3000):
        parts = [
            chosen.choice(["", "0", "1", "ff", "255", "256", "fff", "00", "1.2.3.4"])
            for _ in range(chosen.randint(1, 9))
        ]
        yield chosen.choice([".", ":", "::"]).join(parts)


def taken(make, text):
    """What a class makes of a text, as it prints it; None if it refuses."""
    try:
        return str(make(text))
    except ValueError:
        return None


@pytest.mark.rule("U-26")
def test_the_same_texts_are_addresses_as_of_pythons_own_classes():
    for text in [*FOUR, *drawn(1)]:
        assert taken(lambda one: wsk.SOCKADDR_IN(sin_addr=one).sin_addr, text) == taken(ipaddress.IPv4Address, text), (
            text
        )
    for text in [*SIX, *drawn(2)]:
        wanted = None if "%" in text else taken(ipaddress.IPv6Address, text)
        assert taken(lambda one: wsk.SOCKADDR_IN6(sin6_addr=one).sin6_addr, text) == wanted, text


def test_bytes_and_numbers_print_as_pythons_own_classes_do():
    chosen = random.Random(3)
    for _ in range(1000):
        four = chosen.getrandbits(32)
        six = chosen.getrandbits(128) & chosen.choice([(1 << 128) - 1, 0xFFFF << 64 | 0xFFFF, 0xFFFF0000FFFF])
        assert wsk.SOCKADDR_IN(sin_addr=four).sin_addr == str(ipaddress.IPv4Address(four))
        assert wsk.SOCKADDR_IN6(sin6_addr=six.to_bytes(16)).sin6_addr == str(ipaddress.IPv6Address(six))
    mapped = ipaddress.IPv6Address("::ffff:1.2.3.4")
    assert wsk.SOCKADDR_IN6(sin6_addr=mapped).sin6_addr == str(mapped)
    assert wsk.SOCKADDR_IN(sin_addr=ipaddress.IPv4Address("1.2.3.4")) == wsk.SOCKADDR_IN(sin_addr="1.2.3.4")


@pytest.mark.parametrize(
    ("make", "wrong", "text"),
    [
        (lambda: wsk.SOCKADDR_IN(None), TypeError, "a number as sin_family; found NoneType; pass an int"),
        (lambda: wsk.SOCKADDR_IN(True), TypeError, "a number as sin_family; found bool; pass an int"),
        (lambda: wsk.SOCKADDR_IN(2, 65536), ValueError, "sin_port from 0 to 65535; found 0x10000; pass one of these"),
        (lambda: wsk.SOCKADDR_IN(2, -1), ValueError, "sin_port from 0 to 65535; found -0x1; pass one of these"),
        (lambda: wsk.SOCKADDR_IN(2, 0, None), TypeError, "an IPv4 address; found NoneType; pass text, bytes or an int"),
        (lambda: wsk.SOCKADDR_IN(2, 0, bytearray(4)), TypeError, "an IPv4 address; found bytearray"),
        (lambda: wsk.SOCKADDR_IN(2, 0, bytes(3)), ValueError, r"an IPv4 address; found b'\\x00\\x00\\x00'; pass text"),
        (
            lambda: wsk.SOCKADDR_IN(2, 0, 1 << 32),
            ValueError,
            "found an int that does not fit; pass text, bytes or an int",
        ),
        (lambda: wsk.SOCKADDR_IN(2, 0, "x" * 99), ValueError, "found 'xxxxxxxxxx"),
        (lambda: wsk.SOCKADDR_IN6(23, 0, 1 << 32), ValueError, "sin6_flowinfo from 0 to 4294967295"),
        (lambda: wsk.SOCKADDR_IN6(sin6_scope_id="1"), TypeError, "a number as sin6_scope_id; found str; pass an int"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_word(make, wrong, text):
    with pytest.raises(wrong, match=text):
        make()


@pytest.mark.rule("U-26")
def test_members_may_be_assigned_and_are_looked_at_by_a_call():
    with wsksim.Subsystem() as subsystem:
        there = subsystem.network.listen(wsk.SOCKADDR_IN(sin_addr="127.0.0.1")).address
        address = wsk.SOCKADDR_IN(there.sin_family, 1, "10.0.0.1")
        address.sin_port, address.sin_addr = there.sin_port, bytes([127, 0, 0, 1])
        # It is what it was assigned, until a call looks.
        assert address.sin_addr == bytes([127, 0, 0, 1])
        assert address != there
        assert subsystem.network.datagram(address).address == there
        address.sin_port = 1 << 16
        with pytest.raises(ValueError, match="the port from 0 to 65535"):
            subsystem.network.listen(address)
        address.sin_port = "80"
        with pytest.raises(TypeError, match="a number as the port; found str"):
            subsystem.network.listen(address)
        address.sin_port, address.sin_family = 80, wsk.AF_INET6
        with pytest.raises(ValueError, match="SOCKADDR_IN with family 2; found 23; pass the other structure"):
            subsystem.network.listen(address)


def test_they_are_values():
    four, six = wsk.SOCKADDR_IN(2, 80, "1.2.3.4"), wsk.SOCKADDR_IN6(23, 80, 5, "::9", 7)
    assert repr(four) == "SOCKADDR_IN(sin_family=2, sin_port=80, sin_addr='1.2.3.4')"
    assert repr(six) == (
        "SOCKADDR_IN6(sin6_family=23, sin6_port=80, sin6_flowinfo=5, sin6_addr='::9', sin6_scope_id=7)"
    )
    for one in (four, six):
        twin = copy.copy(one)
        assert twin == one == copy.deepcopy(one) == pickle.loads(pickle.dumps(one))  # noqa: S301 - our own
        assert hash(twin) == hash(one)
        assert vars(twin) == vars(one)
        assert len({one, twin}) == 1
        assert one.__replace__() == one
    assert four != six
    assert four != "1.2.3.4"
    # What two equal addresses have in common is not the flow.
    assert six == wsk.SOCKADDR_IN6(23, 80, 6, "::9", 7) != wsk.SOCKADDR_IN6(23, 80, 5, "::9", 8)
    match four:
        case wsk.SOCKADDR_IN(2, port, host):
            assert (port, host) == (80, "1.2.3.4")
    assert repr(wsk.SOCKADDR_IN(socket.AF_INET).sin_family) == repr(socket.AF_INET)
    four.sin_port = "misfit"
    assert copy.copy(four).sin_port == "misfit"
