"""A11: a storm of a million lives of whole connections, against what a connection and a message cost by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from time import thread_time_ns

import wsksim
from comparison import Bound, Comparison, Row
from plan import Plan
from reference import random_order
from server import Server
from wsksim.examples.echo import echo

COUNT = 1_000_000
# Of the lives of the whole plan, and of that which a quick run has: the same on every interpreter and machine.
DIGESTS = {1_000_000: "052bcb45b7afb52394df26c2ddc69c0d", 20_000: "d25dcc027a1feb4a572690c38d8bc933"}


def storm(count: int) -> wsksim.Plan:
    """Lives that ask, wait, read the answer and end as peers do."""
    ends = {"disconnect": 0.80, "abort": 0.15, "vanish": 0.05}
    clients = {
        "connect": "application",
        "count": count,
        "open": 10_000,
        "life": [{"send": "64B..1KiB"}, {"wait": "exp 100ms"}, {"read": "all"}, {"end": ends}],
        "timeout": "22s",
    }
    return wsksim.Plan(seed=7, peers={"clients": clients}, checks={"findings": "== 0", "left.sockets": "== 0"})


def a11(plan: Plan) -> Iterator[Row]:
    """A million lives, 15 % aborted and 5 % vanished, against the echo application of the examples."""
    count = plan.size(COUNT)
    made = storm(count)
    rounds = []
    for _ in plan.rounds(2):
        begun = thread_time_ns()
        report = wsksim.run_plan(made, echo)
        ours = (thread_time_ns() - begun) / count
        lives = report.storm["lives"]
        if not report.balanced or report.exit_code or lives["begun"] != count or lives["still_open"]:
            raise RuntimeError(f"a storm of {count} lives ended with {lives}\n{report}")
        if report.storm["plan"] != DIGESTS[count]:
            raise RuntimeError(f"the lives are others than elsewhere: {report.storm['plan']}")
        # A connection of A1, and the message of A5, of the benches' own server.
        server = Server(10_000)
        order = random_order(plan.reference, 10_000)
        server.lives(10_000, order)
        alone = server.lives(10_000, order) / 10_000
        rounds.append((ours, alone + Server(1000).messages(random_order(plan.reference, 1000))))
    case = f"a life of a storm of {count:,}, against a connection and a message by themselves".replace(",", " ", 1)
    yield Comparison("A11", case, "ns", rounds, Bound(3), "balanced; what A1 and A5 explain")
