"""What `wsksim cc` refuses: what was asked, what was found, what to do."""

__all__ = ["CompilingError"]


class CompilingError(Exception):
    """A driver cannot be compiled.

    Attributes:
        hints: what to do about what the compiler said, one line each.
    """

    def __init__(self, text: str, hints: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.hints = hints
