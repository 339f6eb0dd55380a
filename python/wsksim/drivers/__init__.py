"""Drivers in C: their seeds, run in child processes, and what was found."""
