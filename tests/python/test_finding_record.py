"""The one record of a finding: where it points, what it advises, what it keeps, whichever door it came through."""

import functools
import inspect

import pytest

import wsksim
from wsksim import wsk
from wsksim.contract import Finding
from wsksim.contract.rules import BY_ID
from wsksim.handlers import native_library

HERE = "test_finding_record.py"


def line_of(function):
    """The first line of a function."""
    return inspect.unwrap(function).__code__.co_firstlineno


def forgets(SocketContext, Flags):
    del SocketContext, Flags


def pends(SocketContext, Flags):
    return wsk.STATUS_PENDING


def fails(SocketContext, Flags):
    return wsk.STATUS_UNSUCCESSFUL


def answers_yes(SocketContext, Flags):
    return "yes"


def deeper():
    raise KeyError("no such thing")


def raises(SocketContext, Flags):
    deeper()


class Called:
    def __call__(self, SocketContext, Flags):
        return 7

    def method(self, SocketContext, Flags):
        return 7

    @staticmethod
    def static(SocketContext, Flags):
        return 7


@functools.wraps(forgets)
def wrapping(*arguments):
    return forgets(*arguments)


def extra(more, SocketContext, Flags):
    return more


def one(handler, **options):
    """The only finding that a handler makes of one disconnect."""
    with wsksim.Subsystem(**options) as subsystem:
        subsystem.connect({"id": 7}, handler).remote.abort()
        subsystem.dispatch()
        [finding] = subsystem.findings
    return finding


@pytest.mark.rule("D-8")
@pytest.mark.parametrize(
    ("handler", "found", "advice"),
    [
        (forgets, "it returned None", "`return wsk.STATUS_SUCCESS`"),
        (pends, "it returned 0x00000103 (STATUS_PENDING)", "finish the work later"),
        (fails, "it returned 0xC0000001 (STATUS_UNSUCCESSFUL)", "whatever happened"),
        (answers_yes, "it returned 'yes'", BY_ID["D-8"].advice),
        (raises, "it raised KeyError: 'no such thing'", "Handle the exception inside the handler"),
    ],
    ids=["None", "pending", "failure", "text", "raise"],
)
def test_advice_fits_the_case(handler, found, advice):
    finding = one(handler)
    assert (finding.rule, finding.kind, finding.found) == ("D-8", "breach", found)
    assert advice in finding.advice
    assert finding.advice in " ".join(str(finding).split())


@pytest.mark.parametrize(
    ("handler", "function", "defined"),
    [
        (forgets, "forgets", forgets),
        (Called(), "Called.__call__", Called.__call__),
        (Called().method, "Called.method", Called.method),
        (Called.static, "Called.static", Called.static),
        (wrapping, "forgets", forgets),
        (functools.partial(extra, 5), "extra", extra),
    ],
    ids=["function", "object", "method", "static", "wrapper", "partial"],
)
def test_a_wrong_answer_points_at_the_handler(handler, function, defined):
    finding = one(handler)
    assert finding.function == function
    assert finding.site.endswith(f"{HERE}:{line_of(defined)}")
    assert (finding.other_site, finding.traceback) == ("", "")


def test_a_handler_that_is_not_written_in_python_has_no_site():
    finding = one(max)
    assert (finding.function, finding.site) == ("", "")
    assert "   at " not in str(finding)


def test_a_raise_points_at_its_line_and_keeps_its_traceback():
    finding = one(raises)
    assert finding.function == "deeper"
    assert finding.site.endswith(f"{HERE}:{line_of(deeper) + 1}")
    assert finding.other_function == "raises"
    assert finding.other_site.endswith(f"{HERE}:{line_of(raises) + 1}"), "the line that called on"
    assert finding.traceback.startswith("Traceback (most recent call last):")
    assert finding.traceback.endswith("KeyError: 'no such thing'")
    assert 'raise KeyError("no such thing")' in finding.traceback
    assert "      | KeyError: 'no such thing'\n" in str(finding)


def test_a_long_traceback_keeps_its_end():
    def recurses(SocketContext, Flags, depth=200):
        if depth:
            recurses(SocketContext, Flags, depth - 1)
        raise ValueError("x" * 30_000)

    text = one(recurses).traceback
    assert len(text) < 12_500
    assert text.startswith("Traceback (most recent call last):")
    assert text.endswith("xxx")
    assert " characters of the traceback were cut off here)" in text
    assert "were cut off" not in one(raises).traceback


@pytest.mark.rule("D-8", "D-10", "U-22", "I-3")
def test_tables_point_at_the_application_too():
    def receive(SocketContext, Flags, *more):
        deeper()

    def waits():
        irp.wait()

    def disconnected(SocketContext, Flags):
        waits()

    def routine(*arguments):
        return wsk.STATUS_SUCCESS

    table = wsk.WSK_CLIENT_CONNECTION_DISPATCH(WskReceiveEvent=receive, WskDisconnectEvent=disconnected)
    with wsksim.Subsystem() as subsystem:
        listener = subsystem.network.listen(wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1"))
        registration = subsystem.WskRegister(wsk.WSK_CLIENT_DISPATCH(Version=wsk.MAKE_WSK_VERSION(1, 0)))
        _, npi = subsystem.WskCaptureProviderNPI(registration, wsk.WSK_INFINITE_WAIT)
        irp = wsk.IRP(routine)
        local = wsk.SOCKADDR_IN(wsk.AF_INET, 0, "127.0.0.1")
        npi.WskSocketConnect(1, 6, local, listener.address, 0, "mine", table, None, None, None, irp)
        subsystem.dispatch()
        socket = irp.IoStatus.Information
        events = wsk.WSK_EVENT_RECEIVE | wsk.WSK_EVENT_DISCONNECT
        control = wsk.WSK_EVENT_CALLBACK_CONTROL(EventMask=events)
        socket.WskControlSocket(0, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET, 16, control, 0, None, None, None)
        remote = listener.accept()
        remote.send(b"hello")
        subsystem.dispatch()
        remote.disconnect()
        subsystem.dispatch()
        found = {finding.rule: finding for finding in subsystem.findings}
        name = f"<WSK_SOCKET {found['D-10'].socket}, "
        assert repr(socket).startswith(name)
        assert repr(subsystem.connection(found["D-10"].handle)).startswith("<Connection ")
    assert set(found) == {"I-3", "U-22", "D-10", "D-8"}
    assert found["I-3"].site.endswith(f":{line_of(routine)}")
    assert found["U-22"].site.endswith(f":{line_of(deeper) + 1}")
    assert found["U-22"].other_site.endswith(f":{line_of(receive) + 1}")
    assert "KeyError" in found["U-22"].traceback
    assert "wsksim/wsk" not in found["U-22"].traceback
    assert found["D-10"].site.endswith(f":{line_of(waits) + 1}")
    assert found["D-10"].other_site.endswith(f":{line_of(disconnected) + 1}")
    assert found["D-8"].site.endswith(f":{line_of(disconnected)}")
    # The routine is that of a request which had no socket yet.
    assert found.pop("I-3").socket == ""
    assert {finding.socket for finding in found.values()} == {found["D-10"].socket}


@pytest.mark.rule("A-7", "D-10")
def test_what_was_lent_points_at_its_reader_and_at_the_callback(world):
    kept = []

    def accepts(socket, context, table, local, remote):
        kept.append(local)

    listener = world.by_event(wsk.WSK_EVENT_ACCEPT, accepts)
    world.net.connect(world.address(listener))
    world.drive()
    assert kept[0].sin_port
    found = world.subsystem.findings[-1]
    here = line_of(test_what_was_lent_points_at_its_reader_and_at_the_callback)
    assert found.rule == "A-7"
    assert found.site.endswith(f"{HERE}:{here + 10}")
    assert found.other_site.endswith(f":{line_of(listener.callback('WskAcceptEvent'))}")
    assert "       <- " in str(found)


def test_a_batch_handler_and_a_c_handler_are_named(c_library):
    def batch(contexts, flags):
        return [5] * len(contexts)

    with wsksim.Subsystem() as subsystem:
        subsystem.connect_many(3, wsksim.batch_handler(batch)).remote.disconnect()
        native = native_library(c_library, "Pends")
        subsystem.connect_many(4, native).remote.disconnect()
        subsystem.dispatch()
        first, second = subsystem.findings
    assert (first.function, first.count) == (batch.__qualname__, 3)
    assert first.site.endswith(f":{line_of(batch)}")
    assert (second.function, second.site, second.count) == (f"{c_library}:Pends", "", 4)
    assert "finish the work later" in second.advice


@pytest.mark.rule("U-41")
def test_a_breach_of_a_choice_says_so_and_ends_with_one():
    with wsksim.Subsystem() as subsystem:
        finding = subsystem._report("U-41", "WskSend was called")
        assert subsystem.finding_count == 1
    assert finding.kind == "choice"
    assert "a choice of wsksim's" in str(finding)
    assert finding.site.endswith(f":{line_of(test_a_breach_of_a_choice_says_so_and_ends_with_one) + 3}")


def test_a_note_is_no_finding():
    with wsksim.Subsystem() as subsystem:
        for _ in range(3):
            subsystem._report("C-11", "every close reset its peer", note=True, advice="Disconnect before closing.")
        assert (subsystem.findings, subsystem.finding_count) == ([], 0)
        [note] = subsystem.notes
    assert (note.kind, note.count, note.advice) == ("note", 3, "Disconnect before closing.")


def test_policies_and_seed_repeat_the_run():
    finding = one(forgets, seed=41, irql="dispatch", always_pend=True)
    assert finding.policies["irql"] == "dispatch"
    assert finding.again == "wsksim.Subsystem(seed=41, irql='dispatch', completions='later')"
    repeated = eval(finding.again, {"wsksim": wsksim})  # noqa: S307 - our own line
    repeated.connect({"id": 7}, forgets).remote.abort()
    repeated.dispatch()
    # All but the number that each subsystem has of its own in its handles.
    assert repeated.findings == [finding]
    repeated.close()


def test_limits_of_the_subsystem_repeat_the_run_too():
    finding = one(forgets, max_sockets=8, max_pending=5)
    assert (finding.policies["max_sockets"], finding.policies["max_pending"]) == (8, 5)
    assert finding.again == "wsksim.Subsystem(seed=0, max_sockets=8, max_pending=5)"
    assert "max_" not in finding.when
    usual = one(forgets)
    assert (usual.policies["max_sockets"], usual.policies["max_pending"]) == (2**28, None)
    assert usual.again == "wsksim.Subsystem(seed=0)"


@pytest.mark.parametrize(
    "options", [{}, {"rate": "1M/s"}, {"rate": 1e6, "arrivals": "burst", "burst": 3}, {"sample": 2}]
)
def test_the_call_that_repeats_a_storm_repeats_it(options):
    report = wsksim.storm("test_finding_record:forgets", sockets=20, abortive=0.5, seed=9, **options)
    again = eval(report.repeat, {"wsksim": wsksim})  # noqa: S307 - our own line
    assert report.repeat.startswith("wsksim.storm('test_finding_record:forgets', sockets=20,")
    assert again.options == report.options
    assert again.finding_list == report.finding_list
    assert report.finding_list[0].again == report.repeat


def test_equal_findings_fold_wherever_they_are_shown():
    report = wsksim.storm(forgets, sockets=5_000)
    assert report.findings == 5_000
    assert [finding.count for finding in report.finding_list] == [5_000]
    assert report.to_dict()["finding_list"][0]["count"] == 5_000
    assert "found 5,000 times" in str(report)
    assert str(report).count("D-8   ") == 1


def test_names_are_the_same_in_every_output():
    with wsksim.Subsystem(journal=True) as subsystem:
        subsystem.connect(None, forgets).close()
        connection = subsystem.connect({"id": 7}, forgets)
        connection.remote.abort()
        subsystem.dispatch()
        [finding] = subsystem.findings
        assert finding.socket == connection.name == "connection 0.2"
        assert repr(connection) == "<Connection 0.2 open, enabled>"
        assert repr(connection.remote) == "<Remote of connection 0.2>"
        assert finding.handle == connection.handle == subsystem.take_journal()[0][0]
        connection.close()
        with pytest.raises(wsksim.errors.StaleHandleError, match=r"asked for connection 0\.2; it is closed"):
            connection.context  # noqa: B018 - it raises


def test_record_survives_json():
    finding = one(raises, seed=2**64 - 1)
    assert finding.to_dict()["seed"] == str(2**64 - 1)
    assert Finding.from_dict(finding.to_dict()) == finding


@pytest.mark.rule("D-8")
def test_checked_mode_raises_the_finding_with_its_place():
    with wsksim.Subsystem(check="raise") as subsystem:
        subsystem.connect_many(2, raises).remote.disconnect()
        for _ in range(2):
            with pytest.raises(wsksim.errors.ContractError, match="deeper") as raised:
                subsystem.dispatch()
            assert raised.value.finding.traceback
            assert isinstance(raised.value.__cause__, KeyError)
        [finding] = subsystem.findings
        assert finding.count == 2


def test_system_exit_after_an_equal_finding_still_ends_a_run():
    state = {"calls": 0}

    def leaves(SocketContext, Flags):
        state["calls"] += 1
        raise (ValueError if state["calls"] < 3 else SystemExit)

    report = wsksim.storm(leaves, sockets=10)
    assert report.stopped == "the handler raised SystemExit"
    assert report.findings == 3


@pytest.mark.parametrize("schedule", ["explore", "pct:3"])
def test_a_finding_tells_what_was_chosen_and_choosing_it_again_finds_it_again(schedule):
    def run(**options):
        with wsksim.Subsystem(**options) as subsystem:
            for number in range(9):
                subsystem.connect(number, lambda context, flags: 7 if context == 4 else 0).remote.disconnect()
            subsystem.dispatch()
            return subsystem.findings

    (found,) = run(schedule=schedule, seed=5)
    assert found.step == len(found.choices) > 0
    (again,) = run(schedule=schedule, choices=list(found.choices))
    assert (again.edge, again.context, again.step) == (found.edge, "4", found.step)
    assert "choices " + " ".join(map(str, found.choices)) in str(found)
    (plain,) = run()
    assert (plain.step, plain.choices) == (0, None)


def test_the_line_that_repeats_a_replay_has_its_choices():
    def run(**options):
        with wsksim.Subsystem(**options) as subsystem:
            for number in range(9):
                subsystem.connect(number, lambda context, flags: 7 if context == 4 else 0).remote.disconnect()
            subsystem.dispatch()
            return subsystem.findings

    (first,) = run(schedule="pct:3", irql="mixed", seed=5)
    (again,) = run(schedule="pct:3", irql="mixed", choices=list(first.choices))
    options = again.again.removeprefix("wsksim.Subsystem")
    (third,) = eval(f"run{options}", {"run": run})  # noqa: S307 - the line is what is tested
    assert (third.edge, third.flags, third.context) == (first.edge, first.flags, first.context)


def test_two_mistakes_of_one_handler_are_two_findings():
    def handler(context, flags):
        return 0x103 if flags & 1 else None

    with wsksim.Subsystem() as subsystem:
        for number in range(4):
            remote = subsystem.connect(number, handler).remote
            remote.abort() if number % 2 else remote.disconnect()
        subsystem.dispatch()
        found = subsystem.findings
    assert [(one.rule, one.count) for one in found] == [("D-8", 2), ("D-8", 2)]
    assert "return wsk.STATUS_SUCCESS" in found[0].advice
    assert found[0].advice != found[1].advice
