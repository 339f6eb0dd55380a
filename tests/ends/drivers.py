"""Runs the example drivers under many seeds, plain, with faults and with each sanitizer: nothing may be found.

    python tests/ends/drivers.py [--seeds 1000]

Plain builds run ten times as many. A build that this machine cannot make is SKIPPED with the reason. Ends with 1 if
something was found, and with 3 if nothing could be run.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import wsksim

EXAMPLES = Path(__file__).parents[2] / "examples" / "drivers"
END = {"end": {"disconnect": 0.6, "close": 0.1, "abort": 0.2, "vanish": 0.1}}
LIFE = [{"send": "1B..600B"}, {"wait": "exp 100ms"}, {"read": "all"}, END]
CLIENTS = {"connect": "application", "count": 8, "open": 3, "life": LIFE}
SERVERS = {"listen": "tcp://127.0.0.1:7008", "count": 4, "life": [{"read": "10B"}, END]}
SANITIZERS = ("address", "thread", "undefined")
FAULTS = ["allocation", "provider", "request"]
DRIVERS = {
    "line_server": (["line_server.c", "line_worker.c"], {"clients": CLIENTS}),
    "shipper": (["shipper.c", "shipper_worker.c"], {"clients": CLIENTS}),
    "heartbeat_client": (["heartbeat_client.c"], {"servers": SERVERS}),
}


def main() -> int:
    """Runs them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000)
    asked = parser.parse_args()
    found, ran = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for name, (files, peers) in DRIVERS.items():
            for faults, sanitizer in [([], None), (FAULTS, None), *(([], one) for one in SANITIZERS)]:
                what = f"{name}, {sanitizer or ('faults' if faults else 'plain')}"
                driver = built(Path(folder, f"{name}-{sanitizer}.so"), files, sanitizer)
                if driver is None:
                    print(f"SKIPPED {what}: no compiler here can build it")
                    continue
                ran += 1
                seeds = range(1, 1 + asked.seeds * (1 if sanitizer else 10))
                plan, hosts = wsksim.Plan(peers=peers), {"heartbeat.example": "127.0.0.1"}
                report = driver.run(seeds=seeds, plan=plan, irql="mixed", hosts=hosts, faults=faults)
                told = report.storm["driver"]
                print(
                    f"{what}: {told['seeds']:,} seeds, {told['orders']:,} orders, {report.findings:,} findings",
                    flush=True,
                )
                if report.exit_code:
                    found += 1
                    print(report)
    return 1 if found else 0 if ran else 3


def built(driver: Path, files: list[str], sanitizer: str | None) -> wsksim.Driver | None:
    """The driver; None if it cannot be built."""
    command = [sys.executable, "-m", "wsksim", "cc", *(str(EXAMPLES / file) for file in files), "-o", str(driver)]
    command += ["--sanitize", sanitizer] if sanitizer else []
    if not (shutil.which("clang") or shutil.which("gcc")):
        return None
    done = subprocess.run(command, check=False)
    return wsksim.Driver(driver) if done.returncode == 0 else None


if __name__ == "__main__":
    raise SystemExit(main())
