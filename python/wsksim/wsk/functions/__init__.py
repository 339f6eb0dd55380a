"""Functions: what an application calls, and how its callbacks are called."""
