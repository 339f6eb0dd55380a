"""NTSTATUS values, as unsigned 32-bit ints.

Rules: 1.6, E-18; page using-ntstatus-values.
"""

import enum
from typing import Final, Self

from wsksim.kinds import is_a, is_whole
from wsksim.wording import in_hex, shown

__all__ = [
    "NTSTATUS",
    "NT_SUCCESS",
    "STATUS_ACCESS_DENIED",
    "STATUS_ADDRESS_ALREADY_ASSOCIATED",
    "STATUS_ADDRESS_ALREADY_EXISTS",
    "STATUS_BUFFER_OVERFLOW",
    "STATUS_BUFFER_TOO_SMALL",
    "STATUS_CANCELLED",
    "STATUS_CONNECTION_ABORTED",
    "STATUS_CONNECTION_ACTIVE",
    "STATUS_CONNECTION_DISCONNECTED",
    "STATUS_CONNECTION_INVALID",
    "STATUS_CONNECTION_REFUSED",
    "STATUS_CONNECTION_RESET",
    "STATUS_DATA_NOT_ACCEPTED",
    "STATUS_DATA_OVERRUN",
    "STATUS_DEVICE_NOT_READY",
    "STATUS_EVENT_PENDING",
    "STATUS_FILE_FORCED_CLOSED",
    "STATUS_GRACEFUL_DISCONNECT",
    "STATUS_HOST_UNREACHABLE",
    "STATUS_INSUFFICIENT_RESOURCES",
    "STATUS_INVALID_DEVICE_REQUEST",
    "STATUS_INVALID_DEVICE_STATE",
    "STATUS_INVALID_HANDLE",
    "STATUS_INVALID_PARAMETER",
    "STATUS_IO_TIMEOUT",
    "STATUS_LOCAL_DISCONNECT",
    "STATUS_MORE_PROCESSING_REQUIRED",
    "STATUS_NETWORK_UNREACHABLE",
    "STATUS_NOINTERFACE",
    "STATUS_NOT_FOUND",
    "STATUS_NOT_IMPLEMENTED",
    "STATUS_NOT_SUPPORTED",
    "STATUS_NO_MATCH",
    "STATUS_NO_MEMORY",
    "STATUS_PENDING",
    "STATUS_PIPE_DISCONNECTED",
    "STATUS_REMOTE_DISCONNECT",
    "STATUS_REQUEST_NOT_ACCEPTED",
    "STATUS_SUCCESS",
    "STATUS_TIMEOUT",
    "STATUS_UNSUCCESSFUL",
]

STATUS_SUCCESS: Final[int] = 0x00000000
STATUS_TIMEOUT: Final[int] = 0x00000102
STATUS_PENDING: Final[int] = 0x00000103
STATUS_EVENT_PENDING: Final[int] = 0x40000013
STATUS_BUFFER_OVERFLOW: Final[int] = 0x80000005
STATUS_UNSUCCESSFUL: Final[int] = 0xC0000001
STATUS_NOT_IMPLEMENTED: Final[int] = 0xC0000002
STATUS_INVALID_HANDLE: Final[int] = 0xC0000008
STATUS_INVALID_PARAMETER: Final[int] = 0xC000000D
STATUS_INVALID_DEVICE_REQUEST: Final[int] = 0xC0000010
STATUS_MORE_PROCESSING_REQUIRED: Final[int] = 0xC0000016
STATUS_NO_MEMORY: Final[int] = 0xC0000017
STATUS_ACCESS_DENIED: Final[int] = 0xC0000022
STATUS_BUFFER_TOO_SMALL: Final[int] = 0xC0000023
STATUS_DATA_OVERRUN: Final[int] = 0xC000003C
STATUS_INSUFFICIENT_RESOURCES: Final[int] = 0xC000009A
STATUS_DEVICE_NOT_READY: Final[int] = 0xC00000A3
STATUS_PIPE_DISCONNECTED: Final[int] = 0xC00000B0
STATUS_IO_TIMEOUT: Final[int] = 0xC00000B5
STATUS_FILE_FORCED_CLOSED: Final[int] = 0xC00000B6
STATUS_NOT_SUPPORTED: Final[int] = 0xC00000BB
STATUS_REQUEST_NOT_ACCEPTED: Final[int] = 0xC00000D0
STATUS_CANCELLED: Final[int] = 0xC0000120
STATUS_LOCAL_DISCONNECT: Final[int] = 0xC000013B
STATUS_REMOTE_DISCONNECT: Final[int] = 0xC000013C
STATUS_INVALID_DEVICE_STATE: Final[int] = 0xC0000184
STATUS_ADDRESS_ALREADY_EXISTS: Final[int] = 0xC000020A
STATUS_CONNECTION_DISCONNECTED: Final[int] = 0xC000020C
STATUS_CONNECTION_RESET: Final[int] = 0xC000020D
STATUS_DATA_NOT_ACCEPTED: Final[int] = 0xC000021B
STATUS_NOT_FOUND: Final[int] = 0xC0000225
STATUS_NO_MATCH: Final[int] = 0xC0000272
STATUS_CONNECTION_REFUSED: Final[int] = 0xC0000236
STATUS_GRACEFUL_DISCONNECT: Final[int] = 0xC0000237
STATUS_ADDRESS_ALREADY_ASSOCIATED: Final[int] = 0xC0000238
STATUS_CONNECTION_INVALID: Final[int] = 0xC000023A
STATUS_CONNECTION_ACTIVE: Final[int] = 0xC000023B
STATUS_NETWORK_UNREACHABLE: Final[int] = 0xC000023C
STATUS_HOST_UNREACHABLE: Final[int] = 0xC000023D
STATUS_CONNECTION_ABORTED: Final[int] = 0xC0000241
STATUS_NOINTERFACE: Final[int] = 0xC00002B9


class NTSTATUS(enum.IntEnum):
    """NTSTATUS: what a kernel call answers, for printing and checking.

    It prints as `0x00000103 (STATUS_PENDING)`. A negative number is read as C's signed form of the same 32 bits. A
    status that this package has no name for is one nevertheless: its `name` is None, and it prints as a number.

    Raises:
        ValueError: the number does not fit 32 bits.

    Rules: 1.6, E-18; page using-ntstatus-values.
    """

    STATUS_SUCCESS = STATUS_SUCCESS
    STATUS_TIMEOUT = STATUS_TIMEOUT
    STATUS_PENDING = STATUS_PENDING
    STATUS_EVENT_PENDING = STATUS_EVENT_PENDING
    STATUS_BUFFER_OVERFLOW = STATUS_BUFFER_OVERFLOW
    STATUS_UNSUCCESSFUL = STATUS_UNSUCCESSFUL
    STATUS_NOT_IMPLEMENTED = STATUS_NOT_IMPLEMENTED
    STATUS_INVALID_HANDLE = STATUS_INVALID_HANDLE
    STATUS_INVALID_PARAMETER = STATUS_INVALID_PARAMETER
    STATUS_INVALID_DEVICE_REQUEST = STATUS_INVALID_DEVICE_REQUEST
    STATUS_MORE_PROCESSING_REQUIRED = STATUS_MORE_PROCESSING_REQUIRED
    STATUS_NO_MEMORY = STATUS_NO_MEMORY
    STATUS_ACCESS_DENIED = STATUS_ACCESS_DENIED
    STATUS_BUFFER_TOO_SMALL = STATUS_BUFFER_TOO_SMALL
    STATUS_DATA_OVERRUN = STATUS_DATA_OVERRUN
    STATUS_INSUFFICIENT_RESOURCES = STATUS_INSUFFICIENT_RESOURCES
    STATUS_DEVICE_NOT_READY = STATUS_DEVICE_NOT_READY
    STATUS_PIPE_DISCONNECTED = STATUS_PIPE_DISCONNECTED
    STATUS_IO_TIMEOUT = STATUS_IO_TIMEOUT
    STATUS_FILE_FORCED_CLOSED = STATUS_FILE_FORCED_CLOSED
    STATUS_NOT_SUPPORTED = STATUS_NOT_SUPPORTED
    STATUS_REQUEST_NOT_ACCEPTED = STATUS_REQUEST_NOT_ACCEPTED
    STATUS_CANCELLED = STATUS_CANCELLED
    STATUS_LOCAL_DISCONNECT = STATUS_LOCAL_DISCONNECT
    STATUS_REMOTE_DISCONNECT = STATUS_REMOTE_DISCONNECT
    STATUS_INVALID_DEVICE_STATE = STATUS_INVALID_DEVICE_STATE
    STATUS_ADDRESS_ALREADY_EXISTS = STATUS_ADDRESS_ALREADY_EXISTS
    STATUS_CONNECTION_DISCONNECTED = STATUS_CONNECTION_DISCONNECTED
    STATUS_CONNECTION_RESET = STATUS_CONNECTION_RESET
    STATUS_DATA_NOT_ACCEPTED = STATUS_DATA_NOT_ACCEPTED
    STATUS_NOT_FOUND = STATUS_NOT_FOUND
    STATUS_NO_MATCH = STATUS_NO_MATCH
    STATUS_CONNECTION_REFUSED = STATUS_CONNECTION_REFUSED
    STATUS_GRACEFUL_DISCONNECT = STATUS_GRACEFUL_DISCONNECT
    STATUS_ADDRESS_ALREADY_ASSOCIATED = STATUS_ADDRESS_ALREADY_ASSOCIATED
    STATUS_CONNECTION_INVALID = STATUS_CONNECTION_INVALID
    STATUS_CONNECTION_ACTIVE = STATUS_CONNECTION_ACTIVE
    STATUS_NETWORK_UNREACHABLE = STATUS_NETWORK_UNREACHABLE
    STATUS_HOST_UNREACHABLE = STATUS_HOST_UNREACHABLE
    STATUS_CONNECTION_ABORTED = STATUS_CONNECTION_ABORTED
    STATUS_NOINTERFACE = STATUS_NOINTERFACE

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not is_a(value, int):
            return None
        if not -0x80000000 <= value <= 0xFFFFFFFF:
            raise ValueError(f"NTSTATUS: asked for a 32-bit status; found {in_hex(value)}; pass what the call returned")
        if value < 0:
            return cls(value + 0x100000000)
        unnamed = int.__new__(cls, value)
        unnamed._name_, unnamed._value_ = None, value  # type: ignore[assignment] # as enum has it for unnamed flags
        return unnamed

    def __str__(self) -> str:
        """Returns the 32 bits, and the name if there is one."""
        bits = f"0x{self._value_:08X}"
        return f"{bits} ({self._name_})" if self._name_ else bits

    def __repr__(self) -> str:
        return f"<NTSTATUS{'.' + self._name_ if self._name_ else ''}: 0x{self._value_:08X}>"


def shown_status(value: object) -> str:
    """What was found where a status belongs: its 32 bits and its name, or whatever it is."""
    if is_whole(value) and -0x80000000 <= value <= 0xFFFFFFFF:
        return str(NTSTATUS(value))
    return shown(value)


def NT_SUCCESS(Status: int) -> bool:
    """NT_SUCCESS: whether a status counts as success or information.

    STATUS_PENDING and STATUS_EVENT_PENDING do; code that must know that nothing is left to
    wait for compares with STATUS_SUCCESS instead (E-18).

    Args:
        Status: 32 bits, signed or unsigned.

    Returns:
        True if the highest of the 32 bits is clear; warnings (0x8…) and errors (0xC…) have it set.

    Raises:
        TypeError: no int.
        ValueError: the number does not fit 32 bits.

    Rules: 1.6, E-18; page using-ntstatus-values. IRQL: any; it computes.
    """
    if not is_whole(Status):
        raise TypeError(f"NT_SUCCESS: asked for an int as Status; found {type(Status).__name__}; pass an NTSTATUS")
    if not -0x80000000 <= Status <= 0xFFFFFFFF:
        raise ValueError(f"NT_SUCCESS: asked for a 32-bit status; found {in_hex(Status)}; pass what the call returned")
    return Status & 0x80000000 == 0
