"""The end of the interpreter: workers are stopped before it takes the threads' ground away.

Python's own threads end first, since they may wait for workers; then comes what was registered after this hook,
then this hook. What still runs afterwards is kept from the interpreter, see docs/adr/0015.
"""

import atexit

_PATIENCE = 5.0
_GRACE = 1.0


@atexit.register
def _end() -> None:
    # The extension imports this module while it is made.
    from wsksim._native import _interpreter_ends, _interrupt_workers, _stop_workers  # start-up: 4 ms of import wsksim
    from wsksim._stderr import say  # start-up: 1 ms of import wsksim

    try:
        if _stop_workers(_PATIENCE):
            say("wsksim: a handler still runs 5 seconds after the program ended; it is interrupted")
            _interrupt_workers()
            if _stop_workers(_GRACE):
                say("wsksim: a handler runs on; the process ends without it")
    finally:
        _interpreter_ends()
