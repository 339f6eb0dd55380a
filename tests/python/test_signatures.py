"""The door: a handler that no call can suit is refused when it is given, and nothing else is."""

import asyncio
import functools
import operator
import unittest.mock
from ctypes import CFUNCTYPE, c_uint32, c_void_p

import pytest

import wsksim
from conftest import CAPTURES
from wsksim import wsk
from wsksim.handlers import load_handler


async def waited(SocketContext, Flags):
    return 0


async def generates(SocketContext, Flags):
    yield 0


def one(SocketContext):
    return 0


def three(SocketContext, Flags, more):
    return 0


def named(SocketContext, Flags, *, more):
    return 0


class Waited:
    async def __call__(self, SocketContext, Flags):
        return 0

    async def method(self, SocketContext, Flags):
        return 0


class TakesNothing:
    def __call__(self):
        return 0

    def method(self, SocketContext):
        return 0


BAD = {
    "async": waited,
    "async generator": generates,
    "async object": Waited(),
    "async method": Waited().method,
    "async partial": functools.partial(waited),
    "async mock": unittest.mock.AsyncMock(),
    "one": one,
    "three": three,
    "keyword": named,
    "object": TakesNothing(),
    "method": TakesNothing().method,
    "partial": functools.partial(one),
    "lambda": lambda: 0,
    "builtin": len,
}


def takes_any(*arguments):
    return 0


def takes_more(SocketContext, Flags, more=0, *, named=0):
    return 0


@functools.wraps(one)
def wraps_one(SocketContext, Flags):
    return one(SocketContext)


@functools.wraps(waited)
def wraps_async(SocketContext, Flags):
    return asyncio.run(waited(SocketContext, Flags))


class Takes:
    def __call__(self, SocketContext, Flags):
        return 0

    def method(self, SocketContext, Flags):
        return 0

    @classmethod
    def of_the_class(cls, SocketContext, Flags):
        return 0


GOOD = {
    "any": takes_any,
    "more": takes_more,
    "wrapper of one argument": wraps_one,
    "wrapper of an async def": wraps_async,
    "object": Takes(),
    "method": Takes().method,
    "class method": Takes.of_the_class,
    "partial": functools.partial(three, more=0),
    "lambda": lambda *_: 0,
    "builtin": operator.is_,
    "C function": CFUNCTYPE(c_uint32, c_void_p, c_uint32)(lambda *_: 0),
    "mock": unittest.mock.Mock(return_value=0),
}
# What they take cannot be known, so they are taken, and called.
UNKNOWN = {"class": dict, "builtin": max, "object": type("", (), {"__call__": max})()}


@pytest.fixture(params=BAD.values(), ids=BAD)
def bad(request):
    """A handler that cannot be called with two arguments, or that somebody would have to await."""
    return request.param


@pytest.fixture(params=GOOD.values(), ids=GOOD)
def good(request):
    """A handler that can."""
    return request.param


REFUSED = r"asked for a callable \(\w+, \w+\); found .*(async def|cannot be called so).*; (write|give) "


@pytest.mark.rule("D-1")
def test_every_door_refuses_what_cannot_be_called(bad):
    with wsksim.Subsystem() as subsystem:
        doors = [
            lambda: subsystem.connect(None, bad),
            lambda: subsystem.connect_many(3, bad),
            lambda: wsksim.storm(bad, sockets=1),
            lambda: wsksim.replay(CAPTURES / "mixed_v4.pcap", bad),
            lambda: wsksim.batch_handler(bad),
            lambda: load_handler(bad),
            lambda: wsk.WSK_CLIENT_CONNECTION_DISPATCH(WskDisconnectEvent=bad),
        ]
        for door in doors:
            with pytest.raises(TypeError, match=REFUSED):
                door()
        assert subsystem.open_sockets == 0


def test_every_door_takes_what_can_be_called(good):
    with wsksim.Subsystem() as subsystem:
        for connection in (subsystem.connect(None, good), subsystem.connect_many(3, good)[0]):
            connection.remote.disconnect()
        subsystem.dispatch()
        assert "it raised TypeError" not in str(subsystem.findings)
        wsk.WSK_CLIENT_CONNECTION_DISPATCH(WskDisconnectEvent=good)
        assert load_handler(good) is good


@pytest.mark.parametrize("handler", UNKNOWN.values(), ids=UNKNOWN)
def test_what_cannot_be_known_is_taken(handler):
    with wsksim.Subsystem() as subsystem:
        subsystem.connect(None, handler).remote.disconnect()
        assert subsystem.dispatch() == 1
        wsk.WSK_CLIENT_CONNECTION_DISPATCH(WskDisconnectEvent=handler)
        assert load_handler(handler) is handler


def taking(names):
    """A function of arguments with these names."""
    return eval(f"lambda {', '.join(names)}: 0")  # noqa: S307 - our own text


@pytest.mark.parametrize(
    ("table", "entry", "count"),
    [
        (wsk.WSK_CLIENT_LISTEN_DISPATCH, "WskAcceptEvent", 7),
        (wsk.WSK_CLIENT_LISTEN_DISPATCH, "WskInspectEvent", 4),
        (wsk.WSK_CLIENT_LISTEN_DISPATCH, "WskAbortEvent", 2),
        (wsk.WSK_CLIENT_DATAGRAM_DISPATCH, "WskReceiveFromEvent", 3),
        (wsk.WSK_CLIENT_CONNECTION_DISPATCH, "WskReceiveEvent", 5),
        (wsk.WSK_CLIENT_CONNECTION_DISPATCH, "WskDisconnectEvent", 2),
        (wsk.WSK_CLIENT_CONNECTION_DISPATCH, "WskSendBacklogEvent", 2),
    ],
)
def test_tables_know_what_each_callback_takes(table, entry, count):
    names = [f"a{number}" for number in range(count + 1)]
    for given in (names[:-2], names):
        with pytest.raises(TypeError, match=rf"{entry}: asked for a callable .*cannot be called so; give it {count}"):
            table(**{entry: taking(given)})
    table(**{entry: taking(names[:-1])})
    table(**{entry: None})
    with pytest.raises(TypeError, match="an async def, which nobody awaits"):
        table(**{entry: unittest.mock.AsyncMock()})


@pytest.mark.parametrize(("name", "found"), [("waited", "an async def"), ("one", r"one\(SocketContext\)")])
def test_the_text_of_a_handler_is_refused_alike(name, found):
    with pytest.raises(wsksim.errors.HandlerError, match=found):
        load_handler(f"test_signatures:{name}")


def test_command_line_refuses_before_it_runs(wsksim_command, workplace):
    (workplace / "wrong.py").write_text("async def waited(SocketContext, Flags): ...\ndef one(SocketContext): ...\n")
    for name, found in (("waited", "an async def"), ("one", "one(SocketContext)")):
        done = wsksim_command("run", f"wrong:{name}")
        assert (done.returncode, done.stdout) == (2, "")
        assert found in done.stderr
        assert len(done.stderr.splitlines()) == 1
