"""What the tests of shards need: runs to divide, targets that every process finds, and what of a report repeats."""

import os
import signal
from pathlib import Path

import wsksim
from conftest import CAPTURES
from plan_stage import ASKING, Keeping
from wsksim import wsk

COUNTS = (1, 2, 7, 32)
LIFE = [*ASKING, {"end": {"disconnect": 0.85, "abort": 0.1, "vanish": 0.05}}]


def grouped(groups=40, count=12, checks=(), seed=7, **rest):
    """A plan of many groups of one block each: as many shards have something to do."""
    group = {"connect": "application", "count": count, "open": 5, "life": LIFE}
    return wsksim.Plan(seed=seed, peers={f"g{number}": group for number in range(groups)}, checks=checks, **rest)


def pends(SocketContext, Flags):
    """Wrong for some sockets and for some kinds."""
    if SocketContext["id"] % 97 == 0:
        return wsk.STATUS_PENDING
    return 1 if Flags & wsk.WSK_FLAG_ABORTIVE and SocketContext["id"] % 31 == 0 else 0


class Careless(Keeping):
    """Answers each disconnect event with a status that is none."""

    def on_disconnect(self, SocketContext, Flags):
        """Wrong."""
        return wsk.STATUS_PENDING


def crashes(SocketContext, Flags):
    """Ends its process at an edge that is in the second block."""
    if SocketContext["id"] == 66_000:
        os.kill(os.getpid(), signal.SIGSEGV)
    return 0


def crashes_once(SocketContext, Flags):
    """Likewise, the first time."""
    if SocketContext["id"] == 66_000:
        mark = Path(os.environ["SHARD_MARK"])
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGSEGV)
    return 0


# The three runs: what is divided, and its target.
RUNS = {
    "handler": (
        {"sockets": 1_000, "disconnects": 150_000, "abortive": 0.3, "order": "random", "seed": 7},
        "shard_stage:pends",
    ),
    "application": (grouped(), "wsksim.examples.echo:echo"),
    "captures": ({"path": str(CAPTURES), "local": "both"}, "wsksim.examples.handler:on_disconnect"),
}


def carried_out(kind, shard, of, **rest):
    """One shard of a run, in this process."""
    plan, target = RUNS[kind]
    if kind == "application":
        return wsksim.run_plan(plan, target, shard=(shard, of), **rest)
    if kind == "captures":
        return wsksim.replay(handler=target, shard=(shard, of), **plan, **rest)
    return wsksim.storm(target, shard=(shard, of), **plan, **rest)


def repeats(report):
    """What has to be equal however the run was divided."""
    lives = report.storm.get("lives")
    findings = sorted((one.rule, one.function, one.site, one.found, one.count) for one in report.finding_list)
    requests = report.storm.get("requests") or {}
    return {
        "plan": report.storm.get("plan") or report.shards.plan,
        "counts": (report.posted, report.indicated, report.withheld, report.refused, report.findings),
        "findings": findings,
        "lives": lives,
        "moved": (report.storm.get("bytes"), report.storm.get("accepted")),
        # What an application does once, as it starts and stops, it does once a shard.
        "requests": {name: requests[name] for name in requests if name in {"WskSend", "WskReceive", "WskDisconnect"}},
        "capture": {name: value for name, value in report.capture.items() if isinstance(value, int)},
        "ended": (report.balanced, report.shards.complete, report.shards.missing),
    }
