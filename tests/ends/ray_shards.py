"""Shards on Ray: the same runs as on a pool, and a worker that dies. Ends with 3 where Ray is not installed.

    python tests/ends/ray_shards.py

It is no test of `make test`: Ray takes 200 MB, and listens on all interfaces of the machine.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "python"))

import wsksim
import wsksim.distributed
from shard_stage import RUNS, repeats
from wsksim.errors import ContractError, HandlerError

NOTHING_TO_RUN = 3
STORM = {"sockets": 100_000, "disconnects": 150_000}


def main() -> int:
    """Runs all; 1 if something is wrong."""
    try:
        import ray
    except ImportError:
        print("ray: SKIPPED: it is not installed; pip install 'wsksim[ray]'")
        return NOTHING_TO_RUN
    folder = str(Path(__file__).parents[1] / "python")
    with tempfile.TemporaryDirectory(prefix="wsksim-ray-") as temporary:
        ray.init(
            num_cpus=2,
            include_dashboard=False,
            log_to_driver=False,
            _temp_dir=temporary,
            runtime_env={"env_vars": {"PYTHONPATH": folder}},
        )
        try:
            wrong = [name for name, check in CHECKS.items() if not shown(name, check(ray))]
        finally:
            ray.shutdown()
    return 1 if wrong else 0


def shown(name: str, good: bool) -> bool:
    """Prints whether something holds."""
    print(f"ray: {'ok' if good else 'WRONG'}: {name}", flush=True)
    return good


def same(kind: str, ray: object) -> bool:
    """Whether seven shards on Ray are those on a pool."""
    there = wsksim.distributed.run(*RUNS[kind], shards=7, client=ray)
    return repeats(there) == repeats(wsksim.distributed.run(*RUNS[kind], shards=7))


def crashed(ray: object) -> bool:
    """A shard that ends its worker each time is named, and the others count."""
    report = wsksim.distributed.run(STORM, "shard_stage:crashes", shards=3, client=ray, retries=1)
    failed = [(one.shard, one.status) for one in report.shards.failed]
    return (report.exit_code, failed, report.shards.count) == (4, [(1, "crashed")], 2)


def refused(ray: object) -> bool:
    """What cannot be imported is raised."""
    try:
        wsksim.distributed.run({"sockets": 10}, "no_such_module:handler", shards=2, client=ray)
    except HandlerError as error:
        return "no_such_module" in str(error)
    return False


def breached(ray: object) -> bool:
    """So is a breach, if the run was asked to raise it, and as what it is."""
    try:
        wsksim.distributed.run({"sockets": 98, "check": "raise"}, "shard_stage:pends", shards=2, client=ray)
    except ContractError as error:
        return error.finding.rule == "D-8"
    return False


CHECKS = {
    **{f"seven shards of the {kind} are those on a pool": lambda ray, kind=kind: same(kind, ray) for kind in RUNS},
    "a shard that crashes its worker is named": crashed,
    "a target that cannot be imported is raised": refused,
    "a breach is raised as on a pool": breached,
}

if __name__ == "__main__":
    raise SystemExit(main())
