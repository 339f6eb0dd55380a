"""Shards on Dask: on workers of this machine, one of which is killed, or crashes, or is another version of us."""

import logging
import os
import signal
from dataclasses import replace

import pytest

import wsksim
import wsksim.distributed
from shard_stage import COUNTS, RUNS, carried_out, grouped, repeats
from wsksim import errors

distributed = pytest.importorskip("distributed")
dask = pytest.importorskip("dask")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client():
    """Two workers, each a process, on this machine alone."""
    settings = {
        "distributed.scheduler.allowed-failures": 1,
        "distributed.worker.memory.terminate": False,
        "distributed.comm.timeouts.connect": "60s",
    }
    with (
        dask.config.set(settings),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster) as made,
    ):
        yield made


@pytest.mark.parametrize("kind", RUNS)
def test_any_number_of_shards_on_a_cluster_is_the_same_run(client, kind):
    known = None
    for of in COUNTS:
        report = wsksim.distributed.run(*RUNS[kind], shards=of, client=client)
        found = repeats(report)
        assert found.pop("ended") == (True, ((0, of - 1),), ())
        known = known or found
        assert found == known
    here = repeats(sum(carried_out(kind, shard, 2) for shard in range(2)))
    del here["ended"]
    assert known == here


def test_a_target_without_a_name_is_sent_by_value(client):
    from wsksim.examples.echo import Echo

    @wsksim.application
    def local(subsystem):
        server = Echo(subsystem)
        yield server.address
        server.stop()

    report = wsksim.distributed.run(grouped(groups=4), local, shards=2, client=client)
    assert repeats(report)["lives"]["begun"] == 48


def test_what_is_wrong_with_the_run_is_raised(client):
    with pytest.raises(errors.HandlerError, match="to import the module 'no_such_module'"):
        wsksim.distributed.run({"sockets": 10}, "no_such_module:handler", shards=3, client=client)
    with pytest.raises(ValueError, match="found a client, which has its own"):
        wsksim.distributed.run({"sockets": 10}, "shard_stage:pends", shards=3, client=client, processes=2)


def test_a_worker_with_another_version_is_refused(client, monkeypatch):
    from wsksim.distributed import running

    make_work = running.make_work
    monkeypatch.setattr(running, "make_work", lambda *given, **rest: replace(make_work(*given, **rest), wsksim="0.1.9"))
    with pytest.raises(
        errors.HandlerError, match=r"asked for wsksim 0\.1\.9; found .*; install the same version on each"
    ):
        wsksim.distributed.run({"sockets": 10}, "shard_stage:pends", shards=2, client=client)


def test_a_worker_that_is_killed_in_the_middle_costs_nothing(client):
    """The worker is a child of this process, found by its id."""
    workers = client.run(os.getpid)
    killed = []

    def kill(done, total):
        if done == 2 and not killed:
            killed.append(next(iter(workers.values())))
            os.kill(killed[0], signal.SIGKILL)

    plan, target = grouped(count=100), "wsksim.examples.echo:echo"
    report = wsksim.distributed.run(plan, target, shards=20, client=client, progress=kill)
    assert killed
    assert (report.shards.missing, report.shards.failed, report.exit_code) == ((), (), 0)
    calm = repeats(sum(wsksim.run_plan(plan, target, shard=(shard, 2)) for shard in range(2)))
    del calm["ended"]
    found = repeats(report)
    del found["ended"]
    assert found == calm
    client.wait_for_workers(2, timeout=60)


def test_a_shard_that_always_crashes_its_worker_is_named_and_the_others_count(client):
    storm = {"sockets": 100_000, "disconnects": 150_000}
    report = wsksim.distributed.run(storm, "shard_stage:crashes", shards=3, client=client)
    assert report.exit_code == 4
    assert report.shards.complete == ((0, 0), (2, 2))
    (failure,) = report.shards.failed
    assert (failure.shard, failure.status, failure.attempts) == (1, "crashed", 2)
    assert sum(report.posted.values()) == 150_000 - 65_536
    client.wait_for_workers(2, timeout=60)


def test_ctrl_c_cancels_what_runs(client):
    def interrupt(done, total):
        raise KeyboardInterrupt

    report = wsksim.distributed.run(
        grouped(), "wsksim.examples.echo:echo", shards=12, client=client, progress=interrupt
    )
    assert report.exit_code == 130
    assert report.shards.count == 1
    # The workers are free for whoever comes next.
    assert client.submit(os.getpid, pure=False).result(timeout=60)


def test_a_cluster_that_is_too_small_is_refused_and_one_that_goes_away_leaves_what_it_did(client, monkeypatch):
    from wsksim.distributed import dask as adapter

    monkeypatch.setattr(adapter, "PATIENCE_S", 0.0)
    monkeypatch.setattr(adapter, "_LOOK_S", 0.1)
    monkeypatch.setattr(adapter, "_workers", lambda client: 0)
    done = adapter._done
    seen = []

    def once(futures):
        found = [] if seen else done(futures)
        seen.extend(found)
        return found

    monkeypatch.setattr(adapter, "_done", once)
    report = wsksim.distributed.run(grouped(), "wsksim.examples.echo:echo", shards=12, client=client)
    assert report.exit_code == 3
    assert report.shards.count == len(seen)
    assert {one.status for one in report.shards.failed} <= {"lost"}
    assert all("the cluster has had no worker" in one.why for one in report.shards.failed)

    class Nobody:
        """A client whose cluster has no worker."""

        __module__ = "distributed.client"

        def wait_for_workers(self, count, timeout):
            raise TimeoutError

    with pytest.raises(errors.ReportError, match="found no worker within 0 s; start workers, or leave the client out"):
        wsksim.distributed.run(grouped(), "wsksim.examples.echo:echo", shards=2, client=Nobody())
