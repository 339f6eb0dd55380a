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
