"""Layouts: the 64-bit sizes and offsets that the structures of wsk.h have in C.

A structure lists its members with their C types; sizes and offsets follow by C's rules. Nothing here is memory:
the numbers serve calls that take a size (`InputSize`), and whoever compares with a compiled driver.
"""

from typing import Final

from wsksim.kinds import is_a

__all__ = ["offsetof", "sizeof"]

Members = tuple[tuple[str, str], ...]

# Size and alignment of C's types where pointers have 64 bits.
_SCALARS: Final[dict[str, tuple[int, int]]] = {
    "UCHAR": (1, 1),
    "USHORT": (2, 2),
    "ULONG": (4, 4),
    "SIZE_T": (8, 8),
    "ULONG_PTR": (8, 8),
    "PVOID": (8, 8),
    "GUID": (16, 4),
    "UCHAR[8]": (8, 1),
    "UCHAR[16]": (16, 1),
}

LAYOUTS: Final[dict[str, Members]] = {
    "WSK_SOCKET": (("Dispatch", "PVOID"),),
    "UNICODE_STRING": (("Length", "USHORT"), ("MaximumLength", "USHORT"), ("Buffer", "PVOID")),
    "WSK_BUF": (("Mdl", "PVOID"), ("Offset", "ULONG"), ("Length", "SIZE_T")),
    "WSK_BUF_LIST": (("Next", "PVOID"), ("Buffer", "WSK_BUF")),
    "WSK_DATA_INDICATION": (("Next", "PVOID"), ("Buffer", "WSK_BUF")),
    "WSK_DATAGRAM_INDICATION": (
        ("Next", "PVOID"),
        ("Buffer", "WSK_BUF"),
        ("ControlInfo", "PVOID"),
        ("ControlInfoLength", "ULONG"),
        ("RemoteAddress", "PVOID"),
    ),
    "WSK_INSPECT_ID": (("Key", "ULONG_PTR"), ("SerialNumber", "ULONG")),
    "WSK_EVENT_CALLBACK_CONTROL": (("NpiId", "PVOID"), ("EventMask", "ULONG")),
    "WSK_TRANSPORT": (
        ("Version", "USHORT"),
        ("SocketType", "USHORT"),
        ("Protocol", "ULONG"),
        ("AddressFamily", "USHORT"),
        ("ProviderId", "GUID"),
    ),
    "WSK_REGISTRATION": (
        ("ReservedRegistrationState", "ULONG_PTR"),
        ("ReservedRegistrationContext", "PVOID"),
        ("ReservedRegistrationLock", "ULONG_PTR"),
    ),
    "WSK_CLIENT_NPI": (("ClientContext", "PVOID"), ("Dispatch", "PVOID")),
    "WSK_PROVIDER_NPI": (("Client", "PVOID"), ("Dispatch", "PVOID")),
    "WSK_PROVIDER_CHARACTERISTICS": (("HighestVersion", "USHORT"), ("LowestVersion", "USHORT")),
    "WSK_CLIENT_DISPATCH": (("Version", "USHORT"), ("Reserved", "USHORT"), ("WskClientEvent", "PVOID")),
    "WSK_EXTENSION_CONTROL_IN": (("NpiId", "PVOID"), ("ClientContext", "PVOID"), ("ClientDispatch", "PVOID")),
    "WSK_CLIENT_STREAM_DISPATCH": (("Listen", "PVOID"), ("Connect", "PVOID")),
    "SOCKADDR_IN": (
        ("sin_family", "USHORT"),
        ("sin_port", "USHORT"),
        ("sin_addr", "ULONG"),
        ("sin_zero", "UCHAR[8]"),
    ),
    "SOCKADDR_IN6": (
        ("sin6_family", "USHORT"),
        ("sin6_port", "USHORT"),
        ("sin6_flowinfo", "ULONG"),
        ("sin6_addr", "UCHAR[16]"),
        ("sin6_scope_id", "ULONG"),
    ),
}


def sizeof(kind: type | object) -> int:
    """sizeof: how many bytes a structure of wsk.h takes where pointers have 64 bits.

    Args:
        kind: one of the structures of `wsksim.wsk`, or an instance of one.

    Returns:
        Its size in bytes; `sizeof(WSK_EVENT_CALLBACK_CONTROL)` is 16.

    Raises:
        TypeError: it is no structure of wsk.h.

    Rules: 1.7, E-4; page so-wsk-event-callback. IRQL: any; C's compiler computes it. It has no status.
    """
    return _measured(_name_of("sizeof", kind))[0]


def offsetof(kind: type | object, member: str) -> int:
    """offsetof: where a member begins in its structure, where pointers have 64 bits.

    Args:
        kind: one of the structures of `wsksim.wsk`, or an instance of one.
        member: the member's name, as in C.

    Returns:
        The offset in bytes.

    Raises:
        TypeError: it is no structure of wsk.h, or the name is no text.
        ValueError: it has no such member.

    Rules: 1.7; page ns-wsk-_wsk_buf and those of the other structures. IRQL: any; C's compiler computes it. It has no
    status.
    """
    if not is_a(member, str):
        raise TypeError(f"offsetof: asked for a name as member; found {type(member).__name__}; pass text")
    name = _name_of("offsetof", kind)
    offsets = _measured(name)[2]
    if member not in offsets:
        raise ValueError(f"offsetof: asked for {name}.{member[:80]}; found {', '.join(offsets)}; name one of these")
    return offsets[member]


def _name_of(caller: str, kind: type | object) -> str:
    classes = (kind if isinstance(kind, type) else type(kind)).__mro__
    for one in classes:
        if one.__name__ in LAYOUTS and one.__module__.startswith("wsksim."):
            return one.__name__
    raise TypeError(f"{caller}: asked for a structure of wsk.h; found {classes[0].__name__}; pass WSK_BUF or the like")


def _measured(name: str) -> tuple[int, int, dict[str, int]]:
    """Size, alignment and offsets of a structure, by C's rules."""
    offsets: dict[str, int] = {}
    end, widest = 0, 1
    for member, kind in LAYOUTS[name]:
        size, alignment = _SCALARS[kind] if kind in _SCALARS else _measured(kind)[:2]
        end = -(-end // alignment) * alignment
        offsets[member] = end
        end, widest = end + size, max(widest, alignment)
    return -(-end // widest) * widest, widest, offsets
