"""Refused: what stands for an argument that does not fit, so that the provider ends the request with a status."""

from dataclasses import dataclass

from wsksim.wsk.words.status import STATUS_INVALID_PARAMETER

__all__ = ["Misfit", "Refused"]


@dataclass(frozen=True)
class Refused:
    """An argument that compiles in C but does not fit.

    Attributes:
        status: the status to answer.
        rule: the rule that it breaks, if one binds the application.
        found: what was found, for the finding.
        advice: what to do, if the rule's own advice does not fit.
    """

    status: int = STATUS_INVALID_PARAMETER
    rule: str | None = None
    found: str = ""
    advice: str | None = None


class Misfit(Exception):
    """Raised where an argument is taken apart; the function hands its `refused` to the provider.

    Attributes:
        refused: what to hand on.
    """

    def __init__(self, status: int = STATUS_INVALID_PARAMETER) -> None:
        super().__init__(status)
        self.refused = Refused(status)
