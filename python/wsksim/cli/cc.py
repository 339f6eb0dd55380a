"""`wsksim cc`: compiles a driver in C or C++ against the simulated kernel."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from wsksim.compiling.flags import Options

__all__ = ["command"]

_MAKE = """# `make {output}` builds the driver; the compiler's messages come with what to do about them.
WSKSIM ?= wsksim

{output}: {files}
\t$(WSKSIM) cc {arguments}-o $@ $^
"""

_CMAKE = """# The driver is built by `cmake --build . --target {target}`.
find_program(WSKSIM wsksim REQUIRED)
set({target}_FILES {paths})
add_custom_command(
    OUTPUT {output}
    COMMAND ${{WSKSIM}} cc {arguments}-o ${{CMAKE_CURRENT_BINARY_DIR}}/{output} ${{{target}_FILES}}
    DEPENDS ${{{target}_FILES}}
    VERBATIM)
add_custom_target({target} ALL DEPENDS ${{CMAKE_CURRENT_BINARY_DIR}}/{output})
"""


@click.command("cc")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("-o", "output", metavar="FILE", help="Where the driver goes; its first file's name with .so unless told.")
@click.option("-D", "defines", multiple=True, metavar="NAME[=VALUE]", help="Define a macro.")
@click.option("-I", "includes", multiple=True, metavar="FOLDER", help="Search a folder for headers.")
@click.option("-O", "optimisation", default="1", show_default=True, type=click.Choice(["0", "1", "2", "3", "s", "g"]))
@click.option("-g/-g0", "debug", default=True, help="Keep the driver's lines (usual), or not.")
@click.option("-W", "warnings", multiple=True, metavar="WARNING", help="A warning of the compiler's, such as -Wall.")
@click.option("--flag", "flags", multiple=True, metavar="FLAG", help="More for the compiler, as it is: --flag=-DA=1.")
@click.option("--std", "standard", metavar="STANDARD", help="Of C, such as c11; gnu17 unless told.")
@click.option("--c++std", "cpp_standard", metavar="STANDARD", help="Of C++, such as c++17; gnu++20 unless told.")
@click.option("--sanitize", "sanitizer", type=click.Choice(["address", "thread", "undefined"]), help="Build with it.")
@click.option(
    "--compiler", metavar="PROGRAM", help="clang, gcc, or a path; CC, or the first that is found, unless told."
)
@click.option("--build", "folder", metavar="FOLDER", help="Keep objects and what was made there.")
@click.option(
    "--print",
    "only",
    flag_value="print",
    help="Print the commands and run none; what they read is put into wsksim-build.",
)
@click.option("--make", "only", flag_value="make", help="Print a rule for make, and run nothing.")
@click.option("--cmake", "only", flag_value="cmake", help="Print lines for CMake, and run nothing.")
@click.option("--quiet", is_flag=True, help="Say nothing of what was made for the driver.")
def command(
    files: tuple[str, ...],
    *,
    output: str | None,
    defines: tuple[str, ...],
    includes: tuple[str, ...],
    optimisation: str,
    debug: bool,
    warnings: tuple[str, ...],
    flags: tuple[str, ...],
    standard: str | None,
    cpp_standard: str | None,
    sanitizer: str | None,
    compiler: str | None,
    folder: str | None,
    only: str | None,
    quiet: bool,
) -> None:
    """Compile a driver in C or C++, from FILEs, against the simulated kernel.

    Its headers are in the folder km of `wsksim --include`. `wsksim run` runs the object.
    """
    from wsksim.compiling import building  # start-up: 27 ms of --help
    from wsksim.compiling.compilers import find_compiler  # start-up: 2 ms of --help
    from wsksim.compiling.flags import Options  # start-up: 2 ms of --help
    from wsksim.compiling.refusing import CompilingError  # start-up: 1 ms of --help

    options = Options(
        defines=defines,
        includes=includes,
        optimisation=optimisation,
        debug=debug,
        sanitizer=sanitizer,
        standard=standard,
        cpp_standard=cpp_standard,
        more=(*(f"-W{one}" for one in warnings), *flags),
    )
    try:
        sources = building.check_sources(files)
        made = Path(output) if output else sources[0].with_suffix(".so")
        building.check_output(made, sources)
        if only in {"make", "cmake"}:
            click.echo(_snippet(only, files, made, options, compiler), nl=False)
            return
        found = find_compiler(compiler, sanitizer)
        with building.place(folder or ("wsksim-build" if only else None)) as where:
            build = building.plan(found, sources, options, made, where)
            if not quiet:
                for line in build.told:
                    click.echo(f"wsksim cc: {line}", err=True)
            if only:
                click.echo(building.commands(build))
                return
            building.run(build, lambda text: click.echo(text, err=True))
    except CompilingError as error:
        click.echo(f"wsksim cc: {error}", err=True)
        for hint in error.hints:
            click.echo(f"  {hint}", err=True)
        raise SystemExit(2) from None
    except OSError as error:
        click.echo(f"wsksim cc: asked to read and write files; found {error}; name files that can be", err=True)
        raise SystemExit(2) from None


def _snippet(kind: str, files: tuple[str, ...], output: Path, options: "Options", compiler: str | None) -> str:
    words = [f"-D{one}" for one in options.defines]
    words += [f"-I{one}" for one in options.includes]
    words += [f"-O{options.optimisation}"] if options.optimisation != "1" else []
    words += [] if options.debug else ["-g0"]
    words += [one if one.startswith("-W") else f"--flag={one}" for one in options.more]
    words += ["--std", options.standard] if options.standard else []
    words += ["--c++std", options.cpp_standard] if options.cpp_standard else []
    words += ["--sanitize", options.sanitizer] if options.sanitizer else []
    words += ["--compiler", compiler] if compiler else []
    arguments = "".join(f"{shlex.quote(one)} " for one in words)
    target = "".join(letter if letter.isalnum() else "_" for letter in output.stem)
    paths = " ".join(f"${{CMAKE_CURRENT_SOURCE_DIR}}/{one}" for one in files)
    form = _MAKE if kind == "make" else _CMAKE
    return form.format(output=output, files=" ".join(files), arguments=arguments, target=target, paths=paths)
