"""The table of calls (tests/vectors/calls), as text.

`tests/vectors/calls/README.md` says how a line is written; `call_runner.py` runs it.
"""

from dataclasses import dataclass, field

from conftest import ROOT
from harness import data
from wsksim import wsk

FOLDER = ROOT / "tests" / "vectors" / "calls"
EVENTS = {
    "receive": wsk.WSK_EVENT_RECEIVE,
    "disconnect": wsk.WSK_EVENT_DISCONNECT,
    "backlog": wsk.WSK_EVENT_SEND_BACKLOG,
    "accept": wsk.WSK_EVENT_ACCEPT,
    "receive_from": wsk.WSK_EVENT_RECEIVE_FROM,
}


@dataclass
class Line:
    """One call, and what it is expected to come to: (result, events, findings)."""

    number: int
    call: str
    expected: tuple = (None, [], [])


@dataclass
class Script:
    """One script of a file."""

    file: str
    name: str
    options: dict = field(default_factory=dict)
    left_out: dict = field(default_factory=dict)
    lines: list = field(default_factory=list)


def scripts():
    """Every script of every file of the table."""
    found = []
    for path in sorted(FOLDER.glob("*.calls")):
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            head, _, rest = text.strip().partition(": ")
            if head == "script":
                found.append(Script(path.name, rest))
            elif head == "options":
                pairs = (word.partition("=")[::2] for word in rest.split())
                found[-1].options = dict(option(*pair) for pair in pairs)
            elif head.startswith("not in "):
                found[-1].left_out[head.removeprefix("not in ")] = rest
            elif text.strip() and not text.startswith("#"):
                found[-1].lines.append(read(number, text.strip()))
    return found


def option(name, value):
    """An option of a script as one of a subsystem."""
    match name:
        case "window":
            return "window", int(value)
        case "irql":
            return "irql", value
        case "completions":
            return "completions", value
    raise ValueError(name)


def read(number, text):
    """A line of the table."""
    text, *findings = text.split(" ! ")
    text, *events = text.split(" ; ")
    call, _, result = text.partition(" -> ")
    return Line(number, call, (result or None, events, findings))


def shown(outcome):
    """What comes of a call, as a line of the table has it behind the call."""
    result, events, findings = outcome
    parts = [f" -> {result}"] if result else []
    return "".join([*parts, *(f" ; {one}" for one in events), *(f" ! {one}" for one in findings)])


def words(text):
    """The words of a call; text in quotes is one word, with its quotes."""
    found, rest = [], text
    while rest := rest.lstrip():
        end = rest.find('"', 1) + 1 if rest[0] == '"' else rest.find(" ")
        end = end if end > 0 else len(rest)
        found.append(rest[:end])
        rest = rest[end:]
    return found


def mask(text):
    """`receive|disconnect` as bits."""
    bits = 0
    for name in text.split("|"):
        bits |= EVENTS[name] if name in EVENTS else 0 if name == "none" else int(name)
    return bits


def buffer(text):
    """`"text"`, `4*0`, or `LENGTH@OFFSET/MEMORY`, as a WSK_BUF."""
    if text.startswith('"') or "@" not in text:
        return data(payload(text))
    length, _, rest = text.partition("@")
    offset, _, memory = rest.partition("/")
    return wsk.WSK_BUF(wsk.MDL(bytearray(int(memory))), int(offset), int(length))


def payload(text):
    """`"text"`, or `4*0`."""
    return text.strip('"').encode() if text.startswith('"') else bytes(int(text.partition("*")[0]))


def quoted(content):
    """Bytes as the table has them."""
    return f"{len(content)}*0" if content and not any(content) else f'"{content.decode()}"'


def named(told, name, otherwise=None):
    """What stands behind `name=` among the words."""
    return next((word.partition("=")[2] for word in told if word.startswith(f"{name}=")), otherwise)


def control(events, told):
    """InputSize, and a WSK_EVENT_CALLBACK_CONTROL."""
    ids = {"null": None, "other": bytes([7]) * 16, None: wsk.NPI_WSK_INTERFACE_ID}
    block = wsk.WSK_EVENT_CALLBACK_CONTROL(ids[named(told, "npi")], mask(events))
    return int(named(told, "size", 16)), block


def given(answer):
    """Returns an answer, or raises it."""
    if isinstance(answer, Exception):
        raise answer
    return answer


def set_level(level):
    """Raises or lowers the level of this thread."""
    if level >= wsk.KeGetCurrentIrql():
        wsk.KeRaiseIrql(level)
    else:
        wsk.KeLowerIrql(level)
