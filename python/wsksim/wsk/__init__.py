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

from wsksim.wsk import (
    addresses,
    client_functions,
    client_tables,
    clients,
    connection_functions,
    control_functions,
    data_functions,
    events,
    flags,
    identifiers,
    irp,
    irp_functions,
    irql,
    layout,
    mdl,
    name_functions,
    options,
    provider_tables,
    slips,
    sockets,
    status,
    strings,
    structures,
)
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
from wsksim.wsk.strings import *
from wsksim.wsk.structures import *

# What `help` shows and `from wsksim.wsk import *` gives: the words, without the modules they stand in.
__all__: list[str] = []
__all__ += addresses.__all__
__all__ += client_functions.__all__
__all__ += client_tables.__all__
__all__ += clients.__all__
__all__ += connection_functions.__all__
__all__ += control_functions.__all__
__all__ += data_functions.__all__
__all__ += events.__all__
__all__ += flags.__all__
__all__ += identifiers.__all__
__all__ += irp.__all__
__all__ += irp_functions.__all__
__all__ += irql.__all__
__all__ += layout.__all__
__all__ += mdl.__all__
__all__ += name_functions.__all__
__all__ += options.__all__
__all__ += provider_tables.__all__
__all__ += sockets.__all__
__all__ += status.__all__
__all__ += strings.__all__
__all__ += structures.__all__

if not typing.TYPE_CHECKING:  # a type checker would believe that every name is here

    def __getattr__(name: str) -> typing.NoReturn:
        """Says where a name is that one looks for here."""
        text = f"module {__name__!r} has no attribute {name!r}"
        if name in slips.ELSEWHERE:
            text = f"{__name__}: asked for {name}; " + slips.ELSEWHERE[name].format(name)
        raise AttributeError(text, name=name, obj=sys.modules[__name__])
