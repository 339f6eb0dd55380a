"""SOCKADDR_IN and SOCKADDR_IN6: transport addresses as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from wsksim.wsk.words.identifiers import AF_INET, AF_INET6

__all__ = ["SOCKADDR", "SOCKADDR_IN", "SOCKADDR_IN6"]

_PORTS: Final = 0x10000
_ULONGS: Final = 1 << 32


def _host(caller: str, address: object, version: int) -> tuple[str, bytes]:
    """A host address as text and as bytes in network order."""
    import ipaddress  # start-up: 1 ms, until the first address

    if isinstance(address, ipaddress.IPv4Address | ipaddress.IPv6Address):
        address = str(address)
    if isinstance(address, bool) or not isinstance(address, str | int | bytes):
        kind = type(address).__name__
        raise TypeError(f"{caller}: asked for an IPv{version} address; found {kind}; pass text, bytes or an int")
    try:
        # A scope in the text would get lost: it has a member of its own.
        if not (isinstance(address, str) and "%" in address):
            found = ipaddress.IPv4Address(address) if version == 4 else ipaddress.IPv6Address(address)
            return str(found), found.packed
    except ValueError:
        pass
    # Python refuses to print integers of thousands of digits.
    shown = repr(address)[:80] if not isinstance(address, int) else "an int that does not fit"
    raise ValueError(f"{caller}: asked for an IPv{version} address; found {shown}; pass text, bytes or an int")


def _fits(caller: str, name: str, value: object, limit: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{caller}: asked for a number as {name}; found {type(value).__name__}; pass an int")
    if not 0 <= value < limit:
        raise ValueError(f"{caller}: asked for {name} from 0 to {limit - 1}; found {value:#x}; pass one of these")


@dataclass(eq=False)
class SOCKADDR_IN:
    """SOCKADDR_IN: an IPv4 address and a port.

    Args:
        sin_family: USHORT; AF_INET.
        sin_port: 0 to 65,535. A Python int has no byte order: 80 is port 80, where C needs `RtlUshortByteSwap(80)`.
        sin_addr: text, 4 bytes in network order, or an int without byte order, such as INADDR_LOOPBACK; kept as text.

    Raises:
        ValueError: a number does not fit, or the text is no IPv4 address.
        TypeError: a member is of another type.

    Members may be assigned later; a call that gets one that does not fit answers STATUS_INVALID_PARAMETER (U-26).

    Rules: A-2, L-15, U-26; page ns-ws2def-sockaddr_in.
    """

    sin_family: int = AF_INET
    sin_port: int = 0
    sin_addr: str = "0.0.0.0"  # noqa: S104 - the wildcard of the type, not of a real socket

    def __post_init__(self) -> None:
        _fits("SOCKADDR_IN", "sin_family", self.sin_family, _PORTS)
        _fits("SOCKADDR_IN", "sin_port", self.sin_port, _PORTS)
        self.sin_addr = _host("SOCKADDR_IN", self.sin_addr, 4)[0]

    def __eq__(self, other: object) -> bool:
        """Whether the other address says the same."""
        return isinstance(other, SOCKADDR_IN) and _members(self) == _members(other)

    def __hash__(self) -> int:
        return hash(_members(self))


@dataclass(eq=False)
class SOCKADDR_IN6:
    """SOCKADDR_IN6: an IPv6 address and a port.

    Args:
        sin6_family: USHORT; AF_INET6.
        sin6_port: 0 to 65,535, as a number without byte order.
        sin6_flowinfo: ULONG; carried, not used.
        sin6_addr: text, 16 bytes in network order, such as in6addr_loopback, or an int; kept as text.
        sin6_scope_id: ULONG; carried, not used.

    Raises:
        ValueError: a number does not fit, or the text is no IPv6 address; a scope has its own member.
        TypeError: a member is of another type.

    Members may be assigned later; a call that gets one that does not fit answers STATUS_INVALID_PARAMETER (U-26).

    Rules: A-2, L-15, U-26; page ns-ws2ipdef-sockaddr_in6_lh.
    """

    sin6_family: int = AF_INET6
    sin6_port: int = 0
    sin6_flowinfo: int = 0
    sin6_addr: str = "::"
    sin6_scope_id: int = 0

    def __post_init__(self) -> None:
        _fits("SOCKADDR_IN6", "sin6_family", self.sin6_family, _PORTS)
        _fits("SOCKADDR_IN6", "sin6_port", self.sin6_port, _PORTS)
        _fits("SOCKADDR_IN6", "sin6_flowinfo", self.sin6_flowinfo, _ULONGS)
        _fits("SOCKADDR_IN6", "sin6_scope_id", self.sin6_scope_id, _ULONGS)
        self.sin6_addr = _host("SOCKADDR_IN6", self.sin6_addr, 6)[0]

    def __eq__(self, other: object) -> bool:
        """Whether the other address says the same."""
        return isinstance(other, SOCKADDR_IN6) and _members(self) == _members(other)

    def __hash__(self) -> int:
        return hash(_members(self))


SOCKADDR = SOCKADDR_IN | SOCKADDR_IN6

# Family, host bytes and port: an address on its way to the provider, or from it.
Address = tuple[int, bytes, int]


def packed(caller: str, name: str, address: object) -> Address:
    """Family, host bytes and port of an address, whose members may have been assigned since it was made.

    Raises:
        TypeError: it is no SOCKADDR, or a member is of another type.
        ValueError: a member does not fit, or the family is another than the structure's.
    """
    if isinstance(address, SOCKADDR_IN):
        kind, version, family, expected = "SOCKADDR_IN", 4, address.sin_family, AF_INET
        port, host = address.sin_port, address.sin_addr
    elif isinstance(address, SOCKADDR_IN6):
        kind, version, family, expected = "SOCKADDR_IN6", 6, address.sin6_family, AF_INET6
        port, host = address.sin6_port, address.sin6_addr
        _fits(kind, "sin6_flowinfo", address.sin6_flowinfo, _ULONGS)
        _fits(kind, "sin6_scope_id", address.sin6_scope_id, _ULONGS)
    else:
        found = type(address).__name__
        raise TypeError(f"{caller}: asked for a SOCKADDR_IN, SOCKADDR_IN6 or None as {name}; found {found}; pass one")
    _fits(kind, "the family", family, _PORTS)
    _fits(kind, "the port", port, _PORTS)
    raw = _host(kind, host, version)[1]
    if family != expected:
        raise ValueError(f"{caller}: asked for {kind} with family {expected}; found {family}; pass the other structure")
    return family, raw, port


def _members(address: SOCKADDR) -> tuple[object, ...]:
    names = ("family", "port", "addr") if isinstance(address, SOCKADDR_IN) else ("family", "port", "addr", "scope_id")
    prefix = "sin_" if isinstance(address, SOCKADDR_IN) else "sin6_"
    return tuple(getattr(address, prefix + name) for name in names)
