"""Values that nobody should give, for hostile_calls.py."""

import array
import ctypes
import decimal
import fractions
import itertools
import math
import sys


def raiser(*names, error=ZeroDivisionError):
    def fail(*a, **k):
        raise error("hostile")

    return type("Hostile", (), dict.fromkeys(names, fail))()


def false(kind):
    """An object that says that it is of another kind, as a mock does."""
    return type("False", (), {"__class__": property(lambda _: kind), "__repr__": lambda _: "a false one"})()


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
cycle_of_keys = {}
cycle_of_keys["a"] = cycle_of_keys
deep = []
for _ in range(100_000):
    deep = [deep]
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
    "a huge int below 0": -(10**4400),
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
    "a cycle of keys": cycle_of_keys,
    "a deep list": deep,
    "{}": {},
    "set": {1, 2},
    "range(2**40)": range(2**40),
    "count()": itertools.count(),
    "zeros without end": iter(int, 1),
    "a generator": (n for n in range(3)),
    "endless": Endless(),
    "a length of -1": Liar(-1),
    "a length of 2**62": Liar(2**62),
    "an object": object(),
    "a false int": false(int),
    "a false float": false(float),
    "a false bool": false(bool),
    "a false str": false(str),
    "a false list": false(list),
    "a false dict": false(dict),
    "a type": int,
    "a lambda": lambda: 0,
    "len": len,
    "a module": sys,
    "float array": array.array("d", [1.0]),
    "ctypes": (ctypes.c_double * 2)(),
    "NULL": ctypes.c_void_p(),
    "a large repr": type("Large", (), {"__repr__": lambda _: "x" * 50_000_000})(),
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
# What a call uses up is made anew for each.
ANEW = {
    "count()": itertools.count,
    "a generator": lambda: (n for n in range(3)),
}
