"""The extension against a plain reference of the contract: a state machine of hypothesis drives both.

Properties: every call answers what the reference answers; every request ends as there, and not before a drive; after
each step the states are the same, after each drive the indications too; over all programs every state and transition
of section 3.3 is reached, and no other.
"""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from harness import ABORTIVE, CTX, DISC, GRACEFUL, Ears, World, at, data
from reference import BIRTHS, FORCED, OK, OURS, PENDING, STATES, TRANSITIONS, Side
from wsksim import wsk

WINDOW = 8
SOCKETS = 5  # at a time
STEPS = 100_000
ROUND = 250  # programs with one seed
LENGTH = 100  # steps of a program; one ends earlier when no rule that hypothesis left in it can be called

targets = st.sampled_from(["listener", "inspection", "nobody"])
sizes = st.integers(0, WINDOW + 7)


@dataclass(eq=False)
class Both:
    """One socket: of the extension with what its callbacks heard, and of the reference."""

    socket: wsk.WSK_SOCKET
    ears: Ears
    side: Side


class ContractMachine(RuleBasedStateMachine):
    """Programs of one subsystem; a step is a rule: one call, whose answer is compared with the reference."""

    made: ClassVar[Counter] = Counter()
    met: ClassVar[Counter] = Counter()
    steps = 0

    sockets = Bundle("sockets")

    def __init__(self):
        super().__init__()
        self.all = []  # what is not closed
        self.closing = []  # (what is closed, its request)
        self.requests = []  # (side, real, expected) of those whose routine has not run
        self.queue = []  # (listener, side) that waits to be accepted
        self.slow = None  # the side whose connect an inspection decides
        self.inspected = []
        self.sent = 0

    @initialize(target=sockets, schedule=st.sampled_from(["fifo", "explore", "pct:3"]), seed=st.integers(0, 255))
    def begin(self, schedule, seed):
        """A subsystem and a connection of it."""
        self.world = World(window=WINDOW, seed=seed, schedule=schedule)
        self.fast, self.conditional = self.world.listener(), self.conditional_listener()
        self.addresses = [self.world.address(self.fast), self.world.address(self.conditional), at(1)]
        return multiple(*self.connected())

    def conditional_listener(self):
        def inspect(SocketContext, LocalAddress, RemoteAddress, InspectID):
            self.inspected.append(InspectID)
            return wsk.WskInspectPend

        table = wsk.WSK_CLIENT_LISTEN_DISPATCH(lambda *rest: OK, inspect, lambda *rest: OK)
        listener = self.world.listener("L", table, bound=False)
        assert self.world.option(listener, wsk.SO_CONDITIONAL_ACCEPT, 1) == OK
        assert self.world.do(listener.WskBind, at(), 0).status == OK
        return listener

    # --- comparing ---

    def step(self, found, wanted):
        """The one comparison that makes a rule a step; the states are compared with it."""
        assert found == wanted
        for one in self.all:
            state = self.world.state(one.socket)
            assert state == one.side.state
            ContractMachine.met[state] += 1
        ContractMachine.steps += 1

    def asked(self, side, real, expected):
        """A step that made a request: answered, completed and left pending as the reference says."""
        if real.returned == PENDING:
            self.requests.append((side, real, expected))
        elif expected.data:
            assert real.buffer.tobytes()[: real.information] == expected.data
        self.step((real.returned, real.information), (expected.status, expected.information))

    def settle(self):
        """Everything that waits happens; then both histories are the same."""
        self.world.drive()
        for one in self.all:
            one.side.drive()
        for one in (*self.all, *(closed for closed, _ in self.closing)):
            assert one.ears.ev == [(CTX, flags) for flags in one.side.ev]
        for one, close in self.closing:
            assert close.check().status == OK
            assert self.world.state(one.socket) == "CLOSED"
        self.closing = []
        left = []
        for side, real, expected in self.requests:
            if expected.status == PENDING:
                assert real.calls == 0
                left.append((side, real, expected))
            else:
                real.check()
                assert (real.status, real.information) == (expected.status, expected.information)
                if expected.data:
                    assert real.buffer.tobytes()[: real.information] == expected.data
        self.requests = left
        if self.slow is not None and self.slow.connecting is None and not self.inspected:
            self.slow = None

    # --- sockets ---

    def socket(self):
        ears = Ears()
        kind = (wsk.AF_INET, wsk.SOCK_STREAM, wsk.IPPROTO_TCP, wsk.WSK_FLAG_CONNECTION_SOCKET)
        real = self.world.ask(self.world.npi.WskSocket, *kind, CTX, ears.table, None, None, None)
        assert real.returned == OK
        return self.add(Both(real.information, ears, Side(window=WINDOW)), "WskSocket")

    def taken(self, listener, side):
        ears = Ears()
        real = self.world.ask(listener.WskAccept, 0, CTX, ears.table, None, None)
        assert real.returned == OK
        return self.add(Both(real.information, ears, side), "WskAccept")

    def connected(self):
        """Both ends of a new connection."""
        one, queue = self.socket(), []
        assert self.world.ask(one.socket.WskBind, at(), 0).returned == one.side.bind()
        assert self.world.ask(one.socket.WskConnect, self.addresses[0], 0).returned == one.side.connect(queue).status
        return one, self.taken(self.fast, queue[0])

    def add(self, one, how):
        ContractMachine.made[how, self.world.state(one.socket)] += 1
        self.all.append(one)
        return one

    @precondition(lambda self: len(self.all) < SOCKETS and all(one.side.state != "NEW" for one in self.all))
    @rule(target=sockets)
    def create(self):
        made = self.socket()
        self.step(self.world.state(made.socket), "NEW")
        return made

    @precondition(lambda self: len(self.all) < SOCKETS - 1 and not self.queue)
    @rule(target=sockets)
    def pair(self):
        made = self.connected()
        self.step([self.world.state(one.socket) for one in made], ["OPEN", "OPEN"])
        return multiple(*made)

    @rule(one=sockets)
    def bind(self, one):
        self.step(self.world.ask(one.socket.WskBind, at(), 0).returned, one.side.bind())

    @rule(one=sockets, to=targets)
    def connect(self, one, to):
        # One undecided connect at a time: the callback does not say which it asks about.
        to = "nobody" if to == "inspection" and self.slow is not None else to
        queue = {"listener": [], "inspection": False, "nobody": None}[to]
        address = self.addresses[["listener", "inspection", "nobody"].index(to)]
        real, expected = self.world.ask(one.socket.WskConnect, address, 0), one.side.connect(queue)
        if expected.status == PENDING:
            self.slow = one.side
        self.queue += [(self.fast, side) for side in queue or []]
        self.asked(one.side, real, expected)

    @precondition(lambda self: len(self.all) < SOCKETS)
    @rule(target=sockets, to=targets)
    def dial(self, to):
        """A socket that is made, bound and connected."""
        made = self.socket()
        assert self.world.ask(made.socket.WskBind, at(), 0).returned == made.side.bind()
        self.connect(made, to)
        return made

    @precondition(lambda self: self.inspected)
    @rule(accept=st.booleans())
    def decide(self, accept):
        """The listener's application decides what it was asked; the connect may be gone meanwhile."""
        action = wsk.WskInspectAccept if accept else wsk.WskInspectReject
        answered = self.world.ask(self.conditional.WskInspectComplete, self.inspected.pop(), action)
        side, self.slow = self.slow, None
        if side.connecting is not None:
            queue = [] if accept else None
            side.decide(queue)
            self.queue += [(self.conditional, side) for side in queue or []]
        self.step(answered.returned, OK)

    @precondition(lambda self: len(self.all) < SOCKETS and any(side.is_waiting() for _, side in self.queue))
    @rule(target=sockets)
    def accept(self):
        """An application takes the connection that waits longest and was not aborted meanwhile."""
        self.queue = [(listener, side) for listener, side in self.queue if side.is_waiting()]
        listener, side = self.queue.pop(0)
        state = side.state
        made = self.taken(listener, side)
        self.step(self.world.state(made.socket), state)
        return made

    @rule(one=consumes(sockets), call=st.sampled_from(["send", "disconnect", "enable", "close"]))
    def close(self, one, call):
        """It is complete at once unless a routine of the socket has still to run; afterwards it answers nothing."""
        self.all.remove(one)
        real, expected = self.world.ask(one.socket.WskCloseSocket), one.side.close()
        if any(side is one.side for side, *_ in self.requests):
            expected = PENDING
        state = self.world.state(one.socket)
        if state != "CLOSING":
            ContractMachine.made["CLOSING", state] += 1
        assert state == ("CLOSED" if expected == OK else "CLOSING")
        ContractMachine.met[state] += 1
        self.closing.append((one, real))
        assert self.after_close(one.socket, call) == FORCED
        self.step(real.returned, expected)

    def after_close(self, socket, call):
        if call == "enable":
            return self.world.en(socket, DISC)
        ask = {
            "send": lambda: self.world.ask(socket.WskSend, data(b"x"), 0),
            "disconnect": lambda: self.world.ask(socket.WskDisconnect, None, GRACEFUL),
            "close": lambda: self.world.ask(socket.WskCloseSocket),
        }
        return ask[call]().returned

    # --- connections ---

    @rule(one=sockets, size=sizes)
    def send(self, one, size):
        payload = bytes((self.sent + n) % 251 for n in range(size))
        self.sent += size
        real = self.world.ask(one.socket.WskSend, data(payload), 0)
        self.asked(one.side, real, one.side.send(payload))

    @rule(one=sockets, size=sizes, wait_all=st.booleans())
    def receive(self, one, size, wait_all):
        flags = wsk.WSK_FLAG_WAITALL if wait_all else 0
        real = self.world.receiving(one.socket, 1 + size, flags)
        self.asked(one.side, real, one.side.receive(1 + size, wait_all=wait_all))

    @rule(one=sockets)
    def disconnect(self, one):
        real = self.world.ask(one.socket.WskDisconnect, None, GRACEFUL)
        self.asked(one.side, real, one.side.disconnect())

    @rule(one=sockets)
    def enable(self, one):
        self.step(self.world.en(one.socket, DISC), one.side.enable())

    @rule(one=sockets)
    def disable(self, one):
        self.step(self.world.dis(one.socket, DISC), one.side.disable())

    @precondition(lambda self: self.requests)
    @rule(number=st.integers(0, 3))
    def cancel(self, number):
        """One of the last requests whose routine has not run: too late when it is decided (I-12, I-14)."""
        side, real, expected = self.requests[-1 - number % len(self.requests)]
        self.step(wsk.IoCancelIrp(real.irp), side.cancel(expected))

    @rule(one=sockets, by=st.sampled_from(["abort", "timeout", "broken transport"]))
    def lose(self, one, by):
        if by == "abort":
            self.step(self.world.ask(one.socket.WskDisconnect, None, ABORTIVE).returned, one.side.abort())
            return
        if by == "timeout":
            self.world.net.time_out(one.socket)
            one.side.time_out()
        else:
            self.world.net.break_transport(one.socket)
            one.side.die()
        self.step(self.world.state(one.socket), one.side.state)

    @rule(one=sockets)
    def drive(self, one):
        self.settle()
        self.step(one.ears.ev, [(CTX, flags) for flags in one.side.ev])

    def teardown(self):
        """Closes everything; nothing is left, and nothing was found but the use of closed sockets."""
        if not hasattr(self, "world"):
            return
        self.settle()
        for one in self.all:
            assert self.world.close(one.socket) == one.side.close()
        for listener in (self.fast, self.conditional):
            assert self.world.close(listener) == OK
        assert {one.rule for one in self.world.subsystem.findings} <= {"C-16", "E-8"}
        machine = self.world.subsystem._provider
        assert set(machine.pending().values()) <= {0}
        for first, last, count in machine.transitions():
            ContractMachine.made[first, last] += count
        self.world.end()


@pytest.mark.slow
@pytest.mark.rule("D-19", "D-21", "D-22", "G-4", "G-15", "I-4", "I-12", "L-20", "U-9", "U-43")
def test_a_hundred_thousand_steps_reach_every_transition(request):
    # The same programs in every run, so that a failure is of the change and not of the draw;
    # `pytest --hypothesis-seed=N` draws others.
    first = int(request.config.getoption("--hypothesis-seed") or 0)
    # Every phase but that of examples from before: a program that fails is made as short as it can be, and reported
    # call by call. How long one takes, or how many end early, says nothing here.
    rounds = settings(
        max_examples=ROUND,
        stateful_step_count=LENGTH,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    number = first
    while ContractMachine.steps < STEPS:
        run_state_machine_as_test(seed(number)(ContractMachine), settings=rounds)
        number += 1
    made, met = set(ContractMachine.made), set(ContractMachine.met)
    assert (TRANSITIONS | BIRTHS) - made == set()
    assert made - TRANSITIONS - BIRTHS - OURS == set()
    assert STATES - met == set()
    assert number - first <= 2 * STEPS // (ROUND * LENGTH)
