"""Builds this machine's Linux wheels, audits them, and tries each where nothing but Python is installed.

There are two wheels: one for CPython 3.11, and one for every later version with the stable interface of 3.12. zig links
them, so that they need no newer glibc than manylinux2014 has, without a container. Each is then installed into an
empty environment, with neither a compiler nor Rust on its PATH, on every CPython of this machine that it fits. The
smoke tests run there, and the README's commands as they are printed. An interpreter that is absent is named, and its
check is SKIPPED, never passed.
"""

import base64
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests" / "python"
POLICY = "manylinux2014"
GLIBC = "manylinux_2_17"
STABLE_SINCE = (3, 12)
MACHINES = ("x86_64", "aarch64")
COMPILERS = ("cc", "gcc", "clang", "c++", "g++", "zig", "rustc", "cargo")
NEEDED = ("pytest>=9", "hypothesis>=6.150")  # what the smoke tests and their conftest import
README_TEST = TESTS / "test_readme.py"
README = f"{README_TEST}::test_every_command_and_block_runs_as_printed"
PROBE = """
import ensurepip, json, platform, sys, sysconfig, venv
free = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
print(json.dumps([platform.python_implementation(), free, sys.version_info[:2], sys._base_executable]))
"""


class Failed(Exception):
    """A wheel is not what it has to be; the text says which and why."""


@dataclass(frozen=True, order=True)
class Interpreter:
    """A CPython of this machine.

    Attributes:
        version: such as (3, 12).
        path: its program.
    """

    version: tuple[int, int]
    path: Path

    def __str__(self) -> str:
        """Names it as people do."""
        return "CPython {}.{}".format(*self.version)


def folders() -> list[Path]:
    """Where interpreters may be: PATH, the usual places, and what pyenv and uv installed."""
    home = Path.home()
    managers = [
        Path(os.environ.get("PYENV_ROOT", home / ".pyenv")) / "versions",
        Path(os.environ.get("UV_PYTHON_INSTALL_DIR", home / ".local" / "share" / "uv" / "python")),
    ]
    found = [Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]
    found += [Path("/usr/local/bin"), Path("/usr/bin")]
    return found + [one / "bin" for manager in managers if manager.is_dir() for one in sorted(manager.iterdir())]


def probe(program: Path) -> Interpreter | None:
    """What a program is, if it is a CPython with a GIL that can make environments."""
    done = subprocess.run([program, "-c", PROBE], check=False, capture_output=True, text=True)
    if done.returncode != 0:  # such as a shim of pyenv whose version is not active
        return None
    implementation, free_threaded, version, executable = json.loads(done.stdout)
    if implementation != "CPython" or free_threaded:
        return None
    return Interpreter((version[0], version[1]), Path(executable))


def interpreters(places: Iterable[Path], oldest: tuple[int, int]) -> list[Interpreter]:
    """One CPython of each version that is found, oldest first."""
    found: dict[tuple[int, int], Interpreter] = {}
    for place in places:
        for program in sorted(place.glob("python3.*")):
            named = re.fullmatch(r"python3\.(\d+)", program.name)
            if named is None or (3, int(named[1])) < oldest or (3, int(named[1])) in found:
                continue
            one = probe(program)
            if one is not None and one.version == (3, int(named[1])):
                found[one.version] = one
    return sorted(found.values())


def fits(tag: str, version: tuple[int, int]) -> bool:
    """Whether a wheel with these tags of Python and interface is for this version."""
    python, interface = tag.split("-")[:2]
    major, minor = int(python[2]), int(python[3:])
    return version == (major, minor) or (interface == "abi3" and version >= (major, minor))


def local() -> dict[Path, str]:
    """Folders of this machine that a wheel must not name, and what it says instead."""
    return {Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo")): "cargo", ROOT: "wsksim"}


def build(interpreter: Interpreter, machine: str, out: Path) -> Path:
    """Builds the wheel of one interpreter."""
    before = set(out.glob("*.whl"))
    programs = Path(sys.executable).parent
    command = [programs / "maturin", "build", "--release", "--locked", "--zig", "--compatibility", POLICY]
    command += ["--target", f"{machine}-unknown-linux-gnu", "--interpreter", interpreter.path, "--out", out]
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",  # maturin asks python3 for zig
        "RUSTFLAGS": " ".join(
            [
                os.environ.get("RUSTFLAGS", ""),
                *(f"--remap-path-prefix={place}={name}" for place, name in local().items()),
            ]
        ),
    }
    subprocess.run(command, check=True, cwd=ROOT, env=environment)
    (made,) = set(out.glob("*.whl")) - before
    anonymize(made)
    return made


def anonymize(wheel: Path) -> None:
    """Takes folders of this machine out of the bill of materials, in which maturin names where a crate was built."""
    with zipfile.ZipFile(wheel) as opened:
        entries = {entry: opened.read(entry) for entry in opened.infolist()}
    rows = {}
    for entry in [entry for entry in entries if "/sboms/" in entry.filename]:
        for place, name in local().items():
            entries[entry] = entries[entry].replace(str(place).encode(), name.encode())
        digest = base64.urlsafe_b64encode(hashlib.sha256(entries[entry]).digest()).rstrip(b"=").decode()
        rows[entry.filename] = f"{entry.filename},sha256={digest},{len(entries[entry])}"
    for entry in [entry for entry in entries if entry.filename.endswith(".dist-info/RECORD")]:
        recorded = entries[entry].decode().splitlines()
        entries[entry] = "".join(rows.get(row.split(",")[0], row) + "\n" for row in recorded).encode()
    part = wheel.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as written:
        for entry, content in entries.items():
            written.writestr(entry, content)
    part.replace(wheel)


def judge(text: str, machine: str) -> None:
    """Reads what `auditwheel show` says of a wheel.

    Raises:
        Failed: the wheel needs a newer system than manylinux2014.
    """
    said = " ".join(text.split())
    if f'consistent with the following platform tag: "{GLIBC}_{machine}"' not in said:
        raise Failed(f"asked for {GLIBC} ({POLICY}); auditwheel says: {said}")


def audit(wheel: Path, machine: str) -> None:
    """Checks which systems a wheel runs on, its name and its content."""
    command = [sys.executable, "-m", "auditwheel", "show", wheel]
    judge(subprocess.run(command, check=True, capture_output=True, text=True).stdout, machine)
    if POLICY not in wheel.name:
        raise Failed(f"asked for a wheel named {POLICY}; found {wheel.name}")
    examine(wheel)


def examine(wheel: Path) -> None:
    """Looks into a wheel.

    Raises:
        Failed: it has no bill of materials, libraries of another build, or names folders of this machine.
    """
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
        content = {name: opened.read(name) for name in names}
    if not any(".dist-info/sboms/" in name for name in names):
        raise Failed(f"asked for a bill of materials in {wheel.name}; found none; maturin 1.9 and newer write one")
    if strays := [name for name in names if name.endswith((".so", ".pyd")) and "_native" not in name]:
        raise Failed(f"{wheel.name} holds libraries of an earlier build: {strays}; run make clean")
    told = [(name, place) for name, text in content.items() for place in map(str, local()) if place.encode() in text]
    if told:
        raise Failed(f"asked for a wheel that does not name folders of this machine; found {told[:3]} in {wheel.name}")


def smoke(wheel: Path, interpreter: Interpreter, place: Path) -> str:
    """Installs a wheel into an empty environment and runs the smoke tests and the README; gives pytest's last lines."""
    shutil.rmtree(place, ignore_errors=True)
    subprocess.run([interpreter.path, "-m", "venv", place], check=True)
    python = place / "bin" / "python"
    # PATH is the environment alone: whatever needs a compiler fails.
    hidden = ("CARGO", "RUST", "PYTHON", "VIRTUAL_ENV", "CC", "CXX", "WSKSIM")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    environment["PATH"] = str(python.parent)
    if there := [name for name in COMPILERS if shutil.which(name, path=environment["PATH"])]:
        raise Failed(f"{place} has {there} on its PATH, so the check would show nothing")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    subprocess.run([*install, wheel, *NEEDED], check=True, env=environment)
    marked = [path for path in sorted(TESTS.rglob("test_*.py")) if "mark.smoke" in path.read_text(encoding="utf-8")]
    environment["WSKSIM_WHEEL"] = str(wheel)
    said = []
    for name, chosen in (("smoke", ["-m", "smoke", *marked]), ("README", [README])):
        command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
        done = subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True)
        last = (done.stdout.strip().splitlines()[-1:] or [""])[0]
        if done.returncode != 0 or " passed" not in last or (name == "README" and " skipped" in last):
            raise Failed(f"{wheel.name} on {interpreter}, {name}:\n{done.stdout}{done.stderr}")
        said.append(f"{name} {last.strip('= ')}")
    return "; ".join(said)


def promised() -> list[tuple[int, int]]:
    """The versions of Python that the package says it is for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = re.findall(r"Python :: 3\.(\d+)'", str(project["classifiers"]))
    return sorted((3, int(minor)) for minor in named)


def main() -> int:
    """Builds, audits and tries; the exit code is 0 if nothing failed."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in MACHINES:
        print(f"SKIPPED  all wheels: {sys.platform} on {machine} is for the release workflow")
        return 0
    versions = promised()
    found = interpreters(folders(), versions[0])
    absent = [version for version in versions if version not in {one.version for one in found}]
    builders = [one for one in found if one.version < STABLE_SINCE]
    builders += [one for one in found if one.version >= STABLE_SINCE][:1]
    out = ROOT / "dist"
    shutil.rmtree(out, ignore_errors=True)
    told = [f"SKIPPED  CPython {major}.{minor}: none on this machine" for major, minor in absent]
    try:
        for builder in builders:
            wheel = build(builder, machine, out)
            audit(wheel, machine)
            told.append(f"ok       {wheel.name}  {wheel.stat().st_size / 1e6:.1f} MB, {GLIBC}")
            tag = "-".join(wheel.name.split("-")[2:4])
            for one in (one for one in found if fits(tag, one.version)):
                last = smoke(wheel, one, ROOT / "build" / "smoke" / "{}.{}".format(*one.version))
                told.append(f"ok       {tag} on {one}: {last}")
    except (Failed, subprocess.CalledProcessError) as error:
        told.append(f"FAIL     {error}")
    print("\n".join(told))
    return 1 if told[-1].startswith("FAIL") or not builders else 0


if __name__ == "__main__":
    sys.exit(main())
