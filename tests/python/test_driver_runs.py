"""`wsksim run` of drivers in C: seeds in children, findings with file and line, crashes, what is refused."""

import json
import shutil
import sys

import pytest
from click.testing import CliRunner

from conftest import ROOT
from wsksim.cli.cc import command as cc
from wsksim.cli.run import command as run

EXAMPLES = ROOT / "examples" / "drivers"
FAULTS = ROOT / "tests" / "drivers" / "faults.c"
CRASHING = """
#include <ntddk.h>
EXTERN_C DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject) { UNREFERENCED_PARAMETER(DriverObject); }
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    *(volatile LONG *)(ULONG_PTR)16 = 1;
    return STATUS_SUCCESS;
}
"""

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not (shutil.which("clang") or shutil.which("gcc")),
    reason="SKIPPED: drivers are run on Linux, with clang or gcc",
)


def invoke(command, *arguments):
    return CliRunner().invoke(command, [str(one) for one in arguments])


def built(folder, sources, *options):
    driver = folder / "driver.so"
    done = invoke(cc, *sources, *options, "-o", driver)
    assert (done.exit_code, done.output) == (0, "")
    return driver


def test_line_server_is_silent_in_every_order(tmp_path):
    driver = built(tmp_path, [EXAMPLES / "line_server.c", EXAMPLES / "line_worker.c"])
    done = invoke(run, driver, "--seeds", "1..60", "--json")
    told = json.loads(done.output)
    assert (done.exit_code, told["findings"], told["failures"]) == (0, [], [])
    assert told["seeds"] == 60
    assert told["traces"] > 55
    again = invoke(run, driver, "--seeds", "1..60", "--json", "--jobs", "1")
    assert again.output == done.output


def test_finding_has_the_line_and_the_command_that_repeats_it(tmp_path):
    driver = built(tmp_path, [FAULTS], "-DEARLY_FREE")
    done = invoke(run, driver, "--seeds", "1..4")
    line = next(number for number, text in enumerate(FAULTS.read_text().splitlines(), 1) if "/* EARLY_FREE */" in text)
    assert done.exit_code == 1
    assert "C-14" in done.output
    assert f"faults.c:{line} in OnDisconnect" in done.output
    assert f"again wsksim run {driver} --seeds 1 --schedule explore --completions drawn" in done.output


def test_crash_is_the_outcome_of_its_seed_and_the_parent_goes_on(tmp_path):
    source = tmp_path / "crashing.c"
    source.write_text(CRASHING)
    done = invoke(run, source, "--seeds", "1..3", "--jobs", "1")
    assert done.exit_code == 1
    assert "failed the process died of SIGSEGV: 3 of 3 seeds, first 1" in done.output


def test_seeds_that_all_give_one_order_are_a_failure(tmp_path):
    source = tmp_path / "simple.c"
    source.write_text(CRASHING.replace("*(volatile LONG *)(ULONG_PTR)16 = 1;", ""))
    done = invoke(run, source, "--seeds", "1..3")
    assert done.exit_code == 1
    assert "all seeds gave one order" in done.output
    assert invoke(run, source).exit_code == 0


def test_what_is_no_driver_is_refused_in_words(tmp_path):
    other = tmp_path / "other.so"
    other.write_bytes(b"no object at all")
    done = invoke(run, other)
    assert done.exit_code == 2
    assert "it is no ELF object; build it with `wsksim cc`" in done.output
    done = invoke(run, "module:handler", "--seeds", "1..3")
    assert done.exit_code == 2
    assert "which is no driver" in done.output


def test_object_of_another_layout_is_refused(tmp_path):
    driver = built(tmp_path, [FAULTS])
    content = driver.read_bytes()
    header = (ROOT / "python/wsksim/include/km/wsksim/imports.h").read_text()
    word = int(header.split("WSKSIM_LAYOUT 0x")[1].split("ULL")[0], 16).to_bytes(8, "little")
    assert content.count(word) == 1
    driver.write_bytes(content.replace(word, bytes(8)))
    done = invoke(run, driver)
    assert done.exit_code == 2
    assert "it was built for another version of this simulator" in done.output
