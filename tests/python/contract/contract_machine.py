"""The moves of the state machine: each makes one call to the extension and to the reference, and compares them.

A move is made by a rule, or inside a callback.
"""

import pytest

import wsksim
from applications import Application, Host
from comparisons import Comparisons
from harness import ABORTIVE, GRACEFUL, World, at, chain, data
from passages import passed
from reference import FORCED, OK, PENDING, Side
from reference_events import ACCEPT, DISC, LIVE, RECV
from reference_listener import BACKLOG, Listener
from wsksim import wsk

WINDOW = 8
SOCKETS = 6  # at a time


class Moves(Comparisons):
    """The calls of applications, and what befalls their sockets."""

    def start(self, schedule, completions, seed, statics):
        self.world = World(window=WINDOW, backlog=BACKLOG, seed=seed, schedule=schedule, completions=completions)
        self.completions = completions
        self.statics = statics
        assert not statics or self.world.static(statics) == OK
        models = [Listener(statics=statics) for _ in range(3)]
        self.home = (models[0], self.world.listener())
        self.host = Host(self, Listener(ACCEPT, statics))
        self.doors = {"listener": (models[1], self.world.listener()), "host": (self.host.listener, self.host.socket)}
        self.doors["inspection"] = (models[2], self.conditional_listener())
        self.addresses = {name: self.world.address(socket) for name, (_, socket) in self.doors.items()}
        self.addresses |= {"nobody": at(1), "home": self.world.address(self.home[1])}
        # Others than this machine's, which may lose its own.
        elsewhere = ("silent", "no host", "no network")
        self.addresses |= {name: at(2, f"203.0.113.{number}") for number, name in enumerate(elsewhere, 1)}
        self.world.net.silence(self.addresses["silent"])
        self.routes = {}  # what is answered for a name instead of its host
        self.ports = {self.host: self.addresses["host"].sin_port}

    def conditional_listener(self):
        def inspect(SocketContext, LocalAddress, RemoteAddress, InspectID):
            self.inspected.append(InspectID)
            return wsk.WskInspectPend

        table = wsk.WSK_CLIENT_LISTEN_DISPATCH(None, inspect, lambda *rest: OK)
        listener = self.world.listener("L", table, bound=False)
        assert self.world.option(listener, wsk.SO_CONDITIONAL_ACCEPT, 1) == OK
        assert self.world.do(listener.WskBind, at(), 0).status == OK
        return listener

    # --- sockets ---

    def room(self, count=1):
        return len(self.all) + len(self.host.listener.queue) + count <= SOCKETS

    def add(self, one, how):
        state = self.world.state(one.socket)
        if state == one.side.born:
            Moves.made[how, state] += 1
        self.all.append(one)
        return one

    def socket(self):
        one = Application(self, Side(statics=self.statics & (RECV | DISC), window=WINDOW))
        kind = (wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.WSK_FLAG_CONNECTION_SOCKET)
        real = self.world.ask(self.world.npi.WskSocket, *kind, one, one.table, None, None, None)
        one.socket = self.ready(real)
        return self.add(one, "WskSocket")

    def dialled(self, to, *, anywhere=False):
        """A socket that is made, bound and connected."""
        one = self.socket()
        self.bind(one, anywhere=anywhere)
        self.connect(one, to)
        return one

    def connected(self):
        """Both ends of a new connection."""
        one = self.socket()
        self.bind(one)
        real = self.world.ask(one.socket.WskConnect, self.addresses["home"], 0)
        self.told(one.side, real, one.side.connect(self.home[0]))
        self.accept(self.home, RECV | DISC)
        taken = self.requests[-1][1] if self.requests and not self.fresh else None
        if taken is not None and not taken.calls:
            self.run()
        return one, self.fresh.pop()

    def bind(self, one, *, anywhere=False):
        to = at(0, "0.0.0.0") if anywhere else at()
        self.told(one.side, self.world.ask(one.socket.WskBind, to, 0), one.side.bind(anywhere=anywhere))
        self.step(self.world.state(one.socket), one.side.state)

    def accept(self, door, callbacks):
        """Takes the connection that waits longest and was not aborted meanwhile, or waits for one."""
        listener, socket = door
        expected, one = listener.accept(callbacks), Application(self, None, callbacks)

        def yields(request):
            if request.status == OK:
                one.side, one.socket = expected.side, request.information
                self.fresh.append(self.add(one, "WskAccept"))

        real = self.world.ask(socket.WskAccept, 0, one, one.table, None, None, then=yields)
        self.told(listener, real, expected)
        self.step(real.calls, int(real.calls == 1))

    def close(self, one, call):
        """It is complete at once unless a routine or a callback of the socket runs; afterwards it answers nothing."""
        if one not in self.all:  # closed inside a callback
            self.after_close(one, call)
            return
        self.all.remove(one)
        if one.side.lists:
            self.misused.add("C-22")
        real, expected = self.world.ask(one.socket.WskCloseSocket), one.side.close()
        if one.side.calling or any(side is one.side and real.calls == 0 for side, real, _ in self.requests):
            expected = PENDING
        closed = self.told(None, real, expected)
        if not closed:
            self.requests.pop()  # `closing` has it
        state = self.world.state(one.socket)
        if state != "CLOSING":
            Moves.made["CLOSING", state] += 1
        assert state == ("CLOSED" if closed else "CLOSING")
        Moves.met[state] += 1
        self.closing.append((one, real))
        if call:
            self.after_close(one, call)
        self.step(state, "CLOSED" if closed else "CLOSING")

    def after_close(self, one, call):
        if call == "enable":
            self.step(self.world.en(one.socket, DISC), FORCED)
            return
        if call == "release" and one.lists:
            self.misused.add("C-16")
            self.step(one.socket.WskRelease(one.lists[0][0]), FORCED)
            return
        ask = {
            "send": lambda: self.world.ask(one.socket.WskSend, data(b"x"), 0),
            "disconnect": lambda: self.world.ask(one.socket.WskDisconnect, None, GRACEFUL),
        }
        real = ask.get(call, lambda: self.world.ask(one.socket.WskCloseSocket))()
        self.told(None, real, FORCED)
        self.step(real.calls, int(real.calls == 1))

    # --- connections ---

    def asks(self, to):
        """One undecided connect at a time: the callback does not say which it asks about."""
        return "nobody" if to == "inspection" and self.slow is not None else to

    def connect(self, one, to):
        to = self.asks(to)
        real = self.world.ask(one.socket.WskConnect, self.addresses[to], 0)
        if one.side.state == "BOUND":
            one.side.outer = one.side.anywhere and not self.is_here(to)
        expected = one.side.connect(self.answer(to))
        if expected.status == PENDING and to == "inspection":
            self.slow = one.side, one.side.connecting
        self.asked(one.side, real, expected)

    def payload(self, size):
        self.sent += size
        return bytes(n % 251 for n in range(self.sent - size, self.sent))

    def send(self, one, size):
        payload = self.payload(size)
        real = self.world.ask(one.socket.WskSend, data(payload), 0)
        self.asked(one.side, real, one.side.send(payload))

    def receive(self, one, size, flags=0):
        real = self.world.receiving(one.socket, size, flags)
        self.asked(one.side, real, one.side.receive(size, wait_all=bool(flags)))

    def disconnect(self, one):
        real = self.world.ask(one.socket.WskDisconnect, None, GRACEFUL)
        self.asked(one.side, real, one.side.disconnect())

    def hear(self, one, events, answer, inside):
        """Enables events, whose callbacks answer so from now on; the next one does something inside."""
        one.answer, one.inside = answer, inside
        self.enable(one, events)

    def cancels_late(self, side, real, expected):
        """A cancel has lost so far: what is under way may end the request, else the cancel does when nothing is due."""
        assert self.world.subsystem.schedule != "fifo"
        before = real.then

        def ends(request):
            if request.status == wsk.STATUS_CANCELLED and expected.status == PENDING:
                assert side.cancel(expected)
                passed("cancel: late")
            elif request.status != wsk.STATUS_CANCELLED:
                passed("cancel: loses")
            if before is not None:
                before(request)

        real.then = ends
        self.step(side.may_cancel(expected), True)

    def enable(self, one, events):
        self.step(self.world.en(one.socket, events), one.side.enable(events))

    def disable(self, one, event):
        self.step(self.world.dis(one.socket, event), one.side.disable(event))

    def release(self, one, *, twice):
        kept, content = one.lists.pop()
        assert b"".join(one.Buffer.tobytes() for one in chain(kept)) == content  # valid until now (C-24)
        one.side.release()
        self.step(one.socket.WskRelease(kept), OK)
        if twice:
            passed("list: released twice")
            self.misused.add("C-20")
            self.step(one.socket.WskRelease(kept), wsk.STATUS_INVALID_PARAMETER)

    def end(self, one, how):
        if how.startswith("disconnect"):
            self.disconnect(one)
        if how.endswith("abort"):
            real = self.world.ask(one.socket.WskDisconnect, None, ABORTIVE)
            self.told(one.side, real, one.side.abort())
            self.step(self.world.state(one.socket), one.side.state)
        elif how != "disconnect":
            self.lose(one, how)

    def lose(self, one, by):
        if by in {"timeout", "kill"}:
            act = self.world.net.time_out if by == "timeout" else self.world.net.kill
            lost = one.side.time_out() if by == "timeout" else one.side.kill()
            if lost:
                act(one.socket)
            else:
                with pytest.raises(wsksim.WsksimError, match=one.side.state):
                    act(one.socket)
        else:
            self.world.net.break_transport(one.socket)
            one.side.die()
        self.step(self.world.state(one.socket), one.side.state)

    def paused(self):
        return [one for one in self.all if one.side.paused and one.side.state in LIVE]

    def peer_of(self, one):
        return next((other for other in self.all if other.side is one.side.peer), None)

    # --- inside a callback ---

    def act(self, one, what, where):
        """The application does something inside a callback of its socket, or its peer does meanwhile."""
        peer = self.peer_of(one)
        if what in {"nothing", "release"} or (what.startswith("peer") and peer is None):
            return
        if what == "disable" and where == "accept":
            self.step(*self.host.disable(ACCEPT))
        moves = {
            "send": lambda: self.send(one, 3),
            "receive": lambda: self.receive(one, 3),
            "disconnect": lambda: self.disconnect(one),
            "disable": lambda: self.disable(one, RECV if where == "receive" else DISC),
            "close": lambda: self.close(one, None),
            "peer finishes": lambda: self.end(peer, "disconnect"),
            "peer aborts": lambda: self.end(peer, "abort"),
            "peer finishes and aborts": lambda: self.end(peer, "disconnect and abort"),
        }
        moves.get(what, lambda: self.lose(one, what))()
        passed(f"inside a{'n' if where == 'accept' else ''} {where} event: {what}")

    # --- the end ---

    def teardown(self):
        """Closes everything; nothing is left."""
        if not hasattr(self, "world"):
            return
        if self.failed:
            self.world.end()
            return
        self.settle()
        for one in self.all:
            if one.side.lists:
                self.misused.add("C-22")
            assert self.world.close(one.socket) == one.side.close()
        for _, listener in (self.home, *self.doors.values()):
            assert self.world.close(listener) == OK
        assert set(self.world.subsystem._provider.pending().values()) <= {0}
        for first, last, count in self.world.subsystem._provider.transitions():
            Moves.made[first, last] += count
        self.world.end()
