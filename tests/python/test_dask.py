"""Shards on Dask: on workers of this machine, one of which is killed, or crashes, or is another version of us."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

import wsksim
import wsksim.distributed
from shard_stage import COUNTS, RUNS, carried_out, grouped, repeats
from wsksim import errors

distributed = pytest.importorskip("distributed")
dask = pytest.importorskip("dask")

pytestmark = pytest.mark.slow


SETTINGS = {
    "distributed.scheduler.allowed-failures": 1,
    "distributed.worker.memory.terminate": False,
    "distributed.comm.timeouts.connect": "60s",
}


def local_cluster(workers):
    """So many workers, each a process with one thread."""
    return distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
    )


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """A machine that is busy with other tests takes its time to start a worker."""
    monkeypatch.setattr("wsksim.distributed.dask.PATIENCE_S", 600.0)


@pytest.fixture(scope="module")
def client():
    """Two workers, each a process, on this machine alone."""
    with dask.config.set(SETTINGS), local_cluster(2) as cluster, distributed.Client(cluster) as made:
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
    with pytest.raises(errors.ContractError, match="STATUS_PENDING"):
        wsksim.distributed.run({"sockets": 98, "check": "raise"}, "shard_stage:pends", shards=2, client=client)
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
    client.wait_for_workers(2, timeout=300)


def test_a_shard_that_always_crashes_its_worker_is_named_and_the_others_count(client):
    storm = {"sockets": 100_000, "disconnects": 150_000}
    report = wsksim.distributed.run(storm, "shard_stage:crashes", shards=3, client=client, retries=0)
    assert report.exit_code == 4
    assert report.shards.complete == ((0, 0), (2, 2))
    (failure,) = report.shards.failed
    assert (failure.shard, failure.status, failure.attempts) == (1, "crashed", 2)
    assert sum(report.posted.values()) == 150_000 - 65_536
    client.wait_for_workers(2, timeout=300)


def test_shards_that_wait_behind_those_that_crash_are_tried_again():
    """Half of the shards end their worker, and with it the parts of others and what waits for it."""
    with (
        dask.config.set({**SETTINGS, "distributed.scheduler.allowed-failures": 0}),
        local_cluster(2) as cluster,
        distributed.Client(cluster) as own,
    ):
        storm = {"sockets": 100_000, "disconnects": 4 * 65_536}
        report = wsksim.distributed.run(storm, "shard_stage:crashes", shards=4, client=own, retries=1)
    assert report.exit_code == 4
    assert {one.shard: (one.status, one.attempts) for one in report.shards.failed} == dict.fromkeys(
        (1, 2), ("crashed", 2)
    )
    assert report.shards.complete == ((0, 0), (3, 3))


def test_a_part_that_cannot_be_fetched_costs_its_shard_an_attempt_and_nothing_else(client, monkeypatch):
    from wsksim.distributed import dask as adapter

    result, failed = distributed.Future.result, []

    def once(future, timeout=None):
        if "carry_out_shard" in future.key and len(failed) < 2:
            failed.append(future.key)
            error = TimeoutError() if len(failed) == 1 else distributed.KilledWorker("a task", None, 1)
            raise error
        return result(future, timeout)

    monkeypatch.setattr(distributed.Future, "result", once)
    monkeypatch.setattr(adapter, "_workers", lambda client: 1)
    report = wsksim.distributed.run(grouped(groups=4), "wsksim.examples.echo:echo", shards=4, client=client)
    assert (report.exit_code, report.shards.missing, report.shards.retries) == (0, (), 2)


def test_a_worker_without_wsksim_says_what_to_install(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] == 'wsksim':\n"
        "            raise ModuleNotFoundError('No module named wsksim', name='wsksim')\n"
        "sys.meta_path.insert(0, Absent())\n"
    )
    with local_cluster(0) as cluster, distributed.Client(cluster) as own:
        rest = ["--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1"]
        command = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address, *rest]
        with subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as worker:
            try:
                with pytest.raises(
                    errors.HandlerError, match=r"found ModuleNotFoundError: .*; install the same wsksim, .* on each"
                ):
                    wsksim.distributed.run({"sockets": 10}, "shard_stage:pends", shards=2, client=own)
            finally:
                worker.terminate()


def test_a_client_that_could_not_answer_is_refused_at_once(client):
    def refused(given, text):
        with pytest.raises(TypeError, match=text):
            wsksim.distributed.run({"sockets": 10}, "shard_stage:pends", shards=2, client=given)

    refused(client.cluster, r"found a cluster; pass distributed.Client\(cluster\)")
    closed = distributed.Client(client.scheduler.address)
    closed.close()
    refused(closed, "found a client that is closed")

    async def inside():
        async with distributed.Client(client.scheduler.address, asynchronous=True) as own:
            refused(own, "found an asynchronous client; pass one without asynchronous=True")

    asyncio.run(inside())


def test_ctrl_c_cancels_what_runs(client):
    def interrupt(done, total):
        raise KeyboardInterrupt

    report = wsksim.distributed.run(
        grouped(), "wsksim.examples.echo:echo", shards=12, client=client, progress=interrupt
    )
    assert report.exit_code == 130
    assert report.shards.count == 1
    # The workers are free for whoever comes next.
    assert client.submit(os.getpid, pure=False).result(timeout=300)


def test_a_cluster_that_is_too_small_is_refused_and_one_that_goes_away_leaves_what_it_did(client, monkeypatch):
    from wsksim.distributed import dask as adapter

    monkeypatch.setattr(adapter, "PATIENCE_S", 0.0)
    monkeypatch.setattr(adapter, "_LOOK_S", 0.1)
    # One part at a time, and the workers are gone when the first is there.
    done, told = adapter._done, []
    monkeypatch.setattr(adapter, "_done", lambda futures: done(futures)[:1])
    monkeypatch.setattr(adapter, "_workers", lambda client: 0 if told else 1)
    report = wsksim.distributed.run(
        grouped(), "wsksim.examples.echo:echo", shards=12, client=client, progress=lambda done, total: told.append(done)
    )
    assert (report.exit_code, report.shards.count, len(report.shards.failed)) == (3, 1, 11)
    assert {one.status for one in report.shards.failed} == {"lost"}
    assert all("the cluster has had no worker" in one.why for one in report.shards.failed)

    class Nobody:
        """A client whose cluster has no worker."""

        __module__ = "distributed.client"

        def wait_for_workers(self, count, timeout):
            raise TimeoutError

    with pytest.raises(errors.ReportError, match="found no worker within 0 s; start workers, or leave the client out"):
        wsksim.distributed.run(grouped(), "wsksim.examples.echo:echo", shards=2, client=Nobody())
