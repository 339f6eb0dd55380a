"""Naming: which targets are drivers in C."""

import os
from pathlib import Path
from typing import Final, TypeGuard

from wsksim.kinds import is_path
from wsksim.wording import printable

__all__ = ["OBJECT", "is_driver", "names_driver", "not_there"]

OBJECT: Final = ".so"
_FILES: Final = {OBJECT, ".c", ".cc", ".cpp", ".cxx"}


def is_driver(target: object) -> bool:
    """Whether a target is a driver: an object or a source file that is there, without a name behind a colon."""
    return names_driver(target) and os.path.isfile(target)  # noqa: PTH113 - it is false of what is no name


def names_driver(target: object) -> TypeGuard[str | os.PathLike[str]]:
    """Whether a target is called as a driver is; nothing may be there."""
    return is_path(target) and not isinstance(target, bytes) and Path(os.fsdecode(target)).suffix.lower() in _FILES


def not_there(target: str | os.PathLike[str]) -> str:
    """Says that nothing can be run there, and what to do."""
    name, path = printable(os.fspath(target)), Path(target)
    found = "a folder" if path.is_dir() else f"no such file, in {printable(str(Path.cwd()))}"
    if path.is_absolute() and not path.is_dir():
        found = "no such file"
    do = "correct the path"
    if path.suffix.lower() == OBJECT:
        do += f", or build it: wsksim cc FILE.c -o {name}"
    return f"driver: asked to run {name!r}; found {found}; {do}"
