"""What a remote's disconnect is answered with."""

import enum


class Answer(enum.StrEnum):
    """The answer to one posted disconnect.

    An accepted edge is indicated or withheld later and is never lost. A refused one is no edge at all and is
    counted apart, under the member's value.
    """

    QUEUED = "queued"
    """Accepted: the next drive indicates it."""
    HELD = "held"
    """Accepted: the event is not enabled, so it waits (D-22)."""
    STALE = "stale"
    """Refused: the handle's slot was given to another connection."""
    CLOSED = "closed"
    """Refused: the socket or its subsystem is closed (D-25)."""
    REPEATED = "repeated"
    """Refused: the same kind again, or anything after an abortive edge (D-21)."""
    LIMIT = "limit"
    """Refused: `max_pending` edges are pending already."""

    @property
    def accepted(self) -> bool:
        """Whether the post became an edge."""
        return self in _ACCEPTED


_ACCEPTED = frozenset({Answer.QUEUED, Answer.HELD})
