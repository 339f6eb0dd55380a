"""What may overtake what, as an application sees it: both orders of what the contract leaves open occur."""

import pytest

from harness import ABORTIVE, CTX, DISC, GRACEFUL, RECV, World, at, contract, data, ok
from wsksim import wsk

SEEDS = 60


def over_seeds(run, *, schedule="explore", **options):
    """What `run` has said of a world of each seed."""
    said = set()
    for seed in range(SEEDS):
        world = World(seed=seed, schedule=schedule, completions="later", **options)
        said.add(run(world))
        world.end()
    return said


@contract(154, "D-20", "G-15", completions="inline")
@pytest.mark.parametrize("schedule", ["explore", "pct:3"])
@pytest.mark.parametrize("end", ["disconnect", "abort"])
def test_what_a_send_leads_to_may_come_before_its_completion(world, end, schedule):
    def run(world):
        pair = world.remote_pair(DISC)
        order = []
        pair.ears.order = order
        world.receiving(pair.a, 8, then=lambda request: order.append("reply"))
        world.ask(pair.a.WskSend, data(b"ask"), 0, then=lambda request: order.append("sent"))
        assert pair.b.read() == b"ask"
        pair.b.send(b"ok")
        assert getattr(pair.b, end)() == ok
        world.drive()
        assert pair.ev == [(CTX, ABORTIVE if end == "abort" else GRACEFUL)]
        disconnect = order.index(("disconnect", pair.ev[0][1]))
        assert order.index("reply") < disconnect  # D-20
        return order.index("sent") < order.index("reply"), order.index("sent") < disconnect

    assert over_seeds(run, schedule=schedule) == {(True, True), (False, True), (False, False)}


@contract(154, "D-20", "D-19", completions="inline")
def test_data_may_be_indicated_before_the_send_that_asked_for_it_completes(world):
    def run(world):
        pair = world.remote_pair(RECV)
        world.ask(pair.a.WskSend, data(b"ask"), 0, then=lambda request: pair.ears.order.append("sent"))
        pair.b.send(b"ok")
        world.drive()
        return pair.ears.order.index("sent") < pair.ears.order.index(("receive", b"ok"))

    assert over_seeds(run) == {True, False}


@contract(157, "I-12", "C-9", completions="inline")
def test_cancelled_accept_may_yield_a_socket_all_the_same(world):
    def run(world):
        listener = world.listener()
        address = world.address(listener)
        accept = world.ask(listener.WskAccept, 0, None, None, None, None)
        assert wsk.IoCancelIrp(accept.irp)
        world.net.connect(address)
        world.drive()
        if accept.check().status == ok:
            assert world.close(accept.information) == ok
        return accept.status

    assert over_seeds(run) == {ok, wsk.STATUS_CANCELLED}


@contract(157, "I-12", "C-9", "U-43", completions="inline")
def test_cancelled_connect_may_yield_a_connection_all_the_same(world):
    def run(world):
        table = wsk.WSK_CLIENT_LISTEN_DISPATCH(None, lambda *rest: wsk.WskInspectAccept, lambda *rest: ok)
        listener = world.listener("L", table, bound=False)
        assert world.option(listener, wsk.SO_CONDITIONAL_ACCEPT, 1) == ok
        assert world.do(listener.WskBind, at(), 0).status == ok
        address = world.address(listener)
        arguments = (wsk.SOCK_STREAM, wsk.IPPROTO_TCP, at(), address, 0, None, None, None, None, None)
        connect = world.ask(world.npi.WskSocketConnect, *arguments)
        assert wsk.IoCancelIrp(connect.irp)
        world.drive()
        if connect.check().status == ok:
            assert world.state(connect.information) == "OPEN"
            assert world.close(connect.information) == ok
        return connect.status

    assert over_seeds(run) == {ok, wsk.STATUS_CANCELLED}


@contract(157, "I-12", completions="inline")
def test_cancel_that_loses_takes_effect_in_the_end(world):
    def run(world):
        pair = world.remote_pair()
        waiting = world.receiving(pair.a, 4)
        assert wsk.IoCancelIrp(waiting.irp)
        early = world.subsystem._provider.pending()["requests"] == 0
        world.drive()
        assert waiting.check().status == wsk.STATUS_CANCELLED
        return early

    assert over_seeds(run) == {True, False}
