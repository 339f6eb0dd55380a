"""A child: runs seeds of a driver, one after another, and prints a line before and behind each."""

import json
import sys
from typing import Any

from wsksim._native import DriverObject
from wsksim.drivers.asking import Asked


def main() -> None:
    """Reads what is asked for from stdin."""
    asked = Asked(**json.load(sys.stdin))
    driver = DriverObject(asked.path)
    with_plan, hosts = _planned(asked), asked.places()
    for seed in asked.seeds():
        say({"begins": seed})
        say({"seed": seed, "outcome": driver.run(seed, **asked.options(), hosts=hosts, **with_plan(seed))})


def _planned(asked: Asked) -> Any:
    """What a seed's plan adds to the options of its run."""
    if asked.plan is None:
        return lambda _: {}
    from wsksim.drivers.planning import given_plan  # start-up: 30 ms, for a run with a plan only
    from wsksim.plans.plan import Plan  # start-up: likewise

    plan = Plan.from_dict(asked.plan)
    return lambda seed: given_plan(plan, seed)


def say(values: object) -> None:
    """Prints a line; it is out before the next seed may crash."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
