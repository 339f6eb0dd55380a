"""The end of the interpreter: workers are stopped before it takes the threads' ground away.

Python's own threads end first, since they may wait for workers; then comes what was registered after this hook,
then this hook. What still runs afterwards is kept from the interpreter, see docs/adr/0015.
"""

import atexit
import sys
import threading
from collections.abc import Callable

from wsksim._stderr import say

_PATIENCE = 5.0
_GRACE = 1.0


def stop_workers(stop: Callable[[float], bool], interrupt: Callable[[], object]) -> None:
    """Stops the workers; the extension calls this at the end, with functions of its own."""
    if stop(_PATIENCE):
        say("wsksim: a handler still runs 5 seconds after the program ended; it is interrupted")
        interrupt()
        if stop(_GRACE):
            say("wsksim: a handler runs on; the process ends without it")


def leave_child(error: SystemExit) -> int:
    """Does what an exit does in the child that a handler forked, on a thread that is not Python's; returns its code."""
    code = 0 if error.code is None else error.code
    if not isinstance(code, int):
        say(str(code))
        code = 1
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()  # noqa: SLF001 - nothing else runs them
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue
    return code & 0xFF
