"""The part of the reference that stands at the other side: remote ends without WSK (U-12, U-43, U-47).

Their functions are named as those of `wsksim.network`, and answer the same.
"""

from collections import deque
from dataclasses import dataclass, field

from passages import passed
from reference import PENDING, REFUSED, RESET, Line, Pending, Side, join, settle
from reference_events import FORCED, OK, STATE


@dataclass(eq=False)
class Remote:
    """One end of a connection."""

    window: int
    state: str = "connecting"
    peer: Side | None = None
    line: Line | None = None
    connecting: bool | None = True  # as a socket's: None once it is decided
    sends: deque = field(default_factory=deque)
    finish: Pending | None = None
    finished: bool = False
    seen_finish: bool = False
    seen_abort: bool = False
    vanished: bool = False
    gone: bool = False  # its application closed it, and it still sends what it has to
    reading: bool = True
    inbox: bytearray = field(default_factory=bytearray)  # in its window
    taken: bytearray = field(default_factory=bytearray)  # out of it, for `read`
    lent: bytes = b""

    @property
    def seen(self):
        return self.seen_finish, self.seen_abort

    # --- connecting ---

    def connect(self, to):
        """Connects to a listener; a number stands for what the network answers, PENDING if it does not."""
        if not isinstance(to, int):
            self.decide(to)
            passed("remote: connects")
            return OK
        passed("remote: nobody answers" if to == PENDING else "remote: does not reach it")
        return to

    def decide(self, to):
        """The connect is let through to a listener, or refused."""
        self.connecting = None
        if self.vanished:
            passed("remote: vanishes undecided")
        elif to == REFUSED:
            self.state = "refused"
            passed("remote: is rejected")
        else:
            self.state = "open"
            to.arrive(self)

    def remove_address(self):
        """The listener has its address no more, and nobody tells this end."""
        self.connecting = None
        passed("remote: undecided, and the address is removed")

    # --- what its application calls ---

    def send(self, payload):
        refused = self._refused()
        if refused is None and payload:
            self.sends.append(Pending(left=payload, length=len(payload)))
            settle(self)
            if self.sends and not self.line.broken:
                passed("remote send: waits")
        return OK if refused is None else refused

    def disconnect(self):
        refused = self._refused()
        if refused is None:
            self.state, self.finish = "finished", Pending()
            settle(self)
            passed("remote: finishes")
        return OK if refused is None else refused

    def abort(self):
        if self.state == "connecting":
            self.state, self.connecting = "aborted", None
            passed("remote abort: of a connect")
            return OK
        refused = self._refused(half=False)
        if refused is None:
            self.state = "aborted"
            self._break()
            passed("remote abort: of a connection")
        return OK if refused is None else refused

    def vanish(self):
        if self.state in {"connecting", "open", "finished"}:
            passed(f"remote vanishes: {self.state}")
            self.state, self.vanished = "vanished", True

    def close(self):
        live = self.state in {"open", "finished"}
        if self.state == "connecting":
            self.connecting = None
            passed("remote close: of a connect")
        elif live and not (self.taken or self.inbox):
            self.gone = True
            self.finish = Pending() if self.state == "open" else self.finish
            settle(self)
            passed("remote close: in order")
        elif live and self.finished and self.peer.finished:
            passed("remote close: both have finished")
        elif live:
            self._break()
            passed("remote close: over unread data")
        self.state = "closed"
        self.taken.clear()
        self.inbox.clear()

    def read(self, limit):
        out = bytes(self.taken[:limit])
        del self.taken[: len(out)]
        if not self.vanished:
            more = self.inbox[: limit - len(out)]
            del self.inbox[: len(more)]
            out += more
        settle(self)
        ended = self.seen_finish if self.state in {"open", "finished"} else self.state not in {"connecting", "vanished"}
        if out or not limit:
            return out
        if self.state != "closed":
            passed("remote read: the end" if ended else "remote read: nothing yet")
        return b"" if ended else None

    def stop_reading(self):
        self.reading = False

    def resume_reading(self):
        if self.inbox and not self.vanished:
            passed("remote: reads on")
        self.reading = True
        settle(self)

    def _refused(self, *, half=True):
        """What is answered if this half, or with `half=False` the connection, is over."""
        if self.state == "open" or (self.state == "finished" and not half):
            return None
        return {"aborted": RESET, "closed": FORCED}.get(self.state, STATE)

    # --- what befalls it ---

    def feed(self):
        if not self.reading or self.vanished or not self.inbox:
            return False
        self.taken += self.inbox
        self.inbox.clear()
        return True

    def peer_finishes(self):
        self.seen_finish = True

    def reset(self, status):
        """The peer tears the connection down, and says so."""
        assert status == RESET
        if not self.vanished and self.state in {"open", "finished"}:
            self.state, self.seen_abort = "aborted", True
            self.sends.clear()

    def _break(self):
        self.sends.clear()
        if not self.line.broken:
            self.inbox.clear()
            self.line.broken = True
            self.peer.reset(RESET)


@dataclass(eq=False)
class RemoteListener:
    """It listens."""

    arrivals: deque = field(default_factory=deque)

    def arrive(self, one):
        remote = Remote(one.window, "open", connecting=None)
        join(one, remote)
        self.arrivals.append(remote)
        passed("remote: is connected to")

    def close(self):
        """Who was not accepted is reset."""
        passed("remote listener: closes")
        while self.arrivals:
            remote = self.arrivals.popleft()
            passed("remote listener: resets who waits")
            remote._break()
            remote.state = "closed"

    def accept(self):
        return self.arrivals.popleft() if self.arrivals else None
