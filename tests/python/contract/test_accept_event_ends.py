"""What befalls a connection while WskAcceptEvent for it runs, and is told once that has returned (D-27)."""

import pytest

from harness import ACCEPT, CTX, DISC, RECV, Ears, ok


def visit(world, mask, meanwhile, *, before=lambda far: None):
    """What B heard, which inherits `mask`; `meanwhile(B, A)` happens inside, after the out parameters are written."""
    ears, far, made = Ears(), [], []

    def answer(AcceptSocket, Context, Dispatch, Local, Remote):
        Context.value, Dispatch.value = CTX, ears.table
        made.append(AcceptSocket)
        meanwhile(AcceptSocket, far[0])
        return ok

    far.append(world.net.connect(world.address(world.by_event(ACCEPT | mask, answer))))
    before(far[0])
    world.drive()
    assert world.close(made[0]) == ok
    return ears


def leave(far):
    far.disconnect()
    far.abort()


@pytest.mark.rule("L-22", "D-27", "E-15")
def test_socket_that_turns_non_functional_inside_the_accept_event_is_announced(world):
    ears = visit(world, RECV | DISC, lambda b, far: world.net.break_transport(b))
    assert ears.received == [None]
    assert ears.ev == []


@pytest.mark.rule("D-22", "D-27", "A-20")
def test_of_two_edges_before_the_enabling_inside_the_accept_event_the_abortive_is_indicated(world):
    def enabled_last(b, far):
        leave(far)
        assert world.en(b, DISC) == ok

    def enabled_first(b, far):
        assert world.en(b, DISC) == ok
        leave(far)

    assert visit(world, 0, enabled_last).ev == [(CTX, 1)]
    assert visit(world, 0, enabled_first).ev == [(CTX, 0), (CTX, 1)]
    assert visit(world, DISC, lambda b, far: leave(far)).ev == [(CTX, 0), (CTX, 1)]


@pytest.mark.rule("D-22", "E-17")
def test_disable_inside_the_accept_event_that_finds_both_edges_leaves_the_abortive(world):
    def meanwhile(b, far):
        leave(far)
        assert world.dis(b, DISC) == ok
        assert world.en(b, DISC) == ok

    assert visit(world, DISC, meanwhile).ev == [(CTX, 1)]


@pytest.mark.rule("G-18", "U-6", "D-27")
def test_abort_inside_the_accept_event_overtakes_data_that_nobody_takes(world):
    def finish(far):
        far.send(b"unread")
        far.disconnect()

    for mask, told in ((DISC, [(CTX, 1)]), (DISC | RECV, [(CTX, 0), (CTX, 1)])):
        ears = visit(world, mask, lambda b, far: far.abort(), before=finish)
        assert ears.ev == told
        assert ears.received == []
    books = world.subsystem.counters()
    assert books["withheld"]["superseded"] == 1
    assert sum(books["posted"].values()) == sum(books["indicated"].values()) + 1
