"""Shards: a run in parts, on as many machines as there are, and all parts as one report.

`dividing` says what a shard has, `rotation` which captures belong together, `coverage` is what a report tells of its
shards, `parts` the file that a shard leaves. `merging` adds such files, `summing` what reports in memory say of shards.
`work` is what an engine hands to its workers.
"""
