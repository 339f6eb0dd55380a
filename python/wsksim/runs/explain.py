"""How the packets of one flow of a capture were read, line by line."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from wsksim._native import CaptureReader
from wsksim.runs.arguments import MAX_SEED, whole
from wsksim.runs.report import damages
from wsksim.wording import named

__all__ = ["MAX_LINES", "Explanation", "explain_flow"]

# Packets that are told of; a flow of a small compressed file may have millions.
MAX_LINES: Final = 100_000

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
        rules: numbers of these rules in docs/captures.md; 0 for what no rule speaks of.
    """

    file: str
    packet: int
    time: str
    source: str
    destination: str
    sender: str
    flags: tuple[str, ...]
    meaning: tuple[str, ...]
    rules: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """How one flow was read, as an object, as JSON, and as text.

    Attributes:
        flow: its number.
        flows: how many there are.
        lines: its packets, the first `MAX_LINES`.
        more: how many packets came after these.
        damage: where files end early, as texts.
    """

    flow: int
    flows: int
    lines: tuple[PacketLine, ...]
    more: int = 0
    damage: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Returns nested plain values, as `--json` prints them."""
        return {
            "flow": self.flow,
            "flows": self.flows,
            "lines": [asdict(line) for line in self.lines],
            "more": self.more,
            "damage": list(self.damage),
        }

    def __str__(self) -> str:
        """Renders the flow as a table; rules are those of docs/captures.md."""
        first = self.lines[0]
        head = f"flow {self.flow} of {self.flows:,}: {first.source} to {first.destination}; rules of docs/captures.md"
        rows = [("packet", "time", "sender", "flags", "rule", "meaning")]
        file = self.lines[0].file
        several = any(line.file != file for line in self.lines)
        for line in self.lines:
            packet = f"{named(line.file)}:{line.packet}" if several else str(line.packet)
            for number, (rule, meaning) in enumerate(zip(line.rules, line.meaning, strict=True)):
                cells = (packet, line.time, line.sender, " ".join(line.flags)) if number == 0 else ("", "", "", "")
                rows.append((*cells, str(rule) if rule else "-", meaning))
        widths = [max(len(row[column]) for row in rows) for column in range(5)]
        table = [
            "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[5]]) for row in rows
        ]
        more = [f"(and {self.more:,} more packets)"] if self.more else []
        return "\n".join([*(f"PART  {text}; read until there" for text in self.damage), head, *table, *more])


def explain_flow(
    path: Any,
    flow: int,
    *,
    local: Literal["server", "client", "both"] = "server",
    midstream: bool = False,
    tunnels: bool = True,
    filters: Sequence[str] = (),
    unpack_limit: int | None = None,
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
    made = _lines(reader)
    lines = tuple(itertools.islice(made, MAX_LINES))
    more = sum(1 for _ in made)
    flows, damage = reader.numbered_flows, tuple(_damage(reader))
    if not lines:
        found = "no flow" if flows == 0 else f"{flows:,}, numbered from 0 to {flows - 1:,}"
        raise ValueError(
            f"explain-flow: asked for flow {flow:,}; found {found}; "
            "name one of these: flows are numbered in the order of their first packets"
        )
    return Explanation(flow=flow, flows=flows, lines=lines, more=more, damage=damage)


def _damage(reader: CaptureReader) -> list[str]:
    files = reader.files
    return damages({"files": files, "damage": files[0]["damage"] if files else None})


def _lines(reader: CaptureReader) -> Iterator[PacketLine]:
    files = reader.paths
    while not reader.done:
        reader.read(1 << 16)
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
