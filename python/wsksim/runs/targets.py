"""Targets: an application that a storm is let loose upon: where it listens, and how it is stopped."""

from collections.abc import Sequence

from wsksim._native import LifeStorm
from wsksim.applications import Started
from wsksim.errors import ApplicationError
from wsksim.plans.addresses import Place, show_tcp
from wsksim.plans.peers import APPLICATION
from wsksim.runs.ending import Ending
from wsksim.runs.watching import Live
from wsksim.subsystem import Subsystem

__all__ = ["connect_lives", "leave", "live_of"]


def connect_lives(storm: LifeStorm, places: Sequence[Sequence[Place]], started: Started) -> None:
    """Says where the lives of each group connect to.

    Raises:
        ApplicationError: the application does not listen there.
    """
    given = [list(group) for group in places]
    for group, listened in zip(given, storm.connect_to(given), strict=True):
        deaf = [place for place, answer in zip(group, listened, strict=True) if not answer]
        if deaf:
            _refuse_deaf(deaf[0], started)


def _refuse_deaf(place: Place, started: Started) -> None:
    listening = ", ".join(map(show_tcp, started.listening))
    if place in started.listening:
        do = "bind the listening socket before the addresses are given, and give those that WskGetLocalAddress tells"
        found = f"that nobody listens at {show_tcp(place)}, which it gave"
    else:
        found = f"that it listens at {listening}"
        do = f'have it listen there, or write connect = "{APPLICATION}"'
    raise ApplicationError(f"plan: asked to connect to {show_tcp(place)}; found {found}; {do}")


def leave(started: Started, subsystem: Subsystem, ending: Ending) -> None:
    """Has the application tear down at the end of a storm, and notes in `ending` what keeps it from that.

    A storm that was cut off leaves connections in the middle of their lives: no application could stop there.
    """
    if ending.interrupted or ending.stopped:
        return
    told = ""
    with Ending(subsystem) as leaving:
        told = _stop(started, subsystem)
    ending.interrupted, ending.stopped = leaving.interrupted, leaving.stopped or told


def _stop(started: Started, subsystem: Subsystem) -> str:
    """Has the application tear down; why it could not."""
    try:
        started.stop()
        subsystem.dispatch()
    except ApplicationError as error:
        return str(error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the application raises ends its own stop alone
        return f"the application raised {type(error).__name__}: {error}, while it was stopped"
    return ""


def live_of(storm: LifeStorm, subsystem: Subsystem) -> Live:
    """A storm of lives at this moment."""
    opened, p99_ns = storm.live()
    return Live(subsystem.counters()["findings"], open=opened, p99_ns=p99_ns)
