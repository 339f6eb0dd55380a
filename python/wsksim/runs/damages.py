"""Damages: where captures end early, in words."""

from typing import Any

from wsksim.wording import named

__all__ = ["damages"]


def damages(capture: dict[str, Any]) -> list[str]:
    """Where files of a capture end early; one that is read alone needs no name."""
    files = capture.get("files", ())
    if len(files) < 2:  # one, or none in a report made by hand
        packed = any(file["compression"] for file in files)
        damaged = [("the capture", damage, packed) for damage in [capture.get("damage")] if damage]
    else:
        damaged = [(named(file["file"]), file["damage"], file["compression"]) for file in files if file["damage"]]
    return [
        f"{name} ends at byte {damage['offset']:,}{' of what it unpacks to' if packed else ''}: {damage['found']}"
        for name, damage, packed in damaged
    ]
