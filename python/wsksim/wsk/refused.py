"""Refused: how a function ends a request before the contract machine sees it."""

from wsksim.wsk.status import STATUS_INVALID_PARAMETER

__all__ = ["Refused"]


class Refused(Exception):
    """A request that is refused before the machine sees it.

    Attributes:
        status: the status to answer.
    """

    def __init__(self, status: int = STATUS_INVALID_PARAMETER) -> None:
        super().__init__(status)
        self.status = status
