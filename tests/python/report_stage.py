"""What the tests of reports and their forms need: reports that have everything, and text that means harm."""

import dataclasses
import itertools
import math

from wsksim.contract import Finding
from wsksim.runs.histogram import Histogram
from wsksim.runs.measured import Times
from wsksim.runs.report import Report

# What a handler might put wherever text of its own goes: markup, a command of GitHub's, escapes of a terminal, marks of
# direction, bytes of a file's name that are no text, and a formula.
HARM = "<script>alert('x')</script>&\"--><svg/onload=x>\n::error::made up\x1b[2J\x00\u202e\udc80=1+1"

COUNTERS = {
    "posted": {"graceful": 900, "abortive": 100},
    "indicated": {"graceful": 890, "abortive": 100},
    "withheld": {
        "superseded": 4,
        "closed": 6,
        "aborted_locally": 0,
        "non_functional": 0,
        "refused_by_application": 0,
        "not_enabled": 0,
    },
    "pending": {"queued": 0, "held": 0},
    "refused": {"stale": 0, "closed": 3, "repeated": 0, "limit": 0},
    "findings": 7,
}
LIVES = {
    "begun": 1_000_000,
    "ended_in_order": 799_990,
    "aborted_by_peer": 150_000,
    "aborted_by_us": 3,
    "timed_out": 49_000,
    "killed": 7,
    "refused": 900,
    "never_connected": 90,
    "still_open": 10,
    "vanished": 4,
    "unaccepted": 65,
}
FINDING = Finding(
    rule="D-8",
    condition="The handler must return STATUS_SUCCESS.",
    found="it raised KeyError: 'nothing'",
    advice="Handle the exception inside the handler, then return STATUS_SUCCESS.",
    function="helper",
    site="relay.py:112",
    other_function="on_disconnect",
    other_site="relay.py:140",
    socket="connection 4",
    context="{'id': 4}",
    inside="WskDisconnectEvent",
    edge=12,
    flags=1,
    seed=7,
    policies={
        "irql": "mixed",
        "schedule": "fifo",
        "completions": "windows",
        "remember_disconnects": True,
        "graceful_after_data": True,
        "set_dispatch_flag": True,
        "window": 65_536,
        "backlog": 200,
        "max_sockets": 1_000,
        "max_pending": None,
    },
    traceback="Traceback (most recent call last):\n  File \"relay.py\", line 112, in helper\nKeyError: 'nothing'",
    count=5,
)
NOTE = dataclasses.replace(FINDING, rule="C-11", kind="note", condition="A close resets its peer.", count=2)


def histogram(times):
    """What the core makes of such times."""
    counts = {}
    for time in times:
        size = max(time.bit_length() - 11, 0)
        at = time if size == 0 else ((size + 1) << 10) + (time >> size) - 1024
        counts[at] = counts.get(at, 0) + 1
    return Histogram(dict(sorted(counts.items())))


def spread(middle, number=5_000):
    """Times around a middle, with a long tail."""
    return [round(middle * math.exp(3 * ((at / number) ** 9) + at / number)) for at in range(number)]


def full(seed=7, *, findings=(FINDING,), notes=(NOTE,), checks=None, slow=1.0, **changes):
    """A report of a plan's storm that has every part, of a million lives."""
    times = {"service": spread(300), "response": spread(9_000 * slow), "accept": spread(40_000)}
    made = {name: histogram(values) for name, values in times.items()}
    steps = 240
    begun = [LIVES["begun"] // steps + (at < LIVES["begun"] % steps) for at in range(steps)]
    ended = [0, *begun[:-1]]
    storm = {
        "model": "closed",
        "plan": "0123456789abcdef0123456789abcdef",
        "pace": None,
        "lives": LIVES,
        "accepted": 999_010,
        "refusals": {"backlog": 800, "nobody": 100},
        "bytes": {"sent": 5_438_717, "received": 5_438_000},
        "left": {"sockets": 0, "requests": 1},
        "virtual_s": 60.0,
        "checks": checks
        if checks is not None
        else [
            {"check": "findings == 0", "value": 7, "good": False},
            {"check": "response.p99.9 < 50ms", "value": made["response"].percentile(99.9), "good": True},
        ],
        **{f"{name}_ns": Times.summarize(each, max(times[name])) for name, each in made.items()},
        "histograms": {name: each.to_text() for name, each in made.items()},
        "series": {
            "step_s": 0.25,
            "begun": begun,
            "ended": ended,
            "accepted": begun,
            "edges": ended,
            "open": [
                gone - left for gone, left in zip(itertools.accumulate(begun), itertools.accumulate(ended), strict=True)
            ],
        },
        "noise": {"level": "low", "gaps": 3, "largest_gap_ns": 120_000, "lost_share": 0.001, "listened_s": 2.0},
        "allocations": {"asked": 5_000, "refused": 2},
        "half_open": {"count": 10, "oldest": [{"what": "life 3 of clients", "state": "half open", "since_s": 1.5}]},
        "requests": {
            "receive": {"STATUS_SUCCESS": 19_000, "STATUS_CONNECTION_RESET": 812},
            "close": {"STATUS_SUCCESS": 9},
        },
    }
    given = {
        "verb": "run",
        "handler": "relay:main",
        "options": {"plan": "seed = 7\n\n[peers.clients]\n", "check": "report"},
        "seed": seed,
        "elapsed_s": 2.5,
        "storm": storm,
        "repeat": "wsksim run relay:main --plan storm.toml --seed 7",
        **changes,
    }
    return Report.of(COUNTERS, finding_list=findings, note_list=notes, **given)


def harmed(report):
    """The same report with harm in every text that comes from outside."""
    texts = ("condition", "found", "advice", "function", "other_function", "context", "inside", "traceback", "again")
    finding = dataclasses.replace(
        FINDING, **dict.fromkeys(texts, HARM), site=f"{HARM}:12", other_site=f"{HARM}:13", socket=HARM
    )
    capture = {
        "packets": 1,
        "tcp_packets": 1,
        "tunnelled": 0,
        "flows": 1,
        "established": 1,
        "skipped": {HARM: 1},
        "skipped_link_types": {},
        "damage": {"offset": 1, "found": HARM},
        "capture_notes": [HARM],
        "files": [],
        "left_out": [],
    }
    standing = {"count": 2, "oldest": [{"what": HARM, "state": HARM, "since_s": 1.0}]}
    storm = {**report.storm, "plan": HARM, "requests": {HARM: {HARM: 3}}, "half_open": standing}
    return dataclasses.replace(
        report,
        handler=HARM,
        options={"plan": HARM, HARM: HARM},
        finding_list=(finding,),
        notes=(dataclasses.replace(finding, kind="note"),),
        stopped=HARM,
        crashed={"text": HARM, "stack": HARM, "again": HARM},
        repeat=HARM,
        environment={"python": HARM},
        capture=capture,
        storm=storm,
    )
