"""Applications as targets of plans: how one starts, where it listens, how it stops."""

import pytest

import wsksim
from plan_stage import Keeping, Leaves, lives, plan
from wsksim import wsk
from wsksim.applications import Started, load_application
from wsksim.examples.echo import Echo, echo


@wsksim.application
def never_yields(subsystem):
    if subsystem.closed:
        yield


@wsksim.application
def raises(subsystem):
    raise KeyError("nothing")
    yield


@wsksim.application
def yields_rubbish(subsystem):
    yield 7


@wsksim.application
def yields_nothing(subsystem):
    yield ()


@wsksim.application
def listens_nowhere(subsystem):
    yield wsk.SOCKADDR_IN(wsk.AF_INET, 80, "127.0.0.1")


@wsksim.application
def leaves(subsystem):
    raise SystemExit(5)
    yield


def undecorated(subsystem):
    yield "tcp://127.0.0.1:7"


class Needs:
    def __init__(self, size):
        pass

    def start(self, subsystem):
        pass

    def stop(self):
        pass


async def waits(subsystem):
    pass


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (never_yields, ["never_yields", "yielded nothing", "yield an address"]),
        (raises, ["raises", "it raised KeyError: 'nothing'"]),
        (leaves, ["it raised SystemExit: 5"]),
        (yields_rubbish, ["found 7 among them"]),
        (yields_nothing, ["found ()"]),
        (listens_nowhere, ["nobody listens at tcp://127.0.0.1:80, which it gave"]),
        (undecorated, ["a generator function that is not decorated"]),
        (lambda context: 0, ["found a function", "or name a disconnect handler (SocketContext, Flags)"]),
        (waits, ["found an async def, which nobody awaits"]),
        (wsksim.batch_handler(lambda contexts, flags: None), ["found the batch handler", "a plain function"]),
        ("wsksim.examples.handler:count_disconnects", ["the batch handler wsksim.examples.handler:count_disconnects"]),
        (7, ["found 7"]),
        (Needs, ["made without arguments"]),
        ("some_module", ["another form"]),
        ("./lib.so:Driver", ["a library", "./driver.so of wsksim cc, or run the function without a plan"]),
        ("wsksim.examples.echo:eco", ["did you mean 'echo'?"]),
    ],
)
def test_what_is_no_application_is_refused_in_words(target, words):
    with pytest.raises(wsksim.HandlerError) as caught:
        wsksim.run_plan(plan(), target)
    for word in words:
        assert word in str(caught.value)


def test_only_a_generator_function_is_decorated():
    with pytest.raises(TypeError, match="a function that yields nothing"):
        wsksim.application(lambda subsystem: None)


def test_an_address_where_it_does_not_listen_is_refused():
    with pytest.raises(
        wsksim.ApplicationError, match=r"tcp://127.0.0.1:7; found that it listens at tcp://127.0.0.1:\d+"
    ):
        wsksim.run_plan(plan(connect="tcp://127.0.0.1:7"), echo)


def test_several_addresses_are_used_in_turn():
    class Two:
        def start(self, subsystem):
            self.servers = [Echo(subsystem), Echo(subsystem)]
            return [server.address for server in self.servers]

        def stop(self):
            for server in self.servers:
                server.stop()

    two = Two()
    assert lives(wsksim.run_plan(plan(count=10), two)) == {"ended_in_order": 10}
    assert [server.accepted for server in two.servers] == [5, 5]


def test_an_application_that_yields_twice_is_told_in_the_report():
    @wsksim.application
    def twice(subsystem):
        server = Echo(subsystem)
        yield server.address
        server.stop()
        yield server.address

    report = wsksim.run_plan(plan(), twice)
    assert "yield once, all addresses together" in report.stopped
    assert report.exit_code == 3


def test_an_application_that_raises_while_it_stops_is_told_in_the_report():
    class Raises(Keeping):
        def stop(self):
            raise KeyError("nothing")

    report = wsksim.run_plan(plan(), Raises)
    assert report.stopped == "the application raised KeyError: 'nothing', while it was stopped"
    assert lives(report) == {"ended_in_order": 1}


@pytest.mark.parametrize("stage", ["start", "live", "stop"])
def test_an_interrupt_at_each_stage(stage):
    class Interrupted(Keeping):
        def start(self, subsystem):
            if stage == "start":
                raise KeyboardInterrupt
            return super().start(subsystem)

        def on_accept(self, *arguments):
            if stage == "live":
                raise KeyboardInterrupt
            return super().on_accept(*arguments)

        def stop(self):
            if stage == "stop":
                raise KeyboardInterrupt
            super().stop()

    for made in (plan(count=3), plan(count=3, arrivals="1k/s")):
        if stage == "start":
            with pytest.raises(KeyboardInterrupt):
                wsksim.run_plan(made, Interrupted)
            continue
        report = wsksim.run_plan(made, Interrupted)
        assert (report.interrupted, report.exit_code, report.balanced) == (True, 130, True)
        told = lives(report)
        # The connection whose accept was interrupted is refused.
        assert told.pop("ended_in_order" if stage == "stop" else "aborted_by_us") == (3 if stage == "stop" else 1)
        assert set(told) <= {"still_open"}


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"arrivals": "2G/s"}, "arrivals.rate: asked for"),
        ({"arrivals": "0/s"}, "arrivals.rate: asked for"),
        ({"arrivals": "10k/s", "open": 1, "count": 100, "life": [{"wait": "1s"}]}, "raise open, shorten the life"),
        ({"arrivals": {"rate": "1k/s", "shape": "burst", "burst": 5}, "open": 3, "count": 9}, "5 lives at once"),
        ({"life": [], "timeout": "never"}, "no end among its steps"),
        ({"connect": "", "listen": "tcp://127.0.0.1:7", "arrivals": "1/s"}, "the application decides when it connects"),
    ],
)
def test_a_plan_that_no_clock_could_carry_out_is_refused(parts, words):
    with pytest.raises(wsksim.PlanError, match=words):
        plan(**{"count": 1, **parts})


def test_an_application_that_stops_twice_is_refused():
    with wsksim.Subsystem() as subsystem:
        started = Started(load_application(echo), subsystem, "echo")
        started.stop()
        with pytest.raises(wsksim.ApplicationError, match="stopped before"):
            started.stop()


def test_an_application_that_leaves_sockets_open_is_told():
    report = wsksim.run_plan(plan(checks=["left.sockets == 0"]), Leaves)
    assert report.storm["left"]["sockets"] == 1
    assert report.exit_code == 1


def test_an_application_that_closes_the_subsystem_ends_the_storm():
    class Closes(Keeping):
        def on_accept(self, *arguments):
            self.subsystem.close()
            return wsk.STATUS_REQUEST_NOT_ACCEPTED

    report = wsksim.run_plan(plan(count=100, open=10), Closes)
    assert report.stopped == "the handler closed the subsystem"
    assert report.exit_code == 3
