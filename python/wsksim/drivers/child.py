"""A child: runs seeds of a driver, one after another, and prints a line before and behind each."""

import json
import sys

from wsksim._native import DriverObject
from wsksim.drivers.asking import Asked


def main() -> None:
    """Reads what is asked for from stdin."""
    asked = Asked(**json.load(sys.stdin))
    driver = DriverObject(asked.path)
    for seed in asked.seeds():
        say({"begins": seed})
        say({"seed": seed, "outcome": driver.run(seed, **asked.options())})


def say(values: object) -> None:
    """Prints a line; it is out before the next seed may crash."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
