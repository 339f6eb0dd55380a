"""The Makefile: what is missing on a machine is named in one line."""

import re
import shutil
import subprocess

import pytest

from conftest import ROOT


@pytest.fixture(scope="module")
def make():
    """GNU make."""
    found = shutil.which("make")
    if found is None:
        pytest.skip("there is no make on this machine")
    return found


def run(make, *arguments):
    return subprocess.run([make, "--silent", *arguments], cwd=ROOT, check=False, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("CARGO=no-such-cargo", "no-such-cargo was not found: install Rust"),
        ("RUSTC=no-such-rustc", "no-such-rustc was not found: install Rust"),
        ("RUSTC=echo rustc 1.60.0 x", "rustc 1.60.0 x --version is too old: install Rust"),
        ("PYTHON=no-such-python", "no-such-python was not found: install Python 3.11 or newer"),
        ("PYTHON=false", "false is too old: install Python 3.11 or newer"),
    ],
)
def test_missing_tool_is_named_in_one_line(make, missing, says):
    done = run(make, missing, "tools")
    assert done.returncode != 0
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr


def test_help_lists_every_target(make):
    done = run(make, "help")
    for target in ("help", "demo", "test", "bench", "lint", "wheels", "prove", "pictures", "hooks", "clean"):
        assert f"make {target} " in done.stdout


@pytest.fixture
def clone(tmp_path):
    """A repository with the Makefile and what `make hooks` needs."""
    if shutil.which("git") is None:
        pytest.skip("there is no git on this machine")
    for name in ("Makefile", "Cargo.toml", ".ci/commit-msg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    git(tmp_path, "init", "--quiet")
    return tmp_path


def git(clone, *arguments):
    mine = ["-c", "user.name=someone", "-c", "user.email=someone@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", clone, *mine, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def make_hooks(make, clone):
    return subprocess.run([make, "--silent", "hooks"], cwd=clone, check=False, capture_output=True, text=True)


def test_hooks_checks_the_subject_of_each_commit(make, clone):
    assert git(clone, "commit", "--allow-empty", "-m", "Anything at all.").returncode == 0
    assert make_hooks(make, clone).returncode == 0
    for subject, says in [
        ("Anything at all.", "asked for area: what is done"),
        ("docs: Say more", "lower case after the area"),
        ("docs: say more.", "no full stop"),
        ("docs: " + "say more " * 8, "at most 72 characters"),
        ("docs: say more\nat once", "an empty line below the subject"),
    ]:
        done = git(clone, "commit", "--allow-empty", "-m", subject)
        assert done.returncode != 0, subject
        assert says in done.stderr
    for subject in (
        "docs: say more",
        "runs, cli: say more\n\nWhy.",
        'Revert "docs: say more"',
        "fixup! docs: say more",
    ):
        assert git(clone, "commit", "--allow-empty", "-m", subject).returncode == 0, subject
    assert make_hooks(make, clone).returncode == 0


def test_hooks_leaves_a_hook_of_somebody_else_alone(make, clone):
    hook = clone / ".git" / "hooks" / "commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\n")
    done = make_hooks(make, clone)
    assert done.returncode != 0
    assert "found another hook there" in done.stderr
    assert hook.read_text() == "#!/bin/sh\n"


def test_no_other_target_touches_the_repository():
    recipes = (ROOT / "Makefile").read_text().split("\nhooks:")
    after = recipes[1].split("\n\n", 1)[1]
    for text in (recipes[0], after):
        assert not re.search(r"^\t.*(\bgit\b|\.git)", text, re.MULTILINE)
