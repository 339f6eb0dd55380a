"""The examples run, and the same seed gives the same order."""

import importlib
import subprocess
import sys

import pytest

from conftest import EXAMPLES


@pytest.fixture
def example(monkeypatch):
    """Imports one of the examples."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    return importlib.import_module


@pytest.mark.parametrize("name", ["simpy_model", "asyncio_service"])
def test_same_seed_gives_the_same_order(example, name):
    if name == "simpy_model":
        pytest.importorskip("simpy")
    module = example(name)
    order = module.order_of_indications(7)
    assert len(order) == module.CONNECTIONS
    assert module.order_of_indications(7) == order
    assert module.order_of_indications(8) != order
    kinds = {row[-1] for row in order}
    assert kinds == {"graceful", "abortive"}


def test_simpy_model_indicates_after_the_edge_and_wakes_up_once_per_batch(example):
    pytest.importorskip("simpy")
    module = example("simpy_model")
    driver = module.run(7)
    instants = [instant for instant, _, _ in driver.indications]
    assert instants == sorted(instants)
    assert driver.wake_ups < len(driver.indications)


def test_asyncio_service_wakes_up_once_per_batch(example):
    module = example("asyncio_service")
    indications, wake_ups = module.asyncio.run(module.run(7))
    assert wake_ups < len(indications)


def test_echo_server_closes_as_the_rules_want(example):
    log, findings = example("echo_server").run(7)
    assert sorted(line.split()[0] for line in log) == ["aborted"] + ["finished"] * 4
    assert findings == 0
    assert example("echo_server").run(7)[0] == log


def test_reconnecting_client_connects_until_it_is_refused(example):
    log, findings = example("reconnecting_client").run(7)
    assert log.count("connected") == 4
    assert log[-3:] == ["refused"] * 3
    assert log[1:8:2] == ["aborted", "finished", "aborted", "finished"]
    assert findings == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "last"),
    [("echo_server.py", "5 connections closed, 0 findings"), ("reconnecting_client.py", "4 connections, 0 findings")],
)
def test_wsk_example_runs_as_a_program(name, last):
    done = subprocess.run([sys.executable, EXAMPLES / name], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == last


@pytest.mark.slow
@pytest.mark.parametrize("name", ["simpy_model.py", "asyncio_service.py"])
def test_example_runs_as_a_program(name):
    done = subprocess.run([sys.executable, EXAMPLES / name], check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("200 indications in ")


def test_example_handlers_find_no_fault():
    module = importlib.import_module("wsksim.examples.handler")
    wsksim = module.wsksim
    assert wsksim.storm(module.on_disconnect, sockets=100, abortive=0.2).findings == 0
    before = sum(module.ended.values())
    report = wsksim.storm(module.count_disconnects, sockets=100, abortive=0.2)
    assert report.findings == 0
    assert sum(module.ended.values()) - before == 100
