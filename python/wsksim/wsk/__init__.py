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

import sys
import typing

from wsksim.wsk.functions import client, connection, control, data, irps, irql, names, tables
from wsksim.wsk.functions.client import *
from wsksim.wsk.functions.connection import *
from wsksim.wsk.functions.control import *
from wsksim.wsk.functions.data import *
from wsksim.wsk.functions.irps import *
from wsksim.wsk.functions.irql import *
from wsksim.wsk.functions.names import *
from wsksim.wsk.functions.tables import *
from wsksim.wsk.objects import clients, irp, sockets
from wsksim.wsk.objects.clients import *
from wsksim.wsk.objects.irp import *
from wsksim.wsk.objects.sockets import *
from wsksim.wsk.structures import addresses, buffers, client_tables, layout, mdl, slips, strings
from wsksim.wsk.structures.addresses import *
from wsksim.wsk.structures.buffers import *
from wsksim.wsk.structures.client_tables import *
from wsksim.wsk.structures.layout import *
from wsksim.wsk.structures.mdl import *
from wsksim.wsk.structures.strings import *
from wsksim.wsk.words import events, flags, identifiers, options, status
from wsksim.wsk.words.events import *
from wsksim.wsk.words.flags import *
from wsksim.wsk.words.identifiers import *
from wsksim.wsk.words.options import *
from wsksim.wsk.words.status import *

# What `help` shows and `from wsksim.wsk import *` gives: the words, without the modules they stand in.
__all__: list[str] = []
__all__ += addresses.__all__
__all__ += buffers.__all__
__all__ += client.__all__
__all__ += client_tables.__all__
__all__ += clients.__all__
__all__ += connection.__all__
__all__ += control.__all__
__all__ += data.__all__
__all__ += events.__all__
__all__ += flags.__all__
__all__ += identifiers.__all__
__all__ += irp.__all__
__all__ += irps.__all__
__all__ += irql.__all__
__all__ += layout.__all__
__all__ += mdl.__all__
__all__ += names.__all__
__all__ += options.__all__
__all__ += sockets.__all__
__all__ += status.__all__
__all__ += strings.__all__
__all__ += tables.__all__

if not typing.TYPE_CHECKING:  # a type checker would believe that every name is here

    def __getattr__(name: str) -> typing.NoReturn:
        """Says where a name is that one looks for here."""
        text = f"module {__name__!r} has no attribute {name!r}"
        if name in slips.ELSEWHERE:
            text = f"{__name__}: asked for {name}; " + slips.ELSEWHERE[name].format(name)
        raise AttributeError(text, name=name, obj=sys.modules[__name__])
