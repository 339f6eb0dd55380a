"""Socket objects: WSK_SOCKET, whose part that is not words is in Rust.

Only the functions of its category's table are there on a socket (O-2, O-3): `Socket.WskSend(...)` is short for
`Socket.Dispatch.WskSend(Socket, ...)`.
"""

from __future__ import annotations

from wsksim._native import WSK_SOCKET

__all__ = ["WSK_SOCKET"]
