"""What a run did: one typed record, apart from the forms in which it is printed and kept (`wsksim.reports`)."""

import importlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

from wsksim.contract import Finding
from wsksim.contract.finding import plain_number
from wsksim.plans.checks import read_checks
from wsksim.runs.adding import add_reports
from wsksim.runs.arguments import whole
from wsksim.runs.checking import check_report, judge
from wsksim.runs.environment import environment
from wsksim.runs.exit_codes import exit_code_of
from wsksim.runs.histogram import Histogram
from wsksim.runs.lives import DRIVER_FIELDS, LIFE_FIELDS, lives_balance
from wsksim.runs.measured import Judged, Lives, Timeline, Times
from wsksim.runs.reading import read_values
from wsksim.runs.repeating import repeating_call
from wsksim.runs.times import STORM_FIELDS
from wsksim.shards.coverage import Shards
from wsksim.wording import UNREADABLE, unreadable

if TYPE_CHECKING:
    from wsksim.reports.table import Row

__all__ = ["SCHEMA_VERSION", "Report"]

SCHEMA_VERSION: Final = 2

CAUSES: Final = ("superseded", "closed", "aborted_locally", "non_functional", "refused_by_application", "not_enabled")
REASONS: Final = ("stale", "closed", "repeated", "limit")

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


@dataclass(frozen=True, kw_only=True)
class Report:
    """The accounting of one run, or of several that were added.

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
        storm: for a storm: what it measured, by the names that docs/cli.md lists; `service` to `timeline` below are the
            same as types.
        began: when the run began, in seconds since 1970.
        environment: the software and the machine, on which times depend.
        shards: of a run that was divided, which shards the report has; None for a whole run.
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
    began: float = 0.0
    environment: dict[str, str | int] = field(default_factory=dict)
    shards: Shards | None = None

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
        rest = {"began": round(time.time() - rest["elapsed_s"], 3), "environment": environment(), **rest}
        made = cls(findings=counters["findings"], finding_list=found, notes=notes, **parts, **rest)
        call = repeating_call(made.verb, made.handler, made.options, made.seed, obstacle)
        return made.repeated_by(made.repeat or call)

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
            began=values["began"],
            environment=values["environment"],
            shards=Shards.from_dict(values["shards"]) if values.get("shards") else None,
            capture={name: values[name] for name in CAPTURE_FIELDS if name in values},
            storm={
                name: values.get(name)
                for name in (*STORM_FIELDS, *LIFE_FIELDS)
                if (name in STORM_FIELDS or values.get(name) is not None)
                and (values.get("model") is not None or name in DRIVER_FIELDS)
            },
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Loads a report that was saved as JSON, by `save`, `-o` or `--json`.

        Raises:
            ReportError: the file cannot be read, or holds none.
        """
        return read_values(path, SCHEMA_VERSION, cls._proven)

    @classmethod
    def _proven(cls, values: dict[str, Any]) -> Self:
        """Reads values of whatever origin: what is read can be printed."""
        made = cls.from_dict(values)
        made.text()
        for measured in (made.service, made.response, made.accept, made.timeline):
            del measured
        return made

    @cached_property
    def histograms(self) -> dict[str, Histogram]:
        """Every series of times that was measured, by name."""
        return {name: Histogram.from_text(text) for name, text in (self.storm.get("histograms") or {}).items()}

    @property
    def service(self) -> Times | None:
        """The times in the handler; None if they were not measured."""
        return self._times("service")

    @property
    def response(self) -> Times | None:
        """The times from the planned instant to the handler's return; None if they were not measured."""
        return self._times("response")

    @property
    def accept(self) -> Times | None:
        """The times from a peer's connect to the application's accept; None if they were not measured."""
        return self._times("accept")

    @property
    def accept_service(self) -> Times | None:
        """The times inside the application's accept; None if they were not measured."""
        return self._times("accept_service")

    @property
    def checks(self) -> tuple[Judged, ...]:
        """The checks that were asked for, in that order."""
        return tuple(Judged(**row) for row in self.storm.get("checks") or ())

    @property
    def lives(self) -> Lives | None:
        """What became of the lives of a plan; None for a run without one."""
        lives = self.storm.get("lives")
        return Lives(**lives) if lives else None

    @property
    def timeline(self) -> Timeline | None:
        """What happened when, on the plan's clock; None for a run without a plan."""
        series = self.storm.get("series")
        return Timeline(**series) if series else None

    def _times(self, name: str) -> Times | None:
        summary = self.storm.get(f"{name}_ns")
        return Times.of(summary, self.histograms.get(name)) if summary else None

    @property
    def balanced(self) -> bool | None:
        """Whether posted = indicated + withheld + pending, and each life has one fate; None if not all is known."""
        if self.at_least:
            return None
        fates = (self.indicated, self.withheld, self.pending)
        edges = sum(self.posted.values()) == sum(sum(part.values()) for part in fates)
        return edges and lives_balance(self.storm)

    @property
    def unknown(self) -> bool:
        """Whether nobody knows what was found: the process that kept it is gone."""
        return bool(self.crashed or (self.shards and self.shards.crashed)) and not self.findings

    @property
    def partial(self) -> bool:
        """Whether the run ended before everything it was asked for was done."""
        lacks = self.shards is not None and self.shards.lacks
        return bool(self.interrupted or self.stopped or self.crashed or self.capture.get("damage") or lacks)

    @property
    def rate(self) -> float:
        """Indications per second of the whole run."""
        return sum(self.indicated.values()) / self.elapsed_s if self.elapsed_s > 0 else 0.0

    @property
    def exit_code(self) -> int:
        """The exit code of the command line for this report."""
        return exit_code_of(self)

    def check(self, *checks: str) -> None:
        """Raises unless every check holds, such as `"findings == 0"` or `"response.p99.9 < 50us"`.

        Raises:
            CheckError: one does not; it is an AssertionError.
            PlanError: one is no check, or names what this run did not measure.
        """
        check_report(self, checks)

    def checked(self, *checks: str) -> Self:
        """The same report with more checks, judged.

        Raises:
            PlanError: one is no check, or names what this run did not measure.
        """
        judged = judge(read_checks("check", checks), self)
        return replace(self, storm={**self.storm, "checks": [*(self.storm.get("checks") or ()), *judged]})

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
            "findings": None if self.unknown else self.findings,
            "finding_list": [finding.to_dict() for finding in self.finding_list],
            "notes": [note.to_dict() for note in self.notes],
            "seed": plain_number(self.seed),
            "began": self.began,
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
            "environment": dict(self.environment),
            **({"shards": self.shards.to_dict()} if self.shards else {}),
            **self.capture,
            **(dict.fromkeys((*STORM_FIELDS, *LIFE_FIELDS)) if self.verb == "run" else {}),
            **self.storm,
        }

    def text(self, *, width: int = 110, colour: bool = False, brief: bool = False, code: int | None = None) -> str:
        """Renders the report as text: checks, findings, counts, times, and the exit code last.

        Args:
            width: columns; no word is broken to keep to them.
            colour: whether words such as `ok` and `FAIL` are coloured too.
            brief: checks, findings and the exit code alone.
            code: the exit code to print; the report's own unless told.

        Raises:
            TypeError, ValueError: the width is no whole number from 20 on.
        """
        width = whole("width", width, low=20, high=1_000_000)
        text: str = _form("text").render(self, width=width, colour=colour, brief=brief, code=code)
        return text

    def __str__(self) -> str:
        """The report as text."""
        return self.text()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the report to a file, in the form that the name's suffix says: `.json`, `.html`, `.csv` and others.

        The file appears under its name only when it is whole.

        Raises:
            ReportError: the suffix is none of these, or the report does not hold what the form is made of.
            OSError: the file cannot be written.
        """
        _form("saving").save(self, path)

    def _repr_html_(self) -> str:
        """The report as a notebook shows it."""
        page: str = _form("html").fragment(self)
        return page

    def __iter__(self) -> "Iterator[Row]":
        """Its figures, as rows of a table, which `pandas.DataFrame(report)` has too."""
        rows: Iterator[Row] = iter(_form("table").rows(self))
        return rows

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Its figures as an Arrow stream, for whatever takes one, such as `polars.DataFrame(report)`.

        Raises:
            ReportError: the package nanoarrow is not installed.
        """
        return _form("arrow").stream(self).__arrow_c_stream__(requested_schema)

    def __add__(self, other: "Report") -> "Report":
        """Both runs as one: counts and histograms add up exactly, and so do the seconds.

        Raises:
            ReportError: they are not of the same plan: verb, handler, options or seed differ.
        """
        return add_reports(self, other)

    def __radd__(self, other: object) -> Self:
        """The report itself if nothing stands before it, as `sum` begins."""
        return self if other == 0 else NotImplemented


def _form(name: str) -> Any:
    """A form's module; each is imported when it is used, for a run needs one of them at most."""
    return importlib.import_module(f"wsksim.reports.{name}")
