"""Refused: what stands for an argument that does not fit, so that the provider ends the request with a status."""

from wsksim._native import Refused
from wsksim.wsk.words.status import STATUS_INVALID_PARAMETER

__all__ = ["Misfit", "Refused"]


class Misfit(Exception):
    """Raised where an argument is taken apart; the function hands its `refused` to the provider.

    Attributes:
        refused: what to hand on.
    """

    def __init__(self, status: int = STATUS_INVALID_PARAMETER) -> None:
        super().__init__(status)
        self.refused = Refused(status)
