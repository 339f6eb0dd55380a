"""Compiling drivers in C: compilers, flags, generated headers, and what an error of theirs means."""
