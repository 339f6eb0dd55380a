"""A run on several processors or machines: on a pool of processes here, on Dask, or on Ray.

Each of them carries out the same shards, and their parts are added as `wsksim merge` adds files. wsksim schedules
nothing
itself: it hands shards to the engine, tries again what failed for a reason that may have passed, and gives a report.
"""

from wsksim.distributed.running import run

__all__ = ["run"]
