"""What the programs of the state machine have to reach: the states and transitions of section 3.3, and the passages.

A passage is something that an application meets on its way and that is no state: an answer of a callback, an edge
that waits behind data, an inherited event. The reference notes each where it happens; a name that is not listed here
is an error of the reference.
"""

from collections import Counter

OPEN_STATES = ("NEW", "BOUND", "CONNECTING", "OPEN", "PEER-FIN", "SELF-FIN", "BOTH-FIN", "RESET", "ABORTED")
STATES = {*OPEN_STATES, "DEAD", "CLOSING", "CLOSED"}

# Every transition of section 3.3.
TRANSITIONS = {
    ("NEW", "BOUND"),
    ("BOUND", "CONNECTING"),
    ("CONNECTING", "OPEN"),
    ("CONNECTING", "BOUND"),
    ("OPEN", "PEER-FIN"),
    ("OPEN", "SELF-FIN"),
    ("OPEN", "RESET"),
    ("OPEN", "ABORTED"),
    ("PEER-FIN", "BOTH-FIN"),
    ("PEER-FIN", "RESET"),
    ("PEER-FIN", "ABORTED"),
    ("SELF-FIN", "BOTH-FIN"),
    ("SELF-FIN", "RESET"),
    ("SELF-FIN", "ABORTED"),
    ("SELF-FIN", "OPEN"),
    ("BOTH-FIN", "RESET"),
}
TRANSITIONS |= {(state, "DEAD") for state in OPEN_STATES}
TRANSITIONS |= {(state, "CLOSING") for state in (*OPEN_STATES, "DEAD")}
TRANSITIONS |= {("CLOSING", "CLOSED")}
# Where a socket begins: with WskSocket, or accepted (L-20).
BIRTHS = {("WskSocket", "NEW")}
BIRTHS |= {(how, state) for how in ("WskAccept", "WskAcceptEvent") for state in ("OPEN", "PEER-FIN")}
# Of ours: a finish that is accepted and not sent can be taken back, or forced to an end (G-7).
OURS = {("BOTH-FIN", "PEER-FIN"), ("BOTH-FIN", "ABORTED")}

# What an application does inside a callback of its socket, or its peer meanwhile (D-12, A-20).
INSIDE = ("nothing", "send", "receive", "disconnect", "disable", "release", "close")
INSIDE += ("peer finishes", "peer aborts", "peer finishes and aborts", "timeout", "kill", "broken transport")

PASSAGES = {
    *(f"receive event: {answer}" for answer in ("all", "part", "none", "kept")),  # G-16
    "receive event: no list",  # L-22
    "cancel: late",  # I-12
    "cancel: loses",
    "connect: times out",  # U-43
    "connect: killed",
    "connect: address removed",
    "connect: outer address removed",  # L-15
    "connect: backlog full",
    "connection: times out",  # U-12
    "connection: killed",  # U-45
    "connection: address removed",
    "connection: outer address removed",
    "waiting: address removed",
    *(f"connect: while {how}" for how in ("silent", "no host", "no network", "removed", "outer removed", "closed")),
    *(f"resumed: {by}" for by in ("receive of length 0", "receive that completes", "receive that is cancelled")),
    "receive request before the event",  # E-28
    # Where a finish finds data, which it waits behind (G-18, U-6), and what then comes of the edge.
    *(f"finish: behind {data} data" for data in ("paused", "unheard", "due", "lent")),
    *(f"graceful: after {data} data" for data in ("paused", "unheard", "due", "lent")),
    *(f"reset: over {data} data" for data in ("paused", "unheard", "due", "lent")),  # G-3
    "reset: replaces graceful",  # D-22, G-18
    "reset: leaves graceful",  # D-22
    "pause: replaces graceful",  # G-18
    "disable: replaces graceful",  # D-22
    "list: released",  # C-20
    "list: released twice",  # C-23
    "list: released inside",
    "list: forgotten",  # C-22
    "list: outlives its socket's transport",
    "accept event: kept",
    "accept event: refused",
    "accept event: no table",  # L-6
    *(f"accept event: enabled {when}" for when in ("too early", "first", "last")),  # L-7, A-20
    "accept event: closed inside",
    "accept event: disabled inside",  # E-19
    "accept event: both edges inside",  # D-27
    "accept request: waits",
    "accept request: cancelled",  # I-12
    "accept request: before the event",
    "waiting: peer finished",  # U-9
    "waiting: peer aborted",
    "inherited: receive event",  # E-15
    "inherited: disconnect event",
    "inherited: disabled on the socket",  # E-17
    "inherited: no callback",  # U-17
    "inherited: stays with the listener",  # E-16
    "inherited: not by request",
    "static: receive event",  # E-20
    "static: disconnect event",
    "static: accept event",
    "static: cannot be disabled",  # E-24
    "static: enabled again",
    "static: no callback",  # E-25
    "send: not acknowledged",  # G-15, G-6
    "finish: not acknowledged",
    # Remote ends.
    "remote: is connected to",
    "remote: connects",
    "remote: does not reach it",
    "remote: nobody answers",  # or not yet
    "remote: is rejected",
    "remote: vanishes undecided",
    "remote: undecided, and the address is removed",  # A-17, U-45
    "remote listener: closes",
    "remote listener: resets who waits",
    "remote: finishes",
    "remote: reads on",
    "remote send: waits",
    "remote read: nothing yet",
    "remote read: the end",
    "remote abort: of a connect",
    "remote abort: of a connection",
    *(f"remote vanishes: {state}" for state in ("connecting", "open", "finished")),
    "remote close: of a connect",
    "remote close: in order",  # U-47
    "remote close: answers data with a reset",
    "remote close: over unread data",
    "remote close: both have finished",
    *(f"inside a receive event: {what}" for what in INSIDE if what != "nothing"),
    *(f"inside a disconnect event: {what}" for what in INSIDE if what not in {"nothing", "release"}),
    *(f"inside an accept event: {what}" for what in INSIDE if what not in {"nothing", "release"}),
}

PASSED = Counter()


def passed(name):
    assert name in PASSAGES, name
    PASSED[name] += 1
