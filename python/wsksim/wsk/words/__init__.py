"""Words: constants, flags and statuses, and what C's types hold."""
