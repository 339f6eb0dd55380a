"""Slips: arguments that stand where another belongs, and names that are looked for in the wrong place.

C's compiler refuses them at once. Here they would be taken, or be refused with a text about something else.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final

from wsksim.wsk.objects.irp import IRP

__all__ = ["ELSEWHERE", "client_once", "no_irp"]

_SUBSYSTEM: Final = "it belongs to the machine whose provider answers; call it as a method: subsystem.{}(...)"
_HOST_ORDER: Final = (
    "numbers have no byte order here: write a port or an address as it is, 80 is port 80; "
    "for bytes of a packet there are RtlUshortByteSwap and RtlUlongByteSwap"
)

# Names that one looks for in wsksim.wsk, and what to do instead.
ELSEWHERE: Final[dict[str, str]] = {
    **dict.fromkeys(
        (
            "WskCaptureProviderNPI",
            "WskDeregister",
            "WskQueryProviderCharacteristics",
            "WskRegister",
            "WskReleaseProviderNPI",
        ),
        _SUBSYSTEM,
    ),
    **dict.fromkeys(("htonl", "htons", "ntohl", "ntohs"), _HOST_ORDER),
}


@functools.cache
def client_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """A client's function, for calls as `npi.WskSocket(...)`, where the client is passed already."""

    @functools.wraps(function)
    def call(Client: Any, /, *arguments: Any, **named: Any) -> Any:
        if (arguments and isinstance(arguments[0], type(Client))) or "Client" in named:
            name = function.__name__
            raise TypeError(
                f"{name}: asked for what follows Client, which npi.{name} passes itself; found a WSK_CLIENT; "
                f"leave it out, or call npi.Dispatch.{name}(npi.Client, ...)"
            )
        return function(Client, *arguments, **named)

    return call


def no_irp(caller: str, **ignored: object) -> None:
    """Looks at parameters that are ignored: an IRP among them was meant as Irp, which stands behind them.

    Raises:
        TypeError: one of them is an IRP.
    """
    for name, value in ignored.items():
        if isinstance(value, IRP):
            raise TypeError(
                f"{caller}: asked for None or an object of its own as {name}; found an IRP; Irp is the last "
                f"parameter: pass None for each one before it, or Irp=irp"
            )
