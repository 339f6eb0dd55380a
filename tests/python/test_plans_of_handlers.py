"""Plans whose target is a disconnect handler alone: its connections are held for it."""

import collections
import re

import pytest

import wsksim
from plan_stage import ASKING, lives, plan
from test_schema import checked
from wsksim import wsk

PLAN = plan(count=200, open=20, life=[*ASKING, {"end": {"disconnect": 0.7, "abort": 0.2, "vanish": 0.1}}])


def shut(SocketContext, Flags):
    """Wrong for every tenth connection."""
    return wsk.STATUS_PENDING if SocketContext["id"] % 10 == 0 else wsk.STATUS_SUCCESS


def test_a_handler_is_told_how_each_connection_of_a_plan_ended():
    told = collections.Counter()

    def handler(SocketContext, Flags):
        told[Flags & wsk.WSK_FLAG_ABORTIVE] += 1
        SocketContext["seen"] = SocketContext.get("seen", 0) + 1
        assert SocketContext["seen"] == 1

    report = wsksim.run_plan(PLAN, handler)
    # A handler that returns nothing breaks D-8, each time.
    assert report.findings == sum(report.indicated.values()) == 200
    report = wsksim.run_plan(PLAN, lambda context, flags: handler(context, flags) or 0)
    fates = lives(report)
    assert set(fates) == {"ended_in_order", "aborted_by_peer", "timed_out"}
    assert told == {0: 2 * fates["ended_in_order"], 1: 2 * (200 - fates["ended_in_order"])}
    assert report.storm["plan"] == PLAN.digest()
    report.check("findings == 0", "left.sockets == 0", "left.requests == 0", "accepted == 200", "half_open == 0")


def test_a_finding_names_the_handler_and_its_context():
    report = wsksim.run_plan(PLAN, shut)
    [finding] = report.finding_list
    assert (finding.rule, finding.function, finding.count) == ("D-8", "shut", 20)
    assert "test_plans_of_handlers.py:" in finding.site
    # The first of them to end.
    [number] = re.fullmatch(r"\{'id': (\d+)\}", finding.context).groups()
    assert int(number) % 10 == 0
    report.check("left.sockets == 0")


def test_what_a_handler_raises_is_a_finding_and_its_connection_is_closed():
    def raises(SocketContext, Flags):
        raise KeyError("nothing")

    report = wsksim.run_plan(PLAN, raises)
    [finding] = report.finding_list
    assert (finding.rule, finding.count) == ("D-8", 200)
    assert "KeyError: 'nothing'" in finding.found
    assert "raises" in finding.function
    report.check("left.sockets == 0", "half_open == 0")


def test_a_life_that_waits_for_an_answer_waits_in_vain():
    asking = plan(count=3, life=[{"send": "8B"}, {"read": "8B"}, {"end": "disconnect"}], timeout="5s")
    assert lives(wsksim.run_plan(asking, lambda context, flags: 0)) == {"timed_out": 3}


def test_times_are_measured_from_planned_instants():
    report = wsksim.run_plan(plan(count=50, open=50, arrivals="10k/s"), lambda context, flags: 0)
    assert [report.storm[f"{name}_ns"]["count"] for name in ("service", "response", "accept")] == [50, 50, 50]


def test_the_command_takes_it_whole_or_in_shards(wsksim_command, workplace):
    (workplace / "plan.toml").write_text(PLAN.to_toml())
    run = ("run", "some_handlers:good", "--plan", "plan.toml", "--json")
    whole, divided = (checked(wsksim_command(*run, *more).stdout) for more in ((), ("--shards", "2")))
    assert (whole["handler"], whole["exit"], divided["exit"]) == ("some_handlers:good", 0, 0)
    assert whole["lives"] == divided["lives"]
    assert whole["plan"] == divided["plan"] == PLAN.digest()
    broken = wsksim_command("run", "some_handlers:raises", "--plan", "plan.toml")
    assert broken.returncode == 1
    assert "in raises" in broken.stdout


@pytest.mark.parametrize("target", ["some_handlers:counts", "./lib.so:Good"])
def test_a_handler_of_another_kind_is_refused_with_what_to_do(wsksim_command, workplace, target):
    (workplace / "plan.toml").write_text(PLAN.to_toml())
    handlers = workplace / "some_handlers.py"
    batch = "import wsksim\n\n@wsksim.batch_handler\ndef counts(contexts, flags): pass\n"
    handlers.write_text(f"{handlers.read_text()}\n{batch}")
    done = wsksim_command("run", target, "--plan", "plan.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert "without a plan" in done.stderr
