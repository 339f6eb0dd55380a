"""`wsksim run` of drivers in C: seeds in children, findings with file and line, crashes, what is refused."""

import json
import shutil
import sys

import pytest
from click.testing import CliRunner

import wsksim
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

CRASH = "*(volatile LONG *)(ULONG_PTR)16 = 1;"

# The mistake, and the rule that it breaks.
MISTAKES = [
    pytest.param("LEAK", "K-1", marks=pytest.mark.rule("K-1")),
    pytest.param("DOUBLE_FREE", "K-2", marks=pytest.mark.rule("K-2")),
    pytest.param("WRONG_TAG", "K-3", marks=pytest.mark.rule("K-3")),
    pytest.param("IRP_LEFT", "K-4", marks=pytest.mark.rule("K-4")),
    pytest.param("LOCK_TWICE", "K-5", marks=pytest.mark.rule("K-5")),
    pytest.param("UNINITIALIZED", "K-6", marks=pytest.mark.rule("K-6")),
    pytest.param("DEADLOCK", "K-7", marks=pytest.mark.rule("K-7")),
    pytest.param("THREAD_LEFT", "K-8", marks=pytest.mark.rule("K-8")),
    pytest.param("NO_UNLOAD", "K-9", marks=pytest.mark.rule("K-9")),
    pytest.param("EARLY_FREE", "C-14", marks=pytest.mark.rule("C-14")),
]


@pytest.fixture(autouse=True)
def needs():
    """Skips where no driver can be built and run."""
    if sys.platform != "linux" or not (shutil.which("clang") or shutil.which("gcc")):
        pytest.skip("SKIPPED: drivers are run on Linux, with clang or gcc")


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """The driver that makes a mistake, by its name; without one it makes none."""
    return mistaken(tmp_path_factory.mktemp("faulty"), FAULTS)


def mistaken(folder, source):
    content = built(folder, [source]).read_bytes()
    none = b"MISTAKE=NONE                    "
    assert content.count(none) == 1

    def make(mistake):
        driver = folder / f"{mistake.lower()}.so"
        driver.write_bytes(content.replace(none, f"MISTAKE={mistake:<24}".encode()))
        return driver

    return make


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
    assert (done.exit_code, told["finding_list"], told["failures"]) == (0, [], [])
    assert told["driver"]["seeds"] == 60
    assert told["driver"]["orders"] > 55
    again = json.loads(invoke(run, driver, "--seeds", "1..60", "--json", "--jobs", "1").output)
    timed = ("began", "elapsed_s", "rate")
    assert {**again, **dict.fromkeys(timed)} == {**told, **dict.fromkeys(timed)}


@pytest.mark.parametrize(("mistake", "rule"), MISTAKES)
def test_mistake_is_found_with_its_line_and_what_repeats_it(faulty, mistake, rule):
    driver = faulty(mistake)
    done = invoke(run, driver, "--seeds", "1..2", "--json")
    told = json.loads(done.output)
    assert done.exit_code == 1
    finding = next(one for one in told["finding_list"] if one["rule"] == rule)
    assert "faults.c:" in finding["site"]
    lines = FAULTS.read_text().splitlines()
    marked = [number for number, text in enumerate(lines, 1) if text.endswith(f"/* {mistake} */")]
    assert all(finding["site"].endswith(f"faults.c:{line}") for line in marked)
    modes = "--peers 4 --schedule explore --completions drawn --irql passive"
    assert finding["again"].startswith(f"wsksim run {driver} {modes} --seeds 1")
    assert finding["context"] == ""
    assert "; context" not in str(wsksim.Finding.from_dict(finding))
    if mistake in {"DOUBLE_FREE", "WRONG_TAG", "LOCK_TWICE"}:
        assert "faults.c:" in finding["other_site"]


# One mistake for each rule of locks, timers, work and lists; tests/rust/kernel has them all.
OF_KERNEL = [
    pytest.param("locks", "MUTEX_LEFT", "K-10", marks=pytest.mark.rule("K-10")),
    pytest.param("locks", "HELD_FREED", "K-11", marks=pytest.mark.rule("K-11")),
    pytest.param("work", "TIMER_LEFT", "K-12", marks=pytest.mark.rule("K-12")),
    pytest.param("locks", "NO_REGION", "K-13", marks=pytest.mark.rule("K-13")),
    pytest.param("locks", "RUNDOWN_TWICE", "K-14", marks=pytest.mark.rule("K-14")),
    pytest.param("work", "PUSHED_TWICE", "K-15", marks=pytest.mark.rule("K-15")),
]


@pytest.mark.parametrize(("file", "mistake", "rule"), OF_KERNEL)
def test_mistake_with_what_the_kernel_keeps_is_found_and_its_twin_is_not(tmp_path, file, mistake, rule):
    make = mistaken(tmp_path, FAULTS.with_name(f"{file}.c"))
    told = json.loads(invoke(run, make(mistake), "--peers", "0", "--json").output)
    assert rule in {one["rule"] for one in told["finding_list"]}
    twin = invoke(run, make("NONE"), "--peers", "0", "--json")
    assert (twin.exit_code, json.loads(twin.output)["finding_list"]) == (0, [])


NESTED = """
static DECLSPEC_NOINLINE VOID Free(PVOID Memory)
{
    ExFreePool(Memory);
    KeQueryInterruptTime();
}
static DECLSPEC_NOINLINE VOID Twice(VOID)
{
    PVOID memory = ExAllocatePoolWithTag(NonPagedPoolNx, 8, 'tseN');
    Free(memory);
    Free(memory);
    KeQueryInterruptTime();
}
"""


@pytest.mark.parametrize("compiler", ["clang", "gcc"])
def test_finding_has_the_callers_of_its_function(tmp_path, compiler):
    if shutil.which(compiler) is None:
        pytest.skip(f"SKIPPED: there is no {compiler} on this machine")
    source = tmp_path / "nested.c"
    source.write_text(CRASHING.replace("NTSTATUS Driver", f"{NESTED}NTSTATUS Driver").replace(CRASH, "Twice();"))
    driver = built(tmp_path, [source], "--compiler", compiler)
    finding = json.loads(invoke(run, driver, "--json").output)["finding_list"][0]
    lines = source.read_text().splitlines()
    free, twice = lines.index("    ExFreePool(Memory);") + 1, lines.index("    Free(memory);") + 2
    entry = lines.index("    Twice();") + 1
    assert (finding["rule"], finding["function"]) == ("K-2", "Free")
    assert finding["site"].endswith(f"nested.c:{free}")
    assert [one.rpartition("/")[2] for one in finding["traceback"].splitlines()] == [
        f"nested.c:{twice} in Twice",
        f"nested.c:{entry} in DriverEntry",
    ]


def test_what_was_chosen_is_chosen_again(faulty):
    driver = faulty("LEAK")
    told = json.loads(invoke(run, driver, "--seeds", "1..20", "--peers", "1", "--json").output)
    finding = told["finding_list"][0]
    words = finding["again"].split()
    assert words[words.index("--choices") + 1] == ",".join(map(str, finding["choices"]))
    # The same, whatever the seed is; and a list that is cut is an order too.
    for chosen in (finding["choices"], [*finding["choices"][:2]]):
        again = invoke(run, driver, "--seeds", "999", "--peers", "1", "--choices", " ".join(map(str, chosen)), "--json")
        same = json.loads(again.output)["finding_list"][0]
        assert (same["rule"], same["site"]) == (finding["rule"], finding["site"])
    assert same["choices"][: len(chosen)] == chosen
    refused = invoke(run, driver, "--seeds", "1..2", "--choices", "0,1")
    assert (refused.exit_code, "choices: asked to choose the same under several seeds" in refused.output) == (2, True)
    refused = invoke(run, driver, "--choices", "0,x")
    assert (refused.exit_code, "asked for choices such as 0,0,2,1" in refused.output) == (2, True)


def test_driver_without_mistakes_is_accused_of_nothing(faulty):
    done = invoke(run, faulty("NONE"), "--seeds", "1..40")
    assert (done.exit_code, "0 findings" in done.output) == (0, True)


def test_crash_is_the_outcome_of_its_seed_and_the_parent_goes_on(tmp_path):
    source = tmp_path / "crashing.c"
    source.write_text(CRASHING)
    done = invoke(run, source, "--seeds", "1..3", "--jobs", "1")
    assert done.exit_code == 1
    assert "FAIL  the process died of SIGSEGV at crashing.c:10 in DriverEntry: 3 of 3 seeds, first 1" in done.output


def test_seeds_that_all_give_one_order_are_a_failure(tmp_path):
    source = tmp_path / "simple.c"
    source.write_text(CRASHING.replace(CRASH, ""))
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
