"""Building a driver: the commands, what they say, and what is wrong with it."""

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wsksim import __version__
from wsksim.compiling.compilers import Compiler
from wsksim.compiling.flags import BINDING, Options, binding_flags, compile_flags, is_cpp, link_flags
from wsksim.compiling.generated import generate
from wsksim.compiling.hints import hints
from wsksim.compiling.refusing import CompilingError
from wsksim.compiling.scanning import scan

__all__ = ["Build", "check_output", "check_sources", "commands", "place", "plan", "run", "write"]

_SOURCES: Final = {".c", ".cc", ".cpp", ".cxx", ".c++"}
_OBJECTS: Final = {".o", ".obj", ".a", ".lib"}
_MANGLED: Final = b"_Z11DriverEntry"
_NO_ENTRY: Final = re.compile(r"undefined (?:reference to|symbol:?) ['`\"]?DriverEntry\b|\"_DriverEntry\", referenced")


@dataclass(frozen=True)
class Build:
    """Everything that builds one driver.

    Attributes:
        compiler, output: which, and what comes of it.
        steps: the commands, in their order; the last one links.
        texts: files that are written before.
        told: what was made for the driver.
        objects: the driver's own objects.
    """

    compiler: Compiler
    output: Path
    steps: tuple[tuple[str, ...], ...]
    texts: dict[Path, str]
    told: tuple[str, ...]
    objects: tuple[Path, ...]


def check_sources(files: tuple[str, ...]) -> list[Path]:
    """The files, if they are there and of a kind that can be built.

    Raises:
        CompilingError: one is not.
    """
    found = []
    for name in files:
        path = Path(name)
        if not path.exists():
            raise CompilingError(f"asked for the source file {name!r}; found nothing there; name a file in C or C++")
        if path.is_dir():
            raise CompilingError(f"asked for a source file; {name!r} is a folder; name its files, such as {name}/*.c")
        if path.suffix.lower() not in _SOURCES | _OBJECTS:
            raise CompilingError(
                f"asked for a source file in C or C++ (.c, .cpp, .cc, .cxx); found {name!r}; headers are included, "
                "not compiled"
            )
        found.append(path)
    return found


def check_output(output: Path, sources: list[Path]) -> None:
    """Looks at where the driver is to go.

    Raises:
        CompilingError: it would take the place of something else, or there is no folder for it.
    """
    if output.is_dir() or not output.parent.is_dir():
        found = "a folder" if output.is_dir() else f"no folder {str(output.parent)!r}"
        raise CompilingError(
            f"-o: asked to write {str(output)!r}; found {found}; name a file in a folder that is there"
        )
    if output.suffix.lower() in _SOURCES or any(output.resolve() == source.resolve() for source in sources):
        raise CompilingError(
            f"-o: asked to write the driver to {str(output)!r}, which is a source file; name another, such as "
            f"{output.with_suffix('.so').name}"
        )


def plan(compiler: Compiler, sources: list[Path], options: Options, output: Path, folder: Path) -> Build:
    """Plans the commands, and makes the headers that the driver needs.

    Args:
        compiler: which.
        sources: the files.
        options: what was asked for.
        output: what comes of it.
        folder: of objects and of what is made.
    """
    written = [one for one in sources if one.suffix.lower() in _SOURCES]
    translates = compiler.kind != "gcc"
    search, told = generate(scan(written, options.includes), folder / "made", translates=translates)
    objects = []
    steps = []
    for number, source in enumerate(written):
        made = folder / f"{number}-{source.stem}.o"
        objects.append(made)
        flags = compile_flags(compiler, options, source, search)
        steps.append(_compile(compiler, flags, source, made))
    binding = folder / "binding.o"
    steps.append(_compile(compiler, binding_flags(compiler, _built(compiler, options)), BINDING, binding))
    flags, texts = link_flags(compiler, options, folder)
    others = [one for one in sources if one.suffix.lower() in _OBJECTS]
    inputs = [str(one) for one in (*objects, *others, binding)]
    if compiler.is_microsofts:
        steps.append((*compiler.path, *inputs, f"/Fe{output}", *flags))
    else:
        steps.append((*compiler.path, *flags, "-o", str(output), *inputs))
    return Build(compiler, output, tuple(steps), texts, tuple(told), (*objects, *others))


def _compile(compiler: Compiler, flags: list[str], source: Path, made: Path) -> tuple[str, ...]:
    if compiler.is_microsofts:
        return (*compiler.path, *flags, "/c", str(source), f"/Fo{made}")
    language = ["-x", "c++"] if is_cpp(source) else ["-x", "c"]
    return (*compiler.path, *flags, "-c", *language, str(source), "-o", str(made))


def _built(compiler: Compiler, options: Options) -> str:
    """What a loader reads of how the object was built."""
    lines = [f"wsksim={__version__}", f"compiler={compiler}", f"machine={compiler.machine}"]
    if options.sanitizer is not None:
        lines += [f"sanitizer={options.sanitizer}", f"runtime={compiler.runtime(options.sanitizer)}"]
    return "\n".join(lines)


def write(build: Build) -> None:
    """Writes the files that the link reads."""
    for path, text in build.texts.items():
        path.write_text(text, encoding="utf-8")


def commands(build: Build) -> str:
    """The commands as a shell takes them; what they read is written."""
    write(build)
    return "\n".join(shlex.join(step) for step in build.steps)


def run(build: Build, say: Callable[[str], None]) -> None:
    """Runs the commands.

    Args:
        build: what was planned.
        say: prints what compilers say.

    Raises:
        CompilingError: one failed; its hints say what to do.
    """
    write(build)
    failed, said = False, []
    *compiles, binding, link = build.steps
    for step in compiles:
        done = _run(step, say)
        said.append(done.stderr + done.stdout)
        failed = failed or done.returncode != 0
    if failed:
        raise CompilingError(
            f"asked {build.compiler} to compile the driver; found the errors above", tuple(hints("".join(said)))
        )
    for step in (binding, link):
        done = _run(step, say)
    if done.returncode != 0:
        raise _unlinked(build, done.stderr + done.stdout)


def _run(step: tuple[str, ...], say: Callable[[str], None]) -> "subprocess.CompletedProcess[str]":
    # In the language of this package, so that its hints know the messages.
    done = subprocess.run(  # noqa: S603 - the user's compiler
        step, check=False, capture_output=True, text=True, errors="replace", env={**os.environ, "LC_ALL": "C"}
    )
    if text := (done.stdout + done.stderr).rstrip():
        say(text)
    return done


def _unlinked(build: Build, said: str) -> CompilingError:
    """What is wrong with an object that cannot be linked."""
    missing = hints(said)
    if not _NO_ENTRY.search(said):
        found = "names that nobody defines" if "undefined" in said else "the errors above"
        return CompilingError(f"asked to link {build.output.name}; found {found}", tuple(missing))
    mangled = [one for one in build.objects if one.is_file() and _MANGLED in one.read_bytes()]
    if mangled:
        return CompilingError(
            "asked for a driver; found a DriverEntry that only C++ can call; declare it as "
            'extern "C" DRIVER_INITIALIZE DriverEntry;',
            tuple(missing),
        )
    return CompilingError(
        "asked for a driver; found no DriverEntry in the files; name the file that has it, or add "
        "NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)",
        tuple(missing),
    )


@contextmanager
def place(folder: str | None) -> Iterator[Path]:
    """The folder of objects: one that is kept, or one that is removed."""
    if folder is not None:
        kept = Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    made = Path(tempfile.mkdtemp(prefix="wsksim-cc-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)
