"""Names: the forms of a report, and which suffix of a file says which."""

import os
from pathlib import PurePath
from typing import Final

from wsksim.wording import hint, named

__all__ = ["FORMS", "PREFERRED", "PRINTED", "SUFFIXES", "check_name", "form_of", "series_of"]

FORMS: Final = ("text", "json", "html", "csv", "arrow", "hlog", "hgrm", "sarif", "wsk", "github")
# What a terminal or a log may be given.
PRINTED: Final = tuple(name for name in FORMS if name not in {"arrow", "wsk"})
SUFFIXES: Final[dict[str, str]] = {
    ".txt": "text",
    **{f".{name}": name for name in FORMS if name not in {"text", "github"}},
}
# A form of one series: which is meant where none is named.
PREFERRED: Final = ("response", "accept", "service")


def check_name(name: str) -> None:
    """Refuses a name whose suffix says no form.

    Raises:
        ReportError: that is so, or it is the name of a folder.
    """
    from wsksim.errors import ReportError  # start-up: 5 ms of --help

    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        found = f"no form for the suffix {suffix!r}" if suffix else "no suffix that says the form"
        known = ", ".join(SUFFIXES)
        raise ReportError(
            f"report: asked to write {named(name)}; found {found}; name it with one of {known}{hint(suffix, SUFFIXES)}"
        )
    if os.path.isdir(name):  # noqa: PTH112 - a name that is none of a file at all is refused where it is opened
        raise ReportError(f"report: asked to write {named(name)}; found a folder; name a file in it")


def form_of(name: str) -> str:
    """The form that a checked name says."""
    return SUFFIXES[PurePath(name).suffix.lower()]


def series_of(name: str) -> str | None:
    """The series that a name says before its suffix, as `times.service.hgrm`; None if it says none."""
    word = PurePath(PurePath(name).stem).suffix[1:].lower()
    return word if word in PREFERRED else None
