"""Breaches of the WSK contract, and the table of its rules."""

from wsksim.contract.finding import Finding

__all__ = ["Finding"]
