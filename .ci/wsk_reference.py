"""Writes docs/wsk.md: every function and structure of wsksim.wsk, with a link to Microsoft's page about it.

What it says comes from the docstrings: their first sentence, and the pages that their last line names. With --check
nothing is written; the difference, if there is one, is an error.
"""

import enum
import inspect
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import wsksim
from wsksim import wsk
from wsksim.contract.pages import url_of

PAGE = Path(__file__).parents[1] / "docs" / "wsk.md"
NAMED = re.compile(r"\bpages? ((?:[a-z0-9]+(?:-\w+)+(?:, | and )?)+)")

HEAD = """# The words of `wsksim.wsk`

Made by `.ci/wsk_reference.py` from the docstrings; do not edit. `help(wsksim.wsk.WskSend)` shows the whole docstring:
arguments, statuses, IRQL and rules. How far each is simulated, and where Python differs from C, is in
[simulated.md](simulated.md). The pages are Microsoft's, and they stay the authority.
"""


def row(name: str, thing: object) -> str:
    """One line of a table."""
    text = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    sentence = text.split(": ", 1)[1]
    pages = [page for found in NAMED.findall(inspect.getdoc(thing) or "") for page in re.split(r", | and ", found)]
    links = ", ".join(f"[{page}]({url_of(page)})" for page in dict.fromkeys(pages) if page)
    return f"| `{name}` | {sentence[0].upper()}{sentence[1:]} | {links} |\n"


def table(title: str, things: Iterable[tuple[str, object]]) -> str:
    """A section with its table."""
    head = f"\n## {title}\n\n| name | what it is | page |\n|---|---|---|\n"
    return head + "".join(row(name, thing) for name, thing in things)


def page() -> str:
    """The text of docs/wsk.md."""
    public = [(name, getattr(wsk, name)) for name in sorted(wsk.__all__)]
    classes = [(name, one) for name, one in public if inspect.isclass(one)]
    registering = [(name, getattr(wsksim.Subsystem, name)) for name in dir(wsksim.Subsystem) if name.startswith("Wsk")]
    return (
        HEAD
        + table("Registering: methods of a subsystem", registering)
        + table("Functions", [(name, one) for name, one in public if inspect.isfunction(one)])
        + table("Structures", [(name, one) for name, one in classes if not issubclass(one, enum.Enum)])
        + table("Views of numbers", [(name, one) for name, one in classes if issubclass(one, enum.Enum)])
    )


def main() -> int:
    """Writes the page, or with --check compares it."""
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print("docs/wsk.md is out of date; run python .ci/wsk_reference.py", file=sys.stderr)  # noqa: T201
        return 1
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
