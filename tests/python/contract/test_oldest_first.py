"""schedule="fifo": edges, callbacks and completions of different sockets happen in the order in which they arose."""

import ctypes

import pytest

import wsksim
from harness import DISC, RECV, World, ok


def pairs(world, count, mask=DISC | RECV):
    """Connections to remote ends that write down in one list what they hear."""
    heard, made = [], []
    for number in range(count):
        pair = world.remote_pair(mask)
        pair.ears.order = NumberedOrder(heard, number)
        made.append(pair)
    return heard, made


class NumberedOrder:
    """Appends (socket's number, what happened)."""

    def __init__(self, heard, number):
        self.heard, self.number = heard, number

    def append(self, entry):
        self.heard.append((self.number, entry[0]))


@pytest.mark.rule("D-19", "D-20")
def test_edges_and_callbacks_of_different_sockets_are_oldest_first(world):
    heard, made = pairs(world, 6)
    for number, pair in enumerate(made):
        if number % 2:
            pair.b.send(b"data")
        else:
            pair.b.disconnect()
    world.drive()
    assert heard == [(number, "receive" if number % 2 else "disconnect") for number in range(6)]


@pytest.mark.rule("D-19", "D-20")
def test_completions_keep_their_place_among_the_edges(world):
    heard, made = pairs(world, 4, DISC)
    receive = world.receiving(made[1].a, 4, then=lambda request: heard.append((1, "completed")))
    made[0].b.disconnect()
    made[1].b.send(b"data")
    made[2].b.abort()
    world.drive()
    assert heard == [(0, "disconnect"), (1, "completed"), (2, "disconnect")]
    assert receive.check().status == ok


@pytest.mark.rule("D-20", "G-2")
def test_requests_that_a_disconnect_ends_complete_before_it_all_the_same(world):
    heard, made = pairs(world, 2)
    for number, pair in enumerate(made):
        world.receiving(pair.a, 4, then=lambda request, number=number: heard.append((number, "completed")))
    for pair in made:
        pair.b.abort()
    world.drive()
    for number in range(2):
        assert heard.index((number, "completed")) < heard.index((number, "disconnect"))


def test_endless_callbacks_do_not_starve_an_edge(world):
    heard, made = pairs(world, 2)

    def again(DataIndication, BytesAccepted):
        made[0].b.send(b"again")
        return ok

    made[0].ears.on_receive = again
    made[0].b.send(b"first")
    made[1].b.disconnect()
    world.subsystem.dispatch(3)
    assert (1, "disconnect") in heard
    made[0].ears.on_receive = None
    world.drive()


@pytest.mark.parametrize("kind", ["native", "batch"])
def test_edges_of_other_handlers_keep_their_place(kind):
    world, heard = World(), []
    signature = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_uint32)
    if kind == "native":
        handler = wsksim.native_handler(signature(lambda context, flags: heard.append("edge") or 0))
    else:
        handler = wsksim.batch_handler(lambda contexts, flags: heard.extend(["edge"] * len(contexts)))
    fleet = world.subsystem.connect_many(100, handler)
    pair = world.remote_pair(RECV)
    pair.ears.order = heard
    fleet[:50].remote.disconnect()
    pair.b.send(b"data")
    fleet[50:].remote.disconnect()
    assert world.drive() == 101 or kind == "batch"
    assert heard.index(("receive", b"data")) == 50
    assert len(heard) == 101
    world.end()


def test_order_does_not_depend_on_how_the_drive_is_cut():
    def run(limit):
        world = World()
        heard, made = pairs(world, 12)
        for pair in made:
            pair.b.send(b"data")
            pair.b.disconnect()
        while world.subsystem.dispatch(limit):
            pass
        world.end()
        return heard

    assert run(None) == run(1) == run(3)


def test_edge_that_a_callback_posts_comes_after_what_waits(world):
    heard, made = pairs(world, 3)

    def posts(DataIndication, BytesAccepted):
        made[2].b.disconnect()
        return ok

    made[0].ears.on_receive = posts
    made[0].b.send(b"data")
    made[1].b.send(b"data")
    world.drive()
    assert heard == [(0, "receive"), (1, "receive"), (2, "disconnect")]


@pytest.mark.rule("D-20", "D-24", "D-27")
def test_closed_sockets_in_the_queue_do_not_hold_an_errand_up(world):
    heard, made = pairs(world, 4)
    for pair in made[:3]:
        pair.b.disconnect()
    made[3].b.send(b"data")
    for pair in made[:3]:
        assert world.ask(pair.a.WskCloseSocket).returned == ok
    world.drive()
    assert heard == [(3, "receive")]
    assert world.net.state(made[3].a) == "OPEN"
