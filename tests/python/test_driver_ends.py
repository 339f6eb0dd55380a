"""Runs of drivers that never end, end their process, or fork: nothing is left of them, and none is a success."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import wsksim
from wsksim.cli.cc import command as cc

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="drivers are run on Linux")

DRIVER = """
#include <ntddk.h>
extern void exit(int);
extern int fork(void), setsid(void);
extern unsigned sleep(unsigned);
EXTERN_C DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject) { UNREFERENCED_PARAMETER(DriverObject); }
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    LARGE_INTEGER Wait;
    Wait.QuadPart = -10000;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    switch (%s) {
    case 'C': for (;;) ;
    case 'S': for (;;) KeDelayExecutionThread(KernelMode, FALSE, &Wait);
    case 'E': exit(0);
    case 'F': if (fork() == 0) { setsid(); sleep(1000); }
    }
    return STATUS_SUCCESS;
}
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    """Builds a driver by its letter."""
    if not (shutil.which("clang") or shutil.which("gcc")):
        pytest.skip("there is no compiler")
    folder = tmp_path_factory.mktemp("ends")

    def make(letter):
        made, source = folder / f"{letter}.so", folder / f"{letter}.c"
        if not made.exists():
            source.write_text(DRIVER % f"'{letter}'")
            done = CliRunner().invoke(cc, [str(source), "-o", str(made)])
            assert done.exit_code == 0, done.output
        return made

    return make


def processes(mark):
    """Which processes have this in their environment."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and mark.encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def started(driver, *options):
    mark = f"WSKSIM_TEST={os.urandom(8).hex()}"
    name, _, value = mark.partition("=")
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(driver), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, name: value},
        start_new_session=True,
    )
    return process, mark


# A shell may have this process ignore Ctrl-C, and what it starts.
START = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from wsksim.__main__ import main
sys.argv[1:1] = ["run"]
main()
"""


def gone(mark):
    deadline = time.monotonic() + 20
    while processes(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not processes(mark)


@pytest.mark.parametrize("letter", ["C", "S"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_driver_that_never_ends_is_left_at_the_first_signal(driver, letter, number, code):
    process, mark = started(driver(letter), "--seeds", "1..40", "--jobs", "2")
    while len(processes(mark)) < 3:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(number)
    try:
        said = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == code, said
    assert gone(mark)


@pytest.mark.parametrize("options", [[], ["--seeds", "1..3", "--jobs", "2"]])
def test_a_driver_that_ends_its_process_fails_its_seed(driver, options):
    process, mark = started(driver("E"), *options, "--json")
    output, errors = process.communicate(timeout=60)
    told = json.loads(output)
    assert (process.returncode, told["driver"]["seeds"]) == (1, 3 if options else 1), errors
    assert "the driver ended the process, with exit code 0" in json.dumps(told["failures"])
    assert gone(mark)


def test_what_a_driver_forks_ends_with_the_run(driver):
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        process, mark = started(driver("F"), "--seeds", "1..4", "--jobs", "2")
        output, errors = process.communicate(timeout=60)
        assert process.returncode in {0, 1}, errors
        assert "4 seeds" in output
        assert gone(mark)
        # Of a program's own children none is touched.
        wsksim.Driver(driver("F")).run(seeds=range(1, 3), jobs=2)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
