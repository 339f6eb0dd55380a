"""Microsoft's Winsock Kernel API: the words of wsk.h and its neighbours, spelled as there.

Functions keep C's parameter names and order. They are here, in the tables that sockets and clients carry, and as
methods: `wsk.WskSend(Socket, ...)`, `Socket.Dispatch.WskSend(Socket, ...)` and `Socket.WskSend(...)` are one. Where C
fills a pointer, a callback gets an `Out`; functions that only fill pointers return what they found.

Constants are plain ints: `Flags & wsk.WSK_FLAG_ABORTIVE` costs what an int costs. `DisconnectFlags`, `EventMask`
and `NTSTATUS` are views of the same numbers for printing and checking. The same number means different things
for different parameters, so a view belongs to one parameter.

NTSTATUS values are unsigned 32-bit ints here (`STATUS_INVALID_PARAMETER == 0xC000000D`), while C has them as
signed 32-bit ints; `NT_SUCCESS` and `NTSTATUS` take either.
"""

from wsksim.wsk.addresses import *
from wsksim.wsk.client_functions import *
from wsksim.wsk.client_tables import *
from wsksim.wsk.clients import *
from wsksim.wsk.connection_functions import *
from wsksim.wsk.control_functions import *
from wsksim.wsk.data_functions import *
from wsksim.wsk.events import *
from wsksim.wsk.flags import *
from wsksim.wsk.identifiers import *
from wsksim.wsk.irp import *
from wsksim.wsk.irp_functions import *
from wsksim.wsk.irql import *
from wsksim.wsk.layout import *
from wsksim.wsk.mdl import *
from wsksim.wsk.name_functions import *
from wsksim.wsk.options import *
from wsksim.wsk.provider_tables import *
from wsksim.wsk.sockets import *
from wsksim.wsk.status import *
from wsksim.wsk.structures import *
