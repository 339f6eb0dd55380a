"""Exceptions of wsksim: its API was misused, or `check="raise"` asked for one.

A mistake of the application is a finding and no exception; the answer of a kernel call is a status.
"""

from wsksim.contract import Finding

__all__ = [
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
]


class WsksimError(Exception):
    """The base of every exception that wsksim defines."""


class DriveError(WsksimError):
    """A second drive of one subsystem, or a drive from inside a callback."""


class DriverError(WsksimError, ValueError):
    """A driver in C that cannot be compiled or loaded."""


class SubsystemClosedError(WsksimError):
    """A closed subsystem was used."""


class StaleHandleError(WsksimError, LookupError):
    """A handle whose connection is gone; its slot may belong to another one."""


class ForeignHandleError(WsksimError, ValueError):
    """A handle or connection of another subsystem."""


class LimitError(WsksimError):
    """A limit of the subsystem is reached."""


class NotSimulatedError(WsksimError, NotImplementedError):
    """A WSK function that is left out; the text names it, and the call is counted."""


class PlanError(WsksimError, ValueError):
    """A plan that cannot be read, contradicts itself, or asks for what is not carried out."""


class ReportError(WsksimError, ValueError):
    """A report that cannot be read, added to another one, or written in the form that was asked for."""


class CheckError(WsksimError, AssertionError):
    """A report is not what a check asks for."""


class RemoteError(WsksimError):
    """What a remote application asked of the simulated network was refused.

    Attributes:
        status: the NTSTATUS, such as STATUS_CONNECTION_REFUSED or STATUS_ADDRESS_ALREADY_EXISTS.
    """

    def __init__(self, message: str, status: int) -> None:
        """Keeps the status beside the text."""
        super().__init__(message)
        self.status = status


class ContractError(WsksimError):
    """The application broke a rule of the contract, and the subsystem has `check="raise"`.

    Attributes:
        finding: the breach, as it also stands in `Subsystem.findings`.
    """

    def __init__(self, finding: Finding) -> None:
        """Wraps one finding; the text is the finding's own."""
        super().__init__(finding)
        self.finding = finding


class CaptureError(WsksimError):
    """A capture file cannot be read at all.

    Attributes:
        offset: byte offset of what could not be understood; None if the file could not be opened.
    """

    def __init__(self, message: str, offset: int | None = None) -> None:
        """Keeps the place beside the text."""
        super().__init__(message)
        self.offset = offset


class HandlerError(WsksimError):
    """A handler that cannot be loaded or used."""


class ApplicationError(HandlerError):
    """An application that cannot be loaded, or does not start as one."""


class ForkError(WsksimError):
    """A subsystem of the parent process was used in a forked child."""
