"""Prints what the targets of the Makefile install: what the package and its tests need, or what one group names."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path(sys.argv[1]).read_text("utf-8"))
group = sys.argv[2] if len(sys.argv) > 2 else "dev"
wanted = [line for line in project["dependency-groups"][group] if not line.startswith("wsksim")]
if group == "dev":
    wanted += project["project"]["dependencies"] + project["project"]["optional-dependencies"]["test"]
sys.stdout.write("\n".join(sorted(wanted)) + "\n")
