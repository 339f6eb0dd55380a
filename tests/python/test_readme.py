"""What the README shows is executed as it stands, in an environment that has nothing but the wheel."""

import base64
import csv
import hashlib
import importlib.metadata
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import wsksim
from conftest import ROOT

README = (ROOT / "README.md").read_text()
STORMS, REPORTS, SCALE = ((ROOT / "docs" / name).read_text() for name in ("storms.md", "reports.md", "scale.md"))
FROM_A_CLONE = ("make ",)
RUST = ("cargo", "rustc", "maturin")
COMPILERS = ("cc", "gcc", "clang")
# Set by `make wheels`, which has each of its wheels tried where there is no C compiler either.
GIVEN = os.environ.get("WSKSIM_WHEEL")


def blocks(language, text=README):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def console_lines(text=README):
    lines = [line for block in blocks("console", text) for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def shown_output(text=README):
    """What the page shows behind commands, by command."""
    told = [re.split(r"^\$ ", block, flags=re.MULTILINE)[1:] for block in blocks("console", text)]
    halves = [command.partition("\n") for commands in told for command in commands]
    return {command: output.splitlines() for command, _, output in halves if output}


def settled(text):
    """Without what any change of the simulation may change: how often something was found."""
    return re.sub(r" +found [\d,]+ times", "", text)


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


def test_pip_comes_first_and_then_two_commands():
    lines = console_lines()
    assert lines[0] == "pip install wsksim"
    assert [line for line in lines if line.startswith(FROM_A_CLONE)] == ["make demo", "make test"]


def built_wheel():
    """The wheel that `make test` built, if it holds what is installed; otherwise says why the test is skipped."""
    if GIVEN is not None:
        return Path(GIVEN)
    found = sorted((ROOT / "build" / "wheel").glob("wsksim-*.whl"))
    if len(found) != 1:
        pytest.skip("no wheel in build/wheel; make test builds it")
    folder = Path(wsksim.__file__).parent
    with zipfile.ZipFile(found[0]) as wheel:
        for name in wheel.namelist():
            if name.startswith("wsksim/"):
                here = folder.parent / name
                if not here.is_file() or here.read_bytes() != wheel.read(name):
                    pytest.skip(f"{name} of build/wheel is not what is installed; make test builds and installs it")
    return found[0]


def wheel_of(package, folder):
    """Makes a wheel of an installed package without compiled parts, so that pip needs no index."""
    found = importlib.metadata.distribution(package)
    about = f"{package}-{found.version}.dist-info"
    record = []
    with zipfile.ZipFile(folder / f"{package}-{found.version}-py3-none-any.whl", "w") as wheel:
        for file in found.files:
            if file.parts[0] not in (package, about) or file.suffix == ".pyc" or file.name == "RECORD":
                continue
            content = file.locate().read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append([file.as_posix(), f"sha256={digest}", len(content)])
            wheel.writestr(file.as_posix(), content)
        with wheel.open(f"{about}/RECORD", "w") as written:
            lines = [",".join(map(str, row)) for row in [*record, [f"{about}/RECORD", "", ""]]]
            written.write("\n".join(lines).encode() + b"\n")
    assert list(csv.reader(lines))


def path_without_compilers(folder):
    """A PATH of one folder that holds a shell and nothing else."""
    folder.mkdir()
    (folder / "sh").symlink_to(shutil.which("sh", path=os.defpath))
    return str(folder)


def path_with_cc(cc):
    """The PATH without the folders of Rust."""
    places = [str(Path(cc).parent), *os.environ["PATH"].split(os.pathsep)]
    path = os.pathsep.join(one for one in places if not any(shutil.which(tool, path=one) for tool in RUST))
    if shutil.which("cc", path=path) is None or shutil.which("sh", path=path) is None:
        pytest.skip("this machine has its C compiler and its Rust in one folder")
    return path


@pytest.fixture
def empty(tmp_path, request):
    """The variables of a shell in an empty environment: no Rust, no index, and our wheel where pip looks."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    shutil.copy(built_wheel(), folder)
    wheel_of("click", folder)
    tools = path_with_cc(request.getfixturevalue("cc")) if GIVEN is None else path_without_compilers(tmp_path / "tools")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "empty"], check=True)
    path = f"{tmp_path / 'empty' / 'bin'}{os.pathsep}{tools}"
    assert not any(shutil.which(tool, path=path) for tool in RUST)
    assert GIVEN is None or not any(shutil.which(tool, path=path) for tool in COMPILERS)
    hidden = ("PYTHON", "VIRTUAL_ENV", "WSKSIM", "PIP_", "CARGO", "RUST")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    local = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": os.devnull}
    return {**variables, **local, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PATH": path}


@pytest.mark.slow
def test_every_command_and_block_runs_as_printed(tmp_path, empty):
    languages = set(re.findall(r"^```(\w+)$", README, re.MULTILINE))
    assert languages == {"console", "python"}, "teach this test to run the others"
    (tmp_path / "readme.py").write_text("\n".join(blocks("python")))
    lines = [line for line in console_lines() if not line.startswith(FROM_A_CLONE)]
    assert len(lines) >= 6
    if GIVEN is not None:
        # Some lines are about a handler or a driver in C, and need a C compiler.
        with_cc = [line for line in lines if re.match(r"cp |cc |wsksim cc |wsksim run (\./\w+\.so|listener\.c)", line)]
        assert len(with_cc) == 8
        lines = [line for line in lines if line not in with_cc]
    shown = {line: output for line, output in shown_output().items() if line in lines}
    written = [f"{line} > shown.txt || true; cat shown.txt" if line in shown else line for line in lines]
    script = "\n".join(["set -e", *written, "python readme.py", "pip list"])
    done = subprocess.run(
        [shutil.which("sh", path=empty["PATH"]), "-c", script],
        cwd=tmp_path,
        env=empty,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    good = [line for line in lines if line.startswith(("wsksim run", "wsksim replay")) and line not in shown]
    assert done.stdout.count("\nexit 0") == len(good)
    for line, output in shown.items():
        assert {settled(one) for one in output} <= set(settled(done.stdout).splitlines()), line
    installed = done.stdout.rpartition("-\n")[2].split()[::2]
    assert set(installed) <= {"click", "pip", "setuptools", "wsksim"}, installed


def test_python_examples_of_the_page_on_reports_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for block in blocks("python", REPORTS):
        exec(compile(block, "reports.md", "exec"), {"__name__": "reports"})  # noqa: S102 - ours too


@pytest.mark.slow
def test_python_example_of_the_page_on_scale_runs():
    (block,) = blocks("python", SCALE)
    exec(compile(block, "scale.md", "exec"), {"__name__": "__main__"})  # noqa: S102 - and ours


@pytest.mark.slow
@pytest.mark.parametrize("page", [STORMS, REPORTS, SCALE], ids=["storms", "reports", "scale"])
def test_console_lines_of_the_pages_on_storms_reports_and_scale_run(tmp_path, page):
    script = "set -e\nwsksim() { " + shlex.quote(sys.executable) + ' -m wsksim "$@"; }\n'
    script += "\n".join(console_lines(page))
    command = ["sh", "-c", script]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "exit 0"


def test_links_are_absolute_and_lead_to_files():
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) >= 10
    for link in links:
        if link.startswith("https://learn.microsoft.com/"):
            continue
        assert link.startswith(urls["Repository"] + "/blob/main/"), f"{link}: an index page has no files beside it"
        assert (ROOT / link.removeprefix(urls["Repository"] + "/blob/main/")).is_file(), link


@pytest.mark.parametrize("page", ["SECURITY.md", "CITATION.cff", ".github/ISSUE_TEMPLATE/config.yml"])
def test_pages_for_visitors_name_the_repository_and_this_version(page):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / page).read_text()
    assert project["urls"]["Repository"] in text
    if page == "CITATION.cff":
        assert f"version: {wsksim.__version__}\n" in text
