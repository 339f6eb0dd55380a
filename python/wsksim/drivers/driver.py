"""`wsksim.Driver`: a driver in C under test, from Python."""

import os
import re
import shlex
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, Literal

from wsksim.drivers.asking import Asked
from wsksim.drivers.faults import read_faults
from wsksim.drivers.naming import is_driver, names_driver, not_there
from wsksim.drivers.objects import loadable
from wsksim.drivers.planning import check_measured
from wsksim.drivers.report import driver_report
from wsksim.drivers.running import Running
from wsksim.drivers.seeds import run_seeds
from wsksim.errors import DriverError
from wsksim.kinds import is_a, is_mapping, is_sequence
from wsksim.plans.addresses import read_host
from wsksim.plans.checks import read_checks
from wsksim.plans.files import read_file
from wsksim.plans.plan import WAYS, Plan, Schedule
from wsksim.runs.arguments import IRQLS, MAX_SEED, choice, truth, whole
from wsksim.runs.report import Report
from wsksim.wording import cited, shown

__all__ = ["Driver"]

_UNSAID: Final = Schedule()
_SCHEDULE: Final = re.compile(r"fifo|explore|pct:(\d{1,2}|100)")
# As many as a subsystem keeps.
_MOST_CHOICES: Final = 2**20
_LARGEST_CHOICE: Final = 2**32 - 1


class Driver:
    """A driver in C: an object of `wsksim cc`, or one file of source, which is compiled.

    Each seed is a run of its own, from DriverEntry to the unload routine, with the driver's data as the object has
    them. Runs are in child processes, so that a crash ends none but its own seed.

    Attributes:
        path: as it was given.
    """

    def __init__(self, path: str | os.PathLike[str], *, say: Callable[[str], None] | None = None) -> None:
        """Looks at the object, or compiles the source.

        Args:
            path: of the file.
            say: is given what the compiler says, also where it only warns.

        Raises:
            DriverError: there is no such file, or it cannot be compiled or loaded.
        """
        if not is_driver(path):
            if names_driver(path):
                raise DriverError(not_there(path))
            raise DriverError(
                f"asked for a driver, ./driver.so of wsksim cc or driver.c; found {shown(path)}; name such a file"
            )
        self.path = os.fspath(path)
        folder = tempfile.mkdtemp(prefix="wsksim-driver-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._object = loadable(self.path, Path(folder), say)

    def run(
        self,
        *,
        seeds: int | range | None = None,
        plan: Plan | str | os.PathLike[str] | None = None,
        schedule: str | None = None,
        completions: Literal["inline", "windows", "later", "drawn"] | None = None,
        irql: Literal["passive", "dispatch", "mixed"] | None = None,
        lenient: bool = False,
        peers: int = 4,
        choices: Sequence[int] | None = None,
        hosts: Mapping[str, str | Sequence[str]] | None = None,
        faults: Sequence[str] = (),
        checks: Sequence[str] = (),
        jobs: int | None = None,
    ) -> Report:
        """Runs the driver under every seed.

        Args:
            seeds: one, or a range of them without gaps; that of the plan, or 0, if left out. With a range the order is
                explored and completions are drawn, unless the plan or another argument says otherwise.
            plan: the peers that it meets, as a plan or the name of a file; its lives are drawn from each seed.
            schedule: `fifo`, `explore` or `pct:N`: who goes on next.
            completions: how requests complete.
            irql: the level of callbacks.
            lenient: carry out waits where none is allowed, after the finding.
            peers: without a plan: remote ends at each address where it listens.
            choices: what a finding chose: chosen again instead of by the seed, and then the plainest.
            hosts: names that resolve, and the address of each, or several.
            faults: what fails on demand, once at each call stack and from DriverEntry on: `allocation`, `provider`,
                `request`; and `pend`, with which every request pends, as with `completions="later"`.
            checks: what has to hold of the report, beside the checks of the plan.
            jobs: child processes at a time; as many as processors, if left out.

        Raises:
            PlanError: the plan cannot be read, or a check names what is not measured.
            TypeError, ValueError: another argument is none.
        """
        read = plan if plan is None or isinstance(plan, Plan) else read_file(plan)
        held = [*(read.checks if read else ()), *read_checks("checks", checks)]
        check_measured(tuple(held), planned=read is not None)
        first, last = _seeds(seeds, read)
        faults, pends = read_faults(faults)
        asked = Asked(
            path=self._object,
            first=first,
            last=last,
            schedule=_usual("kind", schedule, read, many=isinstance(seeds, range)),
            completions=_usual("completions", pends or completions, read, many=isinstance(seeds, range)),
            irql=_usual("irql", irql, read, many=isinstance(seeds, range)),
            lenient=truth("lenient", lenient),
            peers=whole("peers", peers, low=0, high=10_000),
            choices=_choices(choices),
            hosts=_hosts(hosts),
            faults=faults,
            plan=None if read is None else read.to_dict(),
        )
        if choices is not None and last > first:
            raise ValueError("choices: asked to choose the same under several seeds; name the seed that they are of")
        begun = time.perf_counter()
        outcomes = run_seeds(asked, None if jobs is None else whole("jobs", jobs, low=1, high=1_024))
        return driver_report(
            asked,
            outcomes,
            target=self.path,
            command=self._command(asked, plan),
            elapsed_s=time.perf_counter() - begun,
            checks=held,
        )

    def start(
        self,
        *,
        seed: int = 0,
        schedule: str = "fifo",
        completions: Literal["inline", "windows", "later", "drawn"] = "windows",
        irql: Literal["passive", "dispatch", "mixed"] = "passive",
        lenient: bool = False,
        choices: Sequence[int] | None = None,
        hosts: Mapping[str, str | Sequence[str]] | None = None,
        faults: Sequence[str] = (),
        listen: Sequence[str] = (),
    ) -> Running:
        """Runs DriverEntry in this process, and gives what moves the remote ends by hand.

        A driver that crashes takes this process with it; `run` is for those that may.

        Args:
            seed: where every draw begins.
            schedule: `fifo`, `explore` or `pct:N`: who goes on next.
            completions: how requests complete.
            irql: the level of callbacks.
            lenient: carry out waits where none is allowed, after the finding.
            choices: what a finding chose: chosen again, and then the plainest.
            hosts: names that resolve, and the address of each, or several.
            faults: what fails on demand, as in `run`.
            listen: addresses at which remote ends wait for the driver, such as `tcp://127.0.0.1:9`.

        Raises:
            DriverError: DriverEntry failed, or its run ended.
            TypeError, ValueError: an argument is none.
        """
        faults, pends = read_faults(faults)
        asked = Asked(
            path=self._object,
            first=whole("seed", seed, low=0, high=MAX_SEED),
            last=seed,
            schedule=_schedule(schedule),
            completions=choice("completions", pends or completions, WAYS),
            irql=choice("irql", irql, IRQLS),
            lenient=truth("lenient", lenient),
            peers=0,
            choices=_choices(choices),
            hosts=_hosts(hosts),
            faults=faults,
        )
        return Running(asked, self.path, self._command(asked, None), listen)

    def _command(self, asked: Asked, plan: object) -> list[str]:
        """What repeats a run, but for its seeds."""
        words = ["wsksim run", shlex.quote(self.path)]
        if isinstance(plan, Plan):
            words.append("--plan PLAN.toml")  # what `to_toml` of the plan gives, which the report holds
        elif plan is not None:
            words.append(f"--plan {shlex.quote(os.fspath(plan))}")  # type: ignore[call-overload]
        else:
            words.append(f"--peers {asked.peers}")
        words += [f"--schedule {asked.schedule}", f"--completions {asked.completions}", f"--irql {asked.irql}"]
        words += [f"--host {name}={','.join(addresses)}" for name, addresses in asked.hosts.items()]
        words += [f"--faults {','.join(asked.faults)}"] if asked.faults else []
        return [*words, *(["--lenient"] if asked.lenient else [])]

    def __repr__(self) -> str:
        """Its path."""
        return f"wsksim.Driver({self.path!r})"


def _seeds(seeds: object, plan: Plan | None) -> tuple[int, int]:
    """The first and the last one."""
    if seeds is None:
        seed = plan.seed if plan is not None else 0
        return seed, seed
    if isinstance(seeds, range):
        if not seeds or seeds.step != 1 or seeds[0] < 0 or seeds[-1] > MAX_SEED:
            raise ValueError(f"seeds: asked for {shown(seeds)}; give a range without gaps, such as range(1, 101)")
        return seeds[0], seeds[-1]
    seed = whole("seeds", seeds, low=0, high=MAX_SEED)
    return seed, seed


def _choices(given: object) -> tuple[int, ...] | None:
    """What was chosen before, if that was given."""
    if given is None:
        return None
    asked = f"choices: asked for what a finding chose, at most {_MOST_CHOICES:,} numbers"
    if not is_sequence(given):
        raise TypeError(f"{asked}; found {shown(given)}; pass the choices of a finding")
    if len(given) > _MOST_CHOICES:
        raise ValueError(f"{asked}; found {len(given):,}; pass the choices of a finding")
    return tuple(whole("choices", one, low=0, high=_LARGEST_CHOICE) for one in given)


def _hosts(given: Mapping[str, str | Sequence[str]] | None) -> dict[str, tuple[str, ...]]:
    """Names and their addresses."""
    do = "write one such as {'example': '127.0.0.1'}"
    if given is not None and not is_mapping(given):
        raise TypeError(f"hosts: asked for a table of names and addresses; found {shown(given)}; {do}")
    hosts = {}
    for name, at in (given or {}).items():
        addresses = (at,) if is_a(at, str) else at
        if not is_a(name, str) or not is_sequence(addresses):
            found = f"{shown(at)} for {shown(name)}"
            raise TypeError(f"hosts: asked for a table of names and addresses; found {found}; {do}")
        hosts[name] = tuple(_host(name, address) for address in addresses)
    return hosts


def _host(name: str, address: object) -> str:
    asked = f"hosts: asked for {cited(name)} at {shown(address)}"
    refused = ValueError(f"{asked}; found no address; write one such as 127.0.0.1 or ::1")
    if not is_a(address, str):
        raise refused
    try:
        read_host(address)
    except ValueError:
        raise refused from None
    return address


def _schedule(given: object) -> str:
    if not is_a(given, str) or not _SCHEDULE.fullmatch(given):
        asked = "schedule: asked for 'fifo', 'explore', or 'pct:N' with N changes of priority, 0 to 100"
        raise ValueError(f"{asked}; found {shown(given)}; pass one of these")
    return given


def _usual(name: str, given: str | None, plan: Plan | None, *, many: bool) -> str:
    """An option as it was given, as the plan says if it says anything, or as is usual."""
    words = {"completions": WAYS, "irql": IRQLS}
    if given is not None:
        return choice(name, given, words[name]) if name in words else _schedule(given)
    of_plan = getattr(plan.schedule, name) if plan is not None else getattr(_UNSAID, name)
    usual = Schedule(kind="explore", completions="drawn") if many else _UNSAID
    return str(getattr(usual, name) if of_plan == getattr(_UNSAID, name) else of_plan)
