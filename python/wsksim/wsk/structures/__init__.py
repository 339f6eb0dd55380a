"""Structures: what an application fills in, or gets to read."""
