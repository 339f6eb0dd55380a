"""Standard streams that nobody may be able to read any more, which changes nothing else."""

import os
import sys

TYPE_CHECKING = False  # the module typing would be the longest import
if TYPE_CHECKING:
    from typing import NoReturn

# As a shell sees a program that SIGPIPE ended.
EXIT_PIPE = 141


def say(line: str) -> None:
    """Writes a line to stderr, if there is one that can be written."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(line + "\n")
        flush = getattr(sys.stderr, "flush", None)
        if flush is not None:
            flush()
    except (OSError, ValueError):
        _give_up()
    except Exception:  # noqa: BLE001 - a stream of the user's own, which may be of any kind
        return


def send_nowhere(number: int) -> None:
    """Has all that is written to a file number vanish: what its stream still holds would be tried again at the exit.

    Raises:
        OSError: there is no such file.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if nowhere != number:
        os.dup2(nowhere, number)
        os.close(nowhere)


def leave() -> "NoReturn":
    """Ends as a program whose output nobody reads any more."""
    send_nowhere(1)
    raise SystemExit(EXIT_PIPE)


def _give_up() -> None:
    try:
        send_nowhere(sys.stderr.fileno())
    except (OSError, ValueError):
        sys.stderr = None
