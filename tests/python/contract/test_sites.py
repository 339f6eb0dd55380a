"""Both lines of a finding: where a rule was broken, and what the application did before that this contradicts."""

import inspect

import pytest

import wsksim
from harness import ACCEPT, DISC, RECV, data, ok
from wsksim import wsk

HERE = "test_sites.py"


def line_with(function, text):
    """The number of the only line of a function that holds a text."""
    lines, first = inspect.getsourcelines(function)
    [found] = [number for number, line in enumerate(lines, first) if text in line]
    return found


def sites(finding):
    """The file and line of both ends."""
    return [finding.site.rpartition("/")[2], finding.other_site.rpartition("/")[2]]


def only(world):
    [finding] = world.subsystem.findings
    return finding


@pytest.mark.rule("C-16")
def test_a_use_after_the_close_names_the_line_of_the_close(world):
    pair = world.pair(context="A")

    def shuts():
        assert pair.a.WskCloseSocket(wsk.IRP()) == ok

    def uses():
        return pair.a.WskSend(data(b"x"), 0, wsk.IRP())

    shuts()
    uses()
    found = only(world)
    close, use = line_with(shuts, "WskCloseSocket"), line_with(uses, "WskSend")
    assert (found.rule, sites(found)) == ("C-16", [f"{HERE}:{use}", f"{HERE}:{close}"])
    assert f"WskSend was called after WskCloseSocket ({found.other_site} in " in found.found
    assert "shuts" in found.other_function
    pair.a.WskCloseSocket(wsk.IRP())
    second = world.subsystem.findings[1]
    assert sites(second)[1] == f"{HERE}:{close}"
    assert second.advice.startswith("Close a socket once")
    assert second.advice != found.advice


@pytest.mark.rule("C-22")
def test_a_close_with_a_list_that_is_kept_names_the_callback_that_kept_it(world):
    pair = world.pair(RECV)
    pair.ears.answer = wsk.STATUS_PENDING
    world.send(pair.b, b"kept")
    world.drive()
    world.ask(pair.a.WskCloseSocket)
    found = only(world)
    kept = pair.a.callback("WskReceiveEvent").__func__
    assert (found.rule, found.other_function) == ("C-22", kept.__qualname__)
    assert sites(found)[1] == f"harness.py:{kept.__code__.co_firstlineno}"
    assert found.site.rpartition("/")[2].startswith("harness.py:")


@pytest.mark.rule("C-20", "C-23")
def test_a_list_that_is_released_twice_names_the_first_release_and_one_release_is_no_finding(world):
    pair = world.pair(RECV)
    pair.ears.answer = wsk.STATUS_PENDING

    def releases(first):
        return pair.a.WskRelease(first)

    def again(first):
        return pair.a.WskRelease(first)

    world.send(pair.b, b"kept")
    world.drive()
    assert releases(pair.ears.lists[0]) == ok
    assert world.subsystem.findings == []
    assert again(pair.ears.lists[0]) == wsk.STATUS_INVALID_PARAMETER
    found = only(world)
    assert (found.rule, found.found.split(" (")[0]) == (
        "C-20",
        "WskRelease: the list, or a part of it, was released before",
    )
    assert sites(found) == [f"{HERE}:{line_with(again, 'WskRelease')}", f"{HERE}:{line_with(releases, 'WskRelease')}"]
    assert "Release a list once" in found.advice


@pytest.mark.rule("C-20", "C-23")
def test_a_list_that_was_not_retained_is_not_released(world):
    pair = world.pair(RECV)
    world.send(pair.b, b"gone")
    world.drive()
    assert pair.a.WskRelease(pair.ears.lists[0]) == wsk.STATUS_INVALID_PARAMETER
    found = only(world)
    assert (found.rule, found.other_function) == ("C-20", "Ears._receive")
    assert "had not answered STATUS_PENDING" in found.found
    assert "Answer STATUS_PENDING" in found.advice
    # NULL is only refused.
    assert pair.a.WskRelease(None) == wsk.STATUS_INVALID_PARAMETER
    assert world.subsystem.finding_count == 1


@pytest.mark.rule("C-20")
def test_a_release_that_its_callback_does_not_confirm_names_both(world):
    pair = world.pair(RECV)

    def releases(first, accepted):
        pair.a.WskRelease(first)
        return ok

    pair.ears.on_receive = releases
    world.send(pair.b, b"x")
    world.drive()
    found = only(world)
    assert (found.rule, found.function) == ("C-20", "Ears._receive")
    assert sites(found)[1] == f"{HERE}:{line_with(releases, 'WskRelease')}"


@pytest.mark.rule("A-5")
def test_a_socket_that_is_closed_and_then_refused_is_the_one_that_is_named(world):
    def accepts(socket, context, table, local, remote):
        socket.WskCloseSocket(wsk.IRP())
        return wsk.STATUS_REQUEST_NOT_ACCEPTED

    shown = []
    listener = world.by_event(ACCEPT, lambda socket, *rest: shown.append(socket) or accepts(socket, *rest))
    world.net.connect(world.address(listener))
    world.drive()
    found = only(world)
    assert (found.rule, found.socket) == ("A-5", f"socket {shown[0].id}")
    assert found.inside == f"WskAcceptEvent of socket {listener.id}"
    assert sites(found)[1] == f"{HERE}:{line_with(accepts, 'WskCloseSocket')}"
    assert "STATUS_SUCCESS" in found.advice


@pytest.mark.rule("C-16")
def test_a_socket_that_was_refused_has_advice_of_its_own(world):
    kept = []

    def accepts(socket, context, table, local, remote):
        kept.append(socket)
        return wsk.STATUS_REQUEST_NOT_ACCEPTED

    listener = world.by_event(ACCEPT, accepts)
    world.net.connect(world.address(listener))
    world.drive()
    kept[0].WskDisconnect(None, 0, wsk.IRP())
    found = only(world)
    assert (found.rule, found.socket) == ("C-16", f"socket {kept[0].id}")
    assert found.found.startswith("WskDisconnect was called for a socket that WskAcceptEvent had refused")
    assert "the provider closes it" in found.advice
    assert found.other_site.endswith(f":{listener.callback('WskAcceptEvent').__code__.co_firstlineno}")


@pytest.mark.rule("I-3")
def test_an_irp_names_what_was_done_with_it_before(world):
    pair = world.pair()
    irp = wsk.IRP()

    def begins():
        return pair.a.WskReceive(data(4), 0, irp)

    def takes():
        return pair.a.WskSend(data(b"x"), 0, irp)

    def frees():
        wsk.IoFreeIrp(irp)

    begins()
    takes()
    frees()
    world.send(pair.b, b"done")
    world.drive()
    takes()
    assert irp.IoStatus.Status == ok
    frees()
    takes()
    busy, early, again, freed = world.subsystem.findings
    begin, take = f"{HERE}:{line_with(begins, 'WskReceive')}", f"{HERE}:{line_with(takes, 'WskSend')}"
    free = f"{HERE}:{line_with(frees, 'IoFreeIrp')}"
    assert [sites(one) for one in (busy, early, again, freed)] == [
        [take, begin],
        [free, begin],
        [take, begin],
        [take, free],
    ]
    assert "whose request is under way, WskReceive (" in busy.found
    assert len({one.advice for one in (busy, early, again, freed)}) == 4
    assert "IoReuseIrp" in again.advice


@pytest.mark.rule("Q-2", "G-16", "U-22")
def test_advice_is_for_the_case_at_hand(world):
    pair = world.pair(RECV)
    said = {}
    for name, answer in {
        "a status": wsk.STATUS_UNSUCCESSFUL,
        "a text": "yes",
        "a count": (ok, 99),
    }.items():
        pair.ears.answer = answer
        world.send(pair.b, b"x")
        world.drive()
        said[name] = world.subsystem.findings[-1]
    assert said["a status"].found == "WskReceiveEvent returned 0xC0000001 (STATUS_UNSUCCESSFUL)"
    for name in ("a status", "a text"):
        assert "STATUS_SUCCESS, STATUS_PENDING or STATUS_DATA_NOT_ACCEPTED" in said[name].advice
    assert said["a count"].advice.startswith("Write a number from 0 to 1 to BytesAccepted")


@pytest.mark.rule("Q-2")
@pytest.mark.parametrize("world", [{"irql": "dispatch"}], indirect=True)
def test_a_level_that_was_lowered_is_not_to_be_lowered(world):
    def lowers(context, flags):
        wsk.KeLowerIrql(wsk.PASSIVE_LEVEL)
        return ok

    world.subsystem.connect(None, lowers).remote.disconnect()
    world.drive()
    assert only(world).advice.startswith("Lower no further")


@pytest.mark.rule("L-3")
def test_a_basic_socket_is_to_have_no_table(world):
    table = wsk.WSK_CLIENT_CONNECTION_DISPATCH()
    world.npi.WskSocket(wsk.AF_INET, 1, 6, wsk.WSK_FLAG_BASIC_SOCKET, None, table, Irp=wsk.IRP())
    world.npi.WskSocket(wsk.AF_INET, 1, 6, wsk.WSK_FLAG_LISTEN_SOCKET, None, table, Irp=wsk.IRP())
    basic, listen = world.subsystem.findings
    assert basic.advice.startswith("Pass NULL as Dispatch: a basic socket has no callbacks")
    assert listen.advice == "Pass a WSK_CLIENT_LISTEN_DISPATCH as Dispatch, or NULL."


@pytest.mark.rule("C-16")
@pytest.mark.parametrize("event", [RECV, DISC], ids=["receive", "disconnect"])
def test_what_happens_in_a_callback_says_in_which(world, event):
    gone = world.pair()
    assert world.close(gone.a) == ok
    pair = world.pair(event)

    def broadcasts(*_):
        gone.a.WskSend(data(b"x"), 0, wsk.IRP())
        return ok

    pair.ears.on_receive = pair.ears.on_disconnect = broadcasts
    if event == RECV:
        world.send(pair.b, b"x")
        name, edge = "WskReceiveEvent", 0
    else:
        world.disconnecting(pair.b)
        name, edge = "WskDisconnectEvent", 1
    world.drive()
    found = only(world)
    assert (found.inside, found.edge) == (f"{name} of socket {pair.a.id}", edge)
    assert f"in {name} of socket {pair.a.id}, " in str(found)
    assert found.socket == f"socket {gone.a.id}"


@pytest.mark.rule("D-10", "Q-1")
@pytest.mark.parametrize("world", [{"irql": "dispatch"}], indirect=True)
def test_the_flags_are_those_of_the_callback(world):
    pair = world.pair(RECV)

    def answers(*_):
        wsk.IRP().wait()
        return world.subsystem.WskDeregister(world.registration) or ok

    pair.ears.on_receive = answers
    world.send(pair.b, b"x")
    world.drive()
    for found in world.subsystem.findings:
        assert (found.inside, found.edge, found.socket) == ("WskReceiveEvent", 0, f"socket {pair.a.id}")
        assert found.flags == wsk.WSK_FLAG_AT_DISPATCH_LEVEL


@pytest.mark.rule("I-3")
def test_a_routine_is_named_as_the_place_too(world):
    pair = world.pair()
    pair.a.WskSend(data(b"x"), 0, wsk.IRP(lambda *_: ok))
    found = only(world)
    assert (found.inside, found.flags) == ("the completion routine of WskSend", 0)
    assert found.found.endswith("returned 0x00000000 (STATUS_SUCCESS)")


@pytest.mark.rule("D-8")
def test_a_socket_has_one_name_all_its_life(world):
    socket = world.connection(ears_table := wsk.WSK_CLIENT_CONNECTION_DISPATCH(WskDisconnectEvent=lambda *_: 5))
    del ears_table
    name = repr(socket).split(",")[0].removeprefix("<WSK_SOCKET ")
    assert name == f"socket {socket.id}"
    pair = world.pair(DISC)
    assert repr(pair.a).startswith(f"<WSK_SOCKET socket {pair.a.id}, ")
    pair.ears.on_disconnect = lambda *_: 5
    world.disconnecting(pair.b)
    world.drive()
    found = only(world)
    connection = world.subsystem.connection(found.handle)
    assert found.socket == connection.name == f"socket {pair.a.id}"
    assert world.close(pair.a) == ok
    pair.a.WskCloseSocket(wsk.IRP())
    assert world.subsystem.findings[1].socket == found.socket
    assert world.subsystem.findings[1].handle == found.handle
    assert world.close(socket) == ok


def test_sockets_are_numbered_from_one_whatever_else_there_is(world):
    first = world.socket(wsk.WSK_FLAG_LISTEN_SOCKET)
    for _ in range(20):
        world.npi.WskGetAddressInfo("127.0.0.1", "7", 0, None, None, wsk.Out(), Irp=wsk.IRP())
    second = world.socket(wsk.WSK_FLAG_LISTEN_SOCKET)
    assert [first.id, second.id] == [1, 2]


def test_a_status_prints_as_people_read_it_wherever_it_comes_from(world):
    pair = world.pair()
    irp = wsk.IRP()
    for status in (
        pair.a.WskSend(data(b"x"), 0, irp),
        irp.IoStatus.Status,
        world.subsystem.WskCaptureProviderNPI(world.registration, wsk.WSK_NO_WAIT)[0],
        pair.a.WskControlSocket(0, 0x20, 0, 0, None, 0, None, None, wsk.IRP()),
    ):
        assert isinstance(status, wsk.NTSTATUS)
        assert str(status).endswith(f"(STATUS_{status.name.removeprefix('STATUS_')})")
    world.subsystem.WskReleaseProviderNPI(world.registration)


def test_none_for_a_socket_says_what_to_pass():
    for call in (
        lambda: wsk.WskCloseSocket(None, wsk.IRP()),
        lambda: wsk.WskSend(None, data(b"x"), 0, wsk.IRP()),
        lambda: wsk.WskRelease(None, None),
    ):
        with pytest.raises(TypeError, match=r"asked for a WSK_SOCKET as Socket; found None"):
            call()


@pytest.mark.rule("O-13")
def test_a_release_of_the_npi_after_the_end_is_one_too_many():
    with wsksim.Subsystem() as subsystem:
        registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH())
        subsystem.WskDeregister(registration)
        subsystem.WskReleaseProviderNPI(registration)
        [found] = subsystem.findings
    assert (found.rule, found.advice) == ("O-13", "Release the captures before WskDeregister, each once.")
