"""Finding: one record of what an application did wrong, the same in Python, as text and as JSON."""

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, Self

from wsksim.wording import UNREADABLE, shown, unreadable

__all__ = ["Finding", "Kind", "plain_number"]

Kind = Literal["breach", "choice", "note"]

# The largest number that every reader of JSON keeps as it is.
_EXACT: Final = 2**53
# What a subsystem does unless it is asked otherwise.
_USUAL: Final[Mapping[str, Any]] = {
    "irql": "passive",
    "schedule": "fifo",
    "completions": "inline",
    "remember_disconnects": True,
    "graceful_after_data": True,
    "set_dispatch_flag": True,
    "window": 65_536,
    "backlog": 200,
    "max_sockets": 2**28,
    "max_pending": None,
}
# What says how much there is room for; the line that repeats the run has it.
_LIMITS: Final = frozenset({"max_sockets", "max_pending"})
_NOT_IN_JSON: Final = frozenset({"handle"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One detected breach of a contract rule by the application, or a note about what looks wrong.

    Equal ones, by rule, function and site, are one finding that counts them.

    Attributes:
        rule: rule id, such as `D-8`; `wsksim explain` says more.
        kind: `breach`; `choice`, a breach of a rule that holds by wsksim's own choice; or `note`, which is legal.
        condition: what the contract asks of the application.
        found: what it did instead.
        advice: what to do in this case.
        function: the function of the application that did it; empty if unknown.
        site: its `file:line`; empty if unknown. A file in the current folder is named from there.
        other_function: the function at the other end: what it contradicts, such as the one that closed the socket
            before, or the handler that called it; empty if there is none.
        other_site: its `file:line`.
        socket: the small name that every output has for the socket, `socket 4`, or `connection 4` for one that
            `connect` opened without WSK; empty if none is concerned.
        context: text form of the socket's context; empty where nobody asked for it.
        step: after how many choices of the schedule it was; 0 where nothing was chosen.
        inside: the callback or completion routine in which it happened, such as `WskReceiveEvent`, or
            `WskReceiveEvent of socket 2` if it is another socket's; empty if outside any.
        edge: number of the disconnect indication in which it happened, from 1; 0 if outside any.
        flags: the `Flags` of that callback.
        seed: the subsystem's seed, which repeats the run.
        policies: the subsystem's other options on which the run depends, by name.
        choices: what was chosen until then, for `Subsystem(choices=...)`; None if nothing was, if it was more than 256
            times, or if workers drove.
        traceback: text of what a handler raised; empty if it raised nothing.
        count: how often it was found.
        again: what repeats the run: the command, or the options of the subsystem; or what to change so that something
            does.
        repeats: whether the same options lead to it again; False if workers drove, whose order the system decides.
        handle: the handle of the connection, 0 if it is about none; for `Subsystem.connection`.
    """

    rule: str
    kind: Kind = "breach"
    condition: str
    found: str
    advice: str = ""
    function: str = ""
    site: str = ""
    other_function: str = ""
    other_site: str = ""
    socket: str = ""
    context: str = "None"
    step: int = 0
    inside: str = ""
    edge: int = 0
    flags: int = 0
    seed: int = 0
    policies: Mapping[str, Any] = field(default_factory=dict, hash=False)
    choices: tuple[int, ...] | None = None
    traceback: str = ""
    count: int = 1
    again: str = ""
    repeats: bool = True
    handle: int = field(default=0, compare=False)

    def __post_init__(self) -> None:
        """Fills in what repeats the run, unless that was given."""
        if not self.again:
            object.__setattr__(self, "again", self._options())

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values, as every JSON output has them."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in _NOT_IN_JSON}
        values["seed"] = plain_number(self.seed)
        values["policies"] = dict(self.policies)
        values["choices"] = None if self.choices is None else list(self.choices)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Reads back what `to_dict` gave.

        Raises:
            ValueError: it is something else.
        """
        try:
            choices = values["choices"]
            if not isinstance(choices, list | tuple | None):
                raise TypeError(f"choices: {shown(choices)}")
            read = {**values, "seed": int(values["seed"]), "choices": None if choices is None else tuple(choices)}
            return cls(**read)
        except UNREADABLE as error:
            raise unreadable("Finding", values, error) from error

    def __str__(self) -> str:
        """Says what was asked, what was found, where, when, what to do, and how to see it again."""
        return self.text()

    def text(self, width: int = 110) -> str:
        """The same, in lines of so many columns; no word is broken to keep to them."""
        times = f"found {self.count:,} time{'' if self.count == 1 else 's'}"
        head = f"{self.rule:<5} {self.condition.rstrip('.')}"
        room = width - len(times) - 2
        first, *others = _wrapped(head, room, " " * 6) or [head]
        lines = [f"{first:<{room}}  {times}", *others]
        lines += _labelled(
            "", "; ".join(filter(None, (self.found, self.socket, self.context and f"context {self.context}"))), width
        )
        if self.kind == "choice":
            lines += _labelled("", "a choice of wsksim's: the documentation leaves the point open", width)
        if self.kind == "note":
            lines += _labelled("", "a note: legal, and suspicious", width)
        lines += self._where(width)
        lines += [f"      | {line}" for line in self.traceback.splitlines()]
        lines += _labelled("when", self.when, width)
        lines += _labelled("do", self.advice, width) if self.advice else []
        lines += [f" more wsksim explain {self.rule}", f"again {_line(self.again)}"]
        return "\n".join(lines)

    def _where(self, width: int) -> list[str]:
        here = _place(self.site, self.function)
        there = _place(self.other_site, self.other_function)
        if not here:
            return []
        lines = [f"   {'at' if self.site else 'in'} {here}"]
        if there and self.other_function != self.function:
            both = f"{lines[0]}       <- {there}"
            lines = [both] if len(both) <= width else [*lines, f"       <- {there}"]
        return lines

    @property
    def when(self) -> str:
        """When it was, in words, and what of the subsystem's options was not as usual."""
        parts = [f"step {self.step:,}"] if self.step else []
        parts += [f"in {self.inside}"] if self.inside else []
        parts += [f"edge {self.edge:,}"] if self.edge else []
        parts += [f"Flags 0x{self.flags:x}"] if self.edge or self.inside.startswith("Wsk") else []
        settings = [f"seed {self.seed}"]
        settings += [f"{name} {value}" for name, value in self._unusual().items() if name not in _LIMITS]
        if self.choices is not None:
            settings.append("choices " + " ".join(map(str, self.choices)))
        if not self.repeats:
            settings.append("workers drove, so that another run may come to it in another order, or not at all")
        return f"{', '.join(parts)} ({', '.join(settings)})" if parts else ", ".join(settings)

    def _unusual(self) -> dict[str, Any]:
        return {name: value for name, value in self.policies.items() if _USUAL.get(name) != value}

    def _options(self) -> str:
        chosen = {} if self.choices is None else {"choices": list(self.choices)}
        given = {"seed": self.seed, **self._unusual(), **chosen}
        return f"wsksim.Subsystem({', '.join(f'{name}={value!r}' for name, value in given.items())})"


def plain_number(number: int) -> int | str:
    """The number for JSON: as text where a reader that keeps 53 bits would change it."""
    return number if -_EXACT <= number <= _EXACT else str(number)


def _place(site: str, function: str) -> str:
    return _line(f"{site} in {function}" if site and function else site or function)


def _line(text: str) -> str:
    return text.replace("\n", "\\n")


def _labelled(label: str, text: str, width: int) -> list[str]:
    head = f"{label:>5} "
    return _wrapped(f"{head}{text}", width, " " * len(head)) or [head.rstrip()]


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
