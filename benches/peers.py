"""Installs what the benches compare with, the extra `bench`, one by one: one that fails is said and left out."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"


def install(python: str, wanted: list[str]) -> None:
    """Installs each into an interpreter's environment."""
    for requirement in wanted:
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            print(f"SKIPPED {requirement}: {reason}")


def extra(name: str) -> list[str]:
    """The requirements of an extra."""
    wanted = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["optional-dependencies"][name]
    return [str(requirement) for requirement in wanted]


if __name__ == "__main__":
    install(sys.executable, extra("bench"))
