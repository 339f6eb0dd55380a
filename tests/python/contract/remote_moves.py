"""The moves of the network: what remote ends do, and addresses that are not reached, or not there any more."""

import wsksim
from contract_machine import WINDOW, Moves
from harness import at
from passages import passed
from reference import PENDING, REFUSED
from reference_events import DISC, RECV
from reference_remote import Remote, RemoteListener
from wsksim import wsk

STRANGERS = 4  # those that the rules know, at a time
FAR = "198.51.100.7"
# The addresses of this machine, which it may lose: where its listeners are, and what reaches others.
HOMES = {"removed": at(), "outer removed": at(0, "192.0.2.1")}


class Stranger:
    """One remote end: of the extension, and of the reference."""

    def __init__(self, real, side):
        self.real, self.side = real, side


class RemoteMoves(Moves):
    """Moves of remote ends and of the network."""

    def start(self, schedule, completions, seed, statics):
        super().start(schedule, completions, seed, statics)
        self.strangers = []
        net = self.world.net
        self.far = (RemoteListener(), net.listen(at(443, FAR)))
        self.addresses["far"] = self.far[1].address
        net.unreachable(self.addresses["no host"], wsk.STATUS_HOST_UNREACHABLE)
        net.unreachable(self.addresses["no network"], wsk.STATUS_NETWORK_UNREACHABLE)

    # --- comparing ---

    def alike(self, one, found, wanted):
        """A step of a remote end: what it answers, where it stands, and what it saw, which is over with its close."""
        real, side = one.real, one.side
        assert side.state == "closed" or real.seen == side.seen
        self.step((found, real.state), (wanted, side.state))

    def settle(self):
        super().settle()
        for one in self.strangers:
            assert one.real.state == one.side.state
            assert one.real.seen == one.side.seen

    # --- remote ends ---

    def meets(self, real, side):
        if len(self.strangers) == STRANGERS:
            self.has(self.strangers[0], "close")
        self.strangers.append(Stranger(real, side))
        return self.strangers[-1]

    def greet(self):
        """The remote listener takes who has come."""
        listener, real = self.far
        while (found := real.accept()) is not None:
            one = self.meets(found, listener.accept())
            assert (one.real.state, one.real.seen) == (one.side.state, one.side.seen)
        assert not listener.arrivals

    def comes(self, to):
        """A remote application connects."""
        to = self.asks(to)
        side = Remote(WINDOW)
        wanted = side.connect(self.answer(to))
        try:
            real = self.world.net.connect(self.addresses[to])
        except wsksim.RemoteError as error:
            self.step(error.status, wanted)
            return None
        if to == "inspection":
            self.slow = side, side.connecting
        one = self.meets(real, side)
        self.alike(one, real.status, wanted)
        return one

    def meet_remote(self, *, from_afar):
        """A socket and a remote end, connected from either side."""
        if from_afar:
            stranger = self.comes("home")
            self.accept(self.home, RECV | DISC)
            if not self.fresh:
                self.run()
            return self.fresh.pop(), stranger
        one = self.dialled("far")
        self.greet()
        return one, self.strangers[-1]

    def has(self, one, what, *given):
        """A remote end does something, as its functions are named."""
        wanted = getattr(one.side, what)(*given)
        self.alike(one, getattr(one.real, what)(*given), wanted)
        if what == "close":
            self.strangers.remove(one)
            for after, *with_it in (("send", b"late"), ("disconnect",), ("abort",), ("read", 1), ("close",)):
                assert getattr(one.real, after)(*with_it) == getattr(one.side, after)(*with_it)
                assert one.real.state == "closed"

    def writes(self, one, size):
        self.has(one, "send", self.payload(size))

    def peer_of(self, one):
        return next((other for other in self.strangers if other.side is one.side.peer), None) or super().peer_of(one)

    def end(self, one, how):
        if not isinstance(one, Stranger):
            super().end(one, how)
            return
        for what in how.split(" and "):
            self.has(one, what)

    # --- addresses ---

    def cut(self, to, how, *, from_afar):
        """Somebody connects while an address is not reached, or is this machine's no more; then it is again."""
        net, address = self.world.net, self.addresses[to]
        if how in HOMES:
            self.remove(outer=how == "outer removed", from_afar=from_afar)
        elif how == "closed":
            self.far[0].close()
            self.far[1].close()
            self.routes = {"far": REFUSED}
        elif how == "silent":
            net.silence(address)
            self.routes = {to: PENDING}
        else:
            status = wsk.STATUS_HOST_UNREACHABLE if how == "no host" else wsk.STATUS_NETWORK_UNREACHABLE
            net.unreachable(address, status)
            self.routes = {to: status}
        passed(f"connect: while {how}")
        made = self.comes(to) if from_afar else self.dialled(to, anywhere=how == "outer removed")
        if how == "closed":
            self.far = (RemoteListener(), net.listen(address))
        else:
            net.restore(HOMES.get(how, address))
        self.routes = {}
        return None if from_afar else made

    def remove(self, *, outer, from_afar):
        """This machine has one of its addresses no more."""
        self.world.net.remove_address(HOMES["outer removed" if outer else "removed"])
        # Also of those that are accepted, and whose routine has not run.
        yielded = [expected.side for _, _, expected in self.requests if getattr(expected, "side", None) is not None]
        for side in [one.side for one in self.all] + yielded:
            if side.outer == outer:
                side.remove_address()
        if not outer:
            self.routes = {name: wsk.STATUS_HOST_UNREACHABLE for name in self.addresses if self.is_here(name)}
            for listener, _ in (self.home, *self.doors.values()):
                listener.remove_address()
            side = None if self.slow is None else self.slow[0]
            if isinstance(side, Remote) and side.connecting:
                side.remove_address()
        # A socket has its address still, and reaches nobody from there.
        if not from_afar:
            self.routes |= {"far": wsk.STATUS_NETWORK_UNREACHABLE}

    def is_here(self, name):
        return self.addresses[name].sin_addr == at().sin_addr

    def answer(self, to):
        """Whom a connect reaches in the reference, or the status that the network answers."""
        fixed = {
            "nobody": REFUSED,
            "silent": PENDING,
            "no host": wsk.STATUS_HOST_UNREACHABLE,
            "no network": wsk.STATUS_NETWORK_UNREACHABLE,
            "inspection": PENDING,
            "home": self.home[0],
            "far": self.far[0],
        }
        if to in self.routes:
            return self.routes[to]
        if to in self.doors and self.doors[to][0].full():
            return REFUSED
        return fixed[to] if to in fixed else self.doors[to][0]

    # --- the end ---

    def teardown(self):
        """The remote ends leave first, with what lies unread at them."""
        if hasattr(self, "world") and not self.failed:
            self.settle()
            self.greet()
            for one in [*self.strangers]:
                self.has(one, "close")
        super().teardown()
