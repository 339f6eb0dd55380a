"""The extension against a plain reference of the contract: random programs, the same answers, the same history.

Properties: every call answers what the reference answers; every request ends as there, after a drive; the states and
the indications are the same; over all programs every state and transition of section 3.3 is reached.
"""

import random
from collections import Counter
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from harness import ABORTIVE, CTX, DISC, GRACEFUL, Ears, World, at, data
from reference import LIVE, OK, PENDING, REFUSED, TRANSITIONS, Line, Pending, Side
from wsksim import wsk

WINDOW = 16
SIDES = 6
STEPS = 100_000


class Program:
    """Runs steps on the extension and on the reference, and compares."""

    def __init__(self, **options):
        self.world = World(window=WINDOW, **options)
        self.listener = self.world.listener()
        self.address = self.world.address(self.listener)
        self.slow, self.inspected = self._slow_listener()
        self.slow_address = self.world.address(self.slow)
        self.sides = []  # (socket, what it hears, its reference)
        self.requests = []  # (side, real, expected)
        self.queued = []  # connections that wait to be accepted
        self.connecting = None
        self.steps = 0
        self.sent = 0

    def _slow_listener(self):
        inspected = []

        def inspect(SocketContext, LocalAddress, RemoteAddress, InspectID):
            inspected.append(InspectID)
            return wsk.WskInspectPend

        table = wsk.WSK_CLIENT_LISTEN_DISPATCH(lambda *rest: OK, inspect, lambda *rest: OK)
        listener = self.world.listener("L", table, bound=False)
        assert self.world.option(listener, wsk.SO_CONDITIONAL_ACCEPT, 1) == OK
        assert self.world.do(listener.WskBind, at(), 0).status == OK
        return listener, inspected

    # --- steps ---

    def step(self, code, size):
        """One step; `code` chooses operation and side, `size` how many bytes."""
        operation = OPERATIONS[code % len(OPERATIONS)]
        places = [place for place, side in enumerate(self.sides) if side is not None]
        if operation in {Program.open, Program.open_slow, Program.accept, Program.drive, Program.decide}:
            operation(self, size)
        elif places:
            operation(self, self.sides[places[code // len(OPERATIONS) % len(places)]], size)
        self.steps += 1

    def keep(self, side, real, expected):
        """Compares what a call answered, and remembers the request."""
        if real.returned != PENDING:
            assert (real.returned, real.information) == (expected.status, expected.information)
        self.requests.append((side, real, expected))

    def open(self, size):
        """A new socket; mostly connected, sometimes only made or bound, or refused."""
        if len(self.sides) >= SIDES:
            return
        self.drive(size)  # making a socket drives
        ears, side = Ears(), Side()
        socket = self.world.connection(CTX, ears.table, bound=False)
        self.sides.append((socket, ears, side))
        if size % 8 == 0:
            return
        assert self.world.ask(socket.WskBind, at(), 0).returned == OK
        side.state = "BOUND"
        if size % 8 == 1:
            return
        if size % 8 == 2:
            assert self.world.ask(socket.WskConnect, at(1), 0).returned == REFUSED
            return
        assert self.world.ask(socket.WskConnect, self.address, 0).returned == OK
        side.state, side.line = "OPEN", Line(WINDOW)
        side.peer = Side("OPEN", side, side.line)
        self.queued.append(side.peer)
        if size % 8 > 3:
            self.accept(size)

    def accept(self, size):
        """The listener's application takes the next connection whose peer did not abort it."""
        self.queued = [one for one in self.queued if one.state in LIVE and not one.line.broken]
        if not self.queued or len(self.sides) >= SIDES + 2:
            return
        ears = Ears()
        real = self.world.ask(self.listener.WskAccept, 0, CTX, ears.table, None, None)
        assert real.returned == OK
        self.sides.append((real.information, ears, self.queued.pop(0)))

    def open_slow(self, size):
        """A connect that stays pending, because its inspection is."""
        if self.connecting is not None or len(self.sides) >= SIDES:
            return
        self.drive(size)
        ears, side = Ears(), Side("CONNECTING")
        socket = self.world.connection(CTX, ears.table)
        real = self.world.ask(socket.WskConnect, self.slow_address, 0)
        assert real.returned == PENDING
        side.connecting = self.expect_connect(side, real)
        self.connecting = (socket, ears, side)
        self.sides.append(self.connecting)
        self.inspected.clear()

    def expect_connect(self, side, real):
        expected = Pending()
        self.requests.append((side, real, expected))
        return expected

    def decide(self, size):
        """The inspection that is pending is decided."""
        if self.connecting is None or not self.inspected:
            return
        _, _, side = self.connecting
        action = wsk.WskInspectAccept if size % 2 else wsk.WskInspectReject
        answered = self.world.ask(self.slow.WskInspectComplete, self.inspected.pop(), action)
        self.connecting = None
        if side.connecting is None:
            return  # cancelled or closed meanwhile
        assert answered.returned == OK
        if action == wsk.WskInspectReject:
            side.state = "BOUND"
            side.connecting.end(REFUSED)
        else:
            ears = Ears()
            side.state, side.line = "OPEN", Line(WINDOW)
            side.peer = Side("OPEN", side, side.line)
            side.connecting.end(OK)
            real = self.world.ask(self.slow.WskAccept, 0, CTX, ears.table, None, None)
            assert real.returned == OK
            self.sides.append((real.information, ears, side.peer))
        side.connecting = None

    def send(self, where, size):
        socket, _, side = where
        payload = bytes((self.sent + n) % 251 for n in range(size % 24))
        self.sent += len(payload)
        self.keep(side, self.world.ask(socket.WskSend, data(payload), 0), side.send(payload))

    def receive(self, where, size):
        socket, _, side = where
        flags = wsk.WSK_FLAG_WAITALL if size % 5 == 0 else 0
        real = self.world.receiving(socket, 1 + size % 24, flags)
        self.keep(side, real, side.receive(1 + size % 24, wait_all=bool(flags)))

    def disconnect(self, where, size):
        socket, _, side = where
        self.keep(side, self.world.ask(socket.WskDisconnect, None, GRACEFUL), side.disconnect())

    def abort(self, where, size):
        socket, _, side = where
        assert self.world.ask(socket.WskDisconnect, None, ABORTIVE).returned == side.abort()

    def close(self, where, size):
        socket, _, side = where
        real = self.world.ask(socket.WskCloseSocket)
        assert real.returned in {side.close(), PENDING}
        self.drive(size)
        assert real.check().status == OK
        assert self.world.ask(socket.WskSend, data(b"x"), 0).returned == side.send(b"x").status
        self.sides.remove(where)

    def enable(self, where, size):
        socket, _, side = where
        assert self.world.en(socket, DISC) == side.enable()

    def disable(self, where, size):
        socket, _, side = where
        expected = side.disable()
        if side.state not in {"NEW", "BOUND", "CONNECTING"}:
            assert self.world.dis(socket, DISC) == expected

    def cancel(self, where, size):
        _, _, side = where
        own = [(real, expected) for one, real, expected in self.requests if one is side and expected.status == PENDING]
        if own:
            real, expected = own[size % len(own)]
            assert wsk.IoCancelIrp(real.irp) == side.cancel(expected)

    def die(self, where, size):
        if size % 4 == 0:
            self.world.net.break_transport(where[0])
            where[2].die()

    def time_out(self, where, size):
        if size % 4 == 0:
            self.world.net.time_out(where[0])
            where[2].time_out()

    def drive(self, size):
        """Everything that waits happens; then both histories are the same."""
        self.world.drive()
        for _, _, side in self.sides:
            side.drive()
        self.compare()

    def compare(self):
        for socket, ears, side in self.sides:
            assert self.world.state(socket) == side.state
            assert ears.ev == [(CTX, flags) for flags in side.ev]
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

    def finish(self):
        """Closes everything; nothing is left; gives the transitions that were made."""
        self.drive(0)
        for where in list(self.sides):
            self.close(where, 0)
        assert self.world.subsystem.finding_count == sum(
            1 for one in self.world.subsystem.findings if one.rule == "U-41"
        )
        for listener in (self.listener, self.slow):
            assert self.world.close(listener) == OK
        machine = self.world.subsystem._machine()
        assert set(machine.pending().values()) <= {0}
        made = Counter({(first, last): count for first, last, count in machine.transitions()})
        self.world.end()
        return made


OPERATIONS = [
    Program.open,
    Program.open,
    Program.open_slow,
    Program.accept,
    Program.decide,
    Program.send,
    Program.send,
    Program.send,
    Program.receive,
    Program.receive,
    Program.disconnect,
    Program.disconnect,
    Program.abort,
    Program.close,
    Program.enable,
    Program.enable,
    Program.disable,
    Program.cancel,
    Program.die,
    Program.time_out,
    Program.drive,
    Program.drive,
]


class ContractMachine(RuleBasedStateMachine):
    """Programs of hypothesis: it finds the shortest one that fails."""

    made: ClassVar[Counter] = Counter()
    steps = 0

    def __init__(self):
        super().__init__()
        self.program = Program()

    @rule(program=st.binary(min_size=3, max_size=750))
    def run(self, program):
        for place in range(0, len(program) - 2, 3):
            self.program.step(int.from_bytes(program[place : place + 2], "little"), program[place + 2])

    @invariant()
    def nothing_is_found(self):
        assert {one.rule for one in self.program.world.subsystem.findings} <= {"U-41"}

    def teardown(self):
        ContractMachine.steps += self.program.steps
        ContractMachine.made += self.program.finish()


@pytest.mark.slow
@pytest.mark.rule("D-19", "D-21", "D-22", "G-4", "G-15", "I-4")
def test_programs_of_hypothesis():
    checks = list(HealthCheck)
    rounds = settings(max_examples=100, stateful_step_count=10, deadline=None, suppress_health_check=checks)
    for _ in range(10):
        run_state_machine_as_test(ContractMachine, settings=rounds)
        if ContractMachine.steps >= STEPS // 5:
            break
    assert ContractMachine.steps >= STEPS // 10


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"schedule": "explore"}], ids=["fifo", "explore"])
def test_a_hundred_thousand_steps_reach_every_transition(options):
    made, steps, seed = Counter(), 0, 0
    while steps < STEPS // 2:
        draw, program = random.Random(seed), Program(seed=seed, **options)
        try:
            for _ in range(500):
                program.step(draw.randrange(500), draw.randrange(256))
        except BaseException as error:
            error.add_note(f"seed {seed}, step {program.steps}")
            raise
        steps += program.steps
        made += program.finish()
        seed += 1
    assert TRANSITIONS - set(made) == set()
