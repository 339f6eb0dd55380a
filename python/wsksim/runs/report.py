"""What a run did, as an object, as JSON, and as text."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

from wsksim.contract import Finding
from wsksim.contract.finding import plain_number
from wsksim.runs.checking import check_report, check_rows
from wsksim.runs.lives import LIFE_FIELDS, life_rows, lives_balance
from wsksim.runs.times import STORM_FIELDS, rate_check, rows
from wsksim.wording import UNREADABLE, named, unreadable

__all__ = ["SCHEMA_VERSION", "Report"]

SCHEMA_VERSION: Final = 2

CAUSES: Final = ("superseded", "closed", "aborted_locally", "non_functional", "refused_by_application", "not_enabled")
REASONS: Final = ("stale", "closed", "repeated", "limit")

EXIT_GOOD: Final = 0
EXIT_FINDINGS: Final = 1
EXIT_USAGE: Final = 2
EXIT_INCOMPLETE: Final = 3
EXIT_CRASHED: Final = 4
EXIT_INTERRUPTED: Final = 130


@dataclass(frozen=True, kw_only=True)
class Report:
    """The accounting of one run.

    Attributes:
        verb: `run` or `replay`.
        handler: name of the handler.
        options: what the run was asked for, by name.
        posted: accepted edges, by kind.
        indicated: calls made, by kind, whatever they returned or raised.
        withheld: edges that will never be indicated, by cause.
        pending: edges that wait: `queued` for a drive, `held` for their event to be enabled; after a crash also
            `running`, those whose call had not returned.
        refused: posts that became no edge, by reason.
        findings: how many breaches of the contract were found, equal ones counted each.
        finding_list: the first 100 different ones; each counts its equals.
        notes: what is legal and suspicious, likewise; never among the findings.
        seed: the seed that repeats the run.
        elapsed_s: seconds from the first connection to the last return.
        interrupted: whether Ctrl-C ended the run early.
        stopped: why the run ended early otherwise; empty if it did not.
        at_least: whether the counts are what was known when the handler's process ended or a worker was given
            up in a call, so that some edges may be missing.
        crashed: what a dying handler left behind; None if none died.
        repeat: what repeats the run: the command, or for a run that Python began, the call.
        capture: for a replay: `packets`, `flows`, `established`, `skipped`, `damage` and more.
        storm: for a storm: `model`, `plan`, `pace`, `service_ns` and `response_ns`; see docs/storms.md. For one of a
            plan also `lives`, `accepted`, `refusals`, `bytes`, `left`, `virtual_s` and `checks`.
    """

    verb: str
    handler: str
    options: dict[str, Any]
    posted: dict[str, int]
    indicated: dict[str, int]
    withheld: dict[str, int]
    pending: dict[str, int]
    refused: dict[str, int]
    findings: int
    finding_list: tuple[Finding, ...]
    seed: int
    elapsed_s: float
    interrupted: bool = False
    stopped: str = ""
    at_least: bool = False
    crashed: dict[str, Any] | None = None
    repeat: str = ""
    capture: dict[str, Any] = field(default_factory=dict)
    storm: dict[str, Any] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()

    @classmethod
    def of(
        cls,
        counters: dict[str, Any],
        *,
        finding_list: Sequence[Finding],
        note_list: Sequence[Finding] = (),
        obstacle: str = "",
        **rest: Any,
    ) -> Self:
        """Makes a report from `Subsystem.counters()`, and what was found.

        Args:
            counters: these counters.
            finding_list: the findings.
            note_list: the notes.
            obstacle: what has to be done before a call can be written down that repeats the run; empty if nothing.
            rest: the other fields, by name.
        """
        parts: dict[str, Any] = {
            part: dict(counters[part]) for part in ("posted", "indicated", "withheld", "pending", "refused")
        }
        found, notes = tuple(finding_list), tuple(note_list)
        made = cls(findings=counters["findings"], finding_list=found, notes=notes, **parts, **rest)
        return made.repeated_by(made.repeat or _call(made, obstacle))

    def repeated_by(self, command: str) -> Self:
        """The report of a run which that command repeats; its findings say so too."""
        found, notes = (tuple(replace(one, again=command) for one in kept) for kept in (self.finding_list, self.notes))
        crashed = None if self.crashed is None else {**self.crashed, "again": command}
        return replace(self, repeat=command, crashed=crashed, finding_list=found, notes=notes)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Reads back what `to_dict` gave.

        Raises:
            ValueError: it is something else.
        """
        try:
            return cls._read(values)
        except UNREADABLE as error:
            raise unreadable("Report", values, error) from error

    @classmethod
    def _read(cls, values: dict[str, Any]) -> Self:
        same = {
            name: values[name]
            for name in ("verb", "handler", "options", "posted", "indicated", "withheld", "pending", "refused")
        }
        return cls(
            **same,
            findings=values["findings"] or 0,
            finding_list=tuple(map(Finding.from_dict, values["finding_list"])),
            notes=tuple(map(Finding.from_dict, values["notes"])),
            seed=int(values["seed"]),
            elapsed_s=values["elapsed_s"],
            interrupted=values["interrupted"],
            stopped=values["stopped"],
            at_least=values["at_least"],
            crashed=values["crashed"],
            repeat=values["repeat"],
            capture={name: values[name] for name in CAPTURE_FIELDS if name in values},
            storm={
                name: values[name]
                for name in (*STORM_FIELDS, *LIFE_FIELDS)
                if values.get("model") is not None and (name in STORM_FIELDS or values[name] is not None)
            },
        )

    @property
    def balanced(self) -> bool | None:
        """Whether posted = indicated + withheld + pending, and each life has one fate; None if not all is known."""
        if self.at_least:
            return None
        fates = (self.indicated, self.withheld, self.pending)
        edges = sum(self.posted.values()) == sum(sum(part.values()) for part in fates)
        return edges and lives_balance(self.storm)

    @property
    def partial(self) -> bool:
        """Whether the run ended before everything it was asked for was done."""
        return bool(self.interrupted or self.stopped or self.crashed or self.capture.get("damage"))

    @property
    def rate(self) -> float:
        """Indications per second of the whole run."""
        return sum(self.indicated.values()) / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def exit_code(self) -> int:
        """The exit code of the command line for this report."""
        if self.crashed:
            return EXIT_CRASHED
        if self.interrupted:
            return EXIT_INTERRUPTED
        if self.partial:
            return EXIT_INCOMPLETE
        failed = any(not check["good"] for check in self.storm.get("checks", ()))
        return EXIT_FINDINGS if self.findings or failed else EXIT_GOOD

    def check(self, *checks: str) -> None:
        """Raises unless every check holds, such as `"findings == 0"` or `"response.p99.9 < 50us"`.

        Raises:
            CheckError: one does not; it is an AssertionError.
            PlanError: one is no check, or names what this run did not measure.
        """
        check_report(self, checks)

    def to_dict(self) -> dict[str, Any]:
        """Returns nested plain values, as `--json` prints them."""
        return {
            "schema_version": SCHEMA_VERSION,
            "verb": self.verb,
            "handler": self.handler,
            "options": dict(self.options),
            "posted": dict(self.posted),
            "indicated": dict(self.indicated),
            "withheld": dict(self.withheld),
            "pending": dict(self.pending),
            "refused": dict(self.refused),
            "findings": None if self.crashed and not self.findings else self.findings,
            "finding_list": [finding.to_dict() for finding in self.finding_list],
            "notes": [note.to_dict() for note in self.notes],
            "seed": plain_number(self.seed),
            "elapsed_s": self.elapsed_s,
            "rate": self.rate,
            "balanced": self.balanced,
            "partial": self.partial,
            "interrupted": self.interrupted,
            "stopped": self.stopped,
            "at_least": self.at_least,
            "crashed": self.crashed,
            "repeat": self.repeat,
            "exit": self.exit_code,
            **self.capture,
            **(dict.fromkeys((*STORM_FIELDS, *LIFE_FIELDS)) if self.verb == "run" else {}),
            **self.storm,
        }

    def __str__(self) -> str:
        """Renders the report as text: checks, findings, counts, and the exit code last."""
        lines = [*self._notices(), *self._checks(), *self._findings(), *self._counts()]
        return "\n".join([*lines, f"exit {self.exit_code}"])

    def brief(self) -> str:
        """Renders checks, findings and the exit code alone."""
        lines = [*self._notices(), *self._checks(), *self._findings()]
        return "\n".join([*lines, f"exit {self.exit_code}"])

    def _notices(self) -> list[str]:
        lines = []
        if self.crashed:
            lines.append(f"CRASH {self.crashed['text']}")
            lines += [f"      | {line}" for line in self.crashed["stack"].splitlines()]
            lines.append(f"again {self.crashed['again']}")
        if self.interrupted:
            lines.append("PART  interrupted; the counts cover what was done until then")
        if self.stopped:
            lines.append(f"PART  {self.stopped}; the counts cover what was done until then")
        lines += [f"PART  {text}; read until there" for text in damages(self.capture)]
        lines += [f"NOTE  {note}" for note in self.capture.get("capture_notes", ())]
        return lines

    def _checks(self) -> list[str]:
        calls = sum(self.indicated.values())
        least = "at least " if self.at_least else ""
        found = f"{least}{_count(self.findings, 'finding')} in {least}{_count(calls, 'indication')}"
        # Of a process that is gone nobody knows what else it found.
        good = None if self.crashed and not self.findings else self.findings == 0
        lines = [
            *check_rows(self.storm),
            _check("findings", good, "unknown: the process that kept them is gone" if good is None else found),
            _check(
                "balance",
                self.balanced,
                "unknown: what was not counted before the run was cut off is missing"
                if self.at_least
                else "posted = indicated + withheld + pending"
                + ("; each life has one fate" if self.storm.get("lives") else ""),
            ),
        ]
        if self.storm.get("pace"):
            kept, text = rate_check(self.storm["pace"], workers=self.options.get("workers", 0))
            lines.append(f"{'ok' if kept else 'LATE':<5} {'rate':<10} {text}")
        return lines

    def _findings(self) -> list[str]:
        lines = [str(finding) for finding in self.finding_list]
        told = sum(finding.count for finding in self.finding_list)
        if lines and self.findings > told:
            which = "of these kinds or others" if self.at_least else "of other kinds or at other places"
            lines.append(f"      (and {self.findings - told:,} more findings, {which})")
        lines += [f"NOTE  {str(note).lstrip()}" for note in self.notes]
        return lines

    def _counts(self) -> list[str]:
        lines = []
        if self.capture:
            lines.append(_row("capture", self.capture, ("packets", "tcp_packets", "flows", "established")))
            skipped = {reason: count for reason, count in self.capture["skipped"].items() if count}
            if skipped:
                lines.append(_row("skipped", skipped, tuple(skipped)))
        lines += [
            *life_rows(self.storm),
            _row("posted", self.posted, tuple(self.posted), "at least " if self.at_least else ""),
            _row("indicated", self.indicated, ("graceful", "abortive"), "at least " if self.at_least else ""),
            _row("withheld", self.withheld, tuple(cause for cause in self.withheld if self.withheld[cause])),
            _row("pending", self.pending, tuple(self.pending), "about " if self.at_least else ""),
            _row("refused", self.refused, tuple(reason for reason in self.refused if self.refused[reason])),
            *rows(self.storm),
            f"{'rate':<10} {self.rate:,.0f} indications/s in {self.elapsed_s:.6f} s",
            f"{'seed':<10} {self.seed}",
            f"{'target' if self.storm.get('lives') else 'handler':<10} {self.handler}",
        ]
        return lines


CAPTURE_FIELDS: Final = (
    "packets",
    "tcp_packets",
    "tunnelled",
    "flows",
    "established",
    "skipped",
    "skipped_link_types",
    "damage",
    "capture_notes",
    "files",
    "left_out",
)


def _call(report: Report, obstacle: str) -> str:
    """The call that repeats a run which Python began; if something stands in its way, what to do about that."""
    handler = repr(report.handler)
    if obstacle:
        handler = "the same handler"
    given = {**report.options, "seed": report.seed}
    # What a plan holds although nobody asked for it, and what may not be asked for without something else.
    if given.get("rate") is None:
        left_out = {"arrivals", "burst", *(() if given.get("sample") else ("sample",))}
    else:
        left_out = set() if given.get("arrivals") == "burst" else {"burst"}
    left_out |= {"file", "files", *(() if given.get("filters") else ("filters",))}
    files = given.get("files", [])
    places = [repr(files[0] if len(files) == 1 else files)] if files else []
    options = [f"{name}={value!r}" for name, value in given.items() if value is not None and name not in left_out]
    verb = "storm" if report.verb == "run" else report.verb
    call = f"wsksim.{verb}({', '.join([*places, handler, *options])})"
    return f"{obstacle}: then {call}" if obstacle else call


def damages(capture: dict[str, Any]) -> list[str]:
    """Where files of a capture end early; one that is read alone needs no name."""
    files = capture.get("files", ())
    if len(files) < 2:  # one, or none in a report made by hand
        packed = any(file["compression"] for file in files)
        damaged = [("the capture", damage, packed) for damage in [capture.get("damage")] if damage]
    else:
        damaged = [(named(file["file"]), file["damage"], file["compression"]) for file in files if file["damage"]]
    return [
        f"{name} ends at byte {damage['offset']:,}{' of what it unpacks to' if packed else ''}: {damage['found']}"
        for name, damage, packed in damaged
    ]


def _check(name: str, good: bool | None, found: str) -> str:  # noqa: FBT001 - private, called twice
    return f"{'?' if good is None else 'ok' if good else 'FAIL':<5} {name:<10} {found}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _row(name: str, values: dict[str, Any], keys: tuple[str, ...], before: str = "") -> str:
    parts = ", ".join(f"{key} {values[key]:,}" for key in keys)
    if name == "capture":
        return f"{name:<10} {parts}"
    total = sum(values.values())
    return f"{name:<10} {before}{total:,}" + (f" ({parts})" if parts else "")
