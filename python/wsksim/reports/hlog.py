"""HdrHistogram logs: each series of times as one interval, as HdrHistogram's own tools read it.

The format is 1.3 with histograms in the V2 encoding (https://github.com/HdrHistogram/HdrHistogram,
`HistogramLogWriter`); times are nanoseconds, the column of maxima is in milliseconds.
"""

import time
from typing import TYPE_CHECKING

from wsksim.reports.plain import plain_line
from wsksim.reports.refusing import refuse
from wsksim.runs.measured import SERIES

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["render"]


def render(report: "Report") -> bytes:
    """Returns the log.

    Raises:
        ReportError: no times were measured.
    """
    texts = report.storm.get("histograms") or {}
    if not texts:
        refuse("an HdrHistogram log", "no times were measured", "give a rate, or sample calls")
    began = time.strftime("%a %b %d %H:%M:%S UTC %Y", time.gmtime(report.began))
    plan = f", plan {report.storm['plan']}" if report.storm.get("plan") else ""
    lines = [
        "#[Histogram log format version 1.3]",
        f"#{plain_line(f'wsksim {report.verb} {report.handler}, in nanoseconds, seed {report.seed}{plan}')}",
        f"#[StartTime: {report.began:.3f} (seconds since epoch), {began}]",
        f"#[BaseTime: {report.began:.3f} (seconds since epoch)]",
        '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
    ]
    for name in SERIES:
        if name in texts:
            longest = report.storm[f"{name}_ns"]["max"] / 1e6
            lines.append(f"Tag={name},0.000,{report.elapsed_s:.3f},{longest:.6f},{texts[name]}")
    return ("\n".join(lines) + "\n").encode()
