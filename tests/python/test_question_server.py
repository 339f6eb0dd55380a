"""The example whose fault only a storm shows: silent for a few peers of every kind, and absent in its twin."""

import itertools
import tomllib

import pytest

import wsksim
from conftest import EXAMPLES
from plan_stage import lives

KINDS = ("disconnect", "close", "abort", "vanish")
PLAN = (EXAMPLES / "questions.toml").read_text()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import question_server

    return lambda name: getattr(question_server, name)


def without_patience():
    """The plan; a peer that vanishes times out whatever the server does."""
    told = tomllib.loads(PLAN)
    del told["checks"]["lives.timed_out"]
    return told


def few(ends):
    """Peers that are there at once, each ending in its own way."""
    told = without_patience()
    clients = told["peers"].pop("clients")
    for at, end in enumerate(ends):
        told["peers"][f"p{at}"] = {**clients, "count": 1, "open": 1, "life": [*clients["life"][:-1], {"end": end}]}
    return wsksim.Plan.from_dict(told)


def alone(end, number):
    """Peers of one kind, one after the other."""
    told = without_patience()
    clients = told["peers"]["clients"]
    clients |= {"count": number, "open": 1, "life": [*clients["life"][:-1], {"end": end}]}
    return wsksim.Plan.from_dict(told)


@pytest.mark.parametrize("end", KINDS)
def test_a_peer_of_one_kind_does_not_show_it(server, end):
    report = wsksim.run_plan(alone(end, 20), server("Forgetful"))
    assert report.exit_code == 0, str(report)
    assert sum(lives(report).values()) == 20


@pytest.mark.parametrize("ends", list(itertools.permutations(KINDS)), ids="-".join)
def test_one_peer_of_each_kind_does_not_show_it(server, ends):
    report = wsksim.run_plan(few(ends), server("Forgetful"))
    assert report.exit_code == 0, str(report)
    assert sum(lives(report).values()) == 4


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_storm_shows_it_and_clears_the_twin(server, seed):
    plan = wsksim.Plan.from_dict({**tomllib.loads(PLAN), "seed": seed})
    faulty, repaired = (wsksim.run_plan(plan, server(name)) for name in ("Forgetful", "Careful"))
    assert "it raised KeyError" in faulty.finding_list[0].found
    assert faulty.finding_list[0].rule == "D-8"
    # Whose socket is left at the end keeps the server from its own.
    assert faulty.exit_code == (3 if faulty.storm["left"]["sockets"] else 1)
    assert faulty.lives.timed_out > 0
    assert repaired.exit_code == 0, str(repaired)
    assert sum(lives(repaired).values()) == 2_000
