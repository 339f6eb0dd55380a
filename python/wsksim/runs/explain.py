"""How the packets of one flow of a capture were read, line by line."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from wsksim._native import CaptureReader
from wsksim.runs.arguments import MAX_SEED, whole
from wsksim.runs.damages import damages
from wsksim.wording import named

__all__ = ["MAX_LINES", "SCHEMA_VERSION", "Explanation", "explain_flow", "table_head", "table_rows"]

SCHEMA_VERSION: Final = 1

# Packets that are told of; a flow of a small compressed file may have millions.
MAX_LINES: Final = 100_000

# Of packet, time, sender, flags and rule.
_WIDTHS: Final = (6, 20, 6, 11, 4)
_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")


@dataclass(frozen=True, kw_only=True)
class PacketLine:
    """How one packet was read.

    Attributes:
        file: where it is.
        packet: its number in that file.
        time: when it was recorded, in seconds since 1970.
        source: who sent it.
        destination: to whom.
        sender: `client` or `server`, or `?` if the flow's beginning is not in the capture.
        flags: names of its flags.
        meaning: what it meant, one text for each rule.
        rules: numbers of these rules in docs/captures.md; None for what no rule speaks of.
    """

    file: str
    packet: int
    time: str
    source: str
    destination: str
    sender: str
    flags: tuple[str, ...]
    meaning: tuple[str, ...]
    rules: tuple[int | None, ...]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """How one flow was read, as an object, as JSON, and as text.

    Attributes:
        flow: its number.
        flows: how many there are, as far as was read.
        lines: its packets, the first `MAX_LINES`.
        more: how many packets came after these.
        damage: where files end early, as texts.
        interrupted: whether Ctrl-C ended the reading.
        several_files: whether a packet's number needs its file.
        unnumbered: whether there are flows beyond those, more than are numbered (1,048,576 four-tuples).
    """

    flow: int
    flows: int
    lines: tuple[PacketLine, ...]
    more: int = 0
    damage: tuple[str, ...] = ()
    interrupted: bool = False
    several_files: bool = False
    unnumbered: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Returns nested plain values, as `--json` prints them and `wsksim/schema/flow.json` describes them."""
        return {
            "schema_version": SCHEMA_VERSION,
            "flow": self.flow,
            "flows": self.flows,
            "unnumbered": self.unnumbered,
            "lines": [asdict(line) for line in self.lines],
            "more": self.more,
            "damage": list(self.damage),
            "interrupted": self.interrupted,
        }

    def __str__(self) -> str:
        """Renders the flow as a table; rules are those of docs/captures.md."""
        rows = (row for line in self.lines for row in table_rows(line, several_files=self.several_files))
        return "\n".join([*table_head(self.flow, self.lines), *rows, *self.table_end()])

    def table_end(self) -> list[str]:
        """Returns what stands below the packets."""
        more = [f"(and {self.more:,} more packets)"] if self.more else []
        parts = [f"PART  {text}; read until there" for text in self.damage]
        parts += ["PART  interrupted; read until there"] if self.interrupted else []
        beyond = "; later ones have no number: choose some with --filter" if self.unnumbered else ""
        return [*more, *parts, f"flows {self.flows:,}{beyond}"]


def table_head(flow: int, lines: Sequence[PacketLine]) -> list[str]:
    """Returns what stands above the packets of a flow."""
    ends = f"{lines[0].source} to {lines[0].destination}" if lines else "no packet of it was read"
    heading = [_row(("packet", "time", "sender", "flags", "rule"), "meaning")] if lines else []
    return [f"flow {flow}: {ends}; rules of docs/captures.md", *heading]


def table_rows(line: PacketLine, *, several_files: bool) -> list[str]:
    """Returns what a packet meant, a row for each rule."""
    packet = f"{named(line.file)}:{line.packet}" if several_files else str(line.packet)
    cells = (packet, line.time, line.sender, " ".join(line.flags))
    rows = []
    for rule, meaning in zip(line.rules, line.meaning, strict=True):
        rows.append(_row((*cells, "-" if rule is None else str(rule)), meaning))
        cells = ("", "", "", "")
    return rows


def _row(cells: tuple[str, ...], meaning: str) -> str:
    # Widths that nearly everything fits in: a row is told before the next one is known.
    return "  ".join([*(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=True)), meaning])


def explain_flow(
    path: Any,
    flow: int,
    *,
    local: Literal["server", "client", "both"] = "server",
    midstream: bool = False,
    tunnels: bool = True,
    filters: Sequence[str] = (),
    unpack_limit: int | None = None,
    told: Callable[[str], object] | None = None,
) -> Explanation:
    """Reads captures and says of each packet of one flow what it meant.

    Args:
        path: what `replay` reads.
        flow: its number: four-tuples count from 0 in the order of their first packets, with a new number for a
            new connection on a known one, as the streams of a packet viewer do.
        local: as for `replay`.
        midstream: as for `replay`.
        tunnels: as for `replay`.
        filters: as for `replay`; what is left out is not numbered.
        unpack_limit: as for `replay`.
        told: called with each row of the text down to the last packet, as soon as it is read.

    Returns:
        What was read, to the end or until Ctrl-C.

    Raises:
        CaptureError: the capture cannot be read at all.
        ValueError: there are fewer flows.
    """
    whole("explain-flow", flow, low=0, high=MAX_SEED)
    reader = CaptureReader(
        path,
        local=local,
        midstream=midstream,
        tunnels=tunnels,
        filters=filters,
        unpack_limit=unpack_limit,
        explain=flow,
    )
    lines: list[PacketLine] = []
    more, interrupted, several_files = 0, False, len(reader.paths) > 1
    try:
        for line in _lines(reader):
            if len(lines) == MAX_LINES:
                more += 1
                continue
            lines.append(line)
            if told is not None:
                head = table_head(flow, lines) if len(lines) == 1 else []
                for row in [*head, *table_rows(line, several_files=several_files)]:
                    told(row)
    except KeyboardInterrupt:
        interrupted = True
    flows, damage = reader.numbered_flows, tuple(_damage(reader))
    if not lines and not interrupted:
        if flows == 0:
            raise ValueError(
                f"explain-flow: asked for flow {flow:,}; found no TCP packet that the options let through; "
                "replay without explain-flow says what was left out, and which option would help"
            )
        beyond = ", and later ones without a number" if reader.has_unnumbered_flows else ""
        raise ValueError(
            f"explain-flow: asked for flow {flow:,}; found {flows:,}, numbered from 0 to {flows - 1:,}{beyond}; "
            "name one of these, or choose with filter: flows are numbered in the order of their first packets"
        )
    return Explanation(
        flow=flow,
        flows=flows,
        lines=tuple(lines),
        more=more,
        damage=damage,
        interrupted=interrupted,
        several_files=several_files,
        unnumbered=reader.has_unnumbered_flows,
    )


def _damage(reader: CaptureReader) -> list[str]:
    files = reader.files
    return damages({"files": files, "damage": files[0]["damage"] if files else None})


def _lines(reader: CaptureReader) -> Iterator[PacketLine]:
    files = reader.paths
    while not reader.done:
        reader.pass_()
        for file, packet, time, source, destination, from_client, flags, said in reader.take_lines():
            yield PacketLine(
                file=files[file],
                packet=packet,
                time=time,
                source=source,
                destination=destination,
                sender="?" if from_client is None else "client" if from_client else "server",
                flags=tuple(name for bit, name in enumerate(_FLAGS) if flags >> bit & 1),
                meaning=tuple(text for _, text in said),
                rules=tuple(rule for rule, _ in said),
            )
