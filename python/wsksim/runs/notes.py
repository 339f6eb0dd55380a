"""What a reader of a capture should know when it gave nothing or little, and which option would help.

Little is less than a tenth of what the option would give, or for `midstream` less than half. A note changes no exit
code.
"""

from typing import Any, Final

from wsksim._native import CaptureReader
from wsksim.wording import named

__all__ = ["capture_notes"]

_LITTLE: Final = 10
_NAMED: Final = 3


def capture_notes(
    reader: CaptureReader, files: list[dict[str, Any]], *, local: str, midstream: bool, tunnels: bool
) -> list[str]:
    """Returns the notes of a capture that was read, each one sentence or two; `files` are the reader's."""
    found = _unread(reader)
    helps = [*_midstream(reader, midstream=midstream), *_local(reader, local), *_tunnels(reader, tunnels=tunnels)]
    found += [*helps, *_unopened(reader)]
    if not helps and reader.edges[0] == 0 and reader.done:
        found.append(_nothing(reader))
    return found + _files(reader, files)


def _unread(reader: CaptureReader) -> list[str]:
    links = reader.skipped_link_types
    if not links:
        return []
    names = reader.link_type_names
    types = ", ".join(
        f"{link} {names[link]} ({count:,})" if link in names else f"{link} ({count:,})" for link, count in links.items()
    )
    unread = f"{sum(links.values()):,} of {_count(reader.packets, 'packet')}"
    return [f"{unread} were not read, for their link type: {types}"]


def _midstream(reader: CaptureReader, *, midstream: bool) -> list[str]:
    segments, connections = reader.missed_midstream
    if midstream or connections == 0 or reader.established > connections:
        return []
    gives = f"--midstream would give {_count(connections, 'connection')}"
    if segments:
        belong = "belongs" if segments == 1 else "belong"
        return [
            f"{_count(segments, 'TCP packet')} {belong} to no connection whose beginning is in the capture; {gives}"
        ]
    lacks = "1 connection lacks" if connections == 1 else f"{connections:,} connections lack"
    return [f"{lacks} a part of the handshake, such as all packets of one side; {gives}"]


def _local(reader: CaptureReader, local: str) -> list[str]:
    remote, ours = reader.edges
    if ours == 0 or local == "both" or remote * _LITTLE > ours:
        return []
    other = "client" if local == "server" else "server"
    is_one = "1 disconnect is" if ours == 1 else f"{ours:,} disconnects are"
    return [f"{is_one} the {local}'s, which is the local side here; --local {other} would give as many indications"]


def _tunnels(reader: CaptureReader, *, tunnels: bool) -> list[str]:
    connections, edges = reader.missed_tunnels
    closed = reader.skipped.get("tunnel", 0)
    if tunnels or closed == 0 or reader.edges[0] * _LITTLE > edges > 0:
        return []
    packets = _count(closed, "packet")
    if connections == 0:
        # They may be the other half of connections whose first half is here.
        much = closed * _LITTLE > reader.tcp_packets
        return [f"{packets} in tunnels were not opened; --tunnels off leaves them out"] if much else []
    gives = f"{_count(connections, 'connection')} and {_count(edges, 'disconnect')}"
    return [f"{packets} in tunnels were not opened; without --tunnels off they would give {gives}"]


def _unopened(reader: CaptureReader) -> list[str]:
    kinds = reader.unopened_tunnels
    packets = sum(kinds.values())
    if packets == 0 or (reader.edges[0] > 0 and packets * _LITTLE <= reader.tcp_packets):
        return []
    names = ", ".join(f"{kind} ({count:,})" for kind, count in kinds.items())
    seem = "1 packet seems" if packets == 1 else f"{packets:,} packets seem"
    where = "record inside the tunnel, or at its end, where the packets have left it"
    return [f"{seem} to be in tunnels of kinds that are not opened: {names}; {where}"]


def _nothing(reader: CaptureReader) -> str:
    skipped = reader.skipped
    if reader.packets == 0:
        return "the capture holds no packet"
    if reader.tcp_packets == 0 and set(skipped) == {"filter"}:
        return f"the filter left out all {_count(skipped['filter'], 'TCP packet')}"
    if reader.tcp_packets == 0:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in skipped.items())
        return f"no TCP packet to read among {_count(reader.packets, 'packet')}: {reasons}"
    if reader.established == 0:
        return f"{_count(reader.flows, 'connect')}, and none with its whole handshake in the capture"
    return f"{_count(reader.established, 'connection')}, and the remote ended none of them in the capture"


def _files(reader: CaptureReader, files: list[dict[str, Any]]) -> list[str]:
    notes = [f"{named(file['file'])} changed while it was read" for file in files if file["changed"]]
    over = [f"{named(file['file'])} (with {named(file['overlaps'])})" for file in files if file["overlaps"]]
    if over:
        overlap = "1 file overlaps" if len(over) == 1 else f"{len(over):,} files overlap"
        notes.append(
            f"{overlap} the one before in time: {_first(over)}; they were read one after the other, so that "
            "connections with packets in both, such as those of a tap for each direction, may lack edges; "
            "if they were recorded side by side, join them first: mergecap -w joined.pcapng FILES"
        )
    empty = [named(file["file"]) for file in files if file["tcp_packets"] == 0]
    if len(files) > 1 and empty:
        notes.append(f"{len(empty):,} of {len(files):,} files gave no TCP packet: {_first(empty)}")
    out = reader.left_out
    if len(out) == 1:
        notes.append(f"1 file left out: {named(out[0][0])} ({out[0][1]})")
    elif out:
        names = _first([named(file) for file, _ in out])
        notes.append(f"{len(out):,} files left out: {names}; --json says why each was")
    return notes


def _first(names: list[str]) -> str:
    more = f", and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
