"""The simulated network: remote applications without WSK, and what may befall sockets.

Sockets of one subsystem reach each other by address and port. A remote end may stand on either side: it listens,
connects, sends, reads, finishes, aborts, closes, or goes silent. Addresses may fall silent, be unreachable, or be lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from wsksim._native import Remotes
from wsksim.errors import ForeignHandleError, RemoteError, SubsystemClosedError, WsksimError
from wsksim.names import Names
from wsksim.wsk.functions.requests import owner_of
from wsksim.wsk.objects.sockets import WSK_SOCKET, from_machine
from wsksim.wsk.structures.addresses import SOCKADDR, packed
from wsksim.wsk.words.arguments import boolean, byte_view, integer
from wsksim.wsk.words.status import (
    STATUS_HOST_UNREACHABLE,
    STATUS_NETWORK_UNREACHABLE,
    STATUS_PENDING,
    STATUS_SUCCESS,
    shown_status,
)

if TYPE_CHECKING:
    from wsksim.wsk.objects.provider import Provider
    from wsksim.wsk.structures.addresses import Address

__all__ = ["Network", "RemoteDatagram", "RemoteEnd", "RemoteListener"]

_MOST: Final = (1 << 31) - 1


def _given(name: str, address: SOCKADDR) -> Address:
    return packed(name, "the address", address)


def _refused(name: str, address: SOCKADDR, status: int, advice: str) -> RemoteError:
    return RemoteError(f"{name}: asked for {address}; it answered {shown_status(status)}; {advice}", status)


@dataclass(frozen=True)
class RemoteEnd:
    """A remote application's end of one connection.

    Attributes:
        remotes: the network's remote ends.
        id: the end's number there.
        status: NTSTATUS of its connect: STATUS_SUCCESS, or STATUS_PENDING where it was not answered at once.
    """

    remotes: Remotes
    id: int
    status: int = STATUS_SUCCESS

    def __repr__(self) -> str:
        return f"<RemoteEnd {self.id} {self.state}, connected with {shown_status(self.status)}>"

    @property
    def state(self) -> str:
        """`connecting`, `refused`, `open`, `finished`, `aborted`, `vanished` or `closed`."""
        return self.remotes.state(self.id)

    @property
    def seen(self) -> tuple[bool, bool]:
        """Whether the peer finished, and whether it aborted, as this end saw it."""
        return self.remotes.seen(self.id)

    @property
    def address(self) -> SOCKADDR | None:
        """This end's own address."""
        found = self.remotes.addresses(self.id)
        return None if found is None else from_machine(found[0])

    @property
    def peer_address(self) -> SOCKADDR | None:
        """The address at the other side."""
        found = self.remotes.addresses(self.id)
        return None if found is None else from_machine(found[1])

    def send(self, data: bytes) -> int:
        """Sends bytes, which wait here while the peer's window is full; returns an NTSTATUS.

        Raises:
            TypeError: `data` is no bytes-like object.
        """
        return self.remotes.send(self.id, bytes(byte_view("send", "data", data)))

    def read(self, limit: int | None = None) -> bytes | None:
        """Takes what has arrived, at most `limit` bytes.

        Returns:
            The bytes. None: nothing is there yet. No bytes: the end; the peer finished or aborted, see `seen`, or this
            end is closed. So do Python's files that do not block.

        Raises:
            TypeError, ValueError: `limit` is no such number.
        """
        if limit is not None and integer("read", "limit", limit, "number of bytes") < 0:
            raise ValueError(f"read: asked for {limit:#x} bytes; a limit is 0 or more; leave it out to take all")
        # No more than any machine's memory can lie there.
        return self.remotes.read(self.id, limit if limit is None else min(limit, _MOST))

    def stop_reading(self) -> None:
        """Lets the window fill, so that the peer's sends wait; `read` still reads."""
        self.remotes.set_reading(self.id, reading=False)

    def resume_reading(self) -> None:
        """Reads by itself again."""
        self.remotes.set_reading(self.id, reading=True)

    def disconnect(self) -> int:
        """Finishes this half in order; returns an NTSTATUS."""
        return self.remotes.disconnect(self.id)

    def abort(self) -> int:
        """Tears the connection down, or drops a request that is still `connecting`; returns an NTSTATUS."""
        return self.remotes.abort(self.id)

    def vanish(self) -> None:
        """Goes silent: nothing more is sent, read or answered; a request that is `connecting` is never established."""
        self.remotes.vanish(self.id)

    def close(self) -> None:
        """Closes it as ordinary programs do (`closesocket`): what was sent still goes out, then its half ends.

        Data that arrives at it later is answered with a reset. If something that arrived was not read, the close itself
        resets the connection. For a close that always resets, call `abort` before.

        Rules: U-47.
        """
        self.remotes.close(self.id)


@dataclass(frozen=True)
class RemoteListener:
    """A remote application that listens.

    Attributes:
        remotes: the network's remote ends.
        id: the listener's number there.
        address: where it listens.
    """

    remotes: Remotes
    id: int
    address: SOCKADDR

    def accept(self) -> RemoteEnd | None:
        """The next connection that was made to it, None if there is none."""
        found = self.remotes.accept(self.id)
        return RemoteEnd(self.remotes, found) if found else None

    def close(self) -> None:
        """Listens no more; its port is free. Who was not accepted is reset."""
        self.remotes.close(self.id)


@dataclass(frozen=True)
class RemoteDatagram:
    """A remote application that sends and receives datagrams.

    Attributes:
        remotes: the network's remote ends.
        id: its number there.
        address: where it is bound.
    """

    remotes: Remotes
    id: int
    address: SOCKADDR

    def send_to(self, data: bytes, address: SOCKADDR) -> int:
        """Sends one datagram; returns an NTSTATUS."""
        return self.remotes.send_to(self.id, bytes(byte_view("send_to", "data", data)), _given("send_to", address))

    def receive_from(self) -> tuple[bytes, SOCKADDR] | None:
        """Takes the next datagram and its sender, None if there is none."""
        found = self.remotes.receive_from(self.id)
        sender = from_machine(found[1]) if found is not None else None
        return None if found is None or sender is None else (found[0], sender)

    def close(self) -> None:
        """Leaves."""
        self.remotes.close(self.id)


class Network:
    """Everything around the simulated machine; `Subsystem.network`."""

    def __init__(self, provider: Provider) -> None:
        self._remotes = Remotes(provider.subsystem)
        self._provider = provider

    def _check_open(self, name: str) -> None:
        if self._provider.subsystem.closed:
            raise SubsystemClosedError(f"{name}: asked for a remote end; the subsystem is closed; make another one")

    def listen(self, address: SOCKADDR) -> RemoteListener:
        """A remote application that listens at `address`; port 0 takes any.

        Raises:
            RemoteError: the address is in use.
            SubsystemClosedError: the subsystem is closed.
        """
        self._check_open("listen")
        status, number, at = self._remotes.listen(_given("listen", address))
        found = from_machine(at)
        if status != STATUS_SUCCESS or found is None:
            raise _refused("listen", address, status, "choose another port")
        return RemoteListener(self._remotes, number, found)

    def connect(self, to: SOCKADDR, local: SOCKADDR | None = None) -> RemoteEnd:
        """A remote application that connects to a listening socket, from `local` if given.

        An application that inspects requests decides later: `state` tells what became of it.

        Raises:
            RemoteError: nobody listens there, or its backlog is full; the address is not reached; `local` is in use.
            SubsystemClosedError: the subsystem is closed.
        """
        self._check_open("connect")
        at = None if local is None else _given("connect", local)
        status, number = self._remotes.connect(_given("connect", to), at)
        if status not in {STATUS_SUCCESS, STATUS_PENDING}:
            raise _refused("connect", to, status, "compare the address with what listens, or wait until it does")
        return RemoteEnd(self._remotes, number, status)

    def datagram(self, address: SOCKADDR) -> RemoteDatagram:
        """A remote application with a datagram port.

        Raises:
            RemoteError: the address is in use.
            SubsystemClosedError: the subsystem is closed.
        """
        self._check_open("datagram")
        status, number, at = self._remotes.datagram(_given("datagram", address))
        found = from_machine(at)
        if status != STATUS_SUCCESS or found is None:
            raise _refused("datagram", address, status, "choose another address")
        return RemoteDatagram(self._remotes, number, found)

    # --- addresses and names ---

    @cached_property
    def names(self) -> Names:
        """The names of hosts, for WskGetAddressInfo and WskGetNameInfo."""
        return Names(self._remotes)

    def silence(self, address: SOCKADDR) -> None:
        """Has nobody answer at an address from now on; port 0: at any port of the host.

        A connect to it stays pending until `time_out`, and datagrams are lost. Connections that exist go on; see
        `RemoteEnd.vanish` for them.

        Rules: U-43.
        """
        self._remotes.set_route(_given("silence", address))

    def unreachable(self, address: SOCKADDR, status: int = STATUS_HOST_UNREACHABLE) -> None:
        """Has a connect to an address fail with `status` from now on; port 0: to any port of the host.

        Raises:
            ValueError: `status` is neither STATUS_HOST_UNREACHABLE nor STATUS_NETWORK_UNREACHABLE.

        Rules: U-43.
        """
        if status not in {STATUS_HOST_UNREACHABLE, STATUS_NETWORK_UNREACHABLE}:
            raise ValueError(
                f"unreachable: asked for {status!r}; pass STATUS_HOST_UNREACHABLE or STATUS_NETWORK_UNREACHABLE"
            )
        self._remotes.set_route(_given("unreachable", address), status)

    def restore(self, address: SOCKADDR) -> None:
        """Ends what `silence`, `unreachable` or `remove_address` began; port 0: for every port of the host."""
        self._remotes.restore(_given("restore", address))

    def remove_address(self, address: SOCKADDR) -> None:
        """Takes an address from this machine, as when an adapter goes; the port does not matter.

        Its connections end with STATUS_CONNECTION_ABORTED and an abortive indication, its connects with the same
        status; their peers hear nothing. It leaves the address list, and whoever connects to it is told
        STATUS_HOST_UNREACHABLE.

        Rules: U-45.
        """
        self._remotes.remove_address(_given("remove_address", address))

    # --- what befalls sockets ---

    def kill(self, socket: WSK_SOCKET) -> None:
        """Has this machine end a connection, or a connect, as an administrator does; the peer sees a reset.

        Raises:
            WsksimError: the socket has no connection.

        Rules: U-45.
        """
        self._lost("kill", socket, ended=self._remotes.kill(self._own("kill", socket)))

    def break_transport(self, socket: WSK_SOCKET) -> None:
        """Takes the transport from under a socket: it turns non-functional (L-21, L-22)."""
        self._remotes.make_dead(self._own("break_transport", socket))

    def time_out(self, socket: WSK_SOCKET) -> None:
        """Loses a connection by timeout (U-12), or a connect that nobody has answered (U-43).

        Raises:
            WsksimError: the socket has neither.
        """
        self._lost("time_out", socket, ended=self._remotes.time_out(self._own("time_out", socket)))

    def change_transports(self) -> None:
        """Changes the list of transports; pending WSK_TRANSPORT_LIST_CHANGE requests complete."""
        self._remotes.change_transports()

    def provider_ready(self, *, ready: bool) -> None:
        """Lets the provider be there, or not yet (O-13)."""
        self._remotes.set_provider_ready(boolean("provider_ready", "ready", ready))

    def state(self, socket: WSK_SOCKET) -> str:
        """The socket's state, as section 3.3 of the contract names it."""
        return self._provider.state(self._own("state", socket))

    def enabled_events(self, socket: WSK_SOCKET) -> int:
        """The mask of the events that are enabled on a socket."""
        return self._provider.enabled_events(self._own("enabled_events", socket))

    def _lost(self, name: str, socket: WSK_SOCKET, *, ended: bool) -> None:
        if not ended:
            state = self._provider.state(socket.id)
            raise WsksimError(
                f"{name}: asked for the end of a connection or connect; it is {state}; call it when there is one"
            )

    def _own(self, name: str, socket: WSK_SOCKET) -> int:
        """The provider's number of a socket, which another subsystem may have given as well.

        Raises:
            TypeError: it is no WSK_SOCKET.
            ForeignHandleError: it belongs to another subsystem.
        """
        if owner_of(name, socket) is not self._provider:
            raise ForeignHandleError(f"{name}: asked for {socket!r}; it belongs to another subsystem; use its network")
        return socket.id
