"""Imports of the package: none hides inside a function, and no two modules stand on each other.

An import inside a function is allowed for the time that it spares a start, which its line names; `python -X importtime`
tells the milliseconds.
"""

import ast
import re

import pytest

from conftest import ROOT

PACKAGE = ROOT / "python" / "wsksim"
FILES = sorted(PACKAGE.rglob("*.py"))
REASON = re.compile(r"# start-up: \d+ ms\b")


def module_of(file):
    parts = ("wsksim", *file.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in FILES}


def imports(tree):
    """Every import that runs, with whether it stands inside a function."""

    def visit(node, inside):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            below = node.orelse
        else:
            below = ast.iter_child_nodes(node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, inside
        function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for child in below:
            yield from visit(child, inside or function)

    return visit(tree, inside=False)


def unexplained(text):
    """The imports inside functions whose line names no cost."""
    lines = text.splitlines()
    found = [node for node, inside in imports(ast.parse(text)) if inside]
    return [lines[node.lineno - 1].strip() for node in found if not REASON.search(lines[node.lineno - 1])]


def named(node):
    """The modules of the package that an import names."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names} & MODULES.keys()
    inner = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
    return inner or {node.module} & MODULES.keys()


def circle(graph):
    """Modules of which each imports the next, and the last the first; nothing if there are none."""
    done, path = set(), []

    def walk(module):
        if module in path:
            return path[path.index(module) :]
        if module in done:
            return []
        path.append(module)
        for other in sorted(graph[module]):
            if found := walk(other):
                return found
        done.add(path.pop())
        return []

    return next(filter(None, map(walk, sorted(graph))), [])


@pytest.mark.parametrize("file", FILES, ids=map(module_of, FILES))
def test_import_inside_a_function_names_the_start_that_it_spares(file):
    assert unexplained(file.read_text(encoding="utf-8")) == []


def test_no_two_modules_import_each_other_even_inside_functions():
    graph = {module: set() for module in MODULES}
    for module, file in MODULES.items():
        for node, _ in imports(ast.parse(file.read_text(encoding="utf-8"))):
            graph[module] |= named(node) - {module}
    assert "wsksim.wsk.functions.data" in graph["wsksim.wsk.functions.tables"]
    assert circle(graph) == []


def test_the_two_checks_find_what_they_look_for():
    text = "def one():\n    import re\n    import ast  # start-up: 3 ms\n    if re:\n        import io  # soon\n"
    assert unexplained(text) == ["import re", "import io  # soon"]
    assert unexplained("if TYPE_CHECKING:\n    import re\n") == []
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
    assert named(ast.parse("from wsksim import _native, wording").body[0]) == {"wsksim.wording"}
    assert named(ast.parse("from wsksim.wsk.objects.irp import IRP").body[0]) == {"wsksim.wsk.objects.irp"}
