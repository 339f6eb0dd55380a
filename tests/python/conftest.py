"""Fixtures of the Python tests: the command line, a C compiler, and the captures."""

import gc
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from zlib import crc32

import pytest

from wsksim import _native

ROOT = Path(__file__).parents[2]
INCLUDE = ROOT / "include"
EXAMPLES = ROOT / "examples"
SHIPPED = ROOT / "python" / "wsksim" / "examples"
CAPTURES = ROOT / "tests" / "vectors" / "captures"

STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]

HANDLERS = """
def good(SocketContext, Flags):
    SocketContext["flags"] = Flags
    return 0


def returns_none(SocketContext, Flags):
    return None


def raises(SocketContext, Flags):
    raise KeyError("no such thing")


def addresses(number):
    return 0


def no_context(number):
    return {}[number]


not_callable = 42
"""

C_HANDLERS = """
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "wsksim.h"

typedef struct { LONG calls; LONG flags; } CONNECTION;
static LONG calls;

NTSTATUS WSKAPI Good(PVOID SocketContext, ULONG Flags)
{
    CONNECTION *connection = (CONNECTION *)SocketContext;
    if (connection != NULL) {
        InterlockedIncrement(&connection->calls);
        connection->flags = (LONG)Flags;
    }
    return STATUS_SUCCESS;
}

NTSTATUS WSKAPI Pends(PVOID SocketContext, ULONG Flags)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    return STATUS_PENDING;
}

NTSTATUS WSKAPI Tells(PVOID SocketContext, ULONG Flags)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    if (InterlockedIncrement(&calls) == 1) fprintf(stderr, "running\\n");
    usleep(1000);
    return STATUS_SUCCESS;
}

NTSTATUS WSKAPI AbortsAtFifty(PVOID SocketContext, ULONG Flags)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    if (InterlockedIncrement(&calls) == 50) abort();
    return STATUS_SUCCESS;
}

NTSTATUS WSKAPI ReadsNull(PVOID SocketContext, ULONG Flags)
{
    UNREFERENCED_PARAMETER(SocketContext);
    return *(volatile NTSTATUS *)(ULONG_PTR)(Flags & WSK_FLAG_AT_DISPATCH_LEVEL);
}

NTSTATUS WSKAPI ExitsAtFifty(PVOID SocketContext, ULONG Flags)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    if (InterlockedIncrement(&calls) == 50) exit(7);
    return STATUS_SUCCESS;
}
"""

LIFETIMES = """
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "wsksim.h"

__attribute__((constructor)) static void leave(void)
{
    const char *code = getenv("LEAVES_WITH");
    if (code != NULL) _exit(atoi(code));
}

NTSTATUS WSKAPI Hangs(PVOID SocketContext, ULONG Flags)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    fprintf(stderr, "running %d\\n", (int)getpid());
    for (;;) pause();
}

NTSTATUS WSKAPI Leaves(PVOID SocketContext, ULONG Flags)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    _exit(130);
}

NTSTATUS WSKAPI Prints(PVOID SocketContext, ULONG Flags)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    printf("printed by C\\n");
    return STATUS_SUCCESS;
}
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def cc() -> str:
    """The C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler (cc) on this machine")
    return compiler


@pytest.fixture(scope="session")
def c_library(cc: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shared library with the handlers above."""
    return build_library(cc, tmp_path_factory.mktemp("library") / "libhandlers.so", C_HANDLERS)


@pytest.fixture(scope="session")
def lifetimes(cc: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shared library whose handlers hang, leave or print, and which leaves while it is loaded if it is told to."""
    return build_library(cc, tmp_path_factory.mktemp("library") / "liblifetimes.so", LIFETIMES)


def build_library(cc: str, library: Path, text: str) -> Path:
    """Compiles a shared library."""
    source = library.with_suffix(".c")
    source.write_text(text)
    subprocess.run([cc, "-shared", "-fPIC", f"-I{INCLUDE}", "-o", library, source], check=True)
    return library


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder with a module of Python handlers."""
    (tmp_path / "some_handlers.py").write_text(HANDLERS)
    return tmp_path


@pytest.fixture
def wsksim_command(workplace: Path) -> Run:
    """Runs the command line in the folder of the handlers."""

    def run(*arguments: object, **options: object) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "wsksim", *map(str, arguments)]
        # How wide the terminal is that the tests are run from is none of theirs.
        names = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        given = {"cwd": workplace, "capture_output": True, "text": True, "timeout": 60, "env": names, **options}
        return subprocess.run(command, check=False, **given)  # type: ignore[call-overload, no-any-return]

    return run


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of the captures with their truth."""
    if not CAPTURES.is_dir():
        pytest.skip("tests/vectors/captures is not there")
    return CAPTURES


@pytest.fixture
def world(request: pytest.FixtureRequest):
    """One subsystem with a captured client, for the tests of the contract."""
    from harness import World

    made = World(**getattr(request, "param", {}))
    yield made
    made.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """A test of the contract's section 12 that is skipped, or expected to fail, fails: it shows nothing."""
    report = yield
    if report.skipped and re.search(r"\bT-\d+\b", item.name):
        report.outcome, report.longrepr = "failed", f"{item.nodeid}: a test of the contract cannot be skipped"
        report.__dict__.pop("wasxfail", None)
    return report


@pytest.fixture
def closer():
    """A handler that closes the run's subsystem from inside, and the contexts that show it which one that is."""
    import wsksim

    opened = []

    def remember(number):
        opened[:] = [one for one in gc.get_objects() if type(one) is wsksim.Subsystem and not one.closed]
        return number

    def handler(SocketContext, Flags):
        for one in opened:
            one.close()
        return 0

    return handler, remember


# `plain` or `quick` takes the same for all of the contract's tests, as `make prove` does with either.
PATHS = os.environ.get("WSKSIM_PATHS", "drawn")
if PATHS not in ("drawn", "plain", "quick"):
    raise pytest.UsageError(
        f"WSKSIM_PATHS: asked for {PATHS!r}; give plain, quick, or drawn, which is by each test's name"
    )


@pytest.fixture(autouse=True)
def paths(request: pytest.FixtureRequest) -> Iterator[None]:
    """Subsystems of a test of the contract are plain, or quick."""
    if request.path.parent.name == "contract":
        drawn = crc32(request.node.nodeid.encode()) % 2 == 1
        _native._use_plain_paths(drawn if PATHS == "drawn" else PATHS == "plain")
    yield
    _native._use_plain_paths(False)
