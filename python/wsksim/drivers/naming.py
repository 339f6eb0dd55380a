"""Naming: which targets are drivers in C."""

import os
from pathlib import Path
from typing import Final

__all__ = ["OBJECT", "is_driver"]

OBJECT: Final = ".so"
_FILES: Final = {OBJECT, ".c", ".cc", ".cpp", ".cxx"}


def is_driver(target: object) -> bool:
    """Whether a target is a driver: an object or a source file that is there, without a name behind a colon."""
    if not isinstance(target, str | os.PathLike):
        return False
    path = Path(target)
    return path.suffix.lower() in _FILES and path.is_file()
