"""Writes docs/contract.md: a row per rule of the contract, with where it lives in the code and which tests show it.

The rules and their statements stand in tests/vectors/rules.tsv. A rule lives in the files whose comments name it, or
in the file that its row names; a test shows the rules that its marks name. With --check nothing is written; the
difference, if there is one, is an error.
"""

import ast
import csv
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
RULES = ROOT / "tests" / "vectors" / "rules.tsv"
PAGE = ROOT / "docs" / "contract.md"
CODE = ("src/wsk", "src/network", "src/core", "src/py", "python/wsksim/wsk", "python/wsksim")
CATALOGUE = "python/wsksim/contract/rules.py"
PLACES = 3
TESTS = 4

ID = re.compile(r"\b([A-Z])-(\d+)(?: to \1-(\d+))?")

HEAD = """# The contract, rule by rule

Made by `.ci/contract_table.py` from `tests/vectors/rules.tsv`, the comments in the code and the marks of the tests; do
not edit. *Binds*: who has to keep the rule. What wsksim does when the application breaks one that binds it stands in
italics. T-numbers are the contract's own tests, in `tests/python/contract`. The statements are ours; the public Windows
driver documentation stays the authority.

| Rule | Binds | What | Where | Tests |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Row:
    """One rule.

    Attributes:
        id, binds, statement, note: as in the data file.
        places: files that carry it.
        tests: names of tests that show it, T-numbers first.
    """

    id: str
    binds: str
    statement: str
    note: str
    places: list[str]
    tests: list[str]


def named(text: str) -> set[str]:
    """The rule ids that a text names, ranges included."""
    found: set[str] = set()
    for letter, first, last in ID.findall(text):
        found.update(f"{letter}-{number}" for number in range(int(first), int(last or first) + 1))
    return found


def places() -> dict[str, list[str]]:
    """The files whose comments name each rule, the contract's own folders first."""
    found: dict[str, list[str]] = defaultdict(list)
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in {".rs", ".py"} and name != CATALOGUE:
                for rule in named(path.read_text(encoding="utf-8")):
                    if name not in found[rule]:
                        found[rule].append(name)
    return found


def tests() -> dict[str, list[str]]:
    """The tests whose marks name each rule."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests" / "python").rglob("test_*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            for mark in function.decorator_list:
                if not isinstance(mark, ast.Call):
                    continue
                called = ast.unparse(mark.func)
                values = [one.value for one in mark.args if isinstance(one, ast.Constant)]
                if called == "contract":
                    name = f"T-{values.pop(0)}"
                elif called == "pytest.mark.rule":
                    name = function.name
                else:
                    continue
                for rule in values:
                    if name not in found[str(rule)]:
                        found[str(rule)].append(name)
    return found


def rows() -> list[Row]:
    """Every rule with its places and tests."""
    where, shown = places(), tests()
    made = []
    with RULES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            files = list(dict.fromkeys([row["place"], *where[row["id"]]] if row["place"] else where[row["id"]]))
            order = sorted(shown[row["id"]], key=lambda name: (not name.startswith("T-"), len(name), name))
            made.append(Row(row["id"], row["binds"], row["statement"], row["note"], files, order))
    return made


def page() -> str:
    """The text of docs/contract.md."""
    lines = []
    for row in rows():
        what = f"{row.statement} *{row.note}*" if row.note else row.statement
        where = ", ".join(f"`{name}`" for name in row.places[:PLACES])
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
