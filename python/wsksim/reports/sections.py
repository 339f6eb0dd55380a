"""Sections: the tables of a page, each of counts that add up, with bars that show their shares."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from wsksim.reports.figures import figure, moment, spaced
from wsksim.reports.markup import Markup, join, tag
from wsksim.reports.words import FATES, noise_words, since_words
from wsksim.runs.measured import Times
from wsksim.shards.cautions import shard_rows

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["captured", "checked", "edges", "fates", "left_open", "requests", "section", "surroundings", "times"]

_MARKS: Final = ("p50", "p90", "p99", "p99.9", "max", "mean")
_GOOD: Final = frozenset({"STATUS_SUCCESS", "STATUS_PENDING"})


def section(title: str, *children: object, lead: object = None) -> Markup:
    """A part of the page under its title."""
    return tag("section", tag("h2", title), tag("p", lead, class_="lead") if lead else None, *children)


def checked(report: "Report") -> Markup:
    """The checks that were asked for, each with its verdict, and the two that every run has."""
    rows: list[tuple[bool | None, object, object]] = [
        (row.good, tag("code", row.check), spaced(row.found)) for row in report.checks
    ]
    known = not report.unknown
    calls = figure("indicated", sum(report.indicated.values()))
    found = join(figure("findings", report.findings), " in ", calls, " indications")
    rows.append((report.findings == 0 if known else None, "no finding", found if known else "unknown"))
    whole = "posted = indicated + withheld + pending" + ("; each life has one fate" if report.lives else "")
    rows.append((report.balanced, "everything balances", "unknown" if report.at_least else whole))
    body = [
        tag("tr", tag("td", verdict(good)), tag("th", name, scope="row"), tag("td", text)) for good, name, text in rows
    ]
    return tag("table", tag("tbody", *body), class_="checks")


def verdict(good: bool | None) -> Markup:  # noqa: FBT001 - a verdict, not an option
    """The word for it."""
    word, kind = ("?", "note") if good is None else ("ok", "good") if good else ("FAIL", "bad")
    return tag("b", word, class_=f"badge {kind}")


def times(series: Mapping[str, Times]) -> Markup:
    """The table of percentiles."""
    head = tag("tr", tag("th"), *(tag("th", name, scope="col") for name in ("calls", *_MARKS)))
    rows = []
    for name, one in series.items():
        marks = [(mark, getattr(one, mark.replace(".", ""))) for mark in _MARKS]
        cells = [figure(f"{name}.count", one.count), *(moment(f"{name}.{mark}", value) for mark, value in marks)]
        key = tag("th", tag("i", class_=f"key {name}"), name, scope="row")
        rows.append(tag("tr", key, *(tag("td", cell, class_="number") for cell in cells)))
    return tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="scroll")


def fates(report: "Report") -> Markup:
    """What became of the lives."""
    lives = report.lives
    assert lives is not None, "Invariant: a plan's run has lives"  # noqa: S101
    rows = [(words, f"lives.{name}", getattr(lives, name), name) for name, words in FATES.items()]
    shown = [row for row in rows if row[2] or row[3] == "ended_in_order"]
    body = _bars(
        [(name, measure, value, "good" if kind == "ended_in_order" else "") for name, measure, value, kind in shown]
    )
    refusals, moved, left = (report.storm.get(name) or {} for name in ("refusals", "bytes", "left"))
    facts = [
        ("lives begun", "lives.begun", lives.begun),
        ("of the open ones vanished", "lives.vanished", lives.vanished or None),
        ("accepted by the application", "accepted", report.storm["accepted"]),
        ("never accepted: over before that, or waiting still", "lives.unaccepted", lives.unaccepted or None),
        ("refused by the backlog", "refusals.backlog", refusals.get("backlog") or None),
        ("refused because nobody took them", "refusals.nobody", refusals.get("nobody") or None),
        ("bytes sent by the peers", "bytes.sent", moved.get("sent")),
        ("bytes read by them", "bytes.received", moved.get("received")),
        ("sockets of the application left at the end", "left.sockets", left.get("sockets")),
        ("requests of the application left at the end", "left.requests", left.get("requests")),
    ]
    told = [(name, [figure(measure, value)]) for name, measure, value in facts if value is not None]
    return tag("div", body, _facts(told), class_="pair")


def edges(report: "Report") -> Markup:
    """Where the edges went that were posted."""
    rows: list[tuple[object, str, int, str]] = [
        (f"indicated, {kind}", f"indicated.{kind}", number, "good" if kind == "graceful" else "")
        for kind, number in report.indicated.items()
    ]
    for part in ("withheld", "pending"):
        for name, number in getattr(report, part).items():
            if number:
                rows.append((f"{part}, {name.replace('_', ' ')}", f"{part}.{name}", number, "warn"))
    facts = [("edges posted", [figure("posted", sum(report.posted.values()))])]
    facts += [(f"{kind} ones", [figure(f"posted.{kind}", number)]) for kind, number in report.posted.items()]
    facts.append(("withheld", [figure("withheld", sum(report.withheld.values()))]))
    facts.append(("pending", [figure("pending", sum(report.pending.values()))]))
    facts.append(("posts refused", [figure("refused", sum(report.refused.values()))]))
    return tag("div", _bars(rows), _facts(facts), class_="pair")


def requests(counts: Mapping[str, Mapping[str, int]]) -> Markup:
    """Requests of the application by kind and status."""
    rows = []
    for kind, statuses in counts.items():
        for status, number in sorted(statuses.items(), key=lambda pair: -pair[1]):
            name = join(tag("b", kind), " ", tag("span", status, class_="status"))
            rows.append((name, f"requests.{kind}.{status}", number, "good" if status in _GOOD else "warn"))
    return _bars(rows)


def left_open(standing: Mapping[str, Any]) -> Markup:
    """What stood open at the end, and since when."""
    rows = [
        tag(
            "tr",
            tag("th", one["what"], scope="row"),
            tag("td", one["state"]),
            tag("td", f"since {spaced(since_words(one['since_s']))}", class_="number"),
        )
        for one in standing["oldest"]
    ]
    total = tag("td", figure("half_open", standing["count"]), class_="number")
    return tag("table", tag("tbody", *rows, tag("tr", tag("th", "all", scope="row"), tag("td"), total)), class_="facts")


def captured(capture: Mapping[str, Any]) -> Markup:
    """What was read of the captures."""
    names = ("packets", "tcp_packets", "tunnelled", "flows", "established")
    facts = [(name.replace("_", " "), [figure(name, capture[name])]) for name in names if name in capture]
    facts += [
        (f"skipped, {reason}", [figure(f"skipped.{reason}", number)]) for reason, number in capture["skipped"].items()
    ]
    return _facts(facts)


def surroundings(report: "Report") -> Markup:
    """On what it ran."""
    facts = [(name, [str(value)]) for name, value in report.environment.items()]
    facts.append(("took", [f"{report.elapsed_s:,.3f} s"]))
    if report.storm.get("noise"):
        facts.append(("host noise", [noise_words(report.storm["noise"])]))
    facts += [(name, [text]) for name, text in shard_rows(report)]
    facts.append(("seed", [str(report.seed)]))
    if report.storm.get("plan"):
        facts.append(("digest of the plan", [tag("code", report.storm["plan"])]))
    return _facts(facts)


def _facts(facts: Sequence[tuple[object, Sequence[object]]]) -> Markup:
    rows = [tag("tr", tag("th", name, scope="row"), tag("td", *value, class_="number")) for name, value in facts]
    return tag("table", tag("tbody", *rows), class_="facts")


def _bars(rows: Sequence[tuple[object, str, int, str]]) -> Markup:
    """A table of counts, each with its share of all of them."""
    total = sum(number for _, _, number, _ in rows) or 1
    body = []
    for name, measure, number, kind in rows:
        share = number / total * 100
        bar = tag("i", class_=f"bar {kind}".strip(), style=f"width:{max(share, 0.4 if number else 0):.1f}%")
        told = (
            f"{share:.1f} %" if 0.05 <= share <= 99.95 or share in {0, 100} else "< 0.1 %" if share < 1 else "> 99.9 %"
        )
        cells = (tag("td", figure(measure, number), class_="number"), tag("td", told, class_="number share"))
        body.append(tag("tr", tag("th", name, scope="row"), tag("td", bar, class_="bars"), *cells))
    return tag("table", tag("tbody", *body), class_="shares")
