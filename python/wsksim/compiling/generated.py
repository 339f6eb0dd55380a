"""Headers that are made for a driver: of WPP, of the compiler of manifests, and by names as Windows finds them."""

from pathlib import Path
from typing import Final

from wsksim.compiling.scanning import Scan

__all__ = ["generate"]

# As many steps as an include may go up from the folder of what is made.
_DEPTH: Final = 6

_TRACE: Final = """/*
 * {name}: made by `wsksim cc` in the place of WPP. What is traced is checked by the compiler and goes nowhere.
 */
#ifndef WSKSIM_TRACES
#define WSKSIM_TRACES
#include <evntrace.h>
static __inline void wsksim_traced(int None, ...)
{{
    (void)None;
}}
#define WSKSIM_TRACE(...) (0 ? wsksim_traced(0, ##__VA_ARGS__) : (void)0)
#define WPP_INIT_TRACING(...) WSKSIM_TRACE(__VA_ARGS__)
#define WPP_CLEANUP(...) WSKSIM_TRACE(__VA_ARGS__)
#define WPP_SYSTEMCONTROL(...) ((void)0)
#define WPP_RECORDER_INITIALIZE(...) ((void)0)
#ifndef DoTraceMessage
#define DoTraceMessage(Flags, ...) WSKSIM_TRACE(__VA_ARGS__)
#endif
{functions}#endif
"""

_EVENTS: Final = """/*
 * {name}: made by `wsksim cc` in the place of the compiler of manifests. Nobody listens to the events.
 */
#ifndef WSKSIM_EVENTS
#define WSKSIM_EVENTS
#include <evntrace.h>
static __inline ULONG wsksim_written(ULONG None, ...)
{{
    return None;
}}
{functions}#endif
"""


def _function(name: str, before: int | None) -> str:
    if before is None:
        return f"#define {name}(...) ((void)0)\n"
    parameters = "".join(f"P{number}, " for number in range(before))
    return f"#define {name}({parameters}...) WSKSIM_TRACE(__VA_ARGS__)\n"


def _writer(name: str) -> str:
    return f"#define {name}(...) wsksim_written(0 && wsksim_written(0, ##__VA_ARGS__))\n"


def generate(scan: Scan, folder: Path, *, translates: bool) -> tuple[Path, list[str]]:
    """Writes the headers; returns the folder to search, and what is to be told about them.

    Args:
        scan: what the driver's files ask for.
        folder: of everything that is made; a few folders below it is the one to search, so that includes may go up.
        translates: whether the compiler finds names with backslashes by itself.
    """
    search = folder.joinpath(*["up"] * _DEPTH)
    search.mkdir(parents=True, exist_ok=True)
    for written, meant in scan.spelled.items():
        name = written.replace("\\", "/") if translates else written
        _write(search / name, f'#include "{meant.as_posix()}"\n', folder)
    functions = "".join(_function(*one) for one in sorted(scan.functions.items()))
    for name in scan.traces:
        _write(search / name, _TRACE.format(name=name, functions=functions), folder)
    writers = "".join(map(_writer, sorted(scan.writers)))
    for name in scan.events:
        _write(search / name, _EVENTS.format(name=name, functions=writers), folder)
    told = []
    if scan.traces:
        told.append(f"{', '.join(scan.traces)}: made in the place of WPP, {len(scan.functions)} functions of tracing")
    if scan.events:
        names = ", ".join(scan.events)
        told.append(f"{names}: made in the place of the compiler of manifests, {len(scan.writers)} functions of events")
    return search, told


def _write(path: Path, text: str, within: Path) -> None:
    """Writes a file, unless an include goes further up than what is made."""
    if not path.resolve().is_relative_to(within.resolve()):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
