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

`storm` and `replay` drive a handler with many disconnects, made up or from a packet capture; `merge` adds the parts of
a run that was divided. Microsoft's words are in `wsksim.wsk`.

Each name is imported when it is first used, so that the command line can take Ctrl-C from its first moment on.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wsksim import distributed, errors, plans, wsk
    from wsksim._native import (
        Connection,
        Fleet,
        FleetRemote,
        Remote,
        Workers,
        __version__,
    )
    from wsksim.applications import application
    from wsksim.contract import Finding
    from wsksim.drivers.driver import Driver
    from wsksim.errors import (
        ApplicationError,
        CaptureError,
        CheckError,
        ContractError,
        DriveError,
        DriverError,
        ForeignHandleError,
        ForkError,
        HandlerError,
        LimitError,
        NotSimulatedError,
        PlanError,
        RemoteError,
        ReportError,
        StaleHandleError,
        SubsystemClosedError,
        WsksimError,
    )
    from wsksim.handlers import batch_handler, native_handler
    from wsksim.network import Network
    from wsksim.plans.plan import Plan
    from wsksim.post import Answer
    from wsksim.runs.replay import replay
    from wsksim.runs.report import Report
    from wsksim.runs.run_plan import run_plan
    from wsksim.runs.storm import storm
    from wsksim.shards.merging import merge
    from wsksim.subsystem import Subsystem

__all__ = [
    "Answer",
    "ApplicationError",
    "CaptureError",
    "CheckError",
    "Connection",
    "ContractError",
    "DriveError",
    "Driver",
    "DriverError",
    "Finding",
    "Fleet",
    "FleetRemote",
    "ForeignHandleError",
    "ForkError",
    "HandlerError",
    "LimitError",
    "Network",
    "NotSimulatedError",
    "Plan",
    "PlanError",
    "Remote",
    "RemoteError",
    "Report",
    "ReportError",
    "StaleHandleError",
    "Subsystem",
    "SubsystemClosedError",
    "Workers",
    "WsksimError",
    "__version__",
    "application",
    "batch_handler",
    "distributed",
    "errors",
    "merge",
    "native_handler",
    "plans",
    "replay",
    "run_plan",
    "storm",
    "wsk",
]

_MODULES = ("distributed", "errors", "plans", "wsk")
_PLACES = {
    "wsksim._native": ("Connection", "Fleet", "FleetRemote", "Remote", "Workers", "__version__"),
    "wsksim.applications": ("application",),
    "wsksim.contract": ("Finding",),
    "wsksim.errors": (
        "ApplicationError",
        "CaptureError",
        "CheckError",
        "ContractError",
        "DriveError",
        "DriverError",
        "ForeignHandleError",
        "ForkError",
        "HandlerError",
        "LimitError",
        "NotSimulatedError",
        "PlanError",
        "RemoteError",
        "ReportError",
        "StaleHandleError",
        "SubsystemClosedError",
        "WsksimError",
    ),
    "wsksim.drivers.driver": ("Driver",),
    "wsksim.handlers": ("batch_handler", "native_handler"),
    "wsksim.network": ("Network",),
    "wsksim.plans.plan": ("Plan",),
    "wsksim.post": ("Answer",),
    "wsksim.runs.replay": ("replay",),
    "wsksim.runs.report": ("Report",),
    "wsksim.runs.run_plan": ("run_plan",),
    "wsksim.runs.storm": ("storm",),
    "wsksim.shards.merging": ("merge",),
    "wsksim.subsystem": ("Subsystem",),
}
_LAZY = {name: place for place, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> "Any":
    """Imports what is used for the first time."""
    import importlib  # start-up: 1 ms of a Ctrl-C that nobody takes

    if name in _MODULES:
        return importlib.import_module(f"wsksim.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_LAZY[name]), name)
    globals()[name] = value
    if _LAZY[name].startswith(("wsksim._native", "wsksim.runs", "wsksim.subsystem")):
        _warn_of_debug_build()
    return value


def __dir__() -> list[str]:
    """Lists what the package exports, whether it was used or not."""
    return sorted(set(globals()) | set(__all__))


def _warn_of_debug_build() -> None:
    from wsksim._native import BUILD_PROFILE  # start-up: 1 ms of a Ctrl-C that nobody takes

    if BUILD_PROFILE == "debug":
        import warnings  # start-up: 1 ms, for debug builds only

        warnings.warn(
            "this wsksim is a debug build, many times slower than a release build; install a release wheel to measure",
            RuntimeWarning,
            stacklevel=3,
        )
