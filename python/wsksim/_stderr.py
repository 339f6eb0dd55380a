"""Standard error: where lines go that nobody may be able to read, which changes nothing else."""

import os
import sys


def say(line: str) -> None:
    """Writes a line to stderr, if there is one that can be written."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        _give_up()


def _give_up() -> None:
    # What is left in its buffer would be tried again at the exit, and change the exit code.
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stderr.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        sys.stderr = None
