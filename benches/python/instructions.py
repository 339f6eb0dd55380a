"""Instructions of an edge, here and at another revision: `python instructions.py [REVISION]`, by default 3ab0a1b.

Counted by callgrind, so that neither the machine's load nor its speed matters: six rounds less two, which leaves out
the start. The other revision's wheel is built by `revisions.py`; this one is the wheel that is installed. Prints a
table for RESULTS.md.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from edge_program import COUNT, MOST
from revisions import build

FEW = 2
KINDS = {
    "python": "Python handler",
    "mixed": 'Python handler, `irql="mixed"`',
    "batch": "batch handler",
    "native": "C handler",
    "post": "in bulk, posting alone",
}


def collected(kind: str, rounds: int, site: Path | None) -> int:
    """The instructions of a process."""
    program = str(Path(__file__).with_name("edge_program.py"))
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, program, kind]
    environment = {**os.environ, "PYTHONHASHSEED": "0", **({"PYTHONPATH": str(site)} if site else {})}
    done = subprocess.run([*command, str(rounds)], env=environment, capture_output=True, text=True, check=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if found is None:
        raise RuntimeError(done.stderr)
    return int(found[1])


def per_edge(kind: str, site: Path | None) -> float:
    """Instructions of one edge."""
    return (collected(kind, MOST, site) - collected(kind, FEW, site)) / (COUNT * (MOST - FEW))


def main() -> int:
    """Prints the table; 1 if there is no valgrind."""
    if shutil.which("valgrind") is None:
        sys.stderr.write("instructions: valgrind was not found\n")
        return 1
    revision = sys.argv[1] if len(sys.argv) > 1 else "3ab0a1b"
    # A folder is taken as what a revision's wheel was unpacked to.
    other = Path(revision) if Path(revision).is_dir() else build(revision)
    sys.stdout.write(f"| what | {revision} | now | ratio |\n|---|---|---|---|\n")
    for kind, name in KINDS.items():
        before, now = per_edge(kind, other), per_edge(kind, None)
        sys.stdout.write(f"| {name} | {before:.1f} | {now:.1f} | {now / before:.3f} |\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
