"""Waiting where nothing can end it never blocks."""

import asyncio
import threading

import pytest

from harness import DISC, FAR, World, ok


async def await_it(irp):
    return await irp


@pytest.mark.rule("D-10")
def test_awaiting_inside_a_callback_goes_on_at_once():
    world, answers = World(), []
    pair = world.pair(DISC)
    waiting = world.receiving(pair.b, 5)

    def handler(SocketContext, Flags):
        answers.append(asyncio.run(asyncio.wait_for(await_it(waiting.irp), FAR)))
        return ok

    pair.ears.on_disconnect = handler
    assert world.disconnecting(pair.b).status == ok
    world.drive()
    assert len(answers) == 1
    assert [one.rule for one in world.subsystem.findings] == ["D-10"]
    assert world.close(pair.b) == ok


def test_a_wait_ends_when_the_subsystem_is_closed():
    world = World()
    pair = world.pair()
    waiting = world.receiving(pair.a, 5)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(waiting.irp.wait(None)))
    thread.start()
    world.subsystem.close()
    thread.join(FAR)
    assert not thread.is_alive()
    assert answers in ([False], [True])
