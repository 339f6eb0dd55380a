"""The binding of a driver's object: a loader fills its table and calls it; each compiler, language and sanitizer."""

import os
import re
import shutil
import subprocess

import pytest
from click.testing import CliRunner

from conftest import ROOT
from wsksim.cli.cc import command
from wsksim.compiling.compilers import find_compiler
from wsksim.compiling.flags import KM
from wsksim.compiling.refusing import CompilingError

DRIVERS = ROOT / "tests" / "drivers"
SANITIZERS = ["address", "thread", "undefined"]
PRINTED = r"""\Registry\Machine\Driver wide 4294967295 7 10000000000 0000000000001234 C0000001|-5  |   ab|
count/1 0
bind 42
lock c0000005
finally 1
caught
left
set 0
type 1
capture c00000a3
called from DriverEntry
entry 0x00000000
unload
"""

FAULTS = """
#include <ntddk.h>
EXTERN_C DRIVER_INITIALIZE DriverEntry;
static LONG Shared;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PLONG number = (PLONG)ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(LONG), 'tluF');
    UNREFERENCED_PARAMETER(DriverObject);
    *number = RegistryPath->Length;
#ifdef FREED
    ExFreePoolWithTag(number, 'tluF');
    Shared += *number; /* HERE */
#else
    Shared = 1 << *number; /* HERE */
    ExFreePoolWithTag(number, 'tluF');
#endif
    return STATUS_SUCCESS;
}
"""


def cc(*arguments):
    """Runs `wsksim cc` here."""
    return CliRunner().invoke(command, [str(one) for one in arguments])


@pytest.fixture(params=["gcc", "clang"])
def compiler(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"SKIPPED: there is no {request.param} on this machine; install it to check the binding with it")
    return request.param


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    """A loader without a simulator: tests/drivers/runner.c."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("SKIPPED: there is neither gcc nor clang on this machine")
    program = tmp_path_factory.mktemp("runner") / "runner"
    flags = [
        "-std=gnu17",
        "-nostdinc",
        "-fshort-wchar",
        "-fms-extensions",
        "-mms-bitfields",
        "-Wall",
        "-Wextra",
        "-Werror",
    ]
    folders = ["-isystem", KM, "-isystem", KM / "crt"]
    subprocess.run([compiler, *flags, *folders, DRIVERS / "runner.c", "-o", program, "-ldl"], check=True)
    return program


def run(runner, driver, sanitizer=None):
    """Loads a driver. The runtime of its sanitizer, which the object names, comes first."""
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:exitcode=9", "TSAN_OPTIONS": "exitcode=9"}
    if sanitizer is not None:
        words = re.search(rb"wsksim-driver 1\n(.*?)\n\0", driver.read_bytes(), re.DOTALL)[1].decode()
        told = dict(line.split("=", 1) for line in words.splitlines())
        assert told["sanitizer"] == sanitizer
        environment["LD_PRELOAD"] = told["runtime"]
    return subprocess.run([runner, driver], env=environment, check=False, capture_output=True, text=True)


def needs(sanitizer, compiler):
    """Skips what this machine's compiler cannot do."""
    try:
        find_compiler(compiler, sanitizer)
    except CompilingError as error:
        pytest.skip(f"SKIPPED: {error}")


@pytest.mark.slow
@pytest.mark.parametrize("sanitizer", [None, *SANITIZERS])
@pytest.mark.parametrize("suffix", ["c", "cpp"])
def test_object_is_loaded_bound_and_called(runner, compiler, suffix, sanitizer, tmp_path):
    if sanitizer is not None:
        needs(sanitizer, compiler)
    source, driver = tmp_path / f"binding.{suffix}", tmp_path / "binding.so"
    shutil.copy(DRIVERS / "binding.c", source)
    asked = [] if sanitizer is None else ["--sanitize", sanitizer]
    done = cc("--compiler", compiler, *asked, "-Wall", source, "-o", driver)
    assert (done.exit_code, done.output) == (0, "")
    ran = run(runner, driver, sanitizer)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, PRINTED, "")


FORMATS = """[-1 2 4294967295 abc ABC 10]
[-1 4294967295 ff -1 1]
[-1 10000000000 7 ff -2 3 4 5]
[   42|42   |00042|+42| 42|042|0xff|   7|7   |]
[a|b|c|d|e|lo|     r|l     |]
[wid|ans|xy|%|00000000000000AB]
[(null)|(null)|<f>|00001234|cu]
entry 0x00000000
"""


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["c", "cpp"])
def test_what_the_headers_compute_means_what_it_means_in_windows(runner, compiler, suffix, tmp_path):
    source, driver = tmp_path / f"meanings.{suffix}", tmp_path / "meanings.so"
    shutil.copy(DRIVERS / "meanings.c", source)
    done = cc("--compiler", compiler, "-Wall", "-Wno-multichar", source, "-o", driver)
    assert (done.exit_code, done.output) == (0, "")
    ran = run(runner, driver)
    assert (ran.returncode, ran.stdout) == (0, FORMATS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sanitizer", "define", "says"),
    [("address", "FREED", "heap-use-after-free"), ("undefined", "SHIFTED", "shift exponent")],
)
def test_planted_fault_is_reported_with_its_line(runner, compiler, sanitizer, define, says, tmp_path):
    needs(sanitizer, compiler)
    source, driver = tmp_path / "faults.c", tmp_path / "faults.so"
    source.write_text(FAULTS)
    line = next(
        number
        for number, text in enumerate(FAULTS.splitlines(), 1)
        if "HERE" in text and (define == "FREED") == ("+=" in text)
    )
    assert cc("--compiler", compiler, "--sanitize", sanitizer, f"-D{define}", source, "-o", driver).exit_code == 0
    ran = run(runner, driver, sanitizer)
    assert says in ran.stderr
    assert f"faults.c:{line}" in ran.stderr


def test_object_shows_four_names_and_binds_its_own_to_itself(compiler, tmp_path):
    if shutil.which("nm") is None:
        pytest.skip("SKIPPED: there is no nm on this machine")
    driver = tmp_path / "binding.so"
    assert cc("--compiler", compiler, DRIVERS / "binding.c", "-o", driver).exit_code == 0
    listed = subprocess.run([shutil.which("nm"), "-D", driver], check=True, capture_output=True, text=True).stdout
    shown = {line.split()[-1] for line in listed.splitlines() if re.match(r"[0-9a-f]+ [A-Z] ", line)}
    assert shown == {"DriverEntry", "wsksim_driver", "wsksim_imports", "wsksim_layout"}
    assert "bind" not in listed


def test_loader_refuses_an_object_of_another_layout(runner, compiler, tmp_path):
    driver = tmp_path / "binding.so"
    assert cc("--compiler", compiler, DRIVERS / "binding.c", "-o", driver).exit_code == 0
    word = re.search(r"WSKSIM_LAYOUT 0x(\w+)ULL", (KM / "wsksim" / "imports.h").read_text())[1]
    content = driver.read_bytes()
    little = int(word, 16).to_bytes(8, "little")
    assert content.count(little) == 1
    driver.write_bytes(content.replace(little, bytes(8)))
    ran = run(runner, driver)
    assert (ran.returncode, ran.stdout) == (2, "not a driver of this layout\n")
