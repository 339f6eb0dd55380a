"""Gives every argument of one group of public functions values that nobody should give; run by hostile.py.

Prints a line for each call that went wrong, and how many calls were made. Which one runs is on stderr.
"""

import array
import ctypes
import decimal
import faulthandler
import fractions
import itertools
import math
import os
import re
import resource
import signal
import sys
import tempfile
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import wsksim
from wsksim import wsk


def raiser(*names, error=ZeroDivisionError):
    def fail(*a, **k):
        raise error("hostile")

    return type("Hostile", (), dict.fromkeys(names, fail))()


class Endless:
    def __iter__(self):
        return itertools.count()

    def __len__(self):
        return 3


class Liar:
    def __init__(self, length):
        self.length = length

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        return index


class Name(str):
    pass


class Number(int):
    pass


class Index:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


cycle = []
cycle.append(cycle)
values = {
    "None": None,
    "True": True,
    "0": 0,
    "-1": -1,
    "2**31": 2**31,
    "2**63": 2**63,
    "2**64": 2**64,
    "2**200": 2**200,
    "-2**63": -(2**63),
    "a huge int": 10**5000,
    "0.5": 0.5,
    "nan": math.nan,
    "inf": math.inf,
    "-inf": -math.inf,
    "1e308": 1e308,
    "1j": 1j,
    "Decimal": decimal.Decimal("1.5"),
    "Fraction": fractions.Fraction(1, 3),
    "''": "",
    "text": "text",
    "a surrogate": "\udc80",
    "NUL": "a\0b",
    "a long text": "x" * 10**6,
    "b''": b"",
    "bytes": b"bytes",
    "bytearray": bytearray(3),
    "memoryview": memoryview(b"abc"),
    "()": (),
    "[]": [],
    "[1, 'a']": [1, "a"],
    "[[]]": [[]],
    "a cycle": cycle,
    "{}": {},
    "set": {1, 2},
    "range(2**40)": range(2**40),
    "count()": itertools.count(),
    "a generator": (n for n in range(3)),
    "endless": Endless(),
    "a length of -1": Liar(-1),
    "a length of 2**62": Liar(2**62),
    "an object": object(),
    "a type": int,
    "a lambda": lambda: 0,
    "len": len,
    "a module": sys,
    "float array": array.array("d", [1.0]),
    "ctypes": (ctypes.c_double * 2)(),
    "NULL": ctypes.c_void_p(),
    "repr raises": raiser("__repr__", "__str__"),
    "index raises": raiser("__index__", "__int__", "__float__"),
    "len raises": raiser("__len__", "__iter__"),
    "hash raises": raiser("__hash__", "__eq__"),
    "bool raises": raiser("__bool__"),
    "getattr raises": raiser("__getattr__"),
    "exits": raiser("__index__", "__len__", "__iter__", "__float__", error=RecursionError),
    "Name": Name("fifo"),
    "Number": Number(3),
    "Index(-5)": Index(-5),
    "Index('a')": Index("a"),
    "NotImplemented": NotImplemented,
    "...": ...,
}

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
    + [("WskRegister", lambda value: subsystem.WskRegister(value)), ("IRP", lambda value: wsk.IRP(value))],
}

PARTS = (
    re.compile(r"asked|given|took|NTSTATUS|^[^:]+: found"),
    re.compile(r"[;:]"),
    re.compile(r"\b(give|use|pass|name|make|call|open|ask|wait|write|return|install|at most|is|are|see|need|needs)\b"),
)


def ours(error, value):
    # What a user's own object raised is not ours to word.
    text = str(error)
    return not (
        (callable(value) and parameter in ("contexts", "progress"))
        or "hostile" in text
        or isinstance(error, (ZeroDivisionError, RecursionError, MemoryError))
    )


class Enough(BaseException):
    """A long run that was asked for answers to a signal."""


def enough(number, frame):
    raise Enough


signal.signal(signal.SIGALRM, enough)
name = sys.argv[1]
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, resource.RLIM_INFINITY))
calls = 0
for parameter, call in cases[name]:
    for shown, value in values.items():
        calls += 1
        print(f"{name}({parameter}={shown})", file=sys.stderr, flush=True)
        signal.setitimer(signal.ITIMER_REAL, 2)
        faulthandler.dump_traceback_later(30, exit=True)
        try:
            call(value)
        except Exception as error:
            problem = ours(error, value) and not all(part.search(str(error)) for part in PARTS)
            if problem:
                problem = error
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
