"""The compiled half of wsksim: the core behind Python's words."""

from collections.abc import Callable, Iterator, Sequence
from os import PathLike
from types import TracebackType
from typing import Any, Final, Literal, Self, TypeAlias, final, overload

from typing_extensions import disjoint_base

from wsksim.contract import Finding
from wsksim.post import Answer

__version__: Final[str]
BUILD_PROFILE: Final[Literal["release", "debug"]]
HISTORY: Final[bool]

def _after_fork() -> None: ...

@final
class BatchHandler:
    """A handler that is called once for many sockets."""

    def __new__(cls, function: Callable[..., object], /) -> Self: ...
    @property
    def function(self) -> Callable[..., object]: ...

@final
class NativeHandler:
    """A handler at a machine address, called without the GIL."""

    def __new__(cls, address: int, keep_alive: object = None, /, *, name: str | None = None) -> Self: ...
    @property
    def address(self) -> int: ...
    @property
    def name(self) -> str: ...

_Handler: TypeAlias = Callable[[Any, int], object] | BatchHandler | NativeHandler

@disjoint_base
class Subsystem:
    """One simulated machine's WSK provider."""

    def __new__(
        cls,
        *,
        seed: int = 0,
        check: Literal["report", "raise", "off"] = "report",
        irql: Literal["passive", "dispatch", "mixed"] = "passive",
        max_sockets: int | None = None,
        max_pending: int | None = None,
        journal: bool = False,
        black_box: object = None,
        # U-2; U-6; U-21; of the contract machine: what succeeds at once and may pend completes by an errand
        # instead; what comes next among edges and errands; how many bytes may lie unread at one end of a
        # connection.
        remember_disconnects: bool = True,
        graceful_after_data: bool = True,
        set_dispatch_flag: bool = True,
        always_pend: bool = False,
        schedule: Literal["fifo", "explore"] = "fifo",
        window: int = 65536,
    ) -> Self: ...
    @property
    def seed(self) -> int: ...
    @property
    def check(self) -> str: ...
    @property
    def irql(self) -> str: ...
    @property
    def closed(self) -> bool: ...
    @property
    def open_sockets(self) -> int: ...
    @property
    def findings(self) -> list[Finding]: ...
    @property
    def finding_count(self) -> int: ...
    def connect(
        self, context: object = None, handler: _Handler | None = None, *, enabled: bool = True
    ) -> Connection: ...
    def connect_many(
        self, count: int | object, handler: _Handler | None = None, *, contexts: object = None, enabled: bool = True
    ) -> Fleet: ...
    def connection(self, handle: int) -> Connection: ...
    def dispatch(self, limit: int | None = None) -> int: ...
    def workers(self, count: int, *, spin_us: int | None = None) -> Workers: ...
    def counters(self) -> dict[str, Any]: ...
    def take_journal(self) -> list[tuple[int, int]]: ...
    # The contract machine, made on first use, under the options that the subsystem was made with.
    def _machine(self) -> Machine: ...
    # Who performs errands: called attached by whoever drives, without arguments, once per errand: next_errand(),
    # perform, finish_errand(). True: it was a callback (counts towards a drive's limit), False: a completion, None:
    # nothing to run. An exception is treated as a handler's: a finding D-8, KeyboardInterrupt and SystemExit stop
    # the drive.
    def _set_errand_host(self, host: Callable[[], bool | None] | None, /) -> None: ...
    # Adds a finding and counts it; gives it. The caller raises it where check is "raise".
    # `socket`: handle and context of whom it is about; left out, it is about the call of a disconnect handler that
    # runs on this thread, if one does.
    def _report(self, rule: str, condition: str, found: str, socket: tuple[int, object] | None = None) -> Finding: ...
    # Whether this thread runs a handler, a callback or a completion routine of any subsystem.
    @staticmethod
    def _inside_call() -> bool: ...
    # The level of the disconnect handler that runs on this thread, 0 or 2; 0 outside one.
    @staticmethod
    def _handler_irql() -> int: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

@final
class Workers:
    """Drives a subsystem from threads of its own until its block is left."""

    @property
    def count(self) -> int: ...
    def drain(self, timeout: float | None = None) -> bool: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

@final
class Storm:
    """Carries one plan out on one subsystem: the compiled half of `wsksim.storm`, which checks the arguments."""

    # `source`: an object with renew(numbers) -> contexts, as runs.contexts.Contexts; None with `words` None: the
    # numbers, for a batch handler. `words`: for a native handler "number", "null", or "block", zeroed memory of
    # `block` bytes at least. `sample`: one call in so many is timed, 0 for none.
    def __new__(
        cls,
        subsystem: Subsystem,
        handler: _Handler,
        *,
        sockets: int,
        disconnects: int,
        abortive: float,
        order: str,
        rate: float | None,
        arrivals: str,
        burst: int,
        sample: int,
        source: object | None,
        words: str | None,
        block: int,
    ) -> Self: ...
    # Opens up to `most` more sockets; gives how many are left to open.
    def connect(self, most: int) -> int: ...
    # Posts the next edges, at most `most` and of one round; all posted before have been handled. Gives how many.
    def post(self, most: int) -> int: ...
    # Makes this moment the plan's beginning.
    def begin(self) -> None: ...
    # Posts edges at their planned instants for a moment; gives whether all were posted, or the workers have stopped.
    # `in_turn`: this thread dispatches them too; else workers do.
    def pace(self, in_turn: bool) -> bool: ...
    @property
    def posted(self) -> int: ...
    # "plan", "pace", "service_ns", "response_ns", as reports have them.
    def results(self) -> dict[str, Any]: ...
    # What was timed, as an HdrHistogram log. `began`: seconds since 1970; `took`: seconds.
    def log(self, began: float, took: float, comment: str) -> bytes: ...

@final
class Connection:
    """One established connection, seen from the application."""

    @property
    def subsystem(self) -> Subsystem: ...
    @property
    def handle(self) -> int: ...
    @property
    def context(self) -> Any: ...
    @property
    def remote(self) -> Remote: ...
    @property
    def enabled(self) -> bool: ...
    @property
    def closed(self) -> bool: ...
    @property
    def can_send(self) -> bool: ...
    @property
    def can_receive(self) -> bool: ...
    def enable(self) -> int: ...
    def disable(self) -> int: ...
    def close(self) -> int: ...

@final
class Remote:
    """The remote application at the far end of one connection."""

    def disconnect(self) -> Answer: ...
    def abort(self) -> Answer: ...
    def vanish(self) -> None: ...

@final
class Fleet:
    """Many connections under one handler."""

    @property
    def subsystem(self) -> Subsystem: ...
    @property
    def remote(self) -> FleetRemote: ...
    @property
    def handles(self) -> Sequence[int]: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Connection]: ...
    @overload
    def __getitem__(self, key: int, /) -> Connection: ...  # type: ignore[overload-overlap]
    @overload
    def __getitem__(self, key: object, /) -> Fleet: ...
    def enable(self) -> dict[int, int]: ...
    def disable(self) -> dict[int, int]: ...
    def close(self) -> dict[int, int]: ...

@final
class FleetRemote:
    """The remote applications at the far ends of a fleet."""

    def __len__(self) -> int: ...
    def disconnect(self, abortive: object = None) -> dict[Answer, int]: ...
    def abort(self) -> dict[Answer, int]: ...
    def vanish(self) -> None: ...

_Address: TypeAlias = tuple[int, bytes, int]  # (AF_INET 2 or AF_INET6 23, 4 or 16 bytes, port in host order)

# (irp, status, information, socket, data, local, remote, token): complete this IRP. `information` is
# IoStatus.Information, but 0 where it is a socket: then `socket` is the new socket's id, else 0. `data` is what
# goes into the caller's buffer, or None; `local` and `remote` fill address buffers, or None. Complete it after the
# call below returned; when the completion routine has returned and `token` is not 0, call `completed(token)`
# (D-27): until then nothing of that socket is indicated.
_Completion: TypeAlias = tuple[int, int, int, int, bytes | None, _Address | None, _Address | None, int]

# (status, completions, breach): what the WSK function returns; the IRPs to complete now, on the caller's stack, in
# this order; the rule id of a misuse that was detected ("U-41", "C-22", ...), or None. Whatever `status` is, a
# non-NULL IRP is completed exactly once: by an entry of this list, or, after STATUS_PENDING, by an errand (I-4,
# U-44).
_Answer: TypeAlias = tuple[int, list[_Completion], str | None]

@disjoint_base
class Provider:
    """The contract machine beside its sockets: registrations and clients, errands, remote ends, and what tests do."""

    # --- registrations and clients (O-10 to O-19) ---
    # `version` is WSK_CLIENT_DISPATCH.Version, e.g. 0x0100. Gives the registration's id.
    def register(self, version: int) -> int: ...
    # (STATUS_SUCCESS, client) | (STATUS_NOINTERFACE, 0) | (STATUS_DEVICE_NOT_READY, 0): deregistered (O-14), or
    # (STATUS_PENDING, 0): the provider is absent; wait_change() and ask again until the caller's wait is over (O-13).
    def capture(self, registration: int) -> tuple[int, int]: ...
    # WskReleaseProviderNPI: gives one capture back; bars the client-level functions when none is left (O-16).
    def release_npi(self, registration: int) -> int: ...
    # (status, highest, lowest) (O-19).
    def query_characteristics(self, registration: int) -> tuple[int, int, int]: ...
    # The first call begins: captures fail from now on, list-change IRPs are cancelled (O-14, O-18). STATUS_SUCCESS:
    # done. STATUS_PENDING: it has to go on blocking; wait_change() and call again (O-17). Unknown:
    # STATUS_INVALID_PARAMETER.
    def deregister(self, registration: int) -> int: ...
    # Changes whenever a blocked capture or deregister may have something new to see.
    @property
    def changes(self) -> int: ...
    # Waits, detached, until `changes` differs from `seen` or the time is over (None: no limit); gives `changes`.
    # Raises KeyboardInterrupt as any Python wait. Do not call it inside a callback or completion routine.
    def wait_change(self, seen: int, timeout_ms: int | None = None) -> int: ...
    # For tests: whether the provider is there (T-11). It is, at first.
    def set_provider_ready(self, ready: bool) -> None: ...

    # --- WskControlClient ---
    # `npi`: 0 NpiId is NULL, 1 it equals NPI_WSK_INTERFACE_ID, 2 it is another GUID; the same below (E-5).
    def set_static_events(self, client: int, npi: int, mask: int, irp: int) -> _Answer: ...
    # (status, completions, breach, bytes needed, [(version, type, protocol, family)]); `size` is OutputSize.
    # STATUS_BUFFER_OVERFLOW: too small, the list is empty.
    def transport_list_query(
        self, client: int, size: int, irp: int
    ) -> tuple[int, list[_Completion], str | None, int, list[tuple[int, int, int, int]]]: ...
    def transport_list_change(self, client: int, irp: int) -> _Answer: ...
    # The fourth element is the id of the cached descriptor; ids are counted, so each cache needs its release.
    def cache_sd(self, client: int, descriptor: bytes, irp: int) -> tuple[int, list[_Completion], str | None, int]: ...
    def release_sd(self, client: int, cached: int, irp: int) -> _Answer: ...
    def tdi_behavior(self, client: int, behavior: int, irp: int) -> _Answer: ...
    # Checked and remembered only: `mappings` are (protocol, family, type) triples with their names.
    def tdi_mapping(self, client: int, mappings: list[tuple[int, int, int, str]], irp: int) -> _Answer: ...
    # For tests: the list of transports changed; pending list-change IRPs complete.
    def change_transports(self) -> None: ...

    # --- errands: what a drive has to call, see Subsystem._set_errand_host ---
    # The next errand that may run now, or None. Perform it outside any lock, then finish_errand(token, ...) in any
    # case, also when the callback raised. Each begins with its kind, token and irql, the level to call at, 0 or 2;
    # callbacks go on with the socket; `flags` carry AT_DISPATCH_LEVEL already. By kind, what follows:
    #   "complete": the completion; its own token is 0, finish_errand does its part
    #   "receive": socket, flags, list id, segments as list[bytes], None for a non-functional socket (L-22)
    #   "receive_from": socket, flags, list id, list of (bytes, remote address), None likewise
    #   "accept": socket, flags, local, remote, the new socket; 0 and None: non-functional
    #   "inspect": socket, local, remote, (Key, SerialNumber); None likewise
    #   "abort": socket, (Key, SerialNumber)
    #   "send_backlog": socket, size
    def next_errand(self) -> tuple[Any, ...] | None: ...
    # `status`: what the callback returned (a WSK_INSPECT_ACTION for inspect; ignored for complete and abort).
    # `accepted_bytes`: receive only, BytesAccepted, None if the callback left it (all, with success). A raised
    # exception or a value that is no status counts as STATUS_SUCCESS with everything accepted;
    # STATUS_REQUEST_NOT_ACCEPTED for accept, WskInspectReject for inspect. Gives the rule id of a breach, or None.
    def finish_errand(self, token: int, status: int = 0, accepted_bytes: int | None = None) -> str | None: ...
    # As next_errand: the completion of an IRP that was decided inside a completion routine on this thread, which has
    # returned; None if it waits still, or a drive has fetched it.
    def next_deferred(self, irp: int) -> tuple[Any, ...] | None: ...
    # Has an IRP completed later that the layer above answered by itself, inside a completion routine.
    def complete_later(self, socket: int, irp: int, status: int, information: int) -> None: ...
    # Whether an IRP is not decided yet.
    def waits(self, irp: int) -> bool: ...
    # A completion routine begins or has ended on this thread; gives what was so before. Inside one, a request that
    # is decided at once answers STATUS_PENDING, see next_deferred, and no drive may begin.
    @staticmethod
    def set_completing(on: bool) -> bool: ...
    # The completion routine of an inline completion has returned (D-27). Unknown tokens and 0 are ignored.
    def completed(self, token: int) -> None: ...

    # --- the network's other side: remote ends, lightweight applications without WSK ---
    # (status, listener, address): listens at `local` (port 0: any).
    def remote_listen(self, local: _Address) -> tuple[int, int, _Address | None]: ...
    # The next connection that an application made to the listener: a remote end's id, or 0.
    def remote_accept(self, listener: int) -> int: ...
    # (status, remote end): SUCCESS, CONNECTION_REFUSED, or PENDING while an inspection is undecided.
    def remote_connect(self, to: _Address, local: _Address | None = None) -> tuple[int, int]: ...
    # "connecting", "refused", "open", "finished", "aborted" (by either side), "vanished", "closed".
    def remote_state(self, remote: int) -> str: ...
    # (the peer finished, the peer aborted): which disconnects this end has seen.
    def remote_seen(self, remote: int) -> tuple[bool, bool]: ...
    def remote_addresses(self, remote: int) -> tuple[_Address, _Address] | None: ...
    # Status; the data waits here, in order, while the peer's window is full.
    def remote_send(self, remote: int, data: bytes) -> int: ...
    # What arrived and was not read, at most `limit` bytes.
    def remote_read(self, remote: int, limit: int | None = None) -> bytes: ...
    # An end reads by itself until told to stop; then the window fills and the peer's sends wait. remote_read still
    # reads.
    def remote_stop_reading(self, remote: int) -> None: ...
    def remote_resume_reading(self, remote: int) -> None: ...
    def remote_disconnect(self, remote: int) -> int: ...
    def remote_abort(self, remote: int) -> int: ...
    # Goes silent: nothing more is sent, read or answered.
    def remote_vanish(self, remote: int) -> None: ...
    # A remote end or listener leaves: an open connection is aborted, a listener's port is free.
    def remote_close(self, remote: int) -> None: ...
    # A remote datagram end: (status, id, address); sends and receives.
    def remote_datagram(self, local: _Address) -> tuple[int, int, _Address | None]: ...
    def remote_send_to(self, remote: int, data: bytes, to: _Address) -> int: ...
    def remote_receive_from(self, remote: int) -> tuple[bytes, _Address] | None: ...

    # --- for tests ---
    # The socket's transport is lost (L-21, L-22); the connection is lost by timeout (U-12).
    def make_dead(self, socket: int) -> None: ...
    def timeout(self, socket: int) -> None: ...
    # The state of section 3.3, e.g. "PEER-FIN"; of other sockets "NEW", "BOUND", "LISTENING", "DEAD"; "CLOSED" if
    # unknown.
    def state(self, socket: int) -> str: ...
    # Which events the socket has enabled, as a mask (static and inherited ones included); a listener's bits for
    # inheritance.
    def enabled_events(self, socket: int) -> int: ...
    # How often each transition of 3.3 was made: (from, to, count).
    def transitions(self) -> list[tuple[str, str, int]]: ...
    # Unread bytes, pending requests, queued errands: 0 everywhere at the end of a clean test.
    def pending(self) -> dict[str, int]: ...
    # The handle under which reports name the socket's core socket, as Connection.handle; 0 if it has none.
    def handle(self, socket: int) -> int: ...

@final
class Machine(Provider):
    """The contract machine of one subsystem: `Subsystem._machine()`. It knows integers, never a WSK object.

    An IRP is an int that the caller chooses, not 0, not in use; 0 is NULL. A socket, client or registration is an id,
    never given again; 0 is NULL. Nothing here blocks or calls Python.
    """

    # --- sockets ---
    # `context` is the SocketContext. `disconnect_event`: the callable (SocketContext, Flags) -> status to register
    # for WskDisconnectEvent, None if the entry is NULL. `callbacks`: which entries of the table(s) are not NULL, as
    # the ORed WSK_EVENT_* bits 0x10 0x40 0x80 0x100 0x200, plus 0x1 for WskInspectEvent and 0x2 for WskAbortEvent;
    # a stream socket's Listen and Connect tables together. The same in accept and accept_written. A given object is
    # kept alive until the close IRP of the socket is completed. Success yields the socket: completion's `socket`,
    # which the routine sees (L-1).
    def socket(
        self,
        client: int,
        family: int,
        kind: int,
        protocol: int,
        flags: int,
        context: object,
        disconnect_event: Callable[[Any, int], object] | None,
        callbacks: int,
        irp: int,
    ) -> _Answer: ...
    def socket_connect(
        self,
        client: int,
        kind: int,
        protocol: int,
        local: _Address | None,
        remote: _Address | None,
        flags: int,
        context: object,
        disconnect_event: Callable[[Any, int], object] | None,
        callbacks: int,
        irp: int,
    ) -> _Answer: ...
    # None as address: the pointer was NULL.
    def bind(self, socket: int, local: _Address | None, flags: int, irp: int) -> _Answer: ...
    def listen(self, socket: int, irp: int) -> _Answer: ...
    # `buffer` is sent first and its bytes are Information; None in a WskConnect. `ex`: this is WskConnectEx (L-17).
    def connect(
        self,
        socket: int,
        remote: _Address | None,
        flags: int,
        irp: int,
        *,
        buffer: bytes | None = None,
        ex: bool = False,
    ) -> _Answer: ...
    # The completion carries the socket and both addresses.
    def accept(
        self,
        socket: int,
        flags: int,
        context: object,
        disconnect_event: Callable[[Any, int], object] | None,
        callbacks: int,
        irp: int,
    ) -> _Answer: ...
    # `request` is WSK_INSPECT_ID as (Key, SerialNumber), compared by content; `action` a WSK_INSPECT_ACTION.
    def inspect_complete(self, socket: int, request: tuple[int, int], action: int, irp: int) -> _Answer: ...
    def send(self, socket: int, data: bytes, flags: int, irp: int) -> _Answer: ...
    # `length` is WSK_BUF.Length. The completion's `data` goes into the buffer.
    def receive(self, socket: int, length: int, flags: int, irp: int) -> _Answer: ...
    # `data` None: Buffer is NULL (C-3).
    def disconnect(self, socket: int, data: bytes | None, flags: int, irp: int) -> _Answer: ...
    def close(self, socket: int, irp: int) -> _Answer: ...
    # WskRelease: the id of a retained list, as the errand named it. `item`: release one datagram of it (U-27).
    # (status, breach).
    def release_list(self, socket: int, kept: int, item: int | None = None) -> tuple[int, str | None]: ...
    # `remote` None: NULL, the address fixed by SIO_WSK_SET_REMOTE_ADDRESS or ..._SENDTO_ADDRESS.
    def send_to(self, socket: int, data: bytes, remote: _Address | None, flags: int, irp: int) -> _Answer: ...
    def send_messages(
        self, socket: int, messages: list[bytes], remote: _Address | None, flags: int, irp: int
    ) -> _Answer: ...
    # The completion's `remote` is the sender, `data` the datagram, cut at `length`. Its `socket` holds the MSG_*
    # flags for the caller's ControlFlags (MSG_TRUNC, MSG_BCAST, MSG_MCAST).
    def receive_from(self, socket: int, length: int, flags: int, irp: int) -> _Answer: ...
    # The completion's `local`, `remote`.
    def get_local_address(self, socket: int, irp: int) -> _Answer: ...
    def get_remote_address(self, socket: int, irp: int) -> _Answer: ...
    # IoCancelIrp: True when the IRP was pending and is now being cancelled: an errand completes it (I-12 to I-14,
    # U-38).
    def cancel(self, irp: int) -> bool: ...

    # --- WskControlSocket ---
    # SO_WSK_EVENT_CALLBACK at SOL_SOCKET with WskSetOption; `mask` is EventMask (E-1 to E-19, E-24, E-30 to E-32).
    def event_callback(self, socket: int, npi: int, mask: int, irp: int) -> _Answer: ...
    # The other options, at SOL_SOCKET. `value` a ULONG, None where InputBuffer is NULL or too short.
    def set_option(self, socket: int, option: int, value: int | None, irp: int) -> _Answer: ...
    # The completion's `data` are the 4 bytes of the ULONG, little-endian. `size` is OutputSize.
    def get_option(self, socket: int, option: int, size: int, irp: int) -> _Answer: ...
    # The ioctls: `code` is a SIO_* value; `value` the ULONG, address or NPI number (as `npi` above) of the input,
    # or None; `size` is OutputSize. The fourth element is what a call without IRP returns: (Key, SerialNumber) of
    # SIO_WSK_QUERY_INSPECT_ID, the addresses of SIO_ADDRESS_LIST_QUERY and ..._SORT (`addresses` is its input),
    # else None. SIO_WSK_QUERY_IDEAL_SEND_BACKLOG and SIO_WSK_QUERY_RECEIVE_BACKLOG: completion's `data`, 8 bytes
    # (SIZE_T).
    def ioctl(
        self,
        socket: int,
        code: int,
        value: int | _Address | None,
        size: int,
        irp: int,
        *,
        addresses: list[_Address] | None = None,
    ) -> tuple[int, list[_Completion], str | None, Any]: ...
    # Tells the out parameters that WskAcceptEvent wrote for `accepted`: at the latest before finish_errand, and
    # before an event_callback() on `accepted` from inside the callback (L-7). Only the first call counts; without
    # one both are NULL.
    def accept_written(
        self,
        accepted: int,
        context: object,
        disconnect_event: Callable[[Any, int], object] | None,
        callbacks: int,
    ) -> None: ...

_CaptureName: TypeAlias = str | bytes | PathLike[str] | PathLike[bytes]

@final
class CaptureReader:
    """Packet captures as the opens, edges and closes of connections."""

    def __new__(
        cls,
        path: _CaptureName | list[Any],  # files, folders; "-" is the standard input
        /,
        *,
        local: Literal["server", "client", "both"] = "server",
        midstream: bool = False,
        tunnels: bool = True,
        filters: Sequence[str] | None = None,  # "host=ADDRESS[/BITS]", "port=NUMBER"
        unpack_limit: int | None = None,  # bytes that a compressed file may expand to
        explain: int | None = None,  # flow of which `take_lines` gives the packets
    ) -> Self: ...
    # Reads up to `packets` more records, 65,536 if None. Each event is one of
    #   ("open", connection, packet, time_ns, local, remote)   connection: int from 0, a new one
    #   ("edge", connection, packet, time_ns, flags)           flags: 0 graceful, 1 abortive
    #   ("close", connection, packet, time_ns)                 its four-tuple was taken by a new connection
    # An empty list means the end. A damaged file ends early and sets `damage`.
    def read(self, packets: int | None = None, /) -> list[tuple[Any, ...]]: ...
    @property
    def done(self) -> bool: ...
    @property
    def packets(self) -> int: ...  # records read so far, of any kind
    @property
    def tcp_packets(self) -> int: ...
    @property
    def flows(self) -> int: ...
    @property
    def established(self) -> int: ...
    @property
    def tunnelled(self) -> int: ...  # segments inside a tunnel
    @property
    def edges(self) -> tuple[int, int]: ...  # of the remote; disconnects of the local side
    @property
    def missed_midstream(self) -> tuple[int, int]: ...  # segments without a beginning; connections
    @property
    def missed_tunnels(self) -> tuple[int, int]: ...  # connections; edges
    @property
    def files(self) -> list[dict[str, Any]]: ...  # those that were begun
    @property
    def paths(self) -> list[str]: ...  # of all files, in their order
    @property
    def left_out(self) -> list[tuple[str, str]]: ...  # file, why
    # number of the file, packet, time, source, destination, whether the client sent it, flag byte, [(rule, text)]
    def take_lines(
        self,
    ) -> list[tuple[int, int, str, str, str, bool | None, int, list[tuple[int, str]]]]: ...
    @property
    def numbered_flows(self) -> int: ...
    @property
    def skipped(self) -> dict[str, int]: ...  # reason -> records that were no whole TCP segment
    @property
    def skipped_link_types(self) -> dict[int, int]: ...  # link type -> packets that were skipped for it
    @property
    def link_type_names(self) -> dict[int, str]: ...  # of those that have one
    @property
    def first_time_ns(self) -> int | None: ...  # of the first packet read, of any kind
    @property
    def damage(self) -> tuple[int, str] | None: ...  # (byte offset, what was found there)
    @property
    def bytes_read(self) -> int: ...
    @property
    def bytes_total(self) -> int: ...

@final
class CaptureFeed:
    """Opens the connections of a capture and posts their edges."""

    def __new__(
        cls,
        subsystem: Subsystem,
        reader: CaptureReader,
        handler: object,
        contexts: object,  # what fills them, or None: dicts of the connection's number and ends
        /,
        *,
        singly: bool = False,
    ) -> Self: ...
    def read(self, packets: int, /) -> None: ...
    @property
    def next_ns(self) -> int | None: ...
    def apply(self, limit: int | None = None, /) -> bool: ...
    def take_waiting(self) -> int: ...
    def take_trace(self) -> list[tuple[int, int, int, str, str, int]]: ...  # number of the file, packet, ...
