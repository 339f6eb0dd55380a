"""Stories: each finding as one is told: what the contract asks, what was found, where, when, what to do, how again."""

from typing import Final

from wsksim.contract import Finding
from wsksim.contract.rules import BY_ID
from wsksim.reports.markup import Markup, join, tag
from wsksim.reports.words import count

__all__ = ["stories"]

_TOLD: Final = 20
_MOST_LETTERS: Final = 4_000


def stories(findings: tuple[Finding, ...]) -> Markup:
    """The first findings as stories, the others as one line each."""
    rest = findings[_TOLD:]
    more = [
        tag(
            "tr", tag("td", tag("b", one.rule)), tag("td", one.condition), tag("td", tag("code", one.site)), _times(one)
        )
        for one in rest
    ]
    table = tag("div", tag("table", tag("tbody", *more)), class_="scroll") if rest else None
    return join(*map(_story, findings[:_TOLD]), table)


def _times(finding: Finding) -> Markup:
    return tag("td", count(finding.count, "time"), class_="number")


def _story(finding: Finding) -> Markup:
    note = finding.kind == "note"
    head = tag(
        "header",
        tag("b", finding.rule, class_="badge note" if note else "badge bad"),
        tag("h3", finding.condition.rstrip(".")),
        tag("span", "note" if note else f"found {count(finding.count, 'time')}", class_="times"),
    )
    rows = [("Found", finding.found)]
    rows += [("Of", join(finding.socket, tag("code", finding.context, class_="context")))] if finding.socket else []
    if finding.kind == "choice":
        rows.append(("Mark", "a choice of wsksim's: the documentation leaves the point open"))
    rows += _where(finding)
    rows.append(("When", finding.when))
    rows += [("Do", tag("strong", finding.advice))] if finding.advice else []
    rows.append(("Again", tag("pre", tag("code", finding.again))))
    rows.append(("More", _pages(finding.rule)))
    told = [part for name, text in rows for part in (tag("dt", name), tag("dd", text))]
    return tag("article", head, tag("dl", *told), _traceback(finding.traceback), class_="story")


def _where(finding: Finding) -> list[tuple[str, Markup]]:
    def place(site: str, function: str) -> Markup:
        return join(tag("code", site or function), f" in {function}" if site and function else None)

    if not (finding.site or finding.function):
        return []
    rows = [("Where", place(finding.site, finding.function))]
    if finding.other_function and finding.other_function != finding.function:
        rows.append(("From", place(finding.other_site, finding.other_function)))
    return rows


def _pages(name: str) -> Markup:
    rule = BY_ID.get(name)
    links = [] if rule is None else [tag("a", "Microsoft's page", href=url, rel="noreferrer") for url in rule.urls[:1]]
    return join(tag("code", f"wsksim explain {name}"), *(join(" · ", link) for link in links))


def _traceback(text: str) -> Markup | None:
    if not text:
        return None
    cut = text if len(text) <= _MOST_LETTERS else f"…\n{text[-_MOST_LETTERS:]}"
    return tag("details", tag("summary", "Traceback"), tag("pre", cut))
