"""The part of the reference that knows events: what is enabled on a socket, and what its callbacks may be called with.

Sections 4 and 5, and G-16 to G-18. A callback says when it begins, which is asserted to be allowed, and what it
answers; what is due, and not called by the end of a drive, is missing.
"""

from dataclasses import dataclass, field

from passages import passed

OK, STATE, FORCED, INVALID = 0, 0xC0000184, 0xC00000B6, 0xC000000D
RUNNING = 0x40000013  # STATUS_EVENT_PENDING
RECV, DISC, ACCEPT = 0x40, 0x80, 0x200

LIVE = {"OPEN", "PEER-FIN", "SELF-FIN", "BOTH-FIN"}
BEFORE = {"NEW", "BOUND", "CONNECTING"}


@dataclass(eq=False)
class Events:
    """What one socket has enabled, and what waits to be indicated."""

    state: str = "NEW"
    callbacks: int = RECV | DISC  # entries of its table that are not NULL
    events: int = 0  # enabled on it, or inherited
    statics: int = 0
    inherited: int = 0
    inbox: bytearray = field(default_factory=bytearray)  # unread
    receives: list = field(default_factory=list)
    lent: bytes = b""  # what a running receive event was given
    lists: int = 0  # retained
    paused: bool = False
    graceful: bool = False  # edges that wait
    abortive: bool = False
    behind: str | None = None  # the data that the graceful one found before it
    notice: bool = False  # to be told once that it is non-functional
    calling: int = 0  # the event whose callback runs
    accepting: bool = False  # WskAcceptEvent for it runs

    def on(self, event):
        return bool((self.events | self.statics) & self.callbacks & event)

    # --- what the application calls ---

    def enable(self, events):
        refused = self._not_switched()
        if refused is None and events & ~self.statics & ~self.callbacks:
            refused = INVALID  # E-11
        if refused is not None:
            return refused
        if events & self.statics:
            passed("static: enabled again")
        self.events |= events & ~self.statics
        return OK

    def disable(self, event):
        refused = self._not_switched()
        if refused is not None:
            return refused
        if event & self.statics:
            passed("static: cannot be disabled")
            return STATE
        if event & self.events & self.inherited:
            passed("inherited: disabled on the socket")
        self.events &= ~event
        if event == DISC and self.graceful and self.abortive:
            passed("disable: replaces graceful")
            self.graceful = False
        return RUNNING if self.calling == event else OK

    def _not_switched(self):
        if self.state in {"DEAD", "CLOSED"}:
            return FORCED
        return STATE if self.state in BEFORE else None

    def release(self):
        """Gives one retained list back; also when its socket is non-functional, for it must be before the close."""
        passed("list: released")
        if self.state == "DEAD":
            passed("list: outlives its socket's transport")
        self.lists -= 1

    # --- what is called ---

    def standing(self):
        """Which data stands before a finish: what a callback has, or will get, or nobody takes."""
        if self.lent:
            return "lent"
        if self.state not in LIVE or not self.inbox:
            return None
        return "unheard" if not self.on(RECV) else "paused" if self.paused else "due"

    def receivable(self):
        return self.state in LIVE and self.standing() == "due" and not self.receives and not self.accepting

    def due(self):
        """What would be called next."""
        if self.accepting or self.calling:
            return None
        self._unheard()
        if self.notice:
            return "no list"
        if self.receivable():
            return "data"
        if self.on(DISC) and self.graceful and not self.standing():
            return 0
        return 1 if self.on(DISC) and self.abortive else None

    def _unheard(self):
        """Notes edges that nobody is told of, for the table has no entry (U-17)."""
        if (self.graceful or self.abortive) and not self.callbacks & DISC:
            if self.statics & DISC:
                passed("static: no callback")
            if self.events & DISC:
                passed("inherited: no callback")

    def shown(self, content):
        """WskReceiveEvent is called with this data."""
        assert self.due() == "data"
        assert content
        assert self.inbox.startswith(content)
        self._noted("receive event", RECV)
        self.lent, self.calling = content, RECV
        del self.inbox[: len(content)]

    def answered(self, accepted):
        """It returns, having accepted so many bytes; a retained list counts as accepted."""
        self.calling = 0
        if self.lent and accepted < len(self.lent):
            self.paused = True
            if self.state in LIVE:
                self.inbox[:0] = self.lent[accepted:]
            if self.graceful and self.abortive:
                passed("pause: replaces graceful")
                self.graceful = False
            self.behind = self.behind and "paused"
        self.lent = b""

    def told_dead(self):
        """WskReceiveEvent is called without a list (L-22)."""
        assert self.due() == "no list"
        passed("receive event: no list")
        self.notice = False

    def disconnected(self, kind):
        """WskDisconnectEvent is called."""
        assert self.due() == kind
        self._noted("disconnect event", DISC)
        if kind == 0:
            self.graceful = False
            if self.behind:
                passed(f"graceful: after {self.behind} data")
        else:
            self.abortive = False
        self.calling = DISC

    def _noted(self, name, event):
        if self.events & self.inherited & event:
            passed(f"inherited: {name}")
        if self.statics & event:
            passed(f"static: {name}")

    # --- what the peer did ---

    def finish_arrives(self):
        self.graceful, self.behind = True, self.standing()
        if self.behind:
            passed(f"finish: behind {self.behind} data")

    def reset_arrives(self):
        """Of two edges both stay, unless the event is off or the data before them is nobody's (D-22, G-18)."""
        data = self.standing()
        if data:
            passed(f"reset: over {data} data")
        if self.graceful:
            replaced = not self.on(DISC) or data in {"paused", "unheard"}
            passed("reset: replaces graceful" if replaced else "reset: leaves graceful")
            self.graceful = not replaced
        self.inbox.clear()
        self.abortive = True

    def resume(self, by):
        if self.paused:
            passed(f"resumed: {by}")
        self.paused = False

    def silence(self):
        """Nothing of it is indicated any more."""
        self.graceful = self.abortive = self.notice = False
        self.events = 0
