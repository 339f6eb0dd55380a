"""A plain-Python reference of the connection contract: sections 3.3, 5 and 6, without WSK, threads or speed.

It says what each call answers, what each request ends with, in which state each socket is, and with `Events` what its
callbacks are called for. Two `Side`s share a `Line`; bytes move at once as far as the receiver's window lets them.
"""

from collections import deque
from dataclasses import dataclass, field

from passages import passed
from reference_events import FORCED, LIVE, OK, RECV, STATE, Events

PENDING, CANCELLED, TIMEOUT, REFUSED = 0x103, 0xC0000120, 0xC00000B5, 0xC0000236
RESET, ABORTED = 0xC000020D, 0xC0000241


@dataclass(eq=False)
class Pending:
    """One request: what it will end with, once that is known."""

    status: int = PENDING
    information: int = 0
    data: bytes = b""
    left: bytes = b""  # of a send: what is not sent yet
    begun: bool = False
    length: int = 0  # of a receive
    wait_all: bool = False
    network: bool = False  # the network's answer ends it, so no call completes it inline (U-47)
    first: bool = False  # its routine has returned before the socket indicates anything (D-20, D-27)

    def end(self, status, information=0, data=b""):
        assert self.status == PENDING
        self.status, self.information, self.data = status, information, data


@dataclass(eq=False)
class Line:
    """What two sides share."""

    window: int
    broken: bool = False


@dataclass(eq=False)
class Side(Events):
    """One socket of a connection."""

    peer: "Side | None" = None
    line: Line | None = None
    born: str = "NEW"
    receives: deque = field(default_factory=deque)
    sends: deque = field(default_factory=deque)  # the graceful disconnect, if there is one, stands last
    finish: Pending | None = None
    finished: bool = False  # its finish has reached the peer
    vanished: bool = False  # its transport is lost: the peer hears nothing of it any more
    gone: bool = False  # of remote ends alone
    connecting: Pending | None = None
    window: int = 16
    anywhere: bool = False  # bound to the wildcard
    outer: bool = False  # the address that it got as it connected (L-15)

    # --- what the application calls ---

    def bind(self, *, anywhere):
        refused = self._only_in("NEW")
        if refused is None:
            self.state, self.anywhere = "BOUND", anywhere
        return OK if refused is None else refused

    def connect(self, to):
        """Connects to a listener; a number stands for what the network answers, PENDING if it does not, or not yet."""
        request = Pending(first=True)
        refused = self._only_in("BOUND")
        if refused is None and to == PENDING:
            self.state, self.connecting = "CONNECTING", request
        elif refused is not None or isinstance(to, int):
            request.first = False
            request.end(to if refused is None else refused)
        else:
            request.end(OK)
            self.state = "OPEN"
            to.arrive(self)
        return request

    def decide(self, to):
        """The connect that was undecided is let through to a listener, or refused."""
        if to == REFUSED:
            self.state, self.connecting.first = "BOUND", False
            self.connecting.end(REFUSED)
        else:
            self.connecting.end(OK)
            self.state = "OPEN"
            to.arrive(self)
        self.connecting = None

    def send(self, payload):
        request = Pending(left=payload, length=len(payload))
        refused = self._may_send()
        if refused is not None:
            request.end(refused)
        else:
            self.sends.append(request)
            settle(self)
        return request

    def receive(self, length, *, wait_all=False):
        request = Pending(length=length, wait_all=wait_all, first=True)
        if self.state not in LIVE:
            request.first = False
            request.end({"RESET": RESET, "ABORTED": ABORTED, "DEAD": FORCED, "CLOSED": FORCED}.get(self.state, STATE))
        elif length == 0:
            self.resume("receive of length 0")  # U-39
            request.end(OK)
        else:
            self.receives.append(request)
            settle(self)
        return request

    def disconnect(self):
        request = Pending()
        refused = self._may_send()
        if refused is not None:
            request.end(refused)
        else:
            self.state = "BOTH-FIN" if self.state == "PEER-FIN" else "SELF-FIN"
            self.finish = request
            settle(self)
        return request

    def abort(self):
        if self.state in {"DEAD", "CLOSED"}:
            return FORCED
        if self.state in {"RESET", "ABORTED"} or (self.state == "BOTH-FIN" and self.finish is None):
            return OK
        if self.state not in LIVE:
            return STATE
        self._leave(ABORTED)
        self.state = "ABORTED"
        return OK

    def close(self):
        if self.state == "CLOSED":
            return FORCED
        if self.lists:
            passed("list: forgotten")
        self._dismantle(CANCELLED, silent=self.state == "BOTH-FIN" and self.finish is None)
        self.state = "CLOSED"
        return OK

    def may_cancel(self, request):
        """Whether the request can still be cancelled."""
        unsent = request in self.sends and not request.begun
        return request in self.receives or request is self.finish or unsent or request is self.connecting

    def cancel(self, request):
        """Cancels the request, if it can still be."""
        taken = request in self.receives
        if request in self.receives:
            self.receives.remove(request)
            self.resume("receive that is cancelled")  # U-20
        elif request is self.finish and not self.finished:
            self.finish = None
            self.state = "PEER-FIN" if self.state == "BOTH-FIN" else "OPEN"
        elif request in self.sends and not request.begun:
            self.sends.remove(request)
        elif request is self.connecting:
            self.connecting, self.state, request.first = None, "BOUND", False
        else:
            return False
        request.end(CANCELLED, len(request.left) if taken else 0, request.left if taken else b"")
        settle(self)
        return True

    def answered(self, accepted):
        super().answered(accepted)
        self.feed()  # a receive that the callback made gets what lies there, before the window lets more come
        settle(self)

    # --- what befalls it ---

    def die(self):
        if self.state in {"DEAD", "CLOSED"}:
            return
        self.vanished = True
        told = self.on(RECV)
        self._dismantle(FORCED, silent=True)
        self.state, self.notice = "DEAD", told

    def time_out(self):
        """Whether there was anything to lose."""
        return self._lose(TIMEOUT, "times out", told=False)

    def kill(self):
        """This machine ends the connection, or the connect (U-45)."""
        return self._lose(ABORTED, "killed", told=True)

    def remove_address(self):
        """This machine has its address no more (U-45)."""
        which = "outer address" if self.outer else "address"
        return self._lose(ABORTED, f"{which} removed", told=False)

    def _lose(self, status, how, *, told):
        if self.connecting is not None:
            self.connecting.first = False
            self.connecting.end(status)
            self.connecting, self.state = None, "BOUND"
            passed(f"connect: {how}")
            return True
        if self.state not in LIVE:
            return False
        if told and not self.line.broken and not self.vanished:
            self.line.broken = True
            if self.peer is not None:
                self.peer.reset(RESET)
        passed(f"connection: {how}")
        self.vanished |= not told
        self.reset(status)
        return True

    # --- inside ---

    def _only_in(self, state):
        if self.state in {"DEAD", "CLOSED"}:
            return FORCED
        return None if self.state == state else STATE

    def _may_send(self):
        if self.state in {"OPEN", "PEER-FIN"}:
            return None
        return {"RESET": RESET, "ABORTED": ABORTED, "DEAD": FORCED, "CLOSED": FORCED}.get(self.state, STATE)

    def _fail(self, status):
        for request in (*self.receives, *self.sends, *([self.finish] if self.finish else [])):
            taken = request.left if request in self.receives and status == CANCELLED else b""  # I-8
            request.first = True
            request.end(status, len(taken), taken)
        self.receives.clear()
        self.sends.clear()
        self.finish = None

    def _leave(self, status):
        """This side tears the connection down."""
        self._fail(status)
        self.graceful = self.abortive = False
        if not self.line.broken and not self.vanished:
            self.inbox.clear()
            self.line.broken = True
            if self.peer is not None:
                self.peer.reset(RESET)

    def _dismantle(self, status, *, silent):
        if self.state in LIVE and not silent:
            self._leave(status)
        self._fail(status)
        if self.connecting is not None:
            self.connecting.end(status)
            self.connecting = None
        self.silence()
        if not self.vanished:
            self.inbox.clear()

    def reset(self, status):
        if self.state not in LIVE:
            return
        self._fail(status)
        self.reset_arrives()
        self.state = "RESET"

    def peer_finishes(self):
        self.state = {"OPEN": "PEER-FIN", "SELF-FIN": "BOTH-FIN"}.get(self.state, self.state)
        if self.state in {"PEER-FIN", "BOTH-FIN"}:
            self.feed()
            self.finish_arrives()

    def feed(self):
        if self.state not in LIVE or self.lent:
            return False
        moved = False
        ended = self.peer is not None and self.peer.finished
        while self.receives:
            first = self.receives[0]
            room = first.length - len(first.left)
            moved |= bool(room and self.inbox)
            first.left += bytes(self.inbox[:room])
            del self.inbox[:room]
            full = len(first.left) == first.length
            if not (full or (first.left and not first.wait_all) or (ended and not self.inbox)):
                break
            first.end(OK, len(first.left), first.left)
            self.receives.popleft()
            if self.on(RECV) and not self.paused and first.left:
                passed("receive request before the event")
            self.resume("receive that completes")  # U-20
        return moved


def join(one, other):
    """The connection of two ends."""
    one.line = other.line = Line(one.window)
    one.peer, other.peer = other, one


def settle(side):
    """Moves bytes and finishes between both sides until nothing moves."""
    pair = [one for one in (side, side.peer) if one is not None]
    moved = True
    while moved:
        moved = False
        for one in pair:
            if one.peer is not None and one.line is not None and not (one.line.broken or one.vanished):
                moved |= _push(one, one.peer)
        for one in pair:
            moved |= one.feed()


def _push(one, other):
    moved = False
    while one.sends:
        first = one.sends[0]
        if first.left and other.gone:
            passed("remote close: answers data with a reset")
            for send in one.sends:
                send.network = True
            one.line.broken = True
            one.reset(RESET)
            return True
        if other.vanished and first.left:
            passed("send: not acknowledged")
            return moved  # it acknowledges nothing, also no finish (G-15, G-6)
        space = max(0, one.line.window - len(other.inbox) - len(other.lent))
        other.inbox += first.left[:space]
        moved |= bool(space and first.left)
        first.begun |= bool(space and first.left)
        first.left = first.left[space:]
        if first.left:
            return moved
        first.end(OK, first.length)
        one.sends.popleft()
        moved = True
    if one.finish is not None and other.vanished:
        passed("finish: not acknowledged")
    elif one.finish is not None:
        one.finish.end(OK)
        one.finish, one.finished = None, True
        other.peer_finishes()
        moved = True
    return moved
