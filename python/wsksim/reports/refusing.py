"""Refusing: a form that a report cannot be written in."""

from typing import NoReturn

from wsksim.errors import ReportError

__all__ = ["refuse"]


def refuse(asked: str, found: str, do: str) -> NoReturn:
    """Raises.

    Raises:
        ReportError: always.
    """
    raise ReportError(f"report: asked for {asked}; found that {found}; {do}")
