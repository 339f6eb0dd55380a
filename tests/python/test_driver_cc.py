"""`wsksim cc`: what it prints and makes, what it refuses, and the hint for each known cause of failure."""

import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import ROOT
from wsksim.cli.cc import command
from wsksim.compiling.compilers import Compiler, find_compiler
from wsksim.compiling.flags import KM, Options, compile_flags, link_flags
from wsksim.compiling.hints import HINTS, hints
from wsksim.compiling.names import whose
from wsksim.compiling.refusing import CompilingError

ENTRY = """
#include <ntddk.h>
EXTERN_C DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_SUCCESS;
}
"""

# Each known cause: the hint's name, the suffix of the file, its text, and what the hint says.
CAUSES = [
    ("missing header", "c", "#include <ndis.h>", "ndis.h: left out on purpose, it belongs to NDIS"),
    ("missing header", "c", '#include "sfwire.h"', "sfwire.h: not found; add its folder with -I"),
    ("missing header", "cpp", "#include <vector>", "<vector>: of the library of C++"),
    (
        "undeclared function",
        "c",
        "void F(void) { NdisMSleep(1); }",
        "NdisMSleep: left out on purpose, it belongs to NDIS",
    ),
    ("undeclared function", "c", "void F(void) { Sleep(1); }", "Sleep: of user space"),
    ("undeclared function", "c", "void F(void) { ExMadeUp(1); }", "ExMadeUp: not among the kernel's functions"),
    ("unknown name", "c", "NDIS_HANDLE Handle;", "NDIS_HANDLE: left out on purpose, it belongs to NDIS"),
    ("unknown name", "cpp", "SFWIRE_HEADER Header;", "SFWIRE_HEADER: not in the headers that wsksim has"),
    (
        "unknown name",
        "c",
        "NTSTATUS F(void) { return STATUS_MADE_UP; }",
        "define it, such as -D'STATUS_MADE_UP=((NTSTATUS)",
    ),
    (
        "unknown name",
        "cpp",
        "NTSTATUS F(void) { return STATUS_MADE_UP; }",
        "define it, such as -D'STATUS_MADE_UP=((NTSTATUS)",
    ),
    ("sizeof without parentheses", "c", "SIZE_T F(void) { return sizeof LIST_ENTRY; }", "write sizeof(T)"),
    ("exceptions of C++", "cpp", "void F(void) { throw 1; }", "no kernel has C++ exceptions"),
    (
        "run-time types of C++",
        "cpp",
        "struct A { virtual void M(); };\nstruct B : A {};\nB *F(A *a) { return dynamic_cast<B *>(a); }",
        "no kernel has the run-time types of C++",
    ),
    (
        "declared twice",
        "c",
        "typedef struct _LIST_ENTRY { int a; } MINE;",
        "_LIST_ENTRY: declared by the driver and by",
    ),
    ("declared twice", "c", "int KeSetEvent(void);", "KeSetEvent: declared by the driver and by"),
    (
        "unresolved name",
        "c",
        "int Elsewhere(void);\nint F(void) { return Elsewhere(); }",
        "Elsewhere: not among the kernel's",
    ),
    ("unresolved name", "c", "int FwpsX0(void);\nint F(void) { return FwpsX0(); }", "Filtering Platform (WFP)"),
    ("unresolved name", "cpp", "int *F(void) { return new int; }", "a driver defines it over the pool"),
    (
        "long for LONG",
        "cpp",
        "long N;\nvoid F(PLONG);\nvoid G(void) { F(&N); }",
        "a long has 64 bits here and LONG has 32",
    ),
    (
        "wide letters of 32 bits",
        "c",
        'WSKSIM_ASSERT(0, "WCHAR has 16 bits: compile with");',
        "leave -fno-short-wchar out",
    ),
    ("kernel of 32 bits", "c", 'WSKSIM_ASSERT(0, "wsksim simulates a kernel of 64 bits");', "leave -m32 out"),
]
ONE_COMPILER = {
    "goto over an initialiser": (
        "gcc",
        "cpp",
        "int F(int a)\n{\n    if (a) goto End;\n    int b = a;\n    a = b;\nEnd:\n    return a;\n}",
    ),
    "assembler of Microsoft's": ("gcc", "c", "void F(void) { __asm { nop } }"),
    "no text": ("gcc", "c", None),
    "object of another architecture": ("gcc", "o", None),
}


def cc(*arguments):
    """Runs `wsksim cc` here."""
    return CliRunner().invoke(command, [str(one) for one in arguments])


def installed(name):
    if shutil.which(name) is None:
        pytest.skip(f"SKIPPED: there is no {name} on this machine; install it to check wsksim cc with it")
    return name


@pytest.fixture(params=["gcc", "clang"])
def compiler(request):
    return installed(request.param)


@pytest.fixture
def entry(tmp_path):
    (tmp_path / "entry.c").write_text(ENTRY)
    return tmp_path / "entry.c"


@pytest.fixture
def somewhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(("name", "suffix", "text", "says"), CAUSES, ids=[f"{one[0]} {one[2][:24]}" for one in CAUSES])
def test_each_known_cause_has_its_hint(compiler, entry, tmp_path, name, suffix, text, says):
    assert name in {hint.name for hint in HINTS}
    source = tmp_path / f"cause.{suffix}"
    source.write_text(f"#include <ntddk.h>\n#include <wsk.h>\n{text}\n")
    done = cc("--compiler", compiler, entry, source, "-o", tmp_path / "cause.so")
    assert done.exit_code == 2, done.output
    advice = done.output.partition("wsksim cc: asked ")[2]
    assert says in advice, done.output
    assert not (tmp_path / "cause.so").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ONE_COMPILER)
def test_cause_that_one_compiler_has(name, entry, tmp_path):
    compiler, suffix, text = ONE_COMPILER[name]
    source = tmp_path / f"cause.{suffix}"
    if suffix == "o":
        source.write_bytes(b"no object of any machine")
    else:
        source.write_bytes(f"#include <ntddk.h>\n{text}\n".encode() if text else "int A;\n".encode("utf-16"))
    done = cc("--compiler", installed(compiler), entry, source, "-o", tmp_path / "cause.so")
    assert done.exit_code == 2
    hint = next(hint for hint in HINTS if hint.name == name)
    assert hint.pattern.search(done.output), done.output
    assert hint.text(hint.pattern.search(done.output)) in done.output


def test_every_hint_is_tested():
    assert {hint.name for hint in HINTS} == {one[0] for one in CAUSES} | ONE_COMPILER.keys()


def test_names_with_one_cause_share_a_line():
    said = (
        "ld: undefined reference to `FwpsA'\nld: undefined reference to `FwpsB'\nld: undefined reference to `FwpsA'\n"
    )
    assert hints(said) == [whose("FwpsA").replace("FwpsA:", "FwpsA, FwpsB:")]


def test_driver_without_an_entry_is_told(compiler, tmp_path):
    source = tmp_path / "library.c"
    source.write_text("#include <ntddk.h>\nNTSTATUS Other(VOID) { return STATUS_SUCCESS; }\n")
    done = cc("--compiler", compiler, source)
    assert done.exit_code == 2
    assert "asked for a driver; found no DriverEntry in the files; name the file that has it" in done.output
    assert "not among the kernel's functions" not in done.output


def test_entry_that_only_cpp_can_call_is_told(compiler, tmp_path):
    source = tmp_path / "entry.cpp"
    source.write_text(ENTRY.replace("EXTERN_C DRIVER_INITIALIZE DriverEntry;", ""))
    done = cc("--compiler", compiler, source)
    assert done.exit_code == 2
    assert 'declare it as extern "C" DRIVER_INITIALIZE DriverEntry;' in done.output


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["nowhere.c"], "asked for the source file 'nowhere.c'; found nothing there"),
        (["folder"], "'folder' is a folder; name its files, such as folder/*.c"),
        (["header.h"], "found 'header.h'; headers are included, not compiled"),
        (["entry.c", "-o", "entry.c"], "which is a source file; name another, such as entry.so"),
        (["entry.c", "-o", "nowhere/driver.so"], "found no folder 'nowhere'; name a file in a folder that is there"),
        (["entry.c", "-o", "folder"], "asked to write 'folder'; found a folder"),
        (["entry.c", "--compiler", "no-such-cc"], "--compiler: asked for the compiler 'no-such-cc'; found no program"),
        (["entry.c", "--compiler", "true"], "which does not answer as clang or gcc do; name clang or gcc"),
    ],
)
def test_what_cannot_be_compiled_is_refused_in_words(entry, somewhere, asked, says):
    (somewhere / "folder").mkdir()
    (somewhere / "header.h").write_text("")
    done = cc(*asked)
    assert done.exit_code == 2
    assert says in done.output
    assert done.output.startswith("wsksim cc: ")


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="there is no /dev/null on this system")
def test_folder_that_cannot_be_made_is_told(entry, somewhere):
    done = cc(entry, "--compiler", installed("gcc"), "--build", "/dev/null/objects")
    assert done.exit_code == 2
    assert done.output.startswith("wsksim cc: asked to read and write files; found ")


def test_machine_without_a_compiler_is_told_what_to_install(monkeypatch, entry, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    done = cc(entry)
    assert done.exit_code == 2
    assert "asked for a C compiler; found none (looked for clang, gcc and cc on PATH); install clang" in done.output


def fake(folder, name, *, machine, version="Free Software Foundation 13.1.0"):
    """A program that answers as a compiler."""
    program = folder / name
    program.write_text(f'#!/bin/sh\ncase "$*" in\n*-dumpmachine) echo {machine};;\n*) echo "{version}";;\nesac\n')
    program.chmod(0o755)
    return program


def test_compiler_for_another_machine_is_refused(entry, tmp_path):
    other = "aarch64" if platform.machine() != "aarch64" else "x86_64"
    done = cc(entry, "--compiler", fake(tmp_path, "other-gcc", machine=f"{other}-linux-gnu"))
    assert done.exit_code == 2
    assert f"found a compiler for {other}; name another with --compiler" in done.output


def test_cc_names_the_compiler_with_its_arguments(monkeypatch, tmp_path):
    program = fake(tmp_path, "named", machine=f"{platform.machine()}-linux-gnu")
    monkeypatch.setenv("CC", f"{program} -fsome-option")
    found = find_compiler(None)
    assert (found.path, found.kind, found.version) == ((str(program), "-fsome-option"), "gcc", "13.1.0")


def test_sanitizer_without_a_runtime_is_refused(tmp_path):
    program = fake(tmp_path, "bare-gcc", machine=f"{platform.machine()}-linux-gnu")
    with pytest.raises(
        CompilingError, match=r"--sanitize address: asked for its shared runtime; gcc 13\.1\.0 has none"
    ):
        find_compiler(str(program), "address")


def test_print_shows_commands_that_a_shell_can_run(compiler, entry, somewhere):
    done = cc("--compiler", compiler, "-D", "NAME=a b", "-O", "2", entry, "-o", "printed.so", "--print")
    assert done.exit_code == 0
    assert len(done.output.splitlines()) == 3
    assert not (somewhere / "printed.so").exists()
    subprocess.run([shutil.which("sh"), "-ec", done.output], check=True)
    assert (somewhere / "printed.so").is_file()


def test_make_and_cmake_snippets_call_wsksim_cc(entry, somewhere):
    asked = ["entry.c", "-D", "DBG=1", "--sanitize", "address", "-o", "driver.so"]
    make, cmake = cc(*asked, "--make").output, cc(*asked, "--cmake").output
    assert "driver.so: entry.c\n\t$(WSKSIM) cc -DDBG=1 --sanitize address -o $@ $^\n" in make
    assert "add_custom_target(driver ALL DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/driver.so)" in cmake
    if shutil.which("make") and shutil.which("gcc"):
        (somewhere / "wsksim").write_text('#!/bin/sh\necho "called $@"\ntouch driver.so\n')
        (somewhere / "wsksim").chmod(0o755)
        (somewhere / "Makefile").write_text(make)
        done = subprocess.run([shutil.which("make"), "WSKSIM=./wsksim"], check=True, capture_output=True, text=True)
        assert "called cc -DDBG=1 --sanitize address -o driver.so entry.c" in done.stdout


TRACED = r"""
#include <Ntddk.h>
#include "..\Inc\Shared.h"
#include "Trace.h"
#include "driver.tmh"
#include "MyEvents.h"
EXTERN_C DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS status = SHARED_STATUS;
    WPP_INIT_TRACING(DriverObject, RegistryPath);
    TraceEvents(TRACE_LEVEL_ERROR, DBG_PNP, "%!FUNC! %!STATUS!", status);
    TraceEnter();
    EventRegisterMine();
    EventWriteStarted(NULL, status);
    WPP_CLEANUP(DriverObject);
    return status;
}
"""
TRACE = """
// begin_wpp config
// FUNC TraceEvents(LEVEL, FLAGS, MSG, ...);
// FUNC TraceEnter{LEVEL=TRACE_LEVEL_VERBOSE, FLAGS=DBG_PNP}(...);
// end_wpp
"""


def test_headers_that_windows_tools_make_and_names_as_windows_finds_them(compiler, tmp_path):
    for folder in ("src", "inc"):
        (tmp_path / folder).mkdir()
    (tmp_path / "inc" / "shared.h").write_text("#define SHARED_STATUS STATUS_SUCCESS\n")
    (tmp_path / "src" / "trace.h").write_text(TRACE)
    (tmp_path / "src" / "driver.c").write_text(TRACED)
    done = cc("--compiler", compiler, "-Wall", "-Werror", tmp_path / "src" / "driver.c", "-o", tmp_path / "driver.so")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "wsksim cc: driver.tmh: made in the place of WPP, 2 functions of tracing",
        "wsksim cc: MyEvents.h: made in the place of the compiler of manifests, 2 functions of events",
    ]


EXAMPLES = [
    ("line_server", ["examples/drivers/line_server.c", "examples/drivers/line_worker.c"]),
    ("heartbeat_client", ["examples/drivers/heartbeat_client.c"]),
    ("guide", ["tests/drivers/guide.c"]),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "files"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_examples_compile_without_a_warning(compiler, name, files, tmp_path):
    done = cc("--compiler", compiler, "-Wall", *[ROOT / one for one in files], "-o", tmp_path / f"{name}.so")
    assert (done.exit_code, done.output) == (0, "")


def test_headers_are_in_the_folder_that_include_prints():
    assert (KM / "ntddk.h").is_file()
    assert KM.parent.name == "include"
    assert (KM.parent / "wsksim.h").is_file()


def test_windows_commands_are_prepared_with_microsofts_options(tmp_path):
    compiler = Compiler(("clang-cl",), "cl", "17.0.1", platform.machine())
    flags = compile_flags(compiler, Options(defines=("A=1",)), tmp_path / "driver.c", tmp_path)
    assert {"/nologo", "/X", "/DA=1", "/std:c17", f"/I{KM}"} <= set(flags)
    link, _ = link_flags(compiler, Options(), tmp_path)
    assert "/EXPORT:DriverEntry" in link
    assert not [flag for flag in flags if flag.startswith("-")]


def test_output_is_named_for_the_first_file(compiler, entry):
    assert cc("--compiler", compiler, entry).exit_code == 0
    assert entry.with_suffix(".so").is_file()


def test_help_lists_what_it_takes():
    text = cc("--help").output
    for option in ("--compiler", "--sanitize", "--print", "--make", "--cmake", "-o FILE", "-I FOLDER", "-D NAME"):
        assert option in re.sub(r"\s+", " ", text)
