"""HdrHistogram's percentile distribution, which its plotter draws: one series of a report.

A row for each bucket that is not empty: the time in milliseconds, the share of times that are not longer, how many
these are, and how rare longer ones are. The format is that of HdrHistogram's `outputPercentileDistribution`.
"""

import math
from typing import TYPE_CHECKING

from wsksim.reports.names import PREFERRED
from wsksim.reports.refusing import refuse
from wsksim.runs.histogram import LONGEST_NS

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["render"]


def render(report: "Report", series: str | None = None) -> bytes:
    """Returns the distribution of one series; of response, else accept, else service if none is named.

    Raises:
        ReportError: it was not measured.
    """
    measured = report.histograms
    name = series or next((one for one in PREFERRED if one in measured), None)
    if name not in measured:
        refuse("a percentile distribution", f"no times of {name or 'any series'} were measured", "give a rate")
    histogram = measured[name]
    total, longest = histogram.count, report.storm[f"{name}_ns"]["max"]
    lines = [f"#[{name}, in milliseconds, seed {report.seed}]", ""]
    lines += [f"{'Value':>14} {'Percentile':>14} {'TotalCount':>10} {'1/(1-Percentile)':>14}", ""]
    for value, passed in histogram.steps():
        share = passed / total
        rarity = f" {1 / (1 - share):>14.2f}" if passed < total else ""
        lines.append(f"{min(value, longest) / 1e6:>14.6f} {share:>14.12f} {passed:>10}{rarity}")
    mean, spread = histogram.mean / 1e6, histogram.deviation / 1e6
    lines.append(f"#[Mean    = {mean:>14.6f}, StdDeviation   = {spread:>14.6f}]")
    lines.append(f"#[Max     = {longest / 1e6:>14.6f}, Total count    = {total:>14}]")
    buckets = math.ceil(math.log2(LONGEST_NS / 2048)) + 1
    lines.append(f"#[Buckets = {buckets:>14}, SubBuckets     = {2048:>14}]")
    return ("\n".join(lines) + "\n").encode()
