"""The words of Microsoft's wsk.h, spelled as there.

Constants are plain ints: `Flags & wsk.WSK_FLAG_ABORTIVE` costs what an int costs. `DisconnectFlags`, `EventMask`
and `NTSTATUS` are views of the same numbers for printing and checking. The same number means different things
for different parameters, so a view belongs to one parameter.

NTSTATUS values are unsigned 32-bit ints here (`STATUS_INVALID_PARAMETER == 0xC000000D`), while C has them as
signed 32-bit ints; `NT_SUCCESS` and `NTSTATUS` take either.
"""

from wsksim.wsk.events import *
from wsksim.wsk.flags import *
from wsksim.wsk.identifiers import *
from wsksim.wsk.status import *
