"""Environment: on what a run ran, which its times depend on."""

import os
import platform
import sys

from wsksim._native import BUILD_PROFILE, __version__

__all__ = ["environment"]


def environment() -> dict[str, str | int]:
    """What a report says about the machine and the software; nothing that names the machine or its user."""
    return {
        "wsksim": f"{__version__}{'' if BUILD_PROFILE == 'release' else f' ({BUILD_PROFILE} build)'}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}".strip(),
        "processors": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1,
    }
