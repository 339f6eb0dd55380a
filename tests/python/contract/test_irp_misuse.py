"""IRPs that are freed, in use, not prepared, or given to two requests at once: findings and statuses, no exceptions."""

import sys
import threading

import pytest

from harness import CTX, FAR, World, data, ok
from wsksim import wsk

INVALID = wsk.STATUS_INVALID_PARAMETER


@pytest.mark.rule("I-4", "I-8")
def test_io_status_that_was_replaced_does_not_lose_the_completion(world):
    pair = world.pair()
    request = world.receiving(pair.a, 4)
    request.irp.IoStatus = None
    assert world.send(pair.b, b"data").status == ok
    assert (request.irp.IoStatus.Status, request.irp.IoStatus.Information) == (ok, 4)


@pytest.mark.rule("I-3")
def test_call_that_c_would_not_compile_leaves_a_completed_irp_as_it_was(world):
    pair, irp = world.pair(), wsk.IRP()
    assert pair.a.WskSend(data(b"abc"), 0, irp) == ok
    block = irp.IoStatus
    with pytest.raises(TypeError, match="Flags"):
        pair.a.WskSend(data(b"x"), "flags", irp)
    assert irp.IoStatus is block
    assert irp.is_completed
    assert (block.Status, block.Information) == (ok, 3)


@pytest.mark.rule("I-3", "I-6")
def test_freed_irp_is_a_finding_of_whom_it_was_last_given_to(world):
    pair, irp = world.pair(), wsk.IRP()
    assert pair.a.WskSend(data(b"x"), 0, irp) == ok
    wsk.IoReuseIrp(irp, -1)
    assert irp.IoStatus.Status == 0xFFFFFFFF
    wsk.IoFreeIrp(irp)
    wsk.IoReuseIrp(irp, 0)
    wsk.IoFreeIrp(irp)
    wsk.IoMarkIrpPending(irp)
    assert wsk.IoCancelIrp(irp) is False
    wsk.IoSetCompletionRoutine(irp, max, None, True, True, True)
    assert pair.a.WskSend(data(b"x"), 0, irp) == INVALID
    found = [one.found for one in world.subsystem.findings]
    assert len(found) == 6
    assert all("IoFreeIrp" in text for text in found)
    assert repr(irp) == "<IRP freed>"


@pytest.mark.rule("I-3")
def test_routine_of_an_irp_in_use_cannot_be_changed(world):
    pair = world.pair()
    request = world.receiving(pair.a, 4)
    wsk.IoSetCompletionRoutine(request.irp, lambda DeviceObject, Irp, Context: 1 / 0, None, True, True, True)
    assert [one.rule for one in world.subsystem.findings] == ["I-3"]
    assert world.send(pair.b, b"data").status == ok
    assert world.received(request) == (ok, b"data")


@pytest.mark.rule("I-3")
def test_irp_functions_check_what_the_compiler_checks(world):
    irp = wsk.IRP()
    for wrong in ("x", None, 1.5, True):
        with pytest.raises(TypeError, match="Iostatus"):
            wsk.IoReuseIrp(irp, wrong)
    with pytest.raises(ValueError, match="32-bit"):
        wsk.IoReuseIrp(irp, 1 << 32)
    with pytest.raises(TypeError, match="InvokeOnError"):
        wsk.IoSetCompletionRoutine(irp, max, None, True, "yes", True)
    wsk.IoSetCompletionRoutine(irp, None, None, True, True, True)
    assert world.pair().a.WskSend(data(b"x"), 0, irp) == ok
    assert [one.rule for one in world.subsystem.findings] == ["I-3"]
    for wrong in (float("nan"), -1):
        with pytest.raises(ValueError, match="timeout"):
            irp.wait(wrong)
    with pytest.raises(TypeError, match="timeout"):
        irp.wait("soon")


@pytest.mark.rule("L-19", "I-3", "I-4")
def test_null_client_checks_the_irp_as_others_do(world):
    def ask(irp, client=None):
        return wsk.WskSocket(client, 2, 1, 6, 2, CTX, None, None, None, None, irp)

    freed, bare, raises = wsk.IRP(), wsk.IoAllocateIrp(1), wsk.IRP(lambda DeviceObject, Irp, Context: 1 / 0)
    wsk.IoFreeIrp(freed)
    assert ask(freed) == INVALID
    assert ask(bare) == wsk.STATUS_INVALID_HANDLE
    assert bare.IoStatus.Status == wsk.STATUS_INVALID_HANDLE
    assert ask(raises) == wsk.STATUS_INVALID_HANDLE
    assert raises.is_completed
    used = wsk.IRP(lambda DeviceObject, Irp, Context: 1 / 0)
    assert ask(used, world.client) == ok
    wsk.IoReuseIrp(used, 0)
    assert ask(used) == wsk.STATUS_INVALID_HANDLE
    # Its routine raised twice: for the socket, and for the client that is none.
    assert [(one.rule, one.count) for one in world.subsystem.findings] == [("I-3", 2)]


def test_text_of_what_applications_return_is_bounded(world):
    pair = world.pair(wsk.WSK_EVENT_RECEIVE)
    huge = 10**5000
    pair.ears.answer = [huge]
    assert world.send(pair.b, b"x").status == ok
    irp = wsk.IRP(lambda DeviceObject, Irp, Context: huge)
    assert pair.a.WskSend(data(b"x"), 0, irp) == ok
    assert [one.rule for one in world.subsystem.findings] == ["U-22", "I-3"]
    assert all(len(one.found) < 200 for one in world.subsystem.findings)


@pytest.mark.rule("I-3", "I-4")
def test_irp_goes_to_one_of_two_threads():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for _ in range(40):
            world, start, irp = World(), threading.Barrier(3), wsk.IRP()
            pair = world.pair()

            def receives(pair=pair, start=start, irp=irp):
                start.wait(FAR)
                return pair.a.WskReceive(data(4), 0, irp)

            threads = [world.thread(receives) for _ in range(3)]
            assert all(thread.join() for thread in threads)
            answers = sorted(thread.results[0] for thread in threads)
            assert answers == [wsk.STATUS_PENDING, INVALID, INVALID]
            assert world.subsystem._provider.pending()["requests"] == 1
            assert world.close(pair.a) == ok
            assert irp.IoStatus.Status == wsk.STATUS_CANCELLED
            world.end()
    finally:
        sys.setswitchinterval(interval)


@pytest.mark.rule("I-3")
def test_answer_that_knows_no_equality_is_a_finding(world):
    class Strange:
        def __ne__(self, other):
            raise ValueError("neither equal nor not")

        __eq__ = __ne__
        __hash__ = None
        __repr__ = __str__ = __ne__

    irp = wsk.IRP(lambda DeviceObject, Irp, Context: Strange())
    assert world.pair().a.WskSend(data(b"x"), 0, irp) == ok
    assert irp.is_completed
    assert [one.rule for one in world.subsystem.findings] == ["I-3"]


async def waited(device, irp, context):
    return wsk.STATUS_MORE_PROCESSING_REQUIRED


@pytest.mark.rule("I-3")
@pytest.mark.parametrize("routine", [waited, lambda irp: 0], ids=["an async def", "one argument"])
def test_a_routine_that_cannot_be_called_is_refused_where_it_is_given(routine):
    irp = wsk.IRP()
    for give in (
        lambda: wsk.IRP(routine),
        lambda: wsk.IoSetCompletionRoutine(irp, routine, None, True, True, True),
    ):
        with pytest.raises(TypeError, match=r"asked for a callable \(DeviceObject, Irp, Context\)") as raised:
            give()
        assert str(raised.value).endswith("[I-3]")
    wsk.IoSetCompletionRoutine(irp, lambda *arguments: wsk.STATUS_MORE_PROCESSING_REQUIRED, None, True, True, True)
