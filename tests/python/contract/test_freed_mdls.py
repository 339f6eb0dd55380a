"""An MDL that was given back describes nothing; while a request waits with it, that is a finding (I-9)."""

import pytest

import wsksim
from harness import World, at, ok
from wsksim import wsk

PENDING, KEPT = wsk.STATUS_PENDING, wsk.STATUS_MORE_PROCESSING_REQUIRED


def rules(world):
    return [one.rule for one in world.subsystem.findings]


@pytest.mark.rule("I-9")
def test_freed_mdl_is_no_memory_and_its_use_is_a_finding(world):
    pair = world.pair()
    kept, freed = wsk.MDL(b"kept"), wsk.MDL(b"freed")

    def frees():
        wsk.IoFreeMdl(freed)

    def sends(buffer):
        return pair.a.WskSend(buffer, 0, wsk.IRP())

    frees()
    assert sends(wsk.WSK_BUF(freed, 0, 5)) == wsk.STATUS_INVALID_PARAMETER
    [found] = world.subsystem.findings
    assert (found.rule, found.function.rpartition(".")[2]) == ("I-9", "sends")
    assert found.found.startswith("WskSend was given an MDL that had been freed before (")
    assert found.other_function.rpartition(".")[2] == "frees"
    # Also where the MDLs around it would be long enough.
    chained = wsk.MDL(b"ab", wsk.MDL(b"cd", wsk.MDL(b"ef")))
    wsk.IoFreeMdl(chained.Next)
    assert sends(wsk.WSK_BUF(chained, 0, 3)) == wsk.STATUS_INVALID_PARAMETER
    assert [(one.rule, one.count) for one in world.subsystem.findings] == [("I-9", 2)]
    assert sends(wsk.WSK_BUF(chained, 0, 2)) == ok
    assert sends(wsk.WSK_BUF(kept, 0, 4)) == ok
    assert sends(wsk.WSK_BUF(kept, 0, 5)) == wsk.STATUS_INVALID_PARAMETER
    assert rules(world) == ["I-9", "U-48"], "what was not freed is too short"


@pytest.mark.rule("I-9")
def test_freed_mdl_is_seen_by_each_function_that_is_given_memory(world):
    pair, udp = world.pair(), world.datagram()
    freed = wsk.MDL(bytearray(4))
    wsk.IoFreeMdl(freed)
    buffer = wsk.WSK_BUF(freed, 0, 4)
    for use in (
        lambda irp: pair.a.WskReceive(buffer, 0, irp),
        lambda irp: pair.a.WskSendEx(buffer, 0, 0, None, irp),
        lambda irp: udp.WskSendTo(buffer, 0, at(9), 0, None, irp),
        lambda irp: udp.WskSendMessages(wsk.WSK_BUF_LIST(None, buffer), 0, at(9), 0, None, irp),
        lambda irp: udp.WskReceiveFrom(buffer, 0, None, None, None, None, irp),
    ):
        assert use(wsk.IRP()) == wsk.STATUS_INVALID_PARAMETER
    found = world.subsystem.findings
    assert [one.rule for one in found] == ["I-9"] * 5
    assert all(one.other_site for one in found)


@pytest.mark.rule("U-48")
def test_a_negative_offset_or_length_lies_beyond_as_in_c(world):
    pair = world.pair()
    for offset, length in ((-1, 2), (0, -1), (-4, 4)):
        buffer = wsk.WSK_BUF(wsk.MDL(b"four"), offset, length)
        assert pair.a.WskSend(buffer, 0, wsk.IRP()) == wsk.STATUS_INVALID_PARAMETER
    [found] = world.subsystem.findings
    assert (found.rule, found.count) == ("U-48", 3)
    assert found.found == "WskSend was given 2 bytes at 4294967295 of MDLs with 4 bytes"


@pytest.mark.rule("I-9")
def test_request_under_way_keeps_memory_that_was_freed_and_that_is_a_finding(world):
    pair = world.pair()
    memory = bytearray(4)
    mdl, irp = wsk.MDL(memory), wsk.IRP()
    assert pair.b.WskReceive(wsk.WSK_BUF(mdl, 0, 4), 0, irp) == PENDING
    wsk.IoFreeMdl(mdl)
    assert rules(world) == ["I-9"]
    found = world.subsystem.findings[-1]
    told = "IoFreeMdl was given memory of WskReceive, whose request is under way"
    assert found.found == f"{told} ({found.other_site} in {found.other_function})"
    for site in (found.site, found.other_site):
        assert site.partition(":")[0].endswith("test_freed_mdls.py")
    assert int(found.other_site.rpartition(":")[2]) == int(found.site.rpartition(":")[2]) - 1
    pair.a.WskSend(wsk.WSK_BUF(wsk.MDL(b"late"), 0, 4), 0, wsk.IRP())
    world.drive()
    assert irp.IoStatus.Information == 4
    assert memory == b"late"


@pytest.mark.rule("I-9")
def test_every_mdl_of_a_chain_is_kept_until_the_request_is_over(world):
    pair = world.pair()
    second = wsk.MDL(bytearray(2))
    first = wsk.MDL(bytearray(2), second)
    irp = wsk.IRP()
    assert pair.b.WskReceive(wsk.WSK_BUF(first, 0, 3), 0, irp) == PENDING
    wsk.IoFreeMdl(second)
    assert rules(world) == ["I-9"]
    assert wsk.IoCancelIrp(irp)
    wsk.IoFreeMdl(first)  # cancelled, but not completed
    assert rules(world) == ["I-9", "I-9"]


@pytest.mark.rule("I-9")
def test_memory_may_be_freed_when_no_request_waits_with_it(world):
    pair = world.pair()
    mdl = wsk.MDL(bytearray(4))
    irp = wsk.IRP(lambda device, irp, context: wsk.IoFreeMdl(context) or KEPT, mdl)
    assert pair.b.WskReceive(wsk.WSK_BUF(mdl, 0, 4), 0, irp) == PENDING
    assert pair.a.WskSend(wsk.WSK_BUF(b"data", 0, 4), 0, wsk.IRP()) == ok
    world.drive()  # the routine frees it
    inline = wsk.MDL(b"data")
    assert pair.a.WskSend(wsk.WSK_BUF(inline, 0, 4), 0, wsk.IRP()) == ok
    wsk.IoFreeMdl(inline)
    # What was put into the structure later was never given to the request.
    buffer, waits = wsk.WSK_BUF(wsk.MDL(bytearray(4)), 0, 4), wsk.IRP()
    assert pair.a.WskReceive(buffer, 0, waits) == PENDING
    buffer.Mdl = other = wsk.MDL(bytearray(4))
    wsk.IoFreeMdl(other)
    assert world.subsystem.finding_count == 0


@pytest.mark.rule("I-9")
def test_memory_of_datagrams_and_of_the_first_bytes_is_kept_as_well():
    world = World(always_pend=True)
    bound, udp, far = world.connection(), world.datagram(), world.net.listen(at())
    mdls = [wsk.MDL(b"x") for _ in range(4)]
    buffers = [wsk.WSK_BUF(mdl, 0, 1) for mdl in mdls]
    chain = wsk.WSK_BUF_LIST(wsk.WSK_BUF_LIST(None, buffers[1]), buffers[0])
    assert udp.WskSendMessages(chain, 0, at(9), 0, None, wsk.IRP()) == PENDING
    assert udp.WskSendTo(buffers[2], 0, at(9), 0, None, wsk.IRP()) == PENDING
    assert bound.WskConnectEx(far.address, buffers[3], 0, wsk.IRP()) == PENDING
    for mdl in mdls:
        wsk.IoFreeMdl(mdl)
    assert [(one.rule, one.count) for one in world.subsystem.findings] == [("I-9", 4)]
    assert world.subsystem.findings[0].other_site
    world.drive()
    world.end()


@pytest.mark.rule("I-9")
def test_freeing_memory_of_a_request_raises_if_that_is_asked_for():
    world = World(check="raise")
    pair, mdl = world.pair(), wsk.MDL(bytearray(4))
    assert pair.b.WskReceive(wsk.WSK_BUF(mdl, 0, 4), 0, wsk.IRP()) == PENDING
    with pytest.raises(wsksim.ContractError, match="I-9"):
        wsk.IoFreeMdl(mdl)
    assert mdl.ByteCount == 4, "nothing happened to it"
    world.end()
