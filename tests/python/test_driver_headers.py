"""The kernel's headers: alone, in any order, in each language; what they say is what the tables and Python say."""

import importlib.util
import itertools
import random
import re
import shutil
import subprocess
import sys

import pytest

from conftest import ROOT
from wsksim import wsk
from wsksim.compiling.flags import KM

FLAGS = [
    *(
        "-nostdinc",
        "-fsyntax-only",
        "-fshort-wchar",
        "-fms-extensions",
        "-mms-bitfields",
        "-Wall",
        "-Wextra",
        "-Werror",
    ),
    *(f"-I{KM}", f"-I{KM / 'crt'}"),
]
LANGUAGES = [("c", "c11"), ("c", "c17"), ("c++", "c++17"), ("c++", "c++20")]
HEADERS = sorted(path.relative_to(KM).as_posix() for path in [*KM.glob("*.h"), *(KM / "crt").glob("*.h")])
COMPILERS = ["gcc", "clang"]


@pytest.fixture(scope="module")
def surface():
    """The program that makes the generated headers."""
    spec = importlib.util.spec_from_file_location("c_surface", ROOT / ".ci" / "c_surface.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["c_surface"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["c_surface"]


@pytest.fixture(params=COMPILERS)
def compiler(request):
    path = shutil.which(request.param)
    if path is None:
        pytest.skip(f"SKIPPED: there is no {request.param} on this machine; install it to check the headers with it")
    return path


def check(compiler, language, standard, sources):
    """Compiles files, warnings being errors."""
    command = [compiler, *FLAGS, f"-std={standard}", *(["-nostdinc++"] if language == "c++" else []), "-x", language]
    done = subprocess.run([*command, *sources], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[:4000]


def test_what_is_made_from_the_tables_is_up_to_date():
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "c_surface.py", "--check"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("language", "standard"), [("c", "c11"), ("c++", "c++20")], ids=["c11", "c++20"])
def test_each_header_compiles_alone(compiler, language, standard, tmp_path):
    assert len(HEADERS) > 40
    sources = []
    for number, header in enumerate(HEADERS):
        sources.append(tmp_path / f"{number}.txt")
        sources[-1].write_text(f'#include "{header}"\nint main(void);\n')
    check(compiler, language, standard, sources)


@pytest.mark.slow
@pytest.mark.parametrize(("language", "standard"), LANGUAGES, ids=[standard for _, standard in LANGUAGES])
def test_headers_compile_in_any_order(compiler, language, standard, tmp_path):
    sources = []
    for seed in range(4):
        order = [*HEADERS, *HEADERS[: len(HEADERS) // 2]]
        random.Random(seed).shuffle(order)
        sources.append(tmp_path / f"{seed}.txt")
        sources[-1].write_text("".join(f'#include "{header}"\n' for header in order))
    check(compiler, language, standard, sources)


def calls(surface):
    """A call of each function and macro with the arguments of its row."""
    for one in surface.functions():
        if one.how in {"provider", "callback"}:
            yield f"{{ {one.pointer} function = 0; (void)function; }}"
        elif one.name in {"KdPrint", "KdPrintEx"}:
            yield f'{one.name}(({"" if one.name == "KdPrint" else "0, 0, "}"%d", 1));'
        elif one.how == "data":
            yield f"use((const VOID *)&{one.name});"
        else:
            given = [part for part in one.parameters.split(", ") if part and part != "..."]
            room = " ".join(f"static {part};" for part in map(plain, given))
            yield f"if (annotated) {{ {room} (void){one.name}({', '.join(one.arguments)}); }}"


def plain(parameter):
    """A parameter as a variable that may be left without a value."""
    return re.sub(r"\bconst (volatile )?(?=VOID \*)", "", parameter)


def names(surface):
    """A file that uses each name of the tables."""
    tables = surface.TABLES
    lines = [f'#include "{header}"' for header in HEADERS if "initguid" not in header]
    lines += ["static VOID use(const VOID *p) { (void)p; }", "static VOID number(ULONG64 n) { (void)n; }"]
    for row in surface.read(tables / "annotations.tsv"):
        lines.append(f"{row['name']}{['', '(1)', '(1, 2)'][int(row['arguments'])]}")
    lines += ["static int annotated = 1;", "VOID all(VOID);", "VOID all(VOID)", "{", "number((ULONG64)annotated);"]
    for path in (surface.STATUSES, tables / "constants.tsv"):
        lines += [f"number((ULONG64){row['name']});" for row in surface.read(path)]
    for row in surface.read(tables / "layouts.tsv"):
        structure, place = row["structure"], row["field"]
        what = f"sizeof({structure})" if place == "sizeof" else f"offsetof({structure}, {place})"
        lines += [f"number({what});", f"{{ P{structure} it = 0; (void)it; }}" * (place == "sizeof")]
    return "\n".join([*lines, *calls(surface), "}"]) + "\n"


@pytest.mark.slow
@pytest.mark.parametrize(("language", "standard"), LANGUAGES, ids=[standard for _, standard in LANGUAGES])
def test_a_file_uses_each_name(compiler, language, standard, surface, tmp_path):
    source = tmp_path / "names.txt"
    source.write_text(names(surface))
    check(compiler, language, standard, [source])


FRAMEWORK = """
#include <wdf.h>
typedef struct _BESIDE { int Count; } BESIDE;
WDF_DECLARE_CONTEXT_TYPE(BESIDE);
WDF_DECLARE_CONTEXT_TYPE_WITH_NAME(BESIDE, BesideOf);
EXTERN_C EVT_WDF_WORKITEM OnWork;
VOID OnWork(WDFWORKITEM WorkItem)
{
    WDF_OBJECT_ATTRIBUTES attributes;
    WDF_OBJECT_ATTRIBUTES_INIT_CONTEXT_TYPE(&attributes, BESIDE);
    BesideOf(WorkItem)->Count = WdfObjectGet_BESIDE(WorkItem)->Count + (int)attributes.Size;
}
"""


@pytest.mark.parametrize(("language", "standard"), LANGUAGES, ids=[standard for _, standard in LANGUAGES])
def test_handles_of_the_framework_and_contexts_beside_them_compile(compiler, language, standard, tmp_path):
    source = tmp_path / "framework.txt"
    source.write_text(FRAMEWORK)
    check(compiler, language, standard, [source])


def values(surface):
    """Every number of the tables."""
    rows = itertools.chain(surface.read(surface.STATUSES), surface.read(surface.TABLES / "constants.tsv"))
    return {row["name"]: int(row["value"], 0) & 0xFFFFFFFF for row in rows}


def test_numbers_are_those_of_python(surface):
    found = values(surface)
    shared = [name for name in found if isinstance(getattr(wsk, name, None), int)]
    assert len(shared) > 120
    assert {name: found[name] for name in shared} == {name: int(getattr(wsk, name)) for name in shared}
    ours = {
        name for name in vars(wsk) if re.match(r"(STATUS|WSK_(FLAG|EVENT|SO)|SO|SIO|IOC|MSG|AF|SOCK|IPPROTO)_", name)
    }
    assert ours - {"WSK_EVENT_CALLBACK_CONTROL"} <= found.keys()


def test_wsksim_h_has_no_other_number(surface):
    text = (ROOT / "include" / "wsksim.h").read_text()
    defined = re.findall(r"^#define\s+(\w+)\s+(?:\(\(NTSTATUS\))?(0x[0-9A-Fa-f]+|\d+)\)?(?:\s|$)", text, re.MULTILINE)
    shared = {name: int(value, 0) for name, value in defined if name in values(surface)}
    assert len(shared) > 50
    assert shared == {name: values(surface)[name] for name in shared}


@pytest.mark.smoke
def test_headers_are_in_the_installed_package():
    def files(folder):
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    installed = files(KM)
    assert {"ntddk.h", "crt/new", "binding/driver.c", "wsksim/imports.h"} <= installed.keys()
    assert installed == files(ROOT / "python" / "wsksim" / "include" / "km")


def test_kernel_page_has_a_row_for_each_name_that_a_driver_may_use(surface):
    rows = re.findall(r"^\| `(\w+)` \| ", (ROOT / "docs" / "kernel.md").read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(one.name for one in surface.functions() if one.header != "wsksim")
