"""The ways of completion: inline, pending and completed by the return, pending and completed by a drive, or drawn."""

import pytest

import wsksim
from harness import ABORTIVE, CTX, DISC, RECV, WAYS, Request, World, contract, data, ok
from inline_alone import INLINE_ALONE
from test_irps import scenarios
from wsksim import wsk

PENDING = wsk.STATUS_PENDING


class Seen(Request):
    """A request that also remembers what its routine found."""

    def routine(self, DeviceObject, Irp, Context):
        self.pending = Irp.PendingReturned
        return super().routine(DeviceObject, Irp, Context)


def asked(world, function, arguments):
    """One call: how it was completed, what PendingReturned was, and the final status."""
    request = Seen()
    request.returned = function(*arguments, request.irp)
    inside = request.calls == 1
    world.drive()
    request.check()
    assert request.pending == (request.returned == PENDING)
    return ("later" if not inside else "windows" if request.pending else "inline"), request.status


@contract(153, "I-17", "I-18", "I-4", "I-5", "U-44", completions="inline")
@pytest.mark.parametrize("way", WAYS)
def test_every_function_is_completed_as_asked(world, way):
    other = World(completions=way, seed=7)
    good, bad = scenarios(other)
    successes, failures = set(), set()
    for name, _, function, arguments in good:
        how, status = asked(other, function, arguments)
        assert status == ok, name
        successes.add(how)
    for function, arguments in bad:
        how, status = asked(other, function, arguments)
        assert not wsk.NT_SUCCESS(status), function
        failures.add(how)
    expected = set(WAYS[:3]) if way == "drawn" else {way}
    assert (successes, failures) == (expected, expected)
    other.end()


@pytest.mark.rule("I-18", "I-15", "I-3", "L-19")
@pytest.mark.parametrize("way", WAYS)
def test_what_has_no_usable_irp_is_answered_at_once(way):
    world = World(completions=way)
    pair = world.remote_pair()
    assert pair.a.WskSend(data(b"x"), 0, None) == wsk.STATUS_INVALID_PARAMETER
    waiting = world.receiving(pair.a, 4)
    assert pair.a.WskSend(data(b"x"), 0, waiting.irp) == wsk.STATUS_INVALID_PARAMETER
    nobody = wsk.IRP()
    assert wsk.WskSocket(None, wsk.AF_INET, 1, 6, 2, None, None, None, None, None, nobody) == wsk.STATUS_INVALID_HANDLE
    world.end()


@pytest.mark.rule("E-10", "E-13", "E-22", "U-16")
@pytest.mark.parametrize("way", WAYS)
def test_events_are_switched_at_once(way):
    world = World(completions=way)
    pair = world.remote_pair()
    for switch in (world.en, world.dis):
        request = Seen()
        assert switch(pair.a, DISC, request.irp) == ok
        assert (request.calls, request.pending) == (1, False)
    static = Seen()
    assert world.static(RECV, static.irp) == wsk.STATUS_INVALID_PARAMETER
    assert (static.calls, static.status, static.pending) == (1, wsk.STATUS_INVALID_PARAMETER, False)
    world.end()


@pytest.mark.rule("U-35", "I-5")
def test_what_a_callback_asks_for_has_completed_by_the_return():
    world = World(completions="windows")
    pair, seen = world.remote_pair(RECV), []

    def echo(DataIndication, BytesAccepted):
        request = world.ask(pair.a.WskSend, data(b"echo"), 0)
        seen.append((request.returned, request.calls, request.status))
        return ok

    pair.ears.on_receive = echo
    pair.b.send(b"data")
    world.drive()
    assert seen == [(PENDING, 1, ok)]
    assert pair.b.read() == b"echo"
    world.end()


@pytest.mark.rule("L-5", "I-4")
@pytest.mark.parametrize("way", ["windows", "later"])
def test_refused_request_that_pends_leaves_nothing_behind(way):
    import gc
    import weakref

    world = World(completions=way)

    class Context:
        pass

    listener, context = world.listener(), Context()
    gone = weakref.ref(context)
    assert world.do(listener.WskAccept, 9, context, None, None, None).status == wsk.STATUS_INVALID_PARAMETER
    arguments = (wsk.AF_INET, 1, 6, 3, context, None, None, None, None)
    assert world.do(world.npi.WskSocket, *arguments).status == wsk.STATUS_INVALID_PARAMETER
    del context, arguments
    gc.collect()
    assert gone() is None
    world.end()


@pytest.mark.rule("I-18")
def test_options_of_completions():
    with wsksim.Subsystem() as subsystem:
        assert subsystem.completions == "inline"
    with wsksim.Subsystem(always_pend=True) as subsystem:
        assert subsystem.completions == "later"
    with pytest.raises(ValueError, match='completions: asked for "windows" with always_pend=True'):
        wsksim.Subsystem(always_pend=True, completions="windows")
    with pytest.raises(ValueError, match="completions"):
        wsksim.Subsystem(completions="sometimes")


@pytest.mark.rule("I-18")
def test_drawn_completions_are_made_again_from_their_list():
    def run(**options):
        world = World(completions="drawn", **options)
        pair, ways = world.remote_pair(), []
        for _ in range(20):
            request = world.ask(pair.a.WskSend, data(b"x"), 0)
            ways.append((request.returned, request.calls))
            world.drive()
        choices = world.subsystem.choices
        world.end()
        return ways, choices

    ways, choices = run(seed=5)
    assert set(ways) == {(ok, 1), (PENDING, 1), (PENDING, 0)}
    assert run(choices=choices)[0] == ways
    assert set(run(choices=[])[0]) == {(ok, 1)}


@pytest.mark.rule("C-9", "I-4")
@pytest.mark.parametrize("way", WAYS)
def test_closed_subsystem_completes_what_it_refuses(way):
    world = World(completions=way)
    pair = world.remote_pair()
    world.subsystem.close()
    request = world.ask(pair.a.WskSend, data(b"x"), 0)
    assert (request.calls, request.status) == (1, wsk.STATUS_DEVICE_NOT_READY)


@pytest.mark.rule("D-20", "G-3")
@pytest.mark.parametrize("way", WAYS)
def test_requests_that_an_abort_ends_complete_before_it_is_indicated(way):
    world = World(completions=way)
    pair = world.remote_pair(DISC)
    pair.b.stop_reading()
    order = pair.ears.order
    requests = [world.receiving(pair.a, 4, then=lambda request: order.append("receive"))]
    requests.append(world.ask(pair.a.WskSend, data(70_000), 0, then=lambda request: order.append("send")))
    pair.b.abort()
    world.drive()
    assert [one.check().status for one in requests] == [wsk.STATUS_CONNECTION_RESET] * 2
    assert order == ["receive", "send", ("disconnect", ABORTIVE)]
    assert pair.ev == [(CTX, ABORTIVE)]
    world.end()


def test_every_test_that_holds_for_inline_alone_is_there(request):
    names = {getattr(item, "originalname", item.name) for item in request.session.items}
    if len(request.session.items) > 1000:
        assert names >= INLINE_ALONE
