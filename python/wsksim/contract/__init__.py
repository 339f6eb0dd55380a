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
        return f"{self.condition} {self.found}{place} ({', '.join(facts)}); {self._advice()} [{self.rule}]"

    def _advice(self) -> str:
        from wsksim.contract.rules import BY_ID  # the extension, which a report from a file does without

        return BY_ID[self.rule].advice
