"""Addresses as plans and applications write them: tcp://127.0.0.1:7, tcp://[::1]:7."""

import ipaddress
import re
from typing import Final

from wsksim.kinds import is_a

__all__ = ["Place", "read_host", "read_tcp", "show_tcp"]

_TCP: Final = re.compile(r"tcp://(?:\[([0-9A-Fa-f:.]{2,45})\]|(\d{1,3}(?:\.\d{1,3}){3})):(\d{1,5})")
_FAMILIES: Final = {4: 2, 6: 23}
_MOST: Final = 65_535

# Family, bytes of the host, port.
Place = tuple[int, bytes, int]


def read_tcp(text: object) -> Place | None:
    """Reads an address; None if it is none, or has no port."""
    found = _TCP.fullmatch(text) if is_a(text, str) else None
    if found is None or not 1 <= int(found[3]) <= _MOST:
        return None
    try:
        host = ipaddress.ip_address(found[1] or found[2])
    except ValueError:
        return None
    return _FAMILIES[host.version], host.packed, int(found[3])


def read_host(text: str) -> Place:
    """Reads an address without a port.

    Raises:
        ValueError: it is none.
    """
    host = ipaddress.ip_address(text)
    return _FAMILIES[host.version], host.packed, 0


def show_tcp(place: Place) -> str:
    """The text that `read_tcp` reads the same from."""
    _, host, port = place
    address = ipaddress.ip_address(host)
    return f"tcp://[{address}]:{port}" if address.version == 6 else f"tcp://{address}:{port}"
