"""Windows' Winsock Kernel (WSK) disconnect events in user space.

`Subsystem` simulates the WSK provider of one machine. Connections are made on it, their remote ends disconnect
or abort, and a handler is called as the kernel would call `WskDisconnectEvent`:

    >>> import wsksim
    >>> from wsksim import wsk
    >>> def on_disconnect(SocketContext, Flags):
    ...     SocketContext["ended"] = "abortive" if Flags & wsk.WSK_FLAG_ABORTIVE else "graceful"
    ...     return wsk.STATUS_SUCCESS
    >>> with wsksim.Subsystem(seed=7) as subsystem:
    ...     connection = subsystem.connect({"id": 1}, on_disconnect)
    ...     answer = connection.remote.disconnect()
    ...     indicated = subsystem.dispatch()
    ...     connection.context
    {'id': 1, 'ended': 'graceful'}

`storm` and `replay` drive a handler with many disconnects, made up or from a packet capture. Microsoft's words
are in `wsksim.wsk`.
"""

from typing import TYPE_CHECKING, Any

from wsksim import errors, wsk
from wsksim._native import (
    BUILD_PROFILE,
    Connection,
    Fleet,
    FleetRemote,
    Remote,
    Workers,
    __version__,
)
from wsksim.contract import Finding
from wsksim.errors import (
    CaptureError,
    ContractError,
    DriveError,
    ForeignHandleError,
    ForkError,
    HandlerError,
    LimitError,
    NotSimulatedError,
    StaleHandleError,
    SubsystemClosedError,
    WsksimError,
)
from wsksim.handlers import batch_handler, native_handler
from wsksim.network import Network
from wsksim.post import Answer
from wsksim.subsystem import Subsystem

if TYPE_CHECKING:
    from wsksim.runs.replay import replay
    from wsksim.runs.report import Report
    from wsksim.runs.storm import storm

__all__ = [
    "Answer",
    "CaptureError",
    "Connection",
    "ContractError",
    "DriveError",
    "Finding",
    "Fleet",
    "FleetRemote",
    "ForeignHandleError",
    "ForkError",
    "HandlerError",
    "LimitError",
    "Network",
    "NotSimulatedError",
    "Remote",
    "Report",
    "StaleHandleError",
    "Subsystem",
    "SubsystemClosedError",
    "Workers",
    "WsksimError",
    "__version__",
    "batch_handler",
    "errors",
    "native_handler",
    "replay",
    "storm",
    "wsk",
]

_LAZY = {"Report": "wsksim.runs.report", "replay": "wsksim.runs.replay", "storm": "wsksim.runs.storm"}

if BUILD_PROFILE == "debug":
    import warnings

    warnings.warn(
        "this wsksim is a debug build, many times slower than a release build; install a release wheel to measure",
        RuntimeWarning,
        stacklevel=2,
    )


def __getattr__(name: str) -> Any:
    """Imports storm, replay and Report when they are first used."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(_LAZY[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Lists what the package exports, the lazy names included."""
    return sorted(set(globals()) | set(__all__))
