"""CSV: the table of a report's figures, with a line of names first."""

import csv
import io
from typing import TYPE_CHECKING

from wsksim.reports.table import Row, rows

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["render"]


def render(report: "Report") -> bytes:
    """Returns the table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Row._fields)
    for measure, unit, at_s, value in rows(report):
        writer.writerow((measure, unit, "" if at_s is None else f"{at_s:.9g}", value))
    return text.getvalue().encode()
