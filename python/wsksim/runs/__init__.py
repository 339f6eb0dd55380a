"""Whole runs of a handler: a storm, a replay of a capture, and what they report."""
