"""Naming: which targets are drivers in C."""

import os
from pathlib import Path
from typing import Final

from wsksim.kinds import is_path

__all__ = ["OBJECT", "is_driver"]

OBJECT: Final = ".so"
_FILES: Final = {OBJECT, ".c", ".cc", ".cpp", ".cxx"}


def is_driver(target: object) -> bool:
    """Whether a target is a driver: an object or a source file that is there, without a name behind a colon."""
    if not is_path(target) or isinstance(target, bytes):
        return False
    name = os.fsdecode(target)
    return Path(name).suffix.lower() in _FILES and os.path.isfile(name)  # noqa: PTH113 - it is false of what is no name
