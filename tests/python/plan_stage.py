"""What the tests of plans' storms need: short plans, and servers that a test can look at."""

import wsksim
from wsksim import wsk
from wsksim.examples.echo import Echo

ASKING = [{"send": "64B..1KiB"}, {"wait": "exp 100ms"}, {"read": "all"}]
ALONE = {"connect": "application", "count": 1, "life": [{"end": "disconnect"}]}
FATES = {
    "ended_in_order",
    "aborted_by_peer",
    "aborted_by_us",
    "timed_out",
    "killed",
    "refused",
    "never_connected",
    "still_open",
}


def plan(checks=(), seed=7, schedule=None, **group):
    return wsksim.Plan(seed=seed, schedule=schedule, peers={"clients": {**ALONE, **group}}, checks=checks)


def lives(report):
    """What became of the lives: every fate that any had."""
    told = report.storm["lives"]
    assert report.balanced
    assert told["begun"] == sum(told[fate] for fate in FATES)
    return {fate: told[fate] for fate in FATES if told[fate]}


class Keeping(Echo):
    """Lets a test look at the server that a storm had."""

    last: "Keeping"

    def __init__(self):
        Keeping.last = self

    def start(self, subsystem):
        Echo.__init__(self, subsystem)
        return self.address


class Leaves(Keeping):
    """Does not tear down."""

    def stop(self):
        pass


class Deaf(Keeping):
    """Listens, and accepts nothing: the accept event is not enabled."""

    def start(self, subsystem):
        address = super().start(subsystem)
        mask = wsk.WSK_EVENT_DISABLE | wsk.WSK_EVENT_ACCEPT
        control = wsk.WSK_EVENT_CALLBACK_CONTROL(wsk.NPI_WSK_INTERFACE_ID, mask)
        option = (wsk.WskSetOption, wsk.SO_WSK_EVENT_CALLBACK, wsk.SOL_SOCKET, wsk.sizeof(control), control)
        self.listener.WskControlSocket(*option, 0, None, None, None)
        return address


class DeafAndStays(Deaf):
    """Does not stop either."""

    def stop(self):
        pass
