"""Prints what the targets of the Makefile install: the package's dependencies and its development group."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path(sys.argv[1]).read_text("utf-8"))
wanted = [
    *project["project"]["dependencies"],
    *project["project"]["optional-dependencies"]["test"],
    *(line for line in project["dependency-groups"]["dev"] if not line.startswith("wsksim")),
]
sys.stdout.write("\n".join(sorted(wanted)) + "\n")
