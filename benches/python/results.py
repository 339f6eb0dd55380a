"""RESULTS.md: one section per interpreter, replaced row by row; every other section stays as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

HEADINGS = ["id", "what", "ours", "reference", "ratio", "spread", "goal", "reached"]
TABLE = "| " + " | ".join(HEADINGS) + " |"
_RULE = "|" + "---|" * len(HEADINGS)

Cells = Sequence[str]


def title(interpreter: str) -> str:
    """The heading of an interpreter's section, such as `Goals on CPython 3.12`."""
    return f"Goals on {interpreter}"


def write_goals(path: Path, interpreter: str, intro: str, rows: Sequence[Cells]) -> None:
    """Replaces the section of an interpreter by `intro` and one table."""
    body = f"{intro.strip()}\n\n{_table(rows)}\n"
    _write_section(path, title(interpreter), body)


def merge_goals(path: Path, interpreter: str, note: str, rows: Sequence[Cells]) -> None:
    """Replaces the rows of the ids that `rows` has and leaves the others; `note` says when that was."""
    heading, ids = title(interpreter), {row[0] for row in rows}
    body = dict(_sections(path.read_text("utf-8"))).get(heading, "") if path.exists() else ""
    old = [row for row in read_rows(body) if row[0] not in ids]
    intro = body.partition(TABLE)[0].strip()
    kept = [line for line in intro.splitlines() if not any(line.startswith(f"- {name} again:") for name in ids)]
    notes = [f"- {name} again: {note}" for name in sorted(ids, key=_order)]
    between = "" if kept and kept[-1].startswith("- ") else "\n"
    intro = "\n".join(kept) + between + "\n" + "\n".join(notes)
    _write_section(path, heading, f"{intro.strip()}\n\n{_table(sorted([*old, *rows], key=_order_of))}\n")


def write_table(path: Path, heading: str, intro: str, headings: Cells, rows: Sequence[Cells]) -> None:
    """Replaces a section by `intro` and a table of other columns."""
    lines = [_line(headings), "|" + "---|" * len(headings), *map(_line, rows)]
    _write_section(path, heading, intro.strip() + "\n\n" + "\n".join(lines) + "\n")


def read_rows(body: str) -> list[list[str]]:
    """The rows of the goals' table in a section."""
    table = body.partition(TABLE)[2].splitlines()[2:]
    lines = [line for line in table if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def _table(rows: Sequence[Cells]) -> str:
    return "\n".join([TABLE, _RULE, *map(_line, rows)])


def _line(cells: Cells) -> str:
    return "| " + " | ".join(cells) + " |"


def _order_of(row: Cells) -> tuple[bool, int]:
    return _order(row[0])


def _order(goal: str) -> tuple[bool, int]:
    """Handlers (S) before applications (A), each by number."""
    found = re.search(r"\d+", goal)
    return goal.startswith("A"), int(found.group()) if found else 0


def _sections(text: str) -> list[tuple[str, str]]:
    """The document as (heading, text below it); the first has no heading."""
    pieces = re.split(r"(?m)^## (.*)\n", text)
    return [("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)]


def _write_section(path: Path, heading: str, body: str) -> None:
    sections = _sections(path.read_text("utf-8") if path.exists() else "# Bench results\n")
    body = f"\n{body.strip()}\n\n"
    names = [name for name, _ in sections]
    if heading in names:
        sections[names.index(heading)] = (heading, body)
    else:
        # New ones stand before the sections that are kept by hand, in the order of their names.
        place = next(
            (n for n, name in enumerate(names) if n and not name.startswith(("Goals", "Operations"))), len(names)
        )
        place = next((n for n, name in enumerate(names[:place]) if n and name > heading), place)
        sections.insert(place, (heading, body))
    text = "".join(f"## {name}\n{below}" if name else below.rstrip() + "\n\n" for name, below in sections)
    path.write_text(text.rstrip() + "\n", "utf-8")
