"""A12 to A14: what a thousand parts cost to merge, what one shard costs, and what a second process gains."""

from __future__ import annotations

import base64
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import wsksim
import wsksim.distributed
from comparison import Bound, Comparison, Row
from plan import Plan
from sockets import on_disconnect
from wsksim._native import TimesSum
from wsksim.runs.histogram import Histogram
from wsksim.runs.measured import SERIES
from wsksim.shards.merging import merge
from wsksim.shards.parts import encode, read_part

PARTS = 1_000
SHARDS = 32
# Of each series of each part so many times, which makes its histogram as large as that of a long run.
TIMES = 20_000
HANDLER = "wsksim.examples.handler:on_disconnect"
ECHO = "wsksim.examples.echo:echo"


def a12(plan: Plan) -> Iterator[Row]:
    """Merging, against reading the same files and decoding all that is in them; and its memory."""
    count = 20 if plan.quick else PARTS
    with tempfile.TemporaryDirectory() as folder:
        names = [str(name) for name in made_parts(Path(folder), count)]
        size = sum(Path(name).stat().st_size for name in names) / 1e6
        merge(names)
        rounds = []
        for _ in plan.rounds(5):
            begun = perf_counter_ns()
            report = merge(names)
            between = perf_counter_ns()
            for name in names:
                decoded(name)
            rounds.append(((between - begun) / 1e6, (perf_counter_ns() - between) / 1e6))
            if report.shards is None or report.shards.missing or report.service is None:
                raise RuntimeError(f"not all shards were merged:\n{report}")
            if report.service.count != count * TIMES:
                raise RuntimeError(f"{report.service.count} times of {count * TIMES} were added")
        case = f"merge {count} parts of {size:.0f} MB, against reading and decoding them"
        yield Comparison("A12", case, "ms", rounds, Bound(2))
        peaks = [(peak(names), 100.0) for _ in plan.rounds(2)]
    yield Comparison("A12", f"peak memory of merging {count} parts in a process of its own", "MB", peaks, Bound(1))


def made_parts(folder: Path, count: int) -> Iterator[Path]:
    """Parts of a storm with a rate, each from another machine, with four histograms of their own."""
    template = wsksim.storm(on_disconnect, rate="1M/s", seed=7, shard=(0, count)).to_dict()
    draw = random.Random(7)  # noqa: S311 - it repeats, and is no secret
    for shard in range(count):
        codes, times = {}, {}
        for name in SERIES:
            code = base64.b64decode(histogram(draw).to_text())
            codes[name], times[f"{name}_ns"] = code, TimesSum.read(code, 10**9).summary()
        host = {**template["shards"]["hosts"][0], "name": f"node{shard:04}", "shards": [[shard, shard]]}
        host["times"] = {name: times[f"{name}_ns"] for name in SERIES}
        shards = {**template["shards"], "complete": [[shard, shard]], "hosts": [host]}
        texts = {name: base64.b64encode(code).decode() for name, code in codes.items()}
        path = folder / f"part-{shard:05}.wsk"
        path.write_bytes(encode({**template, **times, "histograms": texts, "shards": shards}, [{}]))
        yield path


def histogram(draw: random.Random) -> Histogram:
    """A histogram of times whose logarithms are normally distributed about some microseconds."""
    counts: dict[int, int] = {}
    for _ in range(TIMES):
        value = max(int(draw.lognormvariate(9, 2)), 1)
        shift = max(value.bit_length() - 11, 0)
        bucket = value if value < 2048 else shift * 1024 + (value >> shift)
        counts[bucket] = counts.get(bucket, 0) + 1
    return Histogram(dict(sorted(counts.items())))


def decoded(name: str) -> None:
    """Reads a part and all that is in it."""
    part = read_part(name)
    for series, code in part.codes.items():
        TimesSum.read(code, part.values[f"{series}_ns"]["max"])


def peak(names: list[str]) -> float:
    """Megabytes that a process has had at most, which merges these files and nothing else."""
    code = (
        "import resource, sys; from wsksim.shards.merging import merge; merge(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)"
    )
    done = subprocess.run([sys.executable, "-c", code, *names], check=True, capture_output=True, text=True)
    return float(done.stdout)


def a13(plan: Plan) -> Iterator[Row]:
    """A shard in a process of its own, against a thirty-second of the whole and the start of a process."""
    blocks = 4 if plan.quick else 8 * SHARDS
    of = 4 if plan.quick else SHARDS
    storm = ["--sockets", "100k", "--disconnects", str(65_536 * blocks)]
    with tempfile.TemporaryDirectory() as folder:
        rounds = []
        for _ in plan.rounds(3):
            start = command(folder, ["--sockets", "1", "--disconnects", "0"], 0, 1)
            whole = command(folder, storm, 0, 1)
            shard = command(folder, storm, of - 1, of)
            rounds.append((shard, (whole - start) / of + start))
    case = f"shard {of - 1} of {of} of {65_536 * blocks:,} edges, against 1/{of} of all and a start"
    yield Comparison("A13", case.replace(",", " "), "ms", rounds, Bound(1.15))


def command(folder: str, storm: list[str], shard: int, of: int) -> float:
    """Milliseconds of `wsksim run --shard`."""
    arguments = ["run", HANDLER, *storm, "--shard", f"{shard}/{of}", "-o", f"{folder}/part.wsk", "--quiet"]
    begun = perf_counter_ns()
    subprocess.run([sys.executable, "-m", "wsksim", *arguments], check=True, stdout=subprocess.DEVNULL)
    return (perf_counter_ns() - begun) / 1e6


def a14(plan: Plan) -> Iterator[Row]:
    """The plan of an application on two processes, against one: both by the pool."""
    made = grouped(200 if plan.quick else 10_000)
    rounds = []
    for _ in plan.rounds(3):
        two, one = (pooled(made, processes) for processes in (2, 1))
        rounds.append((two, one))
    lives = f"{sum(group.count for group in made.peers):,}".replace(",", " ")
    case = f"{lives} lives in 8 shards on two processes, against one"
    yield Comparison("A14", case, "ms", rounds, Bound(1.8, faster=True))


def grouped(count: int) -> wsksim.Plan:
    """Sixteen groups of one block each, of which each of eight shards has two."""
    group: dict[str, Any] = {
        "connect": "application",
        "count": count,
        "open": 100,
        "life": [
            {"send": "64B..1KiB"},
            {"wait": "exp 100ms"},
            {"read": "all"},
            {"end": {"disconnect": 0.85, "abort": 0.15}},
        ],
    }
    return wsksim.Plan(seed=7, peers={f"clients{number}": group for number in range(16)})


def pooled(made: wsksim.Plan, processes: int) -> float:
    """Milliseconds of the plan on so many processes."""
    begun = perf_counter_ns()
    report = wsksim.distributed.run(made, ECHO, shards=8, processes=processes)
    if report.exit_code or report.storm["plan"] != made.digest():
        raise RuntimeError(f"the shards did not come to the plan:\n{report}")
    return (perf_counter_ns() - begun) / 1e6
