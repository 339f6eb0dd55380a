"""Saving: a report as a file, in the form that its suffix says, whole or not at all."""

import importlib
import json
import os
from collections.abc import Callable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from wsksim.errors import ReportError
from wsksim.reports.hgrm import PREFERRED
from wsksim.runs.whole_file import WholeFile
from wsksim.wording import hint, named

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["FORMS", "SUFFIXES", "check_name", "save"]


def _module(name: str) -> Callable[["Report"], bytes]:
    def render(report: "Report") -> bytes:
        made: bytes = importlib.import_module(f"wsksim.reports.{name}").render(report)
        return made

    return render


def _json(report: "Report") -> bytes:
    return (json.dumps(report.to_dict(), indent=2) + "\n").encode()


def _text(report: "Report") -> bytes:
    return (report.text() + "\n").encode()


# Each form by its name, which is the suffix of its files but for two.
FORMS: Final[dict[str, Callable[["Report"], bytes]]] = {
    "text": _text,
    "json": _json,
    "html": _module("html"),
    "csv": _module("csv"),
    "arrow": _module("arrow"),
    "hlog": _module("hlog"),
    "hgrm": _module("hgrm"),
    "sarif": _module("sarif"),
    "github": _module("github"),
}
SUFFIXES: Final[dict[str, str]] = {
    ".txt": "text",
    **{f".{name}": name for name in FORMS if name not in {"text", "github"}},
}


def check_name(name: str) -> None:
    """Refuses a name whose suffix says no form.

    Raises:
        ReportError: that is so, or it is the name of a folder.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        found = f"no form for the suffix {suffix!r}" if suffix else "no suffix that says the form"
        known = ", ".join(SUFFIXES)
        raise ReportError(
            f"report: asked to write {named(name)}; found {found}; name it with one of {known}{hint(suffix, SUFFIXES)}"
        )
    if os.path.isdir(name):  # noqa: PTH112 - a name that is none of a file at all is refused where it is opened
        raise ReportError(f"report: asked to write {named(name)}; found a folder; name a file in it")


def save(report: "Report", path: str | os.PathLike[str]) -> None:
    """Writes a report.

    Raises:
        ReportError: the suffix says no form, or the report does not hold what the form is made of.
        OSError: the file cannot be written.
    """
    name = os.fsdecode(path)
    check_name(name)
    content = _content(report, PurePath(name))
    with WholeFile("report", name) as file:
        file.write(content)


def _content(report: "Report", path: PurePath) -> bytes:
    form = SUFFIXES[path.suffix.lower()]
    series = PurePath(path.stem).suffix[1:].lower()
    if form == "hgrm" and series in PREFERRED:
        made: Any = importlib.import_module("wsksim.reports.hgrm").render(report, series)
        return bytes(made)
    return FORMS[form](report)
