"""A sample of the matrix of exits, which `make prove` runs as a whole."""

import importlib.util
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import ROOT

# Without workers a daemon thread of Python's prints a traceback there, perhaps at the exit.
PRINTS = {"swallowing", "raising"}


def the_matrix():
    spec = importlib.util.spec_from_file_location("exits", ROOT / "tests" / "ends" / "exits.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_sixty_exits():
    exits = the_matrix()
    # A thread of Python's that is parked while it prints may hold the lock of stderr, on which the interpreter then
    # dies (RELIABILITY.md): seldom, and `make prove` has these too.
    drawn = [case for case in exits.drawn(400, seed=11) if case.state not in PRINTS or case.workers]
    cases = [case for case in drawn if not case.is_slow][:59]
    cases.append(next(case for case in exits.cases() if case.is_slow))
    with ThreadPoolExecutor(2) as pool:
        wrong = {
            str(case): complaint for case, (_, complaint) in zip(cases, pool.map(exits.Case.run, cases), strict=True)
        }
    assert {case: complaint for case, complaint in wrong.items() if complaint} == {}


def test_every_state_ending_and_number_of_workers_is_in_the_matrix():
    exits = the_matrix()
    drawn = list(exits.drawn(1200, seed=5))
    assert len(drawn) == 1200
    for part, known in (("state", exits.STATES), ("ending", exits.ENDINGS), ("workers", exits.WORKERS)):
        assert {getattr(case, part) for case in drawn} == set(known)
