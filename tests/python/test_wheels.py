"""`make wheels` and the release workflow: what they look for, and what they refuse."""

import base64
import hashlib
import importlib.util
import json
import re
import sys
import zipfile

import pytest

from conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.fixture(scope="module")
def wheels():
    """The program behind `make wheels`."""
    spec = importlib.util.spec_from_file_location("wheels", ROOT / ".ci" / "wheels.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["wheels"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["wheels"]


@pytest.fixture
def place(tmp_path):
    """A folder with this interpreter, one that does not answer, and one under another version's name."""
    major, minor = sys.version_info[:2]
    (tmp_path / f"python{major}.{minor}").symlink_to(sys.executable)
    (tmp_path / "python3.97").symlink_to(sys.executable)
    for name in ("python3.98", "python3.99t", "python3-config"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 127\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def test_interpreters_are_those_that_answer_and_are_what_their_name_says(wheels, place):
    (found,) = wheels.interpreters([place, place / "missing"], (3, 11))
    assert found.version == sys.version_info[:2]
    assert found.path.is_file()
    assert wheels.interpreters([place], (3, 97)) == []


@pytest.mark.parametrize(
    ("tag", "version", "fits"),
    [
        ("cp311-cp311", (3, 11), True),
        ("cp311-cp311", (3, 12), False),
        ("cp312-abi3", (3, 11), False),
        ("cp312-abi3", (3, 12), True),
        ("cp312-abi3", (3, 14), True),
    ],
)
def test_wheel_fits_the_versions_that_its_tags_name(wheels, tag, version, fits):
    assert wheels.fits(tag, version) is fits


def test_audit_refuses_a_wheel_for_newer_systems(wheels):
    said = '\nw.whl is consistent with\nthe following platform tag:\n"manylinux_2_{}_x86_64".\n'
    wheels.judge(said.format(17), "x86_64")
    with pytest.raises(wheels.Failed, match="asked for manylinux_2_17"):
        wheels.judge(said.format(34), "x86_64")
    with pytest.raises(wheels.Failed):
        wheels.judge(said.format(17), "aarch64")


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        (None, b"", "bill of materials"),
        ("wsksim-1.dist-info/sboms/wsksim.json", b"built in wsksim", None),
        ("wsksim-1.dist-info/sboms/wsksim.json", b"built in {root}", "folders of this machine"),
        ("wsksim/other.so", b"", "an earlier build"),
        ("wsksim/_native.so", b"panicked at {root}/src/lib.rs", "folders of this machine"),
    ],
)
def test_content_of_a_wheel_is_examined(wheels, tmp_path, file, content, says):
    wheel = tmp_path / "w.whl"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("wsksim/__init__.py", "")
        if file is not None:
            made.writestr("wsksim-1.dist-info/sboms/other.json", "")
            made.writestr(file, content.replace(b"{root}", str(ROOT).encode()))
    if says is None:
        wheels.examine(wheel)
    else:
        with pytest.raises(wheels.Failed, match=says):
            wheels.examine(wheel)


def test_bill_of_materials_loses_the_folders_of_this_machine_and_stays_recorded(wheels, tmp_path):
    wheel = tmp_path / "w.whl"
    about = "wsksim-1.dist-info"
    bill, record = f"{about}/sboms/wsksim.json", f"{about}/RECORD"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("wsksim/__init__.py", "")
        made.writestr(bill, json.dumps({"purl": f"path+file://{ROOT}#wsksim@1"}))
        made.writestr(record, f"wsksim/__init__.py,sha256=x,0\n{bill},sha256=y,1\n{record},,\n")
    with pytest.raises(wheels.Failed, match="folders of this machine"):
        wheels.examine(wheel)
    wheels.anonymize(wheel)
    wheels.examine(wheel)
    with zipfile.ZipFile(wheel) as opened:
        assert opened.namelist() == ["wsksim/__init__.py", bill, record]
        content = opened.read(bill)
        rows = opened.read(record).decode().splitlines()
    assert json.loads(content) == {"purl": "path+file://wsksim#wsksim@1"}
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    assert rows == ["wsksim/__init__.py,sha256=x,0", f"{bill},sha256={digest},{len(content)}", f"{record},,"]


def test_oldest_promised_version_is_the_oldest_that_is_accepted(wheels):
    text = (ROOT / "pyproject.toml").read_text()
    assert f'requires-python = ">={"{}.{}".format(*wheels.promised()[0])}"' in text


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_or_say_why_not(workflow):
    lines = workflow.read_text().splitlines()
    used = [
        (number, line) for number, line in enumerate(lines) if "uses:" in line and "#" not in line.split("uses:")[0]
    ]
    assert used
    for number, line in used:
        pinned = re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v[\d.]+$", line)
        assert pinned or "Pinned by tag" in lines[number - 1], line


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_says_that_it_was_not_run(workflow):
    assert re.search("not run", workflow.read_text().split("\nname:")[0], re.IGNORECASE)


def test_release_covers_every_platform_and_every_promised_version(wheels):
    release = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    for target in ("x86_64-unknown-linux", "aarch64-unknown-linux"):
        assert f"{target}-gnu" in release
        assert f"{target}-musl" in release
    for target in ("aarch64-apple-darwin", "x86_64-apple-darwin", "x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc"):
        assert target in release
    versions = ", ".join(f'"3.{minor}"' for _, minor in wheels.promised())
    assert release.count(f"[{versions}]") == 2
    assert "tests/python/test_smoke.py" in release
