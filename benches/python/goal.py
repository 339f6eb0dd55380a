"""Measures one goal in a process of its own and prints a row per line, as JSON: `python goal.py S2 [--quick]`."""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import sys

from comparison import to_json
from plan import Plan

GOALS = {
    **dict.fromkeys(("S1", "S2", "S3", "S4", "S9"), "handlers"),
    **dict.fromkeys(("S5", "S6", "S7", "S8"), "opening"),
    **dict.fromkeys(("S10", "S11", "S12"), "workers"),
    "S13": "libraries",
    "S14": "captures",
    "S15": "starting",
    "S16": "revisions",
    **dict.fromkeys(("A1", "A3", "A4", "A7", "A8"), "applications"),
    **dict.fromkeys(("A2", "A5", "A6", "A9"), "drivers"),
    "A11": "storms",
    **dict.fromkeys(("A12", "A13", "A14"), "shards"),
}


def main() -> None:
    """Runs the goal named on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("goal", choices=GOALS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--against")
    asked = parser.parse_args()
    plan = Plan(quick=asked.quick, against=asked.against)
    # Neither side makes cycles; a collection in the middle of one would be charged to it.
    gc.disable()
    measure = getattr(importlib.import_module(GOALS[asked.goal]), asked.goal.lower())
    for row in measure(plan):
        sys.stdout.write(json.dumps(to_json(row)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
