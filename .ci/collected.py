"""A pytest plugin: writes which rules the tests that pytest would run show, for contract_table.py.

A test of the contract's section 12 goes by its number, any other by its name. One that is marked to be skipped, always
or somewhere, or to fail, shows nothing.
"""

import json
import os
import re
from pathlib import Path

import pytest

NUMBER = re.compile(r"\[(?:.*-)?(T-\d+)(?:-.*)?\]")
VOID = ("skip", "skipif", "xfail")


def name_of(item: pytest.Item) -> str:
    """T-number, or name without parameters."""
    numbered = NUMBER.search(item.name)
    return numbered[1] if numbered else getattr(item, "originalname", item.name)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Writes them once everything is collected."""
    found: dict[str, list[str]] = {}
    for item in session.items:
        if any(item.get_closest_marker(mark) for mark in VOID):
            continue
        for mark in item.iter_markers("rule"):
            for rule in mark.args:
                names = found.setdefault(rule, [])
                if name_of(item) not in names:
                    names.append(name_of(item))
    Path(os.environ["WSKSIM_COLLECTED"]).write_text(json.dumps(found), encoding="utf-8")
