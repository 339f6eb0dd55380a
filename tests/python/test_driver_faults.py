"""Faults on demand, crashes with their line, what a driver prints, and the callers of what it leaves."""

import json
import shutil
import sys

import pytest
from click.testing import CliRunner

import wsksim
from conftest import ROOT
from wsksim.cli.cc import command as cc
from wsksim.cli.run import command as run
from wsksim.drivers.asking import KEPT

SHIPPER = [ROOT / "examples" / "drivers" / f"{name}.c" for name in ("shipper", "shipper_worker")]
DRIVER = """
#include <ntddk.h>
EXTERN_C DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject) { UNREFERENCED_PARAMETER(DriverObject); }
static PVOID Left;
%s
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    UNREFERENCED_PARAMETER(Left);
    DriverObject->DriverUnload = Unload;
    %s
    return STATUS_SUCCESS;
}
"""
COMPILERS = [one for one in ("clang", "gcc") if shutil.which(one)]


@pytest.fixture(autouse=True)
def needs():
    """Skips where no driver can be built and run."""
    if sys.platform != "linux" or not COMPILERS:
        pytest.skip("SKIPPED: drivers are run on Linux, with clang or gcc")


def invoke(command, *arguments):
    return CliRunner().invoke(command, [str(one) for one in arguments])


def built(folder, *arguments):
    driver = folder / "driver.so"
    done = invoke(cc, *arguments, "-o", driver)
    assert (done.exit_code, done.output) == (0, "")
    return driver


def written(folder, before, body):
    source = folder / "written.c"
    source.write_text(DRIVER % (before, body))
    return source


def line_of(source, text):
    return next(number for number, line in enumerate(source.read_text().splitlines(), 1) if text in line)


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_driver_that_forgets_a_failed_allocation_crashes_at_its_line(tmp_path, compiler):
    driver = built(tmp_path, *SHIPPER, "-DMISTAKE=UNCHECKED", "--compiler", compiler)
    assert invoke(run, driver, "--seeds", "1..20").exit_code == 0
    done = invoke(run, driver, "--seeds", "1..40", "--faults", "allocation", "--json")
    told = json.loads(done.output)
    used, asked = line_of(SHIPPER[1], "/* UNCHECKED */"), line_of(SHIPPER[1], "/* LEAK */")
    crash = next(one for one in told["failures"] if "SIGSEGV" in one)
    assert f"died of SIGSEGV at shipper_worker.c:{used} in AllocateCollector, called at shipper.c:" in crash
    assert "in OnAccept" in crash
    assert f"on demand had failed: ExAllocatePool2 at shipper_worker.c:{asked} in AllocateCollector" in crash
    shown = next(one for one in told["driver"]["shown"] if f"shipper_worker.c:{asked}" in one["injected"])
    assert shown["again"].endswith(f"--faults allocation --seeds {shown['seed']}")
    again = invoke(run, *shown["again"].split()[2:])
    assert f"died of SIGSEGV at shipper_worker.c:{used} in AllocateCollector" in " ".join(again.output.split())


@pytest.mark.parametrize("faults", ["allocation", "provider,request", "pend", "allocation,provider,request,pend"])
def test_a_driver_that_looks_at_everything_is_accused_of_nothing(tmp_path, faults):
    driver = built(tmp_path, *SHIPPER)
    report = wsksim.Driver(driver).run(seeds=range(1, 61), faults=faults.split(","))
    assert (report.exit_code, report.finding_list, report.storm["failures"]) == (0, (), []), report


def test_a_finding_says_what_had_failed_and_its_command_fails_it_again(tmp_path):
    leak = "Left = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, 'tfeL'); /* FIRST */\n"
    leak += "    if (Left != NULL && IoAllocateIrp(1, FALSE) == NULL) { return STATUS_SUCCESS; }\n"
    leak += "    ExFreePool(Left); return STATUS_UNSUCCESSFUL;"
    source = written(tmp_path, "", leak)
    report = wsksim.Driver(source).run(seeds=range(1, 201), faults=["allocation"])
    finding = next(one for one in report.finding_list if one.rule == "K-1")
    assert "on demand had failed: IoAllocateIrp at written.c:" in finding.found
    assert " --faults allocation --seeds " in finding.again
    assert "faults allocation" in finding.when
    again = wsksim.Driver(source).run(
        seeds=finding.seed, faults=["allocation"], schedule="explore", completions="drawn"
    )
    assert [(one.rule, one.site) for one in again.finding_list] == [(finding.rule, finding.site)]


def test_a_call_stack_fails_once(tmp_path):
    body = "ULONG n, failed = 0; for (n = 0; n < 1000; n++) {\n"
    body += "PVOID p = ExAllocatePoolWithTag(NonPagedPoolNx, 8, 'ecnO');\n"
    body += "if (p == NULL) { failed++; } else { ExFreePool(p); } }\n"
    body += '    DbgPrint("failed %u\\n", failed);'
    report = wsksim.Driver(written(tmp_path, "", body)).run(faults=["allocation"])
    [shown] = report.storm["driver"]["shown"]
    assert shown["printed"] == ["failed 1"]


@pytest.mark.parametrize("given", ["memory", "allocation,x", ","])
def test_other_faults_are_refused_in_words(tmp_path, given):
    source = written(tmp_path, "", "")
    done = invoke(run, source, "--faults", given)
    assert done.exit_code == 2
    assert "asked for allocation, provider, request, pend; found " in done.output
    with pytest.raises(ValueError, match="faults: asked for allocation"):
        wsksim.Driver(source).run(faults=["memory"])
    with pytest.raises(TypeError, match="faults: asked for several of allocation"):
        wsksim.Driver(source).run(faults="allocation")


@pytest.mark.parametrize("compiler", COMPILERS)
def test_what_is_left_is_told_with_the_callers_of_its_allocation(tmp_path, compiler):
    before = """
static DECLSPEC_NOINLINE PVOID Allocate(VOID)
{
    PVOID memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, 'tfeL');
    KeQueryInterruptTime();
    return memory;
}
static DECLSPEC_NOINLINE VOID Keep(VOID)
{
    Left = Allocate();
    Left = IoAllocateIrp(1, FALSE);
    KeQueryInterruptTime();
}
"""
    source = written(tmp_path, before, "Keep();")
    report = wsksim.Driver(built(tmp_path, source, "--compiler", compiler)).run()
    left = {one.rule: one for one in report.finding_list}
    assert left.keys() == {"K-1", "K-4"}
    frames = [one.rpartition("/")[2] for one in left["K-1"].traceback.splitlines()]
    kept, entry = line_of(source, "Left = Allocate();"), line_of(source, "    Keep();")
    assert left["K-1"].site.endswith(f"written.c:{line_of(source, 'PVOID memory')}")
    assert frames == [f"written.c:{kept} in Keep", f"written.c:{entry} in DriverEntry"]
    assert left["K-4"].traceback.endswith(f"written.c:{entry} in DriverEntry")


def test_what_a_driver_prints_is_in_the_report_of_one_seed(tmp_path):
    source = written(
        tmp_path, "", 'DbgPrint("one %u\\n", 1); DbgPrintEx(77, 3, "two"); KdPrint((" still\\nthree\\n"));'
    )
    done = invoke(run, source)
    assert done.exit_code == 0
    lines = ["seed 0 printed 3 lines:", "      | one 1", "      | two still", "      | three"]
    assert "\n".join(lines) in done.output
    many = invoke(run, source, "--seeds", "1..3")
    assert "all seeds gave one order" in many.output
    assert "one 1" not in many.output


def test_what_was_printed_before_a_crash_or_a_finding_is_told(tmp_path):
    source = written(tmp_path, "", 'DbgPrint("before\\n"); *(volatile LONG *)(ULONG_PTR)16 = 1;')
    told = json.loads(invoke(run, source, "--seeds", "1..3", "--json").output)
    [shown] = told["driver"]["shown"]
    assert (shown["seed"], shown["printed"], shown["lines"]) == (1, ["before"], 1)
    assert f"at written.c:{line_of(source, 'volatile LONG')} in DriverEntry: 3 of 3 seeds" in told["failures"][0]
    leak = "DbgPrint(\"leaks\\n\"); Left = ExAllocatePool2(POOL_FLAG_NON_PAGED, 8, 'tfeL');"
    done = invoke(run, written(tmp_path, "", leak), "--seeds", "1..3", "-o", tmp_path / "page.html")
    assert "seed 1 printed 1 line:\n      | leaks\nagain wsksim run " in done.output
    assert "leaks" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("compiler", COMPILERS)
def test_a_call_of_no_function_is_told_with_its_line(tmp_path, compiler):
    before = """
typedef VOID FUNCTION(VOID);
static FUNCTION *volatile None;
static DECLSPEC_NOINLINE VOID Call(VOID)
{
    None();
    KeQueryInterruptTime();
}
"""
    source = written(tmp_path, before, "Call();")
    report = wsksim.Driver(built(tmp_path, source, "--compiler", compiler)).run()
    assert report.storm["failures"] == [
        f"the process died of SIGSEGV at written.c:{line_of(source, 'None();')} in Call"
    ]


def test_a_driver_without_an_unload_routine_is_told_what_to_do(tmp_path):
    report = wsksim.Driver(written(tmp_path, "", "DriverObject->DriverUnload = NULL;")).run()
    [finding] = report.finding_list
    assert finding.rule == "K-9"
    assert "can never be unloaded" in finding.found
    assert "DriverObject->DriverUnload" in finding.advice


def test_a_megabyte_of_messages_is_bounded_everywhere(tmp_path):
    body = 'ULONG n; for (n = 0; n < 3000; n++) { DbgPrint("%0400u\\n", n); }'
    done = invoke(run, written(tmp_path, "", body), "-o", tmp_path / "report.json")
    assert len(done.output) < 10_000
    assert "seed 0 printed 3,000 lines, these last 20:" in done.output
    told = json.loads((tmp_path / "report.json").read_text())
    [shown] = told["driver"]["shown"]
    assert (len(shown["printed"]), shown["lines"]) == (KEPT, 3_000)
    crash = body + " *(volatile LONG *)(ULONG_PTR)16 = 1;"
    [shown] = json.loads(invoke(run, written(tmp_path, "", crash), "--json").output)["driver"]["shown"]
    assert sum(map(len, shown["printed"])) <= 1 << 16
