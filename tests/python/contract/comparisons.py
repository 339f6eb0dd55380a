"""What the moves of the state machine compare: answers, states, how requests end, and the books.

A drive is over when nothing is due by the reference either; then the requests have ended as there, and the books agree.
"""

from collections import Counter
from typing import ClassVar

from hypothesis.stateful import RuleBasedStateMachine

from reference import OK, PENDING, Pending
from reference_listener import Accepting
from wsksim import wsk

# Misuse that is answered as the reference says, and found as well: a closed socket, an event too early.
ANSWERED = {"C-16", "E-8", "E-12", "E-21"}


class Comparisons(RuleBasedStateMachine):
    """One subsystem, its sockets, and what both sides say of them."""

    made: ClassVar[Counter] = Counter()
    met: ClassVar[Counter] = Counter()
    ways: ClassVar[Counter] = Counter()  # how requests were completed, successes and failures
    steps: ClassVar[Counter] = Counter()  # under each way of completion that a subsystem was asked for

    def __init__(self):
        super().__init__()
        self.all = []  # what is not closed
        self.fresh = []  # of those, what no rule has seen yet
        self.closing = []  # (what is closed, its request)
        self.requests = []  # (side, real, expected) of those whose routine has not run
        self.slow = None  # (side, connect) that an inspection decides; a side may give up, and connect elsewhere
        self.inspected = []
        self.sent = 0
        self.driving, self.wrong = False, []
        self.indicated = [0, 0]
        self.misused = set()  # rules that the program broke
        self.failed = False  # a comparison: the end has nothing to add

    def step(self, found, wanted):
        """The one comparison that makes a move a step; the states are compared with it."""
        self.failed = True
        assert found == wanted
        for one in self.all:
            state = self.world.state(one.socket)
            assert state == one.side.state
            Comparisons.met[state] += 1
        self.failed = False
        Comparisons.steps[self.completions] += 1

    def asked(self, side, real, expected):
        """A step that made a request: answered, completed and left pending as the reference says."""
        if self.told(side, real, expected) and expected.data:
            assert real.buffer.tobytes()[: real.information] == expected.data
        information = expected.information if real.calls else 0
        self.step(real.information, information)

    def told(self, side, real, expected):
        """The call has answered as it may where the request is decided so; whether its routine has run (I-5, I-18)."""
        if not isinstance(expected, Pending):
            decided, expected = expected, Pending()
            if decided != PENDING:
                expected.end(decided)
        if expected.status == PENDING or expected.network:
            assert (real.returned, real.calls) == (PENDING, 0)
        else:
            way = "later" if not real.calls else "windows" if real.returned == PENDING else "inline"
            assert self.completions in {way, "drawn"}
            Comparisons.ways[way, wsk.NT_SUCCESS(expected.status)] += 1
            assert (real.status if real.calls else PENDING) == (expected.status if real.calls else PENDING)
        if not real.calls:
            self.requests.append((side, real, expected))
        return bool(real.calls)

    def ready(self, real):
        """The result of a request that has to be there before the program goes on."""
        if not real.calls:
            self.run()
        assert real.check().status == OK
        return real.information

    def all_completed(self, side):
        """Before an indication, receives that ended have completed (D-20), and so has what yields the socket (D-27)."""
        for owner, real, expected in self.requests:
            if owner is side and expected.first and expected.status != PENDING:
                assert real.calls == 1

    def run(self):
        self.driving = True
        self.world.drive()
        self.driving, self.failed = False, bool(self.wrong)
        if self.wrong:
            raise self.wrong[0]

    def settle(self):
        """Everything that waits happens; nothing more is due, and the books agree."""
        self.run()
        self.failed = True
        assert not self.host.listener.due()
        assert [one.side.due() for one in self.all] == [None] * len(self.all)
        for one, close in self.closing:
            assert close.check().status == OK
            assert self.world.state(one.socket) == "CLOSED"
        self.closing = []
        self.requests = [request for request in self.requests if not self.ended(*request)]
        if self.slow is not None and self.slow[0].connecting is not self.slow[1] and not self.inspected:
            self.slow = None
        self.balance()
        self.failed = False

    def ended(self, side, real, expected):
        if expected.status == PENDING:
            assert real.calls == 0
            return False
        real.took = 0 if wsk.NT_SUCCESS(expected.status) else expected.information
        real.check()
        assert real.status == expected.status
        if not isinstance(expected, Accepting):
            assert real.information == expected.information
        if expected.data:
            assert real.buffer.tobytes()[: real.information] == expected.data
        return True

    def balance(self):
        books = self.world.subsystem.counters()
        pending, posted = books["pending"], sum(books["posted"].values())
        assert list(books["indicated"].values()) == self.indicated
        assert posted == sum(self.indicated) + sum(books["withheld"].values()) + pending["held"]
        assert pending["held"] == sum(one.side.graceful + one.side.abortive for one in self.all)
        left = self.world.subsystem._provider.pending()
        assert left.pop("requests") == left.pop("flights") == len(self.requests)
        left.pop("unread")
        assert pending["queued"] == sum(left.values()) == 0
        found = {one.rule for one in self.world.subsystem.findings}
        assert self.misused <= found <= self.misused | ANSWERED
