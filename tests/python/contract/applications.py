"""Applications for the state machine: each callback asks the reference whether it may be called, and answers.

What a callback finds wrong is kept for the rule that drives; raised, the provider would take it for the application's
mistake (U-22).
"""

import functools
from dataclasses import dataclass

from harness import chain
from passages import passed
from reference_events import DISC, OK, RECV
from wsksim import wsk


def heard(callback):
    """A callback of an application: called by a drive alone (D-28)."""

    @functools.wraps(callback)
    def call(self, *arguments):
        try:
            assert self.machine.driving
            return callback(self, *arguments)
        except Exception as error:  # noqa: BLE001 - the rule that drives raises it
            self.machine.wrong.append(error)
            return OK

    return call


class Application:
    """One socket: of the extension, of the reference, and what its callbacks do."""

    def __init__(self, machine, side=None, callbacks=RECV | DISC):
        self.machine, self.side, self.callbacks = machine, side, callbacks
        self.socket = None
        self.answer, self.inside = "all", "nothing"  # the latter once
        self.lists = []  # retained, each with what it held
        entries = [(self.receive_event, RECV), (self.disconnect_event, DISC)]
        table = [callback if callbacks & event else None for callback, event in entries]
        self.table = wsk.WSK_CLIENT_CONNECTION_DISPATCH(*table, None) if callbacks else None

    def take_inside(self):
        what, self.inside = self.inside, "nothing"
        return what

    @heard
    def receive_event(self, SocketContext, Flags, DataIndication, BytesIndicated, BytesAccepted):
        assert SocketContext is self
        assert Flags & ~wsk.WSK_FLAG_AT_DISPATCH_LEVEL == 0
        if DataIndication is None:
            assert BytesIndicated == 0
            self.side.told_dead()
            return OK
        content = b"".join(one.Buffer.tobytes() for one in chain(DataIndication))
        assert len(content) == BytesIndicated == BytesAccepted.value
        self.machine.all_completed(self.side)
        self.side.shown(content)
        what, answer = self.take_inside(), self.answer
        if what == "release":
            assert self.socket.WskRelease(DataIndication) == OK
            passed("inside a receive event: release")
            passed("list: released inside")
            answer = "kept"
        else:
            self.machine.act(self, what, "receive")
            if self.side.state == "CLOSED" and answer == "kept":
                answer = "all"  # it could not be released any more (C-16)
            if answer == "kept":
                self.lists.append((DataIndication, content))
                self.side.lists += 1
        passed(f"receive event: {answer}")
        accepted = {"part": len(content) // 2, "none": 0}.get(answer, len(content))
        self.side.answered(accepted)
        if answer == "part":
            BytesAccepted.value = accepted
        return {"none": wsk.STATUS_DATA_NOT_ACCEPTED, "kept": wsk.STATUS_PENDING}.get(answer, OK)

    @heard
    def disconnect_event(self, SocketContext, Flags):
        assert SocketContext is self
        assert Flags & ~wsk.WSK_FLAG_AT_DISPATCH_LEVEL in {0, wsk.WSK_FLAG_ABORTIVE}
        self.machine.all_completed(self.side)
        kind = Flags & wsk.WSK_FLAG_ABORTIVE
        self.side.disconnected(kind)
        self.machine.indicated[kind] += 1
        self.machine.act(self, self.take_inside(), "disconnect")
        self.side.calling = 0
        return OK


@dataclass(frozen=True)
class Visit:
    """What an application does with the next connections that its accept event is given."""

    callbacks: int = RECV | DISC  # entries of the table that it writes; none: NULL
    events: int = 0  # what it enables inside
    when: str = "first"  # before anything else happens inside, or at last; or too early, before it wrote the table
    answer: str = "all"  # of the new socket's receive events
    inside: str = "nothing"
    refuses: bool = False


class Host:
    """A listening socket whose application accepts by event."""

    def __init__(self, machine, listener):
        self.machine, self.listener = machine, listener
        self.visit = Visit()
        self.table = wsk.WSK_CLIENT_LISTEN_DISPATCH(WskAcceptEvent=self.accept_event)
        self.socket = machine.world.listener(self, self.table)

    @heard
    def accept_event(self, SocketContext, Flags, Local, Remote, AcceptSocket, AcceptContext, AcceptDispatch):
        assert SocketContext is self
        assert Flags & ~wsk.WSK_FLAG_AT_DISPATCH_LEVEL == 0
        assert (AcceptContext.value, AcceptDispatch.value) == (None, None)
        assert Local.sin_port == self.machine.ports[self]
        visit, machine = self.visit, self.machine
        one = Application(machine, self.listener.begin(), visit.callbacks)
        one.socket, one.answer = AcceptSocket, visit.answer
        machine.add(one, "WskAcceptEvent")
        if visit.events and visit.when == "too early":
            passed("accept event: enabled too early")
            machine.enable(one, visit.events)
        AcceptContext.value, AcceptDispatch.value = one, one.table
        one.side.callbacks = visit.callbacks
        for when in ("first", "last"):
            if when == "last":
                machine.act(one, visit.inside, "accept")
            if visit.events and visit.when == when and one.side.state != "CLOSED":
                passed(f"accept event: enabled {when}")
                machine.enable(one, visit.events)
        closed = one.side.state == "CLOSED"
        kept = closed or not visit.refuses
        if closed:
            passed("accept event: closed inside")
        self.listener.end(one.side, kept=kept)
        if not kept:
            machine.all.remove(one)
        elif not closed:
            machine.fresh.append(one)
        return OK if kept else wsk.STATUS_REQUEST_NOT_ACCEPTED

    def enable(self, events):
        return self.machine.world.en(self.socket, events), self.listener.enable(events)

    def disable(self, event):
        return self.machine.world.dis(self.socket, event), self.listener.disable(event)
