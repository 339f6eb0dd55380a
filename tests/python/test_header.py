"""wsksim.h compiles without a warning and says what wsksim.wsk says."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import wsksim
from conftest import INCLUDE, SHIPPED, STRICT
from wsksim import wsk

HEADER = (INCLUDE / "wsksim.h").read_text()
CONSTANTS = sorted(set(re.findall(r"^#define\s+((?:STATUS|WSK_FLAG|WSK_EVENT)_\w+|\w+_LEVEL)\s", HEADER, re.MULTILINE)))

SIZES = {
    "ULONG": 4,
    "LONG": 4,
    "NTSTATUS": 4,
    "USHORT": 2,
    "LONG64": 8,
    "ULONG64": 8,
    "PVOID": None,
    "ULONG_PTR": None,
    "SIZE_T": None,
    "PFN_WSK_DISCONNECT_EVENT": None,
}  # None: as wide as a pointer

CHECKS = """
#include <stdio.h>
#include "wsksim.h"

static LONG value;
static LONG64 wide;
#define CHECK(Call, Returned, Left) \\
    do { if ((Call) != (Returned) || value != (Left)) { printf("wrong: %s\\n", #Call); return 1; } } while (0)
#define CHECK64(Call, Returned, Left) \\
    do { if ((Call) != (Returned) || wide != (Left)) { printf("wrong: %s\\n", #Call); return 1; } } while (0)

int main(void)
{
    CHECK(InterlockedIncrement(&value), 1, 1);
    CHECK(InterlockedExchangeAdd(&value, 5), 1, 6);
    CHECK(InterlockedDecrement(&value), 5, 5);
    CHECK(InterlockedExchange(&value, 12), 5, 12);
    CHECK(InterlockedCompareExchange(&value, 7, 3), 12, 12);
    CHECK(InterlockedCompareExchange(&value, 7, 12), 12, 7);
    CHECK(InterlockedOr(&value, 8), 7, 15);
    CHECK(InterlockedAnd(&value, 6), 15, 6);
    CHECK(InterlockedXor(&value, 3), 6, 5);
    CHECK64(InterlockedIncrement64(&wide), 1, 1);
    CHECK64(InterlockedExchangeAdd64(&wide, (LONG64)1 << 40), 1, ((LONG64)1 << 40) + 1);
    CHECK64(InterlockedDecrement64(&wide), (LONG64)1 << 40, (LONG64)1 << 40);
    CHECK64(InterlockedExchange64(&wide, 12), (LONG64)1 << 40, 12);
    CHECK64(InterlockedCompareExchange64(&wide, 7, 12), 12, 7);
    CHECK64(InterlockedOr64(&wide, 8), 7, 15);
    CHECK64(InterlockedAnd64(&wide, 6), 15, 6);
    CHECK64(InterlockedXor64(&wide, 3), 6, 5);
    return NT_SUCCESS(STATUS_PENDING) && !NT_SUCCESS(STATUS_UNSUCCESSFUL) ? 0 : 2;
}
"""

LANGUAGES = [("cc", ["-std=c11"], "c"), ("c++", ["-std=c++11"], "cpp")]


@pytest.fixture(params=LANGUAGES, ids=["c", "c++"])
def build(request, tmp_path):
    """Compiles a program in one language, warnings being errors."""
    name, options, suffix = request.param
    compiler = shutil.which(name)
    if compiler is None:
        pytest.skip(f"there is no {name} on this machine")

    def compile_program(text: str) -> Path:
        source = tmp_path / f"program.{suffix}"
        source.write_text(text)
        program = tmp_path / "program"
        subprocess.run([compiler, *STRICT, *options, f"-I{INCLUDE}", "-o", program, source], check=True)
        return program

    return compile_program


def test_header_has_every_status_flag_and_event_that_a_handler_meets():
    assert {name for name in CONSTANTS if name.startswith("STATUS_")} == set(wsk.NTSTATUS.__members__)
    assert {name for name in CONSTANTS if name.startswith("WSK_EVENT_")} == set(wsk.EventMask.__members__)
    assert {name for name in CONSTANTS if name.startswith("WSK_FLAG_")} == set(wsk.DisconnectFlags.__members__)


def test_values_and_sizes_agree_with_python(build):
    lines = [f'printf("{name} %lu\\n", (unsigned long)(ULONG)({name}));' for name in CONSTANTS]
    lines += [f'printf("sizeof {name} %lu\\n", (unsigned long)sizeof({name}));' for name in (*SIZES, "void *")]
    program = build("#include <stdio.h>\n#include <wsksim.h>\nint main(void)\n{\n" + "\n".join(lines) + "\nreturn 0; }")
    printed = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    found = {name: int(value) for name, value in (line.rsplit(" ", 1) for line in printed.splitlines())}
    assert {name: found[name] for name in CONSTANTS} == {name: getattr(wsk, name) for name in CONSTANTS}
    pointer = found["sizeof void *"]
    assert {name: found[f"sizeof {name}"] for name in SIZES} == {name: SIZES[name] or pointer for name in SIZES}


def test_interlocked_functions_return_what_their_namesakes_return(build):
    assert subprocess.run([build(CHECKS)], check=False).returncode == 0


def test_header_may_be_included_twice_and_in_two_files(cc, tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.c").write_text(
            f'#include "wsksim.h"\n#include "wsksim.h"\nLONG {name}(LONG *n) {{ return InterlockedIncrement(n); }}\n'
        )
    sources = [tmp_path / "one.c", tmp_path / "two.c"]
    command = [cc, *STRICT, "-std=c11", "-shared", "-fPIC", f"-I{INCLUDE}", "-o", tmp_path / "both.so", *sources]
    subprocess.run(command, check=True)


def test_example_handler_compiles_without_a_warning(cc, tmp_path):
    command = [cc, *STRICT, "-std=c11", "-O2", "-shared", "-fPIC", f"-I{INCLUDE}", "-o", tmp_path / "driver.so"]
    subprocess.run([*command, SHIPPED / "driver.c"], check=True)


@pytest.mark.smoke
def test_header_is_in_the_installed_package():
    installed = Path(wsksim.__file__).parent / "include" / "wsksim.h"
    assert installed.read_text() == HEADER
