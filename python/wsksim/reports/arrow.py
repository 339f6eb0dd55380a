"""Arrow: the table of a report's figures as a stream of record batches, by way of nanoarrow, an extra."""

import io
from typing import TYPE_CHECKING, Any

from wsksim.reports.refusing import refuse
from wsksim.reports.table import rows

if TYPE_CHECKING:
    from wsksim.runs.report import Report

__all__ = ["render", "stream"]


def render(report: "Report") -> bytes:
    """Returns the stream in the IPC format, as files `.arrow` hold it.

    Raises:
        ReportError: nanoarrow is not installed.
    """
    made = stream(report)
    import nanoarrow.ipc  # start-up: 30 ms, for Arrow only

    out = io.BytesIO()
    with nanoarrow.ipc.StreamWriter.from_writable(out) as writer:
        writer.write_stream(made)
    return out.getvalue()


def stream(report: "Report") -> Any:
    """Returns what has `__arrow_c_stream__`.

    Raises:
        ReportError: nanoarrow is not installed.
    """
    try:
        import nanoarrow  # start-up: 30 ms, for Arrow only
    except ImportError:
        refuse("an Arrow stream", "nanoarrow is not installed", "install it: pip install 'wsksim[arrow]'")
    columns = list(zip(*rows(report), strict=True))
    fields = {
        "measure": nanoarrow.string(nullable=False),
        "unit": nanoarrow.string(nullable=False),
        "at_s": nanoarrow.float64(),
        "value": nanoarrow.float64(nullable=False),
    }
    arrays = [nanoarrow.c_array(column, kind) for column, kind in zip(columns, fields.values(), strict=True)]
    schema = nanoarrow.struct(fields, nullable=False)
    table = nanoarrow.c_array_from_buffers(schema, len(columns[0]), [None], children=arrays)
    return nanoarrow.ArrayStream(table)
