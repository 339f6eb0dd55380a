"""Work: what an engine hands to its workers, and how a worker carries a shard of it out."""

import inspect
import os
import pickle
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from wsksim.applications import as_application, describe_application
from wsksim.errors import ApplicationError, CaptureError, ContractError, HandlerError, PlanError
from wsksim.handlers import describe_handler, load_callable
from wsksim.kinds import is_mapping, is_path
from wsksim.plans.checks import read_checks
from wsksim.plans.files import read_file
from wsksim.plans.plan import Plan
from wsksim.reports.wsk import render
from wsksim.runs.environment import environment
from wsksim.runs.replay import replay
from wsksim.runs.run_plan import run_plan
from wsksim.runs.storm import storm
from wsksim.shards.dividing import Shard
from wsksim.shards.recording import attempted
from wsksim.wording import hint, shown

__all__ = ["PERMANENT", "Work", "carry_out", "make_work"]

# What another attempt would meet again.
PERMANENT: Final = (
    ContractError,
    HandlerError,
    PlanError,
    CaptureError,
    ImportError,
    AttributeError,
    TypeError,
    ValueError,
)
# What a shard decides, or what only one process has.
_OWN: Final = frozenset({"handler", "shard", "progress", "black_box", "histogram", "trace"})


@dataclass(frozen=True)
class Work:
    """A run that is divided.

    Attributes:
        kind: of which function it is a run.
        target: the text of a target, or a target in pickled form.
        options: its other arguments, plain values.
        wsksim: the version that has to carry it out.
    """

    kind: Literal["plan", "storm", "replay"]
    target: str | bytes
    options: dict[str, Any]
    wsksim: str


def make_work(
    plan: object, target: object, *, checks: Sequence[str] = (), dumps: Callable[[object], bytes] = pickle.dumps
) -> Work:
    """Says what is to be carried out.

    Args:
        plan: a Plan, the name of a file that holds one, the arguments of `storm`, or those of `replay`, which have
            `path`.
        target: an application or a handler.
        checks: what has to hold of the report besides.
        dumps: makes bytes of a target that has no name.

    Raises:
        PlanError: the plan cannot be read.
        HandlerError: the target has no name and cannot be pickled.
        TypeError: the plan is none of these, or has an argument that is unknown or no shard's.
    """
    kind: Literal["plan", "storm", "replay"]
    options: dict[str, Any]
    if is_path(plan):
        plan = read_file(plan)
    if isinstance(plan, Plan):
        extra = read_checks("checks", list(checks))
        whole = replace_checks(plan, [*plan.checks, *extra])
        kind, options = "plan", {"plan": whole.to_toml()}
    elif is_mapping(plan):
        kind, options = "replay" if "path" in plan else "storm", dict(plan)
        function = replay if kind == "replay" else storm
        known = [name for name in inspect.signature(function).parameters if name not in _OWN]
        for name in options:
            if name not in known:
                do = f"leave it out{hint(name, known)}"
                raise TypeError(f"plan: asked for arguments of wsksim.{kind}; found {shown(name)}; {do}")
        if callable(options.get("contexts")):
            raise TypeError("plan: asked for contexts by name; found something to call; pass 'dict', 'int' or 'none'")
        if checks:
            options["checks"] = list(
                map(str, [*read_checks("checks", options.get("checks") or ()), *read_checks("checks", list(checks))])
            )
    else:
        do = "pass a wsksim.Plan, the name of its file, or a table of the arguments of wsksim.storm or wsksim.replay"
        raise TypeError(f"plan: asked for what befalls the target; found {shown(plan)}; {do}")
    return Work(kind, _portable(target, dumps), options, str(environment()["wsksim"]))


def replace_checks(plan: Plan, checks: Sequence[Any]) -> Plan:
    """The same plan with other checks."""
    peers = {group.name: group for group in plan.peers}
    return Plan(seed=plan.seed, peers=peers, faults=plan.faults, schedule=plan.schedule, checks=checks)


def carry_out(
    work: Work,
    number: int,
    of: int,
    attempt: int = 1,
    progress: Callable[[int, int], object] | None = None,
) -> bytes:
    """Carries one shard out; returns its part.

    Raises:
        HandlerError: the target cannot be loaded here, or this is another version of wsksim.
        PlanError: the plan asks for what a run refuses.
    """
    here = environment()["wsksim"]
    if here != work.wsksim:
        found = f"found {here}"
        raise HandlerError(
            f"worker {_place()}: asked for wsksim {work.wsksim}; {found}; install the same version on each machine"
        )
    target = _loaded(work)
    options = {**work.options, "shard": Shard(number, of), "progress": progress}
    contexts = options.get("contexts")
    if isinstance(contexts, str) and ":" in contexts:
        options["contexts"] = load_callable("contexts", contexts, otherwise="dict, int, none")
    if work.kind == "plan":
        report = run_plan(Plan.from_toml(options.pop("plan")), target, **options)
    elif work.kind == "storm":
        report = storm(target, **options)
    else:
        report = replay(options.pop("path"), target, **options)
    return render(attempted(report, attempt))


def _portable(target: object, dumps: Callable[[object], bytes]) -> str | bytes:
    """The text by which any process finds a target, or else the target itself as bytes."""
    if isinstance(target, str):
        place, colon, name = target.rpartition(":")
        # Workers may have another current folder.
        return f"{Path(place).resolve()}{colon}{name}" if place.endswith(".py") and Path(place).is_file() else target
    is_application = as_application(target) is not None
    text = describe_application(target) if is_application else describe_handler(target)
    place, _, name = text.rpartition(":")
    found: Any = sys.modules.get(place)
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is target and place != "__main__":
        return text
    try:
        return dumps(target)
    except Exception as error:
        file = getattr(sys.modules["__main__"], "__file__", None)
        do = "define it at the top level of a module, and pass it as 'module:name'"
        if found is target and file is not None:
            # It is at the top level, of the program itself.
            do = f"pass it as '{Path(file).name}:{name}'"
        reason = f"that it cannot be pickled ({type(error).__name__}: {error})"
        raise HandlerError(f"target {text}: asked to send it to workers; found {reason}; {do}") from error


def _loaded(work: Work) -> Any:
    if isinstance(work.target, str):
        return work.target
    try:
        return pickle.loads(work.target)  # noqa: S301 - from the process that asked for this
    except Exception as error:
        do = "install the module that defines the target on each worker, or pass it as 'module:name'"
        raise ApplicationError(
            f"worker {_place()}: asked to load the target; found {type(error).__name__}: {error}; {do}"
        ) from error


def _place() -> str:
    return f"{platform.node()}, process {os.getpid()}"
