"""Forms of a report: one file each, and where they are written. None of them changes the report; no run imports one."""
