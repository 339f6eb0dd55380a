"""The simulated network: remote applications without WSK, and what may befall sockets.

Sockets of one subsystem reach each other by address and port. A remote end may stand on either side: it listens,
connects, sends, reads, finishes, aborts, closes, or goes silent. Addresses may fall silent, be unreachable, or be lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from wsksim._native import RemoteEnd, RemoteEnds, Remotes
from wsksim.errors import ForeignHandleError, RemoteError, SubsystemClosedError, WsksimError
from wsksim.kinds import is_a
from wsksim.names import Names
from wsksim.wording import shown
from wsksim.wsk.functions.requests import owner_of
from wsksim.wsk.objects.sockets import WSK_SOCKET
from wsksim.wsk.structures.addresses import SOCKADDR
from wsksim.wsk.words.arguments import boolean, byte_view
from wsksim.wsk.words.status import (
    STATUS_HOST_UNREACHABLE,
    STATUS_NETWORK_UNREACHABLE,
    STATUS_SUCCESS,
    shown_status,
)

if TYPE_CHECKING:
    from wsksim.wsk.objects.provider import Provider

__all__ = ["Network", "RemoteDatagram", "RemoteEnd", "RemoteEnds", "RemoteListener"]


def _closed(name: str) -> SubsystemClosedError:
    return SubsystemClosedError(f"{name}: asked for a remote end; the subsystem is closed; make another one")


def _refused(name: str, address: SOCKADDR, status: int, advice: str) -> RemoteError:
    return RemoteError(f"{name}: asked for {address}; it answered {shown_status(status)}; {advice}", status)


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
        return self.remotes.accept(self.id)

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
        return self.remotes.send_to(self.id, bytes(byte_view("send_to", "data", data)), address)

    def receive_from(self) -> tuple[bytes, SOCKADDR] | None:
        """Takes the next datagram and its sender, None if there is none."""
        return self.remotes.receive_from(self.id)

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
            raise _closed(name)

    def listen(self, address: SOCKADDR) -> RemoteListener:
        """A remote application that listens at `address`; port 0 takes any.

        Raises:
            RemoteError: the address is in use.
            SubsystemClosedError: the subsystem is closed.
        """
        self._check_open("listen")
        status, number, found = self._remotes.listen(address)
        if status != STATUS_SUCCESS or found is None:
            raise _refused("listen", address, status, "choose another port")
        return RemoteListener(self._remotes, number, found)

    def connect(self, to: SOCKADDR, local: SOCKADDR | None = None) -> RemoteEnd:
        """A remote application that connects to a listening socket, from `local` if given.

        Without `local` it comes from a host of the network's own, of which each has 16,384 clients at most; to loopback
        first from 127.0.0.1 or ::1 themselves, where half of the ports are left to the application.

        An application that inspects requests decides later: `state` tells what became of it.

        Raises:
            RemoteError: nobody listens there, or its backlog is full; the address is not reached; `local` is in use.
            SubsystemClosedError: the subsystem is closed.
        """
        made = self._remotes.connect(to, local)
        if isinstance(made, RemoteEnd):
            return made
        if made is None:
            raise _closed("connect")
        raise _refused("connect", to, made, "compare the address with what listens, or wait until it does")

    def connect_many(self, to: SOCKADDR, count: int, *, local: SOCKADDR | None = None) -> RemoteEnds:
        """Many remote applications that connect to one listening socket, as `connect` does, in one call.

        Where not all can be made, or the call is interrupted, none stays: those that were made abort and close.

        Args:
            to: the listening socket's address.
            count: how many.
            local: the host that they connect from, with port 0; None: as many hosts as it takes.

        Returns:
            Their ends, in the order in which they connected; those of an application that inspects requests are
            decided later.

        Raises:
            RemoteError: nobody listens there, or its backlog is full; the address is not reached; no port is left.
            SubsystemClosedError: the subsystem is closed.
            TypeError, ValueError: `count` is no such number.
        """
        made = self._remotes.connect_many(to, count, local)
        if isinstance(made, RemoteEnds):
            return made
        if made is None:
            raise _closed("connect_many")
        raise _refused("connect_many", to, made, "compare the address with what listens, and its backlog with `count`")

    def datagram(self, address: SOCKADDR) -> RemoteDatagram:
        """A remote application with a datagram port.

        Raises:
            RemoteError: the address is in use.
            SubsystemClosedError: the subsystem is closed.
        """
        self._check_open("datagram")
        status, number, found = self._remotes.datagram(address)
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
        self._remotes.set_route(address)

    def unreachable(self, address: SOCKADDR, status: int = STATUS_HOST_UNREACHABLE) -> None:
        """Has a connect to an address fail with `status` from now on; port 0: to any port of the host.

        Raises:
            ValueError: `status` is neither STATUS_HOST_UNREACHABLE nor STATUS_NETWORK_UNREACHABLE.

        Rules: U-43.
        """
        given: object = status
        if not is_a(given, int) or given not in {STATUS_HOST_UNREACHABLE, STATUS_NETWORK_UNREACHABLE}:
            do = "pass STATUS_HOST_UNREACHABLE or STATUS_NETWORK_UNREACHABLE"
            raise ValueError(f"unreachable: asked for a status that a connect may get; found {shown(status)}; {do}")
        self._remotes.set_route(address, status)

    def restore(self, address: SOCKADDR) -> None:
        """Ends what `silence`, `unreachable` or `remove_address` began; port 0: for every port of the host."""
        self._remotes.restore(address)

    def remove_address(self, address: SOCKADDR) -> None:
        """Takes an address from this machine, as when an adapter goes; the port does not matter.

        Its connections end with STATUS_CONNECTION_ABORTED and an abortive indication, its connects with the same
        status; their peers hear nothing. It leaves the address list, and whoever connects to it is told
        STATUS_HOST_UNREACHABLE.

        Rules: U-45.
        """
        self._remotes.remove_address(address)

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
