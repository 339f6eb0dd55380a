"""HTML: a report as one page: inline drawings, no script, nothing that is fetched, light and dark.

What came from outside is escaped (`markup`), and the page forbids whatever it does not need.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from wsksim.reports.course import course, lines
from wsksim.reports.curves import curves, limits, measured
from wsksim.reports.figures import duration, short, when
from wsksim.reports.markup import Markup, join, tag
from wsksim.reports.sections import captured, checked, edges, fates, left_open, requests, section, surroundings, times
from wsksim.reports.stories import stories
from wsksim.reports.words import count, driver_words, missed_words
from wsksim.runs.damages import damages
from wsksim.runs.times import rate_check
from wsksim.shards.cautions import cautions

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["fragment", "render"]

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render(report: "Report") -> bytes:
    """Returns the page."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content="wsksim"),
        tag("title", f"{report.handler}: {_verdict(report)[0]}"),
        _style(),
    )
    page = tag("html", head, tag("body", _body(report), class_="wsksim-page"), lang="en")
    return f"<!DOCTYPE html>\n{page}\n".encode()


def fragment(report: "Report") -> str:
    """The same as a part of somebody else's page."""
    return str(join(_style(), _body(report)))


def _style() -> Markup:
    return Markup(f"<style>{Path(__file__).with_name('page.css').read_text('utf-8')}</style>")


def _body(report: "Report") -> Markup:
    parts: list[Markup | None] = [_head(report), _notices(report), _tiles(report), section("Checks", checked(report))]
    if report.finding_list or report.findings:
        told = sum(one.count for one in report.finding_list)
        more = (
            f"{report.findings - told:,} more are of other kinds or at other places."
            if report.findings > told
            else None
        )
        parts.append(section("Findings", stories(report.finding_list), lead=more))
    if report.notes:
        parts.append(section("Notes", stories(report.notes), lead="Legal, and suspicious."))
    parts += [_timeline(report), _times(report)]
    if report.lives:
        parts.append(section("What became of the lives", fates(report)))
    if report.storm.get("requests"):
        parts.append(section("Requests", requests(report.storm["requests"]), lead="By kind and final status."))
    if (report.storm.get("half_open") or {}).get("count"):
        parts.append(section("Left open", left_open(report.storm["half_open"]), lead=_LEFT))
    if report.capture:
        parts.append(section("The capture", captured(report.capture)))
    parts.append(section("Disconnect edges", edges(report)))
    parts += [_plan(report), _again(report)]
    return tag("main", tag("div", *parts, class_="sheet"), class_="wsksim")


def _verdict(report: "Report") -> tuple[str, str]:
    """The verdict in a word, and how it looks."""
    if report.crashed:
        return "CRASHED", "bad"
    if report.partial:
        return "PARTIAL", "note"
    return ("FAILED", "bad") if report.exit_code else ("PASSED", "good")


def _head(report: "Report") -> Markup:
    word, kind = _verdict(report)
    what = "Replay of a capture" if report.verb == "replay" else "Storm of a plan" if report.lives else "Storm"
    if report.storm.get("driver"):
        what = f"Driver in C, {driver_words(report.storm['driver'])}"
    facts = [what, when(report), f"seed {report.seed}", f"exit {report.exit_code}"]
    return tag(
        "header",
        tag("p", tag("b", "wsksim"), " report", class_="brand"),
        tag("div", tag("h1", report.handler), tag("b", word, class_=f"verdict {kind}"), class_="title"),
        tag("p", " · ".join(filter(None, facts)), class_="lead"),
        class_="head",
    )


def _notices(report: "Report") -> Markup:
    told = report.shards.notices() if report.shards else []
    texts: list[Markup] = [join(tag("b", "Shards. "), f"{text[:1].upper()}{text[1:]}.") for text in told]
    if report.crashed:
        stack = tag("pre", report.crashed["stack"]) if report.crashed["stack"] else None
        texts.append(join(tag("b", "Crash. "), report.crashed["text"], stack))
    texts += [join(tag("b", "Failed. "), f"{text}.") for text in report.storm.get("failures") or ()]
    texts += [
        join(tag("b", f"Seed {one['seed']} printed. "), tag("pre", "\n".join(one["printed"])))
        for one in (report.storm.get("driver") or {}).get("shown") or ()
        if one["printed"]
    ]
    why = "interrupted" if report.interrupted else report.stopped
    texts += [join(tag("b", "Partial. "), f"{why}; the counts cover what was done until then.")] if why else []
    texts += [join(tag("b", "Partial. "), f"{text}; read until there.") for text in damages(report.capture)]
    notes = (*report.capture.get("capture_notes", ()), *cautions(report))
    texts += [join(tag("b", "Note. "), note) for note in notes]
    if report.storm.get("pace"):
        kept, text = rate_check(report.storm["pace"])
        texts.append(join(tag("b", "Rate. " if kept else "Late. "), f"{text[:1].upper()}{text[1:]}."))
    return join(*(tag("div", text, class_="notice") for text in texts))


def _tiles(report: "Report") -> Markup:
    """What is asked first, large."""
    calls = sum(report.indicated.values())
    tiles = []
    if report.lives:
        tiles.append(("lives", _large(report.lives.begun), f"{short(report.storm['virtual_s'])} s of the plan's time"))
    tiles.append(("indications", _large(calls), f"{short(report.rate)} a second"))
    kinds = count(len(report.finding_list), "kind") if report.finding_list else "no rule was broken"
    tiles.append(("findings", _large(report.findings), kinds))
    held = sum(row.good for row in report.checks)
    if report.checks:
        tiles.append(("checks", f"{held} of {len(report.checks)}", "hold"))
    for name, one in measured(report).items():
        if len(tiles) < 6 and (name in {"response", "accept"} or len(measured(report)) == 1):
            tiles.append((f"{name} p99.9", duration(one.p999), f"p50 {duration(one.p50)}"))
    made = [
        tag("div", tag("span", name), tag("strong", value), tag("small", more), class_="tile")
        for name, value, more in tiles
    ]
    return tag("div", *made, class_="tiles")


def _large(number: int) -> str:
    """A count as large as it may stand in a tile."""
    return f"{number:,}" if number < 100_000 else short(number)


def _both(wide: Markup, narrow: Markup) -> Markup:
    """A drawing for either width of the page."""
    return tag("figure", wide, narrow)


def _legend(names: dict[str, str]) -> Markup:
    return tag(
        "p", *(tag("span", tag("i", class_=f"key {name}"), text) for name, text in names.items()), class_="legend"
    )


def _timeline(report: "Report") -> Markup | None:
    timeline = report.timeline
    if timeline is None or not timeline.open:
        return None
    lead = f"By the plan's time, in {count(len(timeline.open), 'step')} of {duration(timeline.step_s * 1e9)}."
    legend = _legend(lines(timeline))
    return section("Timeline", legend, _both(course(timeline, wide=True), course(timeline, wide=False)), lead=lead)


_LEFT: Final = "What stood open or half open at the end, those first that have stood so for the longest time."
_SERIES: Final = {
    "service": "service: from entering the handler to its return",
    "response": "response: from the planned instant to the return",
    "accept": "accept: from a peer's connect to the application's accept",
    "accept_service": "accept_service: inside the application's accept",
}


def _times(report: "Report") -> Markup | None:
    series = measured(report)
    if not series:
        return None
    legend = {name: _SERIES[name] for name in series}
    if limits(report):
        legend["limit"] = "limit of a check"
    drawn = _both(curves(report, wide=True), curves(report, wide=False))
    missed = report.lives.unaccepted if report.lives and "accept" in series else 0
    lead = f"Of the accepts, {missed_words(missed)}; they have waited until then." if missed else None
    return section("Times", _legend(legend), drawn, times(series), lead=lead)


def _plan(report: "Report") -> Markup:
    """What was asked for, and on what it ran."""
    plan = report.options.get("plan")
    asked = {name: value for name, value in report.options.items() if name != "plan" and value not in (None, [])}
    rows = [tag("tr", tag("th", name, scope="row"), tag("td", tag("code", value))) for name, value in asked.items()]
    told = tag("pre", tag("code", plan)) if isinstance(plan, str) else None
    options = tag("table", tag("tbody", *rows), class_="facts") if rows else None
    return section(
        "Plan and environment",
        tag("div", tag("div", told, options, class_="stack"), surroundings(report), class_="pair"),
    )


def _again(report: "Report") -> Markup:
    return section("How to repeat it", tag("pre", tag("code", report.repeat)))
