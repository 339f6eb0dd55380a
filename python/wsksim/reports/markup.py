"""Markup: HTML and SVG built from elements, in which every text is escaped that is no element itself."""

from typing import Final

from wsksim.reports.plain import plain

__all__ = ["Markup", "join", "tag"]

_ESCAPES: Final = {
    ord(mark): name for mark, name in zip("&<>\"'", ("&amp;", "&lt;", "&gt;", "&quot;", "&#39;"), strict=True)
}
# Elements of HTML that have no end, and those of SVG that are closed at once.
_VOID: Final = frozenset({"meta"})
_CLOSED: Final = frozenset({"circle", "line", "path", "rect"})


class Markup(str):
    """Text that is HTML already: made by `tag`, or of our own."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """Returns an element.

    Args:
        name: its name.
        children: elements, and anything else as text; what is None is left out.
        attributes: by name, with `_` for `-` and at the end for Python's own words; what is None is left out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{given}>")
    if name in _CLOSED and not children:
        return Markup(f"<{name}{given}/>")
    return Markup(f"<{name}{given}>{join(*children)}</{name}>")


def join(*children: object) -> Markup:
    """Returns elements and texts, one behind the other."""
    return Markup(
        "".join(child if isinstance(child, Markup) else _escaped(child) for child in children if child is not None)
    )


def _escaped(value: object) -> str:
    return plain(str(value)).translate(_ESCAPES)
