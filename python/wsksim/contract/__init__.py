"""Breaches of the WSK contract, and the catalogue of its rules."""

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One detected breach of a contract rule by the application.

    Attributes:
        rule: rule id, such as `D-8`.
        condition: what the contract asks of the application.
        found: what it did instead.
        handle: the handle of the connection, 0 if none is concerned.
        context: text form of the socket's context.
        edge: number of the disconnect indication in which it happened, from 1; 0 if outside any.
        flags: the `Flags` of that indication.
        seed: the subsystem's seed, which repeats the run.
    """

    rule: str
    condition: str
    found: str
    handle: int
    context: str
    edge: int
    flags: int
    seed: int

    def __str__(self) -> str:
        """Says what was asked, what was found, what to do, and the rule."""
        place = f" for edge {self.edge}" if self.edge else ""
        facts = [f"Flags 0x{self.flags:x}"] if self.edge else []
        facts += [f"connection {self.handle:#x}"] if self.handle else []
        facts += [f"context {self.context}", f"seed {self.seed}"]
        advice = _ADVICE.get(self.rule, "")
        return f"{self.condition}; {self.found}{place} ({', '.join(facts)}){advice} [{self.rule}]"


_ADVICE = {
    "D-8": "; return STATUS_SUCCESS first, finish the work later",
    "D-10": "; start the request and return, its completion tells the rest",
    "A-7": "; copy the address inside the callback",
    "C-7": "; let the other thread's call return first",
    "C-16": "; let go of the socket once its close was entered",
    "C-22": "; call WskRelease for each retained list first",
    "C-24": "; copy the data inside the callback, or answer STATUS_PENDING to keep the list",
    "I-3": "; set the routine for every outcome, return STATUS_MORE_PROCESSING_REQUIRED, reuse by IoReuseIrp",
    "O-12": "; deregister once, and release captures before",
    "O-13": "; release as often as it was captured",
    "O-17": "; close these sockets and release the captures first",
    "Q-1": "; call it at a lower level, from a work item for example",
    "Q-2": "; lower to the level that KeRaiseIrql returned",
    "Q-3": "; do not wait at DISPATCH_LEVEL",
    "U-41": "; let go of the socket once its close was entered",
    "U-42": "; deregister from a thread of the driver's own",
}
