"""Saving: a report as a file, in the form that its suffix says, whole or not at all."""

import importlib
import json
import os
from typing import TYPE_CHECKING

from wsksim.reports.names import check_name, form_of, series_of
from wsksim.runs.arguments import file_name
from wsksim.runs.whole_file import WholeFile

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["content_of", "save"]


def content_of(report: "Report", form: str, series: str | None = None) -> bytes:
    """Returns a report in one of the forms; of `hgrm` the distribution of that series.

    Raises:
        ReportError: it does not hold what the form is made of.
    """
    if form == "json":
        return (json.dumps(report.to_dict(), indent=2) + "\n").encode()
    if form == "text":
        return (report.text() + "\n").encode()
    module = importlib.import_module(f"wsksim.reports.{form}")
    made: bytes = module.render(report, series) if form == "hgrm" else module.render(report)
    return made


def save(report: "Report", path: str | os.PathLike[str]) -> None:
    """Writes a report.

    Raises:
        ReportError: the suffix says no form, or the report does not hold what the form is made of.
        OSError: the file cannot be written.
        TypeError: the path is none.
    """
    name = file_name("report", path)
    check_name(name)
    content = content_of(report, form_of(name), series_of(name))
    with WholeFile("report", name) as file:
        file.write(content)
