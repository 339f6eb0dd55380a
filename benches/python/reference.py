"""Reference: compiles the C loops for this interpreter, and the Python loop that users write today."""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import sysconfig
from array import array
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]
_SOURCES = sorted((ROOT / "benches" / "reference").glob("*.c"))
_READ = [*_SOURCES, ROOT / "benches" / "reference" / "reference.h", ROOT / "include" / "wsksim.h"]


def load_reference() -> ModuleType:
    """Compiles `benches/reference` if it is not built yet and imports it.

    Raises:
        RuntimeError: there is no C compiler, or it refuses.
    """
    stamp = hashlib.sha256(sys.version.encode())
    for path in _READ:
        stamp.update(path.read_bytes())
    folder = ROOT / "build" / "bench" / f"reference-{sys.implementation.cache_tag}-{stamp.hexdigest()[:12]}"
    path = folder / "wsksim_reference.so"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _compile(path)
    loader = importlib.machinery.ExtensionFileLoader("wsksim_reference", str(path))
    spec = importlib.util.spec_from_loader("wsksim_reference", loader)
    if spec is None:
        raise RuntimeError(f"could not import {path}")
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def _compile(path: Path) -> None:
    command = [
        os.environ.get("CC", "cc"),
        *("-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-pthread"),
        f"-I{sysconfig.get_path('include')}",
        f"-I{ROOT / 'include'}",
        *map(str, _SOURCES),
        *("-o", str(path)),
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise RuntimeError(f"the reference loops need a C compiler: {error}") from error
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")


def today(
    handler: Callable[[Any, int], int], sockets: Mapping[int, Any], numbers: Iterable[int], kinds: bytes
) -> list[int]:
    """The loop that users write: look the socket up in a dict, call, look at the status."""
    failed = []
    for number, flags in zip(numbers, kinds, strict=True):
        if handler(sockets[number], flags) != 0:
            failed.append(number)
    return failed


def random_order(reference: ModuleType, count: int, seed: int = 7) -> array[int]:
    """The numbers below `count`, shuffled."""
    order = array("q", range(count))
    reference.shuffle(order, seed)
    return order
