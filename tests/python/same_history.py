"""A history that is the same everywhere: a storm whose lives, requests and digest do not depend on the interpreter."""

import wsksim

ENDS = {"disconnect": 0.80, "abort": 0.15, "vanish": 0.05}
CLIENTS = {
    "connect": "application",
    "count": 2_000,
    "open": 100,
    "life": [{"send": "64B..1KiB"}, {"wait": "exp 100ms"}, {"read": "all"}, {"end": ENDS}],
}
PLAN = wsksim.Plan(seed=7, peers={"clients": CLIENTS}, checks={"findings": "== 0"})
# The same lives a million times: many blocks of draws, each with a random stream of its own.
MILLION = wsksim.Plan(seed=7, peers={"clients": {**CLIENTS, "count": 1_000_000, "open": 10_000, "timeout": "22s"}})

EXPECTED = {
    "exit": 0,
    "balanced": True,
    "plan": "c30b134cd9b8913dc99920329b4b2109",
    "fates": {"ended_in_order": 1_607, "aborted_by_peer": 293, "timed_out": 100},
    "indicated": {"graceful": 1_607, "abortive": 393},
    "million": "052bcb45b7afb52394df26c2ddc69c0d",
}


def history() -> dict[str, object]:
    """What is to be the same."""
    report = wsksim.run_plan(PLAN, "wsksim.examples.echo:echo")
    lives = report.storm["lives"]
    return {
        "exit": report.exit_code,
        "balanced": report.balanced,
        "plan": report.storm["plan"],
        "fates": {name: lives[name] for name in lives if lives[name] and name != "begun"},
        "indicated": report.indicated,
        "million": MILLION.digest(),
    }
