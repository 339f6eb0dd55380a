"""What the README shows is executed: its Python as one program, its console lines as they stand."""

import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from conftest import EXAMPLES, ROOT

README = (ROOT / "README.md").read_text()
STORMS = (ROOT / "docs" / "storms.md").read_text()


def blocks(language, text=README):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def console_lines():
    return [
        line.removeprefix("$ ")
        for text in (README, STORMS)
        for block in blocks("console", text)
        for line in block.splitlines()
    ]


@pytest.mark.smoke
def test_python_examples_run():
    names = {"__name__": "readme"}
    assert len(blocks("python")) >= 2
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - the README is ours
    assert names["connection"].closed
    assert names["report"].exit_code == 0
    for block in blocks("python", STORMS):
        exec(compile(block, "storms.md", "exec"), names)  # noqa: S102 - as well


def test_two_commands_come_first():
    assert console_lines()[:2] == ["make demo", "make test"]


@pytest.mark.slow
def test_console_lines_run(tmp_path, cc):
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    lines = [line for line in console_lines() if not line.startswith("make ")]
    assert len(lines) >= 4
    script = "set -e\nwsksim() { " + shlex.quote(sys.executable) + ' -m wsksim "$@"; }\n' + "\n".join(lines)
    environment = {**os.environ, "CC": cc}
    done = subprocess.run(
        ["sh", "-c", script],  # noqa: S607 - the shell of the README's reader
        cwd=tmp_path / "examples",
        env=environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("exit 0") == 5


def test_links_lead_to_files():
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        if "://" not in link:
            assert (ROOT / link).is_file(), link
