"""Compilers: which there are, what they are, and for which machine."""

import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from wsksim.compiling.refusing import CompilingError

__all__ = ["Compiler", "find_compiler"]

_USUAL: Final = ("clang", "gcc", "cc")
_USUAL_ON_WINDOWS: Final = ("clang-cl", "cl", "clang")
_MACHINES: Final = {"amd64": "x86_64", "x64": "x86_64", "arm64": "aarch64"}
# The runtimes of sanitizers, by their part of the file's name.
_RUNTIMES: Final = {
    "clang": {"address": "asan", "thread": "tsan", "undefined": "ubsan_standalone"},
    "gcc": {"address": "asan", "thread": "tsan", "undefined": "ubsan"},
}


@dataclass(frozen=True)
class Compiler:
    """A compiler of this machine.

    Attributes:
        path: its program, and arguments that belong to it.
        kind: "clang", "gcc", or "cl" for what takes the options of Microsoft's.
        version: what it says of itself, such as "14.0.6".
        machine: what it compiles for, such as "x86_64".
    """

    path: tuple[str, ...]
    kind: str
    version: str
    machine: str

    def __str__(self) -> str:
        """Names it as people do."""
        return f"{self.kind} {self.version}"

    def _answer(self, *arguments: str) -> str:
        done = _ask(*self.path, *arguments)
        return "" if done is None else done.stdout.strip()

    def runtime(self, sanitizer: str) -> Path | None:
        """The shared runtime of a sanitizer, which has to be loaded before the driver; None if there is none."""
        part = _RUNTIMES.get(self.kind, {}).get(sanitizer)
        if part is None:
            return None
        names = [f"lib{part}.so", f"lib{part}.dylib"]
        if self.kind == "clang":
            names = [f"libclang_rt.{part}-{self.machine}.so", f"libclang_rt.{part}.so"]
            names += [f"libclang_rt.{part.removesuffix('_standalone')}_osx_dynamic.dylib"]
        for name in names:
            found = Path(self._answer(f"-print-file-name={name}"))
            if found.is_absolute() and found.is_file():
                return found.resolve()
        return None

    def can_be_loaded(self, sanitizer: str) -> bool:
        """Whether a process built without a sanitizer lives with its runtime; with clang 14's for threads none does."""
        runtime = self.runtime(sanitizer)
        program = shutil.which("true")
        if runtime is None or program is None or sys.platform != "linux":
            return runtime is not None
        return subprocess.run([program], env={"LD_PRELOAD": str(runtime)}, check=False).returncode == 0  # noqa: S603

    @cached_property
    def is_microsofts(self) -> bool:
        """Whether it takes the options of Microsoft's compiler."""
        return self.kind == "cl"


def _ask(*command: str) -> "subprocess.CompletedProcess[str] | None":
    try:
        return subprocess.run(command, check=False, capture_output=True, text=True, errors="replace")  # noqa: S603
    except OSError:
        return None


def _examine(path: tuple[str, ...]) -> Compiler | None:
    """What a program is, if it is a compiler."""
    name = Path(path[0]).name.lower().removesuffix(".exe")
    if name in {"cl", "clang-cl"} or name.endswith("-clang-cl"):
        done = _ask(*path) if name == "cl" else _ask(*path, "--version")
        said = "" if done is None else done.stderr + done.stdout
        version = re.search(r"(\d+(?:\.\d+)+)", said)
        machine = re.search(r"for (x64|ARM64)", said)
        native = machine[1] if machine else platform.machine()
        return Compiler(path, "cl", version[1], _machine(native)) if version else None
    done = _ask(*path, "--version")
    if done is None or done.returncode != 0:
        return None
    kind = "clang" if "clang" in done.stdout.lower() else "gcc" if "Free Software Foundation" in done.stdout else None
    version = re.search(r"(\d+\.\d+(?:\.\d+)*)", done.stdout)
    target = _ask(*path, "-dumpmachine")
    machine = None if target is None else re.fullmatch(r"(\w+)-[\w.-]+", target.stdout.strip())
    if kind is None or version is None or machine is None:
        return None
    return Compiler(path, kind, version[1], _machine(machine[1]))


def _machine(name: str) -> str:
    return _MACHINES.get(name.lower(), name.lower())


def find_compiler(asked: str | None, sanitizer: str | None = None) -> Compiler:
    """Finds a compiler: the one that was asked for, that of CC, or the first of the usual ones that will do.

    Args:
        asked: what `--compiler` named.
        sanitizer: what the driver is to be built with.

    Raises:
        CompilingError: there is none, it is none, or it compiles for another machine.
    """
    origin, named = ("--compiler", asked) if asked else ("CC", os.environ.get("CC", ""))
    if named:
        return _fitting(_named(origin, named), origin, sanitizer)
    refused = None
    for name in _USUAL_ON_WINDOWS if os.name == "nt" else _USUAL:
        path = shutil.which(name)
        compiler = None if path is None else _examine((path,))
        if compiler is None:
            continue
        try:
            return _fitting(compiler, name, sanitizer)
        except CompilingError as error:
            refused = refused or error
    if refused is not None:
        raise refused
    raise CompilingError(
        "asked for a C compiler; found none (looked for clang, gcc and cc on PATH); install clang (Debian and Ubuntu: "
        "apt install clang; macOS: xcode-select --install), or name one with --compiler or CC"
    )


def _named(origin: str, named: str) -> Compiler:
    # A path may have spaces, and CC may have arguments.
    words = (named,) if shutil.which(named) else tuple(named.split())
    path = shutil.which(words[0]) if words else None
    compiler = None if path is None else _examine((path, *words[1:]))
    if compiler is None:
        found = "no program of that name" if path is None else f"{path}, which does not answer as clang or gcc do"
        raise CompilingError(f"{origin}: asked for the compiler {named!r}; found {found}; name clang or gcc")
    return compiler


def _fitting(compiler: Compiler, origin: str, sanitizer: str | None) -> Compiler:
    here = _machine(platform.machine())
    if compiler.machine != here:
        raise CompilingError(
            f"{origin}: asked for a driver that runs on this machine ({here}); found a compiler for "
            f"{compiler.machine}; name another with --compiler"
        )
    if sanitizer is None:
        return compiler
    if compiler.runtime(sanitizer) is None:
        raise CompilingError(
            f"--sanitize {sanitizer}: asked for its shared runtime; {compiler} has none here; install it, or name "
            "another compiler with --compiler"
        )
    if not compiler.can_be_loaded(sanitizer):
        raise CompilingError(
            f"--sanitize {sanitizer}: asked for a runtime that a running process can load; that of {compiler} ends "
            "the process; add --compiler gcc, or a newer clang"
        )
    return compiler
