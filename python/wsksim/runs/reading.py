"""Reading: a report that was saved as JSON, from a file that may hold anything."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

from wsksim.errors import ReportError
from wsksim.runs.arguments import file_name
from wsksim.shards.parts import MARK, UnfitError, decode
from wsksim.wording import named, shown

__all__ = ["read_values"]

Made = TypeVar("Made")

# The largest report that a run writes has some hundred kilobytes.
_MOST_BYTES: Final = 64 * 2**20
_COUNTS: Final = ("posted", "indicated", "withheld", "pending", "refused")
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    **dict.fromkeys(_COUNTS, dict),
    "verb": str,
    "handler": str,
    "options": dict,
    "findings": (int, type(None)),
    "finding_list": list,
    "notes": list,
    "seed": (int, str),
    "began": (int, float),
    "elapsed_s": (int, float),
    "environment": dict,
    "repeat": str,
}


def read_values(path: str | os.PathLike[str], version: int, make: Callable[[dict[str, Any]], Made]) -> Made:
    """Makes a report from what a file holds; `-` is stdin.

    Raises:
        ReportError: the file cannot be read, or holds none.
        TypeError: the path is none.
    """
    name = file_name("report", path)
    if not name:
        _refuse(name, "an empty name")
    try:
        content = sys.stdin.buffer.read(_MOST_BYTES + 1) if name == "-" else _content(Path(name))
    except (OSError, ValueError) as error:
        _refuse(name, getattr(error, "strerror", None) or str(error))
    if len(content) > _MOST_BYTES:
        _refuse(name, f"more than {_MOST_BYTES // 2**20} MB")
    try:
        values = decode(content).whole() if content.startswith(MARK) else json.loads(content)
    except UnfitError as error:
        _refuse(name, str(error).removeprefix("found ").partition(";")[0])
    except (ValueError, RecursionError):
        _refuse(name, "no JSON")
    if not isinstance(values, dict) or "schema_version" not in values or "finding_list" not in values:
        _refuse(name, "JSON of something else")
    if values["schema_version"] != version:
        _refuse(name, f"schema_version {shown(values['schema_version'])}, where this wsksim reads {version}")
    wrong = next((field for field, kind in _TYPES.items() if not isinstance(values.get(field), kind)), None)
    wrong = wrong or next((part for part in _COUNTS if not _are_counts(values[part])), None)
    if wrong is not None:
        _refuse(name, f"{shown(values.get(wrong))} as its {wrong}")
    try:
        return make(values)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        _refuse(name, f"one that is damaged ({type(error).__name__}: {error})")


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST_BYTES + 1)


def _are_counts(values: dict[str, Any]) -> bool:
    return all(isinstance(value, int) and not isinstance(value, bool) and value >= 0 for value in values.values())


def _refuse(name: str, found: str) -> NoReturn:
    asked = f"report: asked to read {named(name)} as a report"
    raise ReportError(f"{asked}; found {found}; name a file that -o NAME.json, -o NAME.wsk or --json made")
