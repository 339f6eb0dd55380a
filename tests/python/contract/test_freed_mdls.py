"""An MDL that was given back describes nothing; a request that has begun keeps its memory."""

from wsksim import wsk


def test_freed_mdl_is_no_memory(world):
    pair = world.pair()
    kept, freed = wsk.MDL(b"kept"), wsk.MDL(b"freed")
    wsk.IoFreeMdl(freed)
    assert pair.a.WskSend(wsk.WSK_BUF(freed, 0, 5), 0, wsk.IRP()) == wsk.STATUS_INVALID_PARAMETER
    assert pair.a.WskSend(wsk.WSK_BUF(kept, 0, 4), 0, wsk.IRP()) == wsk.STATUS_SUCCESS


def test_request_under_way_keeps_memory_that_was_freed(world):
    pair = world.pair()
    memory = bytearray(4)
    mdl, irp = wsk.MDL(memory), wsk.IRP()
    assert pair.b.WskReceive(wsk.WSK_BUF(mdl, 0, 4), 0, irp) == wsk.STATUS_PENDING
    wsk.IoFreeMdl(mdl)
    pair.a.WskSend(wsk.WSK_BUF(wsk.MDL(b"late"), 0, 4), 0, wsk.IRP())
    world.drive()
    assert irp.IoStatus.Information == 4
    assert memory == b"late"
