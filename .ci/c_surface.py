"""Writes what drivers in C compile against: the generated part of the kernel's headers, and docs/kernel.md.

The facts stand in src/contract/statuses.tsv and in the tables of src/c/surface, which the simulated kernel reads too.
The rest of the headers is written by hand. With --check nothing is written; a difference, if there is one, is an error.
"""

import csv
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLES = ROOT / "src" / "c" / "surface"
STATUSES = ROOT / "src" / "contract" / "statuses.tsv"
KM = ROOT / "python" / "wsksim" / "include" / "km"
PAGE = ROOT / "docs" / "kernel.md"
SIMULATED = ROOT / "src" / "c" / "kernel" / "table.rs"

MADE = "Made by .ci/c_surface.py; do not edit."
SETS = {
    "A": "the WSK layer of a small driver",
    "B": "threads, handles, lists, strings, pool",
    "C": "locks, levels, stack locations",
    "D": "time, timers, work items, locks of other kinds, devices, hashes",
}
ENDLESS = {"KeBugCheck", "KeBugCheckEx", "ExRaiseStatus"}
SLOTS = {"import", "raising"}
OFFSET_BASIS, PRIME = 0xCBF29CE484222325, 0x100000001B3


@dataclass(frozen=True)
class Function:
    """A row of functions.tsv.

    Attributes:
        name, header, returns, parameters, irql, set, how, note: as in the table.
    """

    name: str
    header: str
    returns: str
    parameters: str
    irql: str
    set: str
    how: str
    note: str

    @property
    def arguments(self) -> list[str]:
        """The names of the parameters."""
        return [re.findall(r"\w+", one)[-1] for one in self.parameters.split(", ") if one and one != "..."]

    @property
    def takes(self) -> str:
        """The parameters as C declares them."""
        return self.parameters or "VOID"

    @property
    def slot(self) -> str:
        """What the slot of the table returns; a function that raises tells its status there."""
        return "NTSTATUS" if self.how == "raising" else self.returns

    @property
    def pointer(self) -> str:
        """The type of a function of WSK or of a callback, which stands in the note."""
        return self.note.split(";")[0]


def read(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def functions() -> list[Function]:
    """Every function and datum of the kernel."""
    return [Function(**row) for row in read(TABLES / "functions.tsv")]


def slots() -> list[Function]:
    """The functions of the table of imports, in its order."""
    return [one for one in functions() if one.how in SLOTS]


def provided() -> list[Function]:
    """The functions of the provider, which have their slots behind the others."""
    return [one for one in functions() if one.how == "provider"]


def layout() -> int:
    """The word that says how the table of imports and the structures lie: FNV-1a of their rows."""
    lines = [f"{one.name}\t{one.returns}\t{one.parameters}\n" for one in (*slots(), *provided())]
    lines += ["Site\tFrame\n"]
    lines += [f"{row['structure']}\t{row['field']}\t{row['value']}\n" for row in read(TABLES / "layouts.tsv")]
    word = OFFSET_BASIS
    for byte in "".join(lines).encode():
        word = (word ^ byte) * PRIME % 2**64
    return word


def guarded(name: str, what: str, body: str) -> str:
    """A header with its guard."""
    guard = "WSKSIM_" + re.sub(r"\W", "_", name).upper()
    return f"/*\n * {name}: {what}\n * {MADE}\n */\n#ifndef {guard}\n#define {guard}\n\n{body}\n#endif /* {guard} */\n"


def statuses_header() -> str:
    """The statuses."""
    rows = list(read(STATUSES))
    body = "".join(f"#define {row['name']} ((NTSTATUS){row['value']})\n" for row in rows)
    return guarded("statuses.h", "statuses, as in ntstatus.h.", f'#include "types.h"\n\n{body}')


def number(value: str) -> str:
    """A number as C writes it."""
    return "(-2147483647 - 1)" if value == "-2147483648" else f"({value})" if value.startswith("-") else value


def constants_header(name: str, header: str, what: str) -> str:
    """Constants and enumerations of one header."""
    body = '#include "types.h"\n\n'
    rows = [row for row in read(TABLES / "constants.tsv") if row["header"] == header]
    for enumeration, members in groupby(rows, key=lambda row: row["enum"]):
        if enumeration:
            lines = "".join(f"    {row['name']} = {row['value']},\n" for row in members)
            body += f"\ntypedef enum _{enumeration} {{\n{lines}}} {enumeration}, *P{enumeration};\n\n"
        else:
            body += "".join(f"#define {row['name']} {number(row['value'])}\n" for row in members)
    return guarded(name, what, body)


def prototype(one: Function) -> str:
    """The declaration of one function or datum."""
    if one.how == "data":
        return f"extern {one.returns} {one.name};\n"
    endless = "DECLSPEC_NORETURN " if one.name in ENDLESS else ""
    return f"{endless}{one.returns} {one.name}({one.takes});\n"


def functions_header() -> str:
    """Prototypes of the kernel's functions."""
    there = SLOTS | {"variadic", "binding", "data"}
    rows = [one for one in functions() if one.how in there and one.header not in {"wsk", "ws2ipdef"}]
    body = '#include "structures.h"\n\nWSKSIM_BEGIN\n\n' + "".join(map(prototype, rows)) + "\nWSKSIM_END\n"
    return guarded("functions.h", "the kernel's functions.", body)


def wsk_functions_header() -> str:
    """The types of WSK's functions and callbacks, and prototypes of those that are functions of the kernel."""
    rows = [one for one in functions() if one.header == "wsk"]
    body = "WSKSIM_BEGIN\n\n"
    for one in rows:
        if one.how in {"provider", "callback"}:
            body += f"typedef {one.returns}(WSKAPI *{one.pointer})({one.takes});\n"
            if one.name == "WskRelease":
                takes = one.takes.replace("PWSK_DATA_INDICATION", "PWSK_DATAGRAM_INDICATION")
                body += f"typedef {one.returns}(WSKAPI *PFN_WSK_RELEASE_DATAGRAM_INDICATION_LIST)({takes});\n"
    body += "\n" + "".join(prototype(one) for one in rows if one.how == "import") + "\nWSKSIM_END\n"
    return guarded("wsk_functions.h", "the types of WSK's functions and callbacks.", body)


def imports_header() -> str:
    """The table that the loader fills."""
    members = "".join(f"    {one.slot} (*{one.name})({one.takes});\n" for one in (*slots(), *provided()))
    body = (
        '#include "kernel.h"\n#include "../wsk.h"\n\n'
        "/* How the table and the structures lie: a loader with another word refuses the object. */\n"
        f"#define WSKSIM_LAYOUT 0x{layout():016X}ULL\n#define WSKSIM_IMPORT_COUNT {len(slots())}\n"
        f"#define WSKSIM_PROVIDED_COUNT {len(provided())}\n\n"
        f"#undef IoSetCompletionRoutine\n#undef IoSetCompletionRoutineEx\n#undef PsCreateSystemThread\n"
        "#undef IoQueueWorkItem\n#undef IoQueueWorkItemEx\n#undef ObReferenceObjectByHandle\n\n"
        "/* Behind the functions: where the last call came from, the frame of its function, and what the provider's\n"
        "   tables show. */\n"
        f"typedef struct _WSKSIM_IMPORTS {{\n{members}    PVOID Site;\n    PVOID Frame;\n"
        "    PVOID Provided[WSKSIM_PROVIDED_COUNT];\n} WSKSIM_IMPORTS;\n\n"
        "WSKSIM_ASSERT(sizeof(WSKSIM_IMPORTS) ==\n"
        "                  (WSKSIM_IMPORT_COUNT + 2 * WSKSIM_PROVIDED_COUNT + 2) * sizeof(PVOID),\n"
        '              "one pointer a function");\n'
    )
    return guarded("imports.h", "the table through which a driver calls the kernel.", body)


def stub(one: Function, name: str, kind: str = "") -> str:
    """A function that leaves word where it was called from, and calls through its slot."""
    call = f"wsksim_imports.{one.name}({', '.join(one.arguments)})"
    if one.how == "raising":
        act = f"NTSTATUS status = {call}; if (!NT_SUCCESS(status)) ExRaiseStatus(status);"
    elif one.name in ENDLESS:
        act = f"for (;;) {call};"
    else:
        act = f"{'' if one.returns == 'VOID' else 'return '}{call};"
    return f"{kind}{one.returns} {name}({one.takes}) {{ WSKSIM_CALLED(); {act} }}\n"


def stubs() -> str:
    """The functions that a driver calls, each through its slot; those of the provider stand in its tables."""
    body = "".join(stub(one, one.name) for one in slots())
    body += "\n" + "".join(stub(one, f"wsksim_{one.name}", "static ") for one in provided())
    body += "\n#define WSKSIM_PROVIDED \\\n    " + ", \\\n    ".join(f"(PVOID)wsksim_{one.name}" for one in provided())
    head = f"/*\n * stubs.h: the kernel's functions, each through its slot of the table.\n * {MADE}\n */\n"
    return f"{head}\n{body.rstrip()}\n"


NUMBERS = {
    "VOID": "()",
    **dict.fromkeys(["BOOLEAN", "KIRQL", "KPROCESSOR_MODE"], "u8"),
    "CCHAR": "i8",
    **dict.fromkeys(["USHORT", "ADDRESS_FAMILY"], "u16"),
    **dict.fromkeys(["LONG", "NTSTATUS", "KPRIORITY"], "i32"),
    **dict.fromkeys(["ULONGLONG", "POOL_FLAGS"], "u64"),
    **dict.fromkeys(["LARGE_INTEGER"], "i64"),
    "LONG_PTR": "isize",
    **dict.fromkeys(["SIZE_T", "ULONG_PTR"], "usize"),
}
WORDS = {"ULONG", "ACCESS_MASK", "DEVICE_TYPE"}


def rust(kind: str) -> str:
    """The type of a parameter in Rust: numbers as they are, pointers and handles as addresses."""
    kind = kind.strip()
    if kind in NUMBERS:
        return NUMBERS[kind]
    enumerations = {row["enum"] for row in read(TABLES / "constants.tsv")}
    return "u32" if kind in WORDS or kind in enumerations else "usize"


def mirror() -> str:
    """The table of imports in Rust: a place and a type for each function."""
    rows = [*slots(), *provided()]
    text = (
        "//! Imports: the table through which a driver calls the kernel, as its object brings it.\n//!\n"
        "//! Made by `.ci/c_surface.py` from `src/c/surface/functions.tsv`; do not edit.\n"
        "#![allow(\n    non_snake_case,\n    non_camel_case_types,\n    non_upper_case_globals,\n    dead_code,\n"
        '    reason = "names of the headers"\n)]\n\n'
        "/// How many functions the kernel has; those of the provider stand behind them.\n"
        f"pub(crate) const KERNEL: usize = {len(slots())};\n"
        f"/// How many functions the provider has.\npub(crate) const PROVIDED: usize = {len(provided())};\n\n"
        "/// The place of each function.\npub(crate) mod place {\n"
    )
    text += "".join(f"    pub(crate) const {one.name}: usize = {number};\n" for number, one in enumerate(rows))
    text += "}\n\n/// The type of each function: addresses are numbers.\npub(crate) mod kind {\n"
    for one in rows:
        kinds = [rust(re.sub(r"\w+$", "", part)) for part in one.parameters.split(", ") if part]
        returns = rust(one.slot)
        arrow = "" if returns == "()" else f" -> {returns}"
        text += f'    pub(crate) type {one.name} = unsafe extern "C" fn({", ".join(kinds)}){arrow};\n'
    stubs = ", ".join(f"border::missing::<{number}> as *const () as usize" for number in range(len(rows)))
    return (
        text + "}\n\n/// The addresses of what says that a function is not simulated, one for each place.\n"
        "pub(crate) fn missing() -> [usize; KERNEL + PROVIDED] {\n    use crate::c::kernel::border;\n"
        f"    [{stubs}]\n}}\n"
    )


def layouts_header(name: str, header: str) -> str:
    """Assertions of sizes and places."""
    body = '#include "structures.h"\n\n' if header == "kernel" else ""
    for row in read(TABLES / "layouts.tsv"):
        if row["header"] == header:
            structure, field, value = row["structure"], row["field"], row["value"]
            what = f"sizeof({structure})" if field == "sizeof" else f"offsetof({structure}, {field})"
            body += f'WSKSIM_ASSERT({what} == {value}, "{structure}.{field} is {value}");\n'
    return guarded(name, "each structure lies as in Windows.", body)


def annotations_header() -> str:
    """The annotations of SAL, which mean nothing here."""
    body = ""
    for row in read(TABLES / "annotations.tsv"):
        parameters = {"0": "", "1": "(...)", "2": "(...)"}[row["arguments"]]
        body += f"#define {row['name']}{parameters}\n"
    return guarded("sal.h", "annotations. No compiler here reads them.", body)


def docs_page() -> str:
    """The text of docs/kernel.md."""
    text = (
        "# The kernel that drivers are compiled against\n\n"
        "Made by `.ci/c_surface.py` from `src/c/surface/functions.tsv`; do not edit. How to compile a driver is in\n"
        "[drivers.md](drivers.md). The IRQL is the highest at which Microsoft's documentation allows a call.\n\n"
        "*Simulated* says whether a driver that calls it can be run: one that is not ends the run, which says its\n"
        "name. A macro or an inline function is computed in the driver's own memory, and needs no kernel.\n"
    )
    simulated = set(re.findall(r"^    (\w+) \w+::\w+$", SIMULATED.read_text(encoding="utf-8"), re.MULTILINE))
    for letter, what in SETS.items():
        text += f"\n## Set {letter}: {what}\n\n| name | header | highest IRQL | simulated |\n|---|---|---|---|\n"
        for one in functions():
            if one.set != letter or one.header == "wsksim":
                continue
            irql = "any" if one.irql == "ANY" else f"{one.irql}_LEVEL"
            notes = [part for part in one.note.split("; ") if part and not part.startswith(("PFN_", "of a datagram"))]
            by = {"macro": "macro", "inline": "inline", "binding": "in the driver", "data": "data"}.get(
                one.how, "not yet"
            )
            by = "yes" if one.name in simulated or one.how in {"callback", "variadic"} else by
            text += f"| `{one.name}` | {one.header}.h | {'; '.join([irql, *notes])} | {by} |\n"
    return text


def files() -> dict[Path, str]:
    """Everything that is made, by its place."""
    inner = KM / "wsksim"
    return {
        inner / "statuses.h": statuses_header(),
        inner / "constants.h": constants_header("constants.h", "kernel", "the kernel's numbers."),
        inner / "ws2_constants.h": constants_header("ws2_constants.h", "ws2", "numbers of sockets."),
        inner / "wsk_constants.h": constants_header("wsk_constants.h", "wsk", "the numbers of wsk.h."),
        inner / "functions.h": functions_header(),
        inner / "wsk_functions.h": wsk_functions_header(),
        inner / "imports.h": imports_header(),
        inner / "layouts.h": layouts_header("layouts.h", "kernel"),
        inner / "wsk_layouts.h": layouts_header("wsk_layouts.h", "wsk"),
        KM / "binding" / "stubs.h": stubs(),
        ROOT / "src" / "c" / "kernel" / "imports.rs": mirror(),
        KM / "sal.h": annotations_header(),
        PAGE: docs_page(),
    }


def write(made: Iterable[tuple[Path, str]]) -> None:
    """Writes what has changed."""
    for path, text in made:
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def main() -> int:
    """Writes the files, or with --check compares them."""
    made = files()
    if "--check" not in sys.argv[1:]:
        write(made.items())
        return 0
    old = [path for path, text in made.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in old:
        print(f"{path.relative_to(ROOT)} is out of date; run python .ci/c_surface.py", file=sys.stderr)  # noqa: T201
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
