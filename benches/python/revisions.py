"""S16: the disconnect path of this checkout against that of another revision, in two processes that take turns."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from comparison import Bound, Comparison, Row, Skipped
from plan import Plan, named
from reference import ROOT

CASE = "the disconnect path, against that of another revision"
# The last revision whose disconnect path knows nothing of the contract machine.
BEFORE = "b730cb6"
HANDLERS = ("Python", "batch", "native")


def s16(plan: Plan) -> Iterator[Row]:
    """Each side is installed apart; both measure the same benches, one right after the other."""
    if plan.quick and plan.against is None:
        yield Skipped("S16", CASE, "quick runs build no other revision; name one with --against")
        return
    try:
        revision = _git("rev-parse", "--short", plan.against or BEFORE)
    except (OSError, subprocess.CalledProcessError):
        yield Skipped("S16", CASE, f"no revision {plan.against or BEFORE} here; name one: make bench AGAINST=<rev>")
        return
    other = Side(build(revision))
    ours = Side(None)
    for handler in HANDLERS:
        for count, times in ((1000, 21), (plan.size(1_000_000), 11)):
            measured = [[float("nan")] * 2 for _ in plan.rounds(times)]
            for turn, row in enumerate(measured):
                # The one that goes first changes, so that neither always finds the other's caches.
                for place in ((0, 1), (1, 0))[turn % 2]:
                    row[place] = (ours, other)[place].measure(handler, count)
            case = f"{handler} handler, {named(count)}, random order, against {revision}"
            rounds = [(mine, theirs) for mine, theirs in measured]
            yield Comparison("S16", case, "ns", rounds, Bound(1.03))
    ours.close()
    other.close()


class Side:
    """A process that measures one installed revision when it is told to."""

    def __init__(self, site: Path | None) -> None:
        program = Path(__file__).with_name("revision_side.py")
        environment = {**os.environ, "PYTHONPATH": str(site)} if site else dict(os.environ)
        self._process = subprocess.Popen(
            [sys.executable, str(program)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def measure(self, handler: str, count: int) -> float:
        """Nanoseconds per edge."""
        to, back = self._pipes()
        to.write(f"{handler} {count}\n")
        to.flush()
        answer = back.readline()
        if not answer:
            raise RuntimeError(f"the process that measures ended with {self._process.wait()}")
        return float(answer)

    def close(self) -> None:
        """Ends the process."""
        to, back = self._pipes()
        to.close()
        back.close()
        self._process.wait()

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the process that measures has no pipes")
        return self._process.stdin, self._process.stdout


def build(revision: str) -> Path:
    """Builds the wheel of a revision in a folder of its own and unpacks it; gives where it can be imported."""
    folder = ROOT / "build" / "bench" / f"revision-{revision}-{sys.implementation.cache_tag}"
    site = folder / "site"
    if site.exists():
        return site
    shutil.rmtree(folder, ignore_errors=True)
    source = folder / "source"
    source.mkdir(parents=True)
    archive = folder / "source.tar"
    _git("archive", "--output", str(archive), revision)
    shutil.unpack_archive(archive, source, "tar", filter="data")
    maturin = ROOT / ".venv" / "bin" / "maturin"
    command = [str(maturin), "build", "--release", "--locked", "--interpreter", sys.executable, "--out", str(folder)]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target" / "revision")}
    subprocess.run(command, cwd=source, env=environment, check=True, stdout=sys.stderr, stderr=sys.stderr)
    wheel = next(folder.glob("*.whl"))
    with zipfile.ZipFile(wheel) as found:
        found.extractall(folder / "unpacked")
    (folder / "unpacked").rename(site)
    return site


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S607
    return done.stdout.strip()
