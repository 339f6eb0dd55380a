"""Writes docs/contract.md: a row per rule of the contract, with where it lives in the code and which tests show it.

The rules and their statements stand in src/contract/rules.tsv. A rule lives in the items of the code whose own
comments name it (places.py); a test that pytest collects, and would run, shows the rules that its marks name
(collected.py). With --check nothing is written; the difference, if there is one, is an error.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from places import ROOT, Place, places

RULES = ROOT / "src" / "contract" / "rules.tsv"
PAGE = ROOT / "docs" / "contract.md"
PLACES = 3
TESTS = 4

HEAD = """# The contract, rule by rule

Made by `.ci/contract_table.py` from `src/contract/rules.tsv`, the comments in the code and the marks of the tests; do
not edit. `wsksim explain D-8` prints a rule with the addresses of Microsoft's pages.

*Binds*: who has to keep the rule. What wsksim does when the application breaks one that binds it, or why that cannot be
seen, stands in italics. *Where*:
items of the code whose own comment names the rule. T-numbers are the contract's own tests, in `tests/python/contract`;
none of them may be skipped. The statements are ours; the public Windows driver documentation stays the authority.

| Rule | Binds | What | Where | Tests |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """One rule.

    Attributes:
        id, binds, statement, note, pending: as in the data file.
        places: items of the code that carry it.
        tests: names of tests that show it, T-numbers first.
    """

    id: str
    binds: str
    statement: str
    note: str
    pending: str
    places: list[Place]
    tests: list[str]


def tests() -> dict[str, list[str]]:
    """The tests whose marks name each rule, as pytest itself collects them."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "collected.json"
        paths = [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
        variables = {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "WSKSIM_COLLECTED": str(answer)}
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "collected", "-p", "no:cacheprovider"]
        done = subprocess.run(  # noqa: S603 - our own tests
            command, cwd=ROOT, env={**os.environ, **variables}, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise RuntimeError(f"pytest could not collect the tests:\n{done.stdout}{done.stderr}")
        return defaultdict(list, json.loads(answer.read_text(encoding="utf-8")))


def rows() -> list[Row]:
    """Every rule with its places and tests."""
    where, shown = places(), tests()
    made = []
    with RULES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            order = sorted(shown[row["id"]], key=lambda name: (not name.startswith("T-"), len(name), name))
            made.append(
                Row(row["id"], row["binds"], row["statement"], row["note"], row["pending"], where[row["id"]], order)
            )
    return made


def page(made: list[Row] | None = None) -> str:
    """The text of docs/contract.md."""
    lines = []
    for row in made or rows():
        what = f"{row.statement} *{row.note}*" if row.note else row.statement
        what += f" **{row.pending}**" if row.pending else ""
        where = ", ".join(f"`{place.file}` (`{place.item}`)" for place in row.places[:PLACES])
        shown = ", ".join(name if name.startswith("T-") else f"`{name}`" for name in row.tests[:TESTS])
        lines.append(f"| {row.id} | {row.binds} | {what} | {where} | {shown} |\n")
    return HEAD + "".join(lines)


def main() -> int:
    """Writes the page, or with --check compares it."""
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print("docs/contract.md is out of date; run python .ci/contract_table.py", file=sys.stderr)  # noqa: T201
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
