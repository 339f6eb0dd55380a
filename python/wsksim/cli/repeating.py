"""Repeating: the command line that makes a run again."""

import os
import shlex
from collections.abc import Sequence

__all__ = ["repeating_line"]


def repeating_line(command: Sequence[str], *, stdin: str = "") -> str:
    """The line that repeats a command.

    Args:
        command: the words behind `wsksim`.
        stdin: what the run read from stdin, such as `plan`: no line alone repeats that.
    """
    line = " ".join(map(_quoted, ["wsksim", *map(os.fsdecode, command)]))
    return f"with the same {stdin} on stdin: {line}" if stdin else line


def _quoted(argument: str) -> str:
    """Quotes for a shell; a file's name that is no text in the form that a shell turns back into its bytes."""
    if argument.isprintable() or max(argument) < "\udc80":
        return shlex.quote(argument)
    escaped = "".join(
        chr(byte) if 0x20 <= byte < 0x7F and byte not in b"'\\" else f"\\x{byte:02x}" for byte in os.fsencode(argument)
    )
    return f"$'{escaped}'"
