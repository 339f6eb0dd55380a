"""Files of plans."""

import os
import sys
from pathlib import Path

from wsksim.errors import PlanError
from wsksim.kinds import is_path
from wsksim.plans.plan import Plan
from wsksim.wording import named, shown

__all__ = ["read_file"]

# A plan is written by people.
_MOST_BYTES = 1 << 20


def read_file(file: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> Plan:
    """Reads the plan in a file; `-` is stdin.

    Raises:
        PlanError: the file cannot be read, or holds no plan.
        TypeError: it is no name of a file.
    """
    if not is_path(file):
        raise TypeError(f"plan: asked for a Plan or the name of a file; found {shown(file)}; pass a wsksim.Plan")
    name = os.fsdecode(file)
    try:
        if name == "-":
            read = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as stream:
                read = stream.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise PlanError(f"plan {named(name)}: asked to read it; found: {found}; name a file that is there") from error
    if len(read) > _MOST_BYTES:
        raise PlanError(
            f"plan {named(name)}: asked for a plan; found more than {_MOST_BYTES:,} bytes; name another file"
        )
    try:
        return Plan.from_toml(read.decode())
    except UnicodeDecodeError as error:
        raise PlanError(
            f"plan {named(name)}: asked for TOML; found bytes that are no UTF-8 ({error}); correct them"
        ) from None
    except PlanError as error:
        raise PlanError(f"plan {named(name)}: {error}") from None
