"""Repeating: the call that makes a run again which Python began."""

from collections.abc import Mapping
from typing import Any

__all__ = ["repeating_call"]


def repeating_call(verb: str, handler: str, options: Mapping[str, Any], seed: int, obstacle: str) -> str:
    """The call that repeats a run; if something stands in its way, what to do about that.

    Args:
        verb: `run` or `replay`.
        handler: name of the handler.
        options: what the run was asked for.
        seed: its seed.
        obstacle: what has to be done before a call can be written down; empty if nothing.
    """
    named = "the same handler" if obstacle else repr(handler)
    given = {**options, "seed": seed}
    # What a plan holds although nobody asked for it, and what may not be asked for without something else.
    if given.get("rate") is None:
        left_out = {"arrivals", "burst", *(() if given.get("sample") else ("sample",))}
    else:
        left_out = set() if given.get("arrivals") == "burst" else {"burst"}
    left_out |= {"captures", "file", "files", *(() if given.get("filters") else ("filters",))}
    files = given.get("files", [])
    places = [repr(files[0] if len(files) == 1 else files)] if files else []
    told = [f"{name}={value!r}" for name, value in given.items() if value is not None and name not in left_out]
    call = f"wsksim.{'storm' if verb == 'run' else verb}({', '.join([*places, named, *told])})"
    return f"{obstacle}: then {call}" if obstacle else call
