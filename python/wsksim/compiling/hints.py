"""What an error of a compiler or a linker means for a driver, and what to do about it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from wsksim.compiling.names import left_out, left_out_header, whose

__all__ = ["HINTS", "Hint", "hints"]


@dataclass(frozen=True)
class Hint:
    """One known cause of a failure.

    Attributes:
        name: what tests call it.
        pattern: what the compilers say.
        text: the hint, from what the pattern found; None if this is something else.
    """

    name: str
    pattern: "re.Pattern[str]"
    text: Callable[["re.Match[str]"], str | None]


_QUOTE: Final = "['`\"]"
_OF_CPP: Final = {
    "algorithm", "array", "atomic", "concepts", "functional", "initializer_list", "iostream", "limits", "map", "memory",
    "mutex", "optional", "span", "string", "string_view", "thread", "tuple", "type_traits", "utility", "variant",
    "vector",
}  # fmt: skip


def _missing(found: "re.Match[str]") -> str:
    name = next(filter(None, found.groups()))
    if what := left_out_header(name):
        return f"{name}: left out on purpose, it belongs to {what}; keep its users out of the driver under test"
    if name in _OF_CPP:
        return f"<{name}>: of the library of C++, which no kernel has; write what is needed of it"
    return (
        f"{name}: not found; add its folder with -I, or put a small file of that name beside the driver, with what "
        "the driver uses of it"
    )


def _unknown(found: "re.Match[str]") -> str | None:
    name = found["name"]
    if name.startswith("STATUS_"):
        return (
            f"{name}: no status that wsksim knows; define it, such as -D'{name}=((NTSTATUS)0xC0000001)' with its value"
        )
    if what := left_out(name):
        return f"{name}: left out on purpose, it belongs to {what}"
    if name in {"__try", "__except", "__finally"}:
        return f"{name}: a macro of the kernel's headers here; include ntddk.h, wdm.h or ntifs.h before"
    return (
        f"{name}: not in the headers that wsksim has; if it is Microsoft's, declare it in a file of your own before "
        "the driver's, with -I; if it is the driver's, an include is missing"
    )


def _own(found: "re.Match[str]") -> str:
    return (
        f"{found['name']}: declared by the driver and by the kernel's headers; put the driver's own between "
        "#ifndef WSKSIM_KERNEL_H and #endif"
    )


def _said(text: str) -> Callable[["re.Match[str]"], str]:
    return lambda found: text.format(**found.groupdict())


def _hint(name: str, pattern: str, text: Callable[["re.Match[str]"], str | None]) -> Hint:
    return Hint(name, re.compile(pattern.replace("QUOTE", _QUOTE), re.MULTILINE), text)


HINTS: Final = (
    _hint(
        "missing header",
        r"fatal error: (?:'([^']+)' file not found|([^:\n]+): No such file or directory)"
        r"|cannot open include file: '([^']+)'",
        _missing,
    ),
    _hint(
        "undeclared function",
        r"(?:implicit declaration of function|call to undeclared function|implicitly declaring library function) "
        r"QUOTE(?P<name>\w+)",
        lambda found: whose(found["name"]),
    ),
    _hint(
        "unknown name",
        r"(?:unknown type name|use of undeclared identifier) QUOTE(?P<name>\w+)"
        r"|error: QUOTE(?P<other>\w+)' (?:was not declared|does not name a type|undeclared)",
        lambda found: _unknown(found) if found["name"] else _unknown(_renamed(found)),
    ),
    _hint(
        "sizeof without parentheses",
        r"expected parentheses around type name in sizeof|error: expected expression before QUOTE(?P<name>[A-Z]\w+)'",
        _said("`sizeof T` of a type without parentheses is Microsoft's alone; write sizeof(T)"),
    ),
    _hint(
        "goto over an initialiser",
        r"crosses initialization of|jump to label QUOTE\w+'",
        _said("a goto over an initialiser is an error in C++; clang lets it pass, as Microsoft's: --compiler clang"),
    ),
    _hint(
        "exceptions of C++",
        r"exception handling disabled|cannot use QUOTE(?:throw|try)' with exceptions disabled",
        _said("no kernel has C++ exceptions; use statuses, and __try for what the kernel raises"),
    ),
    _hint(
        "run-time types of C++",
        r"(?:typeid|dynamic_cast)' (?:with|requires|not permitted with) QUOTE?-f(?:no-)?rtti"
        r"|use of typeid requires -frtti"
        r"|use of dynamic_cast requires -frtti",
        _said("no kernel has the run-time types of C++; use a tag of your own"),
    ),
    _hint(
        "assembler of Microsoft's",
        r"__?asm(?:__)?\s*\{|MS-style inline assembly|inline assembly is not available",
        _said("__asm blocks are of 32 bits and of Microsoft's alone; use an intrinsic or C"),
    ),
    _hint(
        "unresolved name",
        r"undefined (?:reference to|symbol:?) (?!QUOTE?DriverEntry\b)QUOTE?(?P<name>[^'\"\n]+?)['\"]?$"
        r"|^\s+\"_(?P<other>\w+)\", referenced",
        lambda found: whose((found["name"] or found["other"]).strip()),
    ),
    _hint(
        "object of another architecture",
        r"(?:file in wrong format|is incompatible with|incompatible target|file format not recognized"
        r"|unknown file type)",
        _said("one of the files is for another machine or no object; compile it here, from its source"),
    ),
    _hint(
        "kernel of 32 bits",
        r"wsksim simulates a kernel of 64 bits",
        _said("drivers of 64 bits only; leave -m32 out"),
    ),
    _hint(
        "wide letters of 32 bits",
        r"WCHAR has 16 bits",
        _said("WCHAR has 16 bits; leave -fno-short-wchar out"),
    ),
    _hint(
        "long for LONG",
        r"(?:QUOTE(?:volatile )?(?:unsigned )?long(?: int)?(?: volatile)? ?\*'"
        r"|QUOTE(?:PU?LONG|ULONG ?\*|LONG ?\*)')[^\n]*"
        r"(?:QUOTE(?:PU?LONG|U?LONG ?\*|volatile U?LONG ?\*)|(?:unsigned )?long(?: int)? ?\*)",
        _said(
            "a long has 64 bits here and LONG has 32; write LONG and ULONG in the driver, which are the same on Windows"
        ),
    ),
    _hint(
        "declared twice",
        r"(?:redefinition of|conflicting types for|typedef redefinition with different types|conflicting declaration) "
        r"QUOTE(?:struct |union |enum )?(?P<name>\w+)",
        _own,
    ),
    _hint(
        "no text",
        r"source file is not valid UTF-8|stray QUOTE\\(?:377|376)|null character\(s\) (?:ignored|preserved)",
        _said("the file is no text in UTF-8, perhaps in UTF-16; save it as UTF-8"),
    ),
)


def _renamed(found: "re.Match[str]") -> "re.Match[str]":
    """The same find, with its name where the first form of the message has it."""
    again = re.match(r"(?P<name>\w+)", found["other"])
    if again is None:
        raise ValueError(found["other"])
    return again


def hints(said: str) -> list[str]:
    """What to do about what compilers and linkers said, in their order; names with one cause share a line."""
    places: dict[str, int] = {}
    for hint in HINTS:
        for found in hint.pattern.finditer(said):
            text = hint.text(found)
            if text is not None:
                places.setdefault(text, found.start())
    names: dict[str, list[str]] = {}
    for text in sorted(places, key=places.__getitem__):
        name, colon, advice = text.partition(": ")
        names.setdefault(advice if colon else text, []).append(name if colon else "")
    return [f"{', '.join(them)}: {advice}" if them[0] else advice for advice, them in names.items()]
