"""Places: the items of the code whose own comments name a rule of the contract.

An item is a function, a type, a constant, a field or a variant. It is a place of a rule when a comment in its body, or
the documentation attached to it, names the rule's id by itself. So these are none: a range such as `D-20 to D-27`; the
head of a file; the sections of a docstring (`Args:` to `Rules:`), which tell a caller what to expect and what to look
up; a string; the names of statuses; the history checker, which judges what others do.
"""

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("src/wsk", "src/network", "src/core", "src/provider", "src/c", "src/py", "python/wsksim")
LEFT_OUT = ("python/wsksim/contract/", "src/core/history/", "src/core/status.rs")

ID = re.compile(r"\b([A-Z])-(\d+)\b")
RANGE = re.compile(r"\b[A-Z]-\d+(?: to |\.{2,3}|\u2013)(?:[A-Z]-)?\d+\b")
SECTION = re.compile(
    r"^(?:Args|Attributes|Returns|Yields|Raises|Example|Examples|Note|Rules):.*", re.MULTILINE | re.DOTALL
)

ITEM = re.compile(
    r"(?:pub(?:\([^)]*\))? )?(?:default |const |async |unsafe |extern \"C\" )*"
    r"(?:fn|struct|enum|union|trait|type|const|static|mod|macro_rules!|impl(?:<[^>]*>)?(?: .* for)?) (?P<item>\w+)"
    r"|(?:pub(?:\([^)]*\))? )?(?P<member>\w+)(?:[:,({]| =|$)"
)
FUNCTION = re.compile(r"(?:pub(?:\([^)]*\))? )?(?:const |async |unsafe |extern \"C\" )*fn (?P<item>\w+)")
COMMENT = re.compile(r"(?P<code>(?:[^\"/]|\"(?:[^\"\\]|\\.)*\"|/(?!/))*)(?P<mark>///|//!|//)(?P<text>.*)")


@dataclass(frozen=True, order=True)
class Place:
    """One item that carries a rule.

    Attributes:
        file: its path from the root of the repository.
        item: its name.
    """

    file: str
    item: str


def ids(text: str) -> set[str]:
    """The rules that a comment names one by one."""
    return {f"{letter}-{number}" for letter, number in ID.findall(RANGE.sub(" ", text))}


def of_rust(source: str) -> Iterator[tuple[str, str]]:
    """Each comment of a file in Rust's own layout, with its item."""
    functions: list[tuple[int, str]] = []  # those around the line: how far each is indented, and its name
    waiting: list[str] = []  # comments that belong to the item below them
    for line in source.splitlines():
        code, mark, text = line, "", ""
        if found := COMMENT.fullmatch(line):
            code, mark, text = found["code"], found["mark"], found["text"]
        start, bare = len(code) - len(code.lstrip()), code.strip()
        if bare and functions and start <= functions[-1][0] and bare[0] in "})" and not bare.startswith(")"):
            functions.pop()
        if mark == "//" and functions:
            yield functions[-1][1], text
        elif mark in {"//", "///"} and not bare:
            waiting.append(text)
        if not bare or bare.startswith("#["):
            continue
        named = ITEM.match(bare)
        name = (named["item"] or named["member"]) if named else ""
        if mark == "//" and not functions and name:
            yield name, text
        if name:
            yield from ((name, comment) for comment in waiting)
        waiting = []
        if (function := FUNCTION.match(bare)) and not bare.endswith(("}", ";")):
            functions.append((start, function["item"]))


def of_python(source: str) -> Iterator[tuple[str, str]]:
    """Each comment and docstring of a file in Python, with its item."""
    around: list[tuple[int, int, str]] = []
    below: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            around.append((node.lineno, node.end_lineno or node.lineno, node.name))
            if text := ast.get_docstring(node):
                yield node.name, SECTION.sub("", text)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            below.append((node.end_lineno or node.lineno, ast.unparse(target)))
    below += [(first, name) for first, _, name in around]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line = token.start[0]
            inside = [one for one in around if one[0] <= line <= one[1]]
            following = min((one for one in below if one[0] >= line), default=None)
            if inside:
                yield max(inside)[2], token.string
            elif following:
                yield following[1], token.string


def places() -> dict[str, list[Place]]:
    """The places of each rule, those of the contract machine first."""
    found: dict[str, list[Place]] = defaultdict(list)
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            file = path.relative_to(ROOT).as_posix()
            if path.suffix not in {".rs", ".py"} or file.startswith(LEFT_OUT):
                continue
            read = of_rust if path.suffix == ".rs" else of_python
            for item, text in read(path.read_text(encoding="utf-8")):
                for rule in sorted(ids(text)):
                    if Place(file, item) not in found[rule]:
                        found[rule].append(Place(file, item))
    return found
