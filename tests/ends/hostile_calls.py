"""Gives every argument of one group of public functions values that nobody should give; run by hostile.py.

Prints a line for each call that went wrong, and how many calls were made. Which one runs is on stderr.
"""

import ctypes
import faulthandler
import os
import re
import resource
import signal
import sys
import tempfile
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import hostile_functions
from hostile_values import ANEW, values

import wsksim
from wsksim import wsk

good = lambda SocketContext, Flags: 0
subsystem = wsksim.Subsystem()
npi = subsystem.WskCaptureProviderNPI(subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH()), wsk.WSK_INFINITE_WAIT)[1]
folder = tempfile.mkdtemp()
os.chdir(folder)
capture = str(Path(wsksim.__file__).parent / "examples" / "mixed_v4.pcap")
fleet = subsystem.connect_many(3, good)


def used(block):
    with block:
        pass


def drained(timeout):
    with wsksim.Subsystem().workers(1) as workers:
        workers.drain(timeout)


cases = {
    "Subsystem": [
        (name, lambda value, name=name: wsksim.Subsystem(**{name: value}))
        for name in (
            "seed",
            "check",
            "irql",
            "max_sockets",
            "max_pending",
            "journal",
            "black_box",
            "remember_disconnects",
            "graceful_after_data",
            "set_dispatch_flag",
            "always_pend",
            "schedule",
            "window",
            "choices",
        )
    ],
    "connect": [
        ("context", lambda value: subsystem.connect(value, good).close()),
        ("batch context", lambda value: subsystem.connect(value, wsksim.batch_handler(lambda c, f: None)).close()),
        (
            "native context",
            lambda value: subsystem.connect(
                value, wsksim.native_handler(ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)(good))
            ).close(),
        ),
        ("handler", lambda value: subsystem.connect(1, value).close()),
        ("enabled", lambda value: subsystem.connect(1, good, enabled=value).close()),
    ],
    "connect_many": [
        ("count", lambda value: subsystem.connect_many(value, good).close()),
        ("handler", lambda value: subsystem.connect_many(2, value).close()),
        ("contexts", lambda value: subsystem.connect_many(3, good, contexts=value).close()),
        (
            "batch contexts",
            lambda value: subsystem.connect_many(3, wsksim.batch_handler(lambda c, f: None), contexts=value).close(),
        ),
        (
            "native contexts",
            lambda value: subsystem.connect_many(
                3,
                wsksim.native_handler(ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)(good)),
                contexts=value,
            ).close(),
        ),
        ("enabled", lambda value: subsystem.connect_many(2, good, enabled=value).close()),
    ],
    "drive": [
        ("connection", lambda value: subsystem.connection(value)),
        ("dispatch", lambda value: subsystem.dispatch(value)),
        ("workers", lambda value: used(wsksim.Subsystem().workers(value))),
        ("spin_us", lambda value: used(wsksim.Subsystem().workers(1, spin_us=value))),
        ("drain", drained),
    ],
    "fleet": [
        ("fleet[]", lambda value: fleet[value]),
        ("abortive", lambda value: fleet.remote.disconnect(value)),
    ],
    "handlers": [
        ("batch_handler", lambda value: wsksim.batch_handler(value)),
        ("native_handler", lambda value: wsksim.native_handler(value)),
    ],
    "storm": [
        (name, lambda value, name=name: wsksim.storm(**{"handler": good, "sockets": 3, name: value}))
        for name in wsksim.storm.__kwdefaults__ or ()
    ]
    + [("handler", lambda value: wsksim.storm(value, sockets=3))],
    "replay": [
        (name, lambda value, name=name: wsksim.replay(capture, good, **{name: value}))
        for name in wsksim.replay.__kwdefaults__ or ()
    ]
    + [("capture", lambda value: wsksim.replay(value, good)), ("handler", lambda value: wsksim.replay(capture, value))],
    "wsk": [
        (
            f"WskSocket[{place}]",
            lambda value, place=place: npi.WskSocket(
                *[
                    value if place == number else given
                    for number, given in enumerate(
                        (
                            wsk.AF_INET,
                            wsk.SOCK_STREAM,
                            wsk.IPPROTO_TCP,
                            wsk.WSK_FLAG_CONNECTION_SOCKET,
                            None,
                            None,
                            None,
                            None,
                            None,
                            wsk.IRP(),
                        )
                    )
                ]
            ),
        )
        for place in range(10)
    ]
    + hostile_functions.registration_cases(subsystem),
    "functions": hostile_functions.wsk_cases(subsystem, npi),
    "network": hostile_functions.network_cases(subsystem),
    "plans": hostile_functions.plan_cases(),
    "reports": hostile_functions.report_cases(),
    "merge": [
        ("reports", lambda value: wsksim.merge(value)),
        ("reports[]", lambda value: wsksim.merge([value])),
        ("checks", lambda value: wsksim.merge(["none"], checks=value)),
        ("allow_missing", lambda value: wsksim.merge(["none"], allow_missing=value)),
    ],
    "distributed": hostile_functions.distributed_cases(),
    "drivers": hostile_functions.driver_cases(folder),
    "numbers": hostile_functions.number_cases(subsystem, npi, fleet),
}

PARTS = (
    re.compile(r"\basked\b"),
    re.compile(r"[;:]"),
    re.compile(
        r"\b(give|use|pass|name|make|call|open|ask|wait|write|return|install|yield|add|check|correct|leave|at most|is"
        r"|are|see|need|needs)\b"
    ),
)


# What Python itself says of a wrong number of arguments: of which function, how many it takes, how many were given.
NUMBERS = re.compile(r"\(\) takes .*\bgiven|expected at most \d+ arguments?, got \d+")
# Characters of a text that a screen shows; a path may be named twice.
LONGEST = 1500


def ours(error, value):
    # What a user's own object raised is not ours to word; that it takes no argument is.
    text = str(error)
    return not (
        (any(value is one for one in (len, int)) and parameter in ("contexts", "progress"))
        or "hostile" in text
        or isinstance(error, (ZeroDivisionError, RecursionError, MemoryError))
    )


def is_worded(error):
    text = str(error)
    if name == "numbers" and NUMBERS.search(text):
        return len(text) <= LONGEST
    return len(text) <= LONGEST and all(part.search(text) for part in PARTS)


class Enough(KeyboardInterrupt):
    """A long run that was asked for answers to a signal."""


armed = False


def enough(number, frame):
    global armed  # noqa: PLW0603 - a signal handler's only way
    if armed:
        armed = False
        raise Enough


signal.signal(signal.SIGALRM, enough)
name = sys.argv[1]
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, resource.RLIM_INFINITY))
calls = 0
for parameter, call in cases[name]:
    for shown, kept in values.items():
        calls += 1
        value = ANEW[shown]() if shown in ANEW else kept
        print(f"{name}({parameter}={shown})", file=sys.stderr, flush=True)
        signal.setitimer(signal.ITIMER_REAL, 2)
        faulthandler.dump_traceback_later(30, exit=True)
        try:
            armed = True
            call(value)
            armed = False
        except Exception as error:
            armed = False
            problem = error if ours(error, value) and not is_worded(error) else None
        except Enough:
            continue
        except BaseException as error:
            print(f"WRONG {name}({parameter}={shown}): {type(error).__name__}: {error}")
            continue
        else:
            continue
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if problem:
            print(f"WORDS {name}({parameter}={shown}): {type(problem).__name__}: {str(problem)[:200]}")
print("calls", calls)
