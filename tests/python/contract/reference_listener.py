"""The part of the reference that accepts: connections that wait, requests for them, and the event (section 8)."""

from collections import deque
from dataclasses import dataclass, field

from passages import passed
from reference import CANCELLED, Pending, Side, join
from reference_events import ACCEPT, DISC, LIVE, OK, RECV, RUNNING, STATE

BACKLOG = 3


@dataclass(eq=False)
class Accepting(Pending):
    """A WskAccept."""

    callbacks: int = RECV | DISC  # of the table for its socket
    side: object = None


@dataclass(eq=False)
class Listener:
    """One listening socket."""

    callbacks: int = 0
    statics: int = 0  # of its client
    events: int = 0
    inherited: int = 0  # what sockets of its accept event inherit
    queue: list = field(default_factory=list)
    accepts: deque = field(default_factory=deque)
    calling: bool = False

    def arrive(self, one):
        """One end of a connection connected; the other one waits to be accepted."""
        side = Side("OPEN", callbacks=0, window=one.window)
        join(one, side)
        self.queue.append(side)
        self._serve()

    def waiting(self):
        """What waits: those whose peers aborted are gone, unseen (U-9)."""
        left = [side for side in self.queue if side.state in LIVE and not side.line.broken]
        for _ in range(len(self.queue) - len(left)):
            passed("waiting: peer aborted")
        self.queue = left
        return left

    def full(self):
        """Whether the next connect is refused: so many wait already."""
        full = len(self.waiting()) >= BACKLOG
        if full:
            passed("connect: backlog full")
        return full

    def remove_address(self):
        """This machine has its address no more: those that wait are gone, unseen (U-45)."""
        for side in self.waiting():
            side.vanished = True
            passed("waiting: address removed")
        self.queue = []

    # --- requests ---

    def accept(self, callbacks):
        request = Accepting(callbacks=callbacks)
        self.accepts.append(request)
        self._serve()
        if request.side is None:
            passed("accept request: waits")
        return request

    def may_cancel(self, request):
        return request in self.accepts

    def cancel(self, request):
        if request not in self.accepts:
            return False
        self.accepts.remove(request)
        passed("accept request: cancelled")
        request.end(CANCELLED)
        return True

    def _serve(self):
        while self.accepts and self.waiting():
            request = self.accepts.popleft()
            request.side = self._take()
            request.side.callbacks = request.callbacks
            if self._on():
                passed("accept request: before the event")
            if self.inherited:
                passed("inherited: not by request")
            request.end(OK)

    def _take(self):
        side = self.queue.pop(0)
        side.statics, side.born = self.statics & (RECV | DISC), side.state
        if side.born == "PEER-FIN":
            passed("waiting: peer finished")
        return side

    # --- the event ---

    def _on(self):
        return bool((self.events | self.statics) & self.callbacks & ACCEPT)

    def due(self):
        return self._on() and not self.calling and not self.accepts and bool(self.waiting())

    def begin(self):
        """WskAcceptEvent is called; its socket has no table yet (L-7)."""
        assert self.due()
        if self.statics & ACCEPT:
            passed("static: accept event")
        side = self._take()
        side.events = side.inherited = self.inherited
        side.callbacks, side.accepting, self.calling = 0, True, True
        return side

    def end(self, side, *, kept):
        """It answers whether it keeps the connection (A-5)."""
        side.accepting = self.calling = False
        passed(f"accept event: {'kept' if kept else 'refused'}")
        if kept and not side.callbacks:
            passed("accept event: no table")
        if side.graceful and side.abortive:
            passed("accept event: both edges inside")
        if not kept:
            side.close()

    def enable(self, events):
        self.inherited |= events & (RECV | DISC)
        self.events |= events & ACCEPT
        return OK

    def disable(self, event):
        if event & (self.inherited | self.statics & ACCEPT):
            if event & self.inherited:
                passed("inherited: stays with the listener")
            return STATE
        self.events &= ~event
        if self.calling and event == ACCEPT:
            passed("accept event: disabled inside")
            return RUNNING
        return OK
