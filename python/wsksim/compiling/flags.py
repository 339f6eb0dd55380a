"""Flags: how a driver for Windows is compiled where Windows is not.

Each is there for a reason: a driver brings names of its own for what libc and the compiler's system define, a LONG has
32 bits and a WCHAR 16, and Microsoft's compiler lets pass what others do not.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wsksim.compiling.compilers import Compiler

__all__ = ["BINDING", "KM", "Options", "binding_flags", "compile_flags", "is_cpp", "link_flags"]

KM: Final = Path(__file__).parents[1] / "include" / "km"
BINDING: Final = KM / "binding" / "driver.c"
_CPP: Final = {".cc", ".cpp", ".cxx", ".c++"}
_SHOWN: Final = ("DriverEntry", "wsksim_driver", "wsksim_layout", "wsksim_imports")

# Microsoft's language, and no system's names.
_DIALECT: Final = [
    "-fPIC",
    "-nostdinc",
    "-fshort-wchar",
    "-fms-extensions",
    "-mms-bitfields",
    "-fno-strict-aliasing",
    "-fwrapv",
    "-fno-omit-frame-pointer",
    "-U__linux__",
    "-Ulinux",
    "-Uunix",
    "-Wno-multichar",
    "-Wno-unknown-pragmas",
]
# A driver says so itself where it wants one of these; in each kernel they mean a call of something that is not there.
_ERRORS: Final = ["-Werror=return-type"]
_OF_C: Final = ["-Werror=implicit-function-declaration"]
_OF_CPP: Final = ["-nostdinc++", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-Wno-write-strings"]


@dataclass(frozen=True)
class Options:
    """What the command line asks for, beside files.

    Attributes:
        defines, includes: as -D and -I have them.
        optimisation: the level of -O.
        debug: whether the lines of the driver are kept.
        sanitizer: "address", "thread", "undefined" or None.
        standard: of C, such as "c17"; None: the usual one.
        cpp_standard: of C++, likewise.
        more: options of the compiler's, as they are.
    """

    defines: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    optimisation: str = "1"
    debug: bool = True
    sanitizer: str | None = None
    standard: str | None = None
    cpp_standard: str | None = None
    more: tuple[str, ...] = ()


def is_cpp(source: Path) -> bool:
    """Whether a file is in C++."""
    return source.suffix.lower() in _CPP or source.suffix == ".C"


def compile_flags(compiler: Compiler, options: Options, source: Path, generated: Path) -> list[str]:
    """The flags for one file of the driver.

    Args:
        compiler: which.
        options: what was asked for.
        source: the file.
        generated: the folder of the headers that were made for it.
    """
    cpp = is_cpp(source)
    if compiler.is_microsofts:
        return _microsofts(options, generated, cpp=cpp)
    flags = [f"-std={options.cpp_standard or 'gnu++20'}" if cpp else f"-std={options.standard or 'gnu17'}"]
    flags += [f"-O{options.optimisation}", *(["-g"] if options.debug else []), *_DIALECT, *_ERRORS]
    if compiler.kind == "clang":
        flags += ["-fms-compatibility", "-Wno-microsoft", "-Wno-pragma-pack"]
    flags += _OF_CPP if cpp else _OF_C
    if options.sanitizer is not None:
        flags.append(f"-fsanitize={options.sanitizer}")
        if options.sanitizer == "undefined" and compiler.kind == "clang":
            flags.append("-fno-sanitize=vptr,function")  # both need the run-time types of C++
    flags += [f"-D{define}" for define in options.defines]
    # Microsoft's compiler looks into the folders of all files on the way to an include; the first one is what matters.
    flags += ["-iquote", str(source.parent)]
    flags += [f"-I{folder}" for folder in (*options.includes, str(generated))]
    flags += ["-isystem", str(KM), "-isystem", str(KM / "crt")]
    return [*flags, *options.more]


def _microsofts(options: Options, generated: Path, *, cpp: bool) -> list[str]:
    """What clang-cl and cl take. Prepared, and tried by nobody yet."""
    flags = ["/nologo", "/X", "/GS-", "/kernel" if cpp else "/TC", f"/O{'d' if options.optimisation == '0' else '2'}"]
    flags += ["/Z7"] if options.debug else []
    flags += [f"/std:{options.cpp_standard or 'c++20'}"] if cpp else [f"/std:{options.standard or 'c17'}"]
    flags += [f"/fsanitize={options.sanitizer}"] if options.sanitizer else []
    flags += [f"/D{define}" for define in options.defines]
    flags += [f"/I{folder}" for folder in (*options.includes, str(generated), str(KM))]
    return [*flags, *options.more]


def binding_flags(compiler: Compiler, built: str) -> list[str]:
    """The flags for our own file: optimised and without a sanitizer, so that its functions are jumps.

    Args:
        compiler: which.
        built: what a loader reads of how the object was built.
    """
    text = built.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    define = f'WSKSIM_BUILT="{text}"'
    if compiler.is_microsofts:
        return ["/nologo", "/X", "/GS-", "/O2", "/TC", "/std:c17", f"/I{KM}", f"/D{define}"]
    kind = ["-fms-compatibility"] if compiler.kind == "clang" else []
    return [
        "-std=gnu17",
        "-O2",
        "-g",
        *_DIALECT,
        "-fomit-frame-pointer",
        *kind,
        f"-D{define}",
        "-isystem",
        str(KM),
        "-isystem",
        str(KM / "crt"),
    ]


def link_flags(compiler: Compiler, options: Options, folder: Path) -> tuple[list[str], dict[Path, str]]:
    """The flags of the link, and the files that it reads: an object shows four names, and has its own to itself."""
    if compiler.is_microsofts:
        return ["/nologo", "/LD", "/link", *(f"/EXPORT:{name}" for name in _SHOWN)], {}
    flags = ["-shared", *(["-g"] if options.debug else [])]
    if options.sanitizer is not None:
        flags.append(f"-fsanitize={options.sanitizer}")
        flags += ["-shared-libsan"] if compiler.kind == "clang" else []
    if sys.platform == "darwin":
        names = folder / "shown.txt"
        flags.append(f"-Wl,-exported_symbols_list,{names}")
        return flags, {names: "".join(f"_{name}\n" for name in _SHOWN)}
    names = folder / "shown.map"
    flags += ["-Wl,-Bsymbolic", "-Wl,-z,defs", f"-Wl,--version-script={names}"]
    return flags, {names: f"{{ global: {'; '.join(_SHOWN)}; local: *; }};\n"}
