"""The compiled half of wsksim: the core behind Python's words."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from types import CodeType, TracebackType
from typing import Any, Final, Literal, Self, TypeAlias, final, overload

from typing_extensions import disjoint_base

from wsksim.contract import Finding
from wsksim.post import Answer
from wsksim.wsk.objects.provider import Provider as WskProvider
from wsksim.wsk.structures.buffers import WSK_BUF

__version__: Final[str]
BUILD_PROFILE: Final[Literal["release", "debug"]]
HISTORY: Final[bool]

def _after_fork() -> None: ...

# Stops all workers; whether some have not ended after so many seconds.
def _stop_workers(seconds: float, /) -> bool: ...
def _interrupt_workers() -> None: ...
def _interpreter_ends(
    stop_workers: Callable[[Callable[[float], bool], Callable[[], object]], object],
    stop: Callable[[float], bool],
    interrupt: Callable[[], object],
    /,
) -> None: ...

# For tests: subsystems made from now on take the plain way wherever a quick one was added beside it.
def _use_plain_paths(plain: bool) -> None: ...

# Every rule of the contract: id, binds, statement, advice, pages with spaces between, mark, note, pending.
def _watch_crashes(black_box: Any, file: int) -> bool: ...
def _rules() -> list[list[str]]: ...

@final
class DriverObject:
    """The object of a driver in C; ValueError says why it cannot be loaded."""

    def __new__(cls, path: str | PathLike[str]) -> Self: ...
    @property
    def words(self) -> str: ...
    # Function, file and line of an address of the file's, one behind a call.
    def place(self, at: int) -> tuple[str, str, int]: ...
    def run(
        self,
        seed: int,
        *,
        schedule: str,
        completions: str,
        irql: str,
        lenient: bool,
        peers: int,
        choices: Iterable[int] | None = None,
        plan: tuple[
            Lives,
            list[tuple[str, int, int | None, tuple[int, bytes, int] | None, tuple[int, bytes, int] | None]],
            tuple[int, float] | None,
        ]
        | None = None,
        allocation: float = 0.0,
        hosts: list[tuple[str, list[tuple[int, bytes, int]]]] = ...,
        faults: Iterable[str] = ...,
        notes: int | None = None,
    ) -> dict[str, Any]: ...
    # The started driver, and the number of each remote listener.
    def start(
        self,
        seed: int,
        *,
        schedule: str,
        completions: str,
        irql: str,
        lenient: bool,
        choices: Iterable[int] | None = None,
        hosts: list[tuple[str, list[tuple[int, bytes, int]]]] = ...,
        listen: list[tuple[int, bytes, int]] = ...,
        faults: Iterable[str] = ...,
    ) -> tuple[StartedDriver, list[int]]: ...

@final
class StartedDriver:
    """A driver in C whose remote ends are moved step by step: the compiled half of `wsksim.Driver.start`."""

    @property
    def status(self) -> int | None: ...
    @property
    def ended(self) -> str | None: ...
    @property
    def now(self) -> float: ...
    def listening(self) -> list[tuple[int, bytes, int]]: ...
    def connect(self, to: tuple[int, bytes, int]) -> tuple[int, int]: ...
    def accept(self, listener: int) -> int | None: ...
    def send(self, end: int, data: bytes) -> int: ...
    def read(self, end: int, most: int) -> bytes: ...
    def end(self, end: int, how: str) -> int: ...
    def seen(self, end: int) -> tuple[bool, bool]: ...
    def settle(self, seconds: float) -> None: ...
    def stop(self) -> dict[str, Any]: ...

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
class Ledger:
    """What a subsystem tells of itself: its options, its findings, its books."""

    @property
    def seed(self) -> int:
        """Where every random stream of this subsystem begins."""
    @property
    def check(self) -> str:
        """What a breach of the contract leads to."""
    @property
    def irql(self) -> str:
        """At which level indications run."""
    @property
    def completions(self) -> str:
        """How requests that are decided are answered and completed: "inline", "windows", "later" or "drawn"."""
    @property
    def _policies(self) -> dict[str, Any]: ...
    @property
    def schedule(self) -> str:
        """What comes next: "fifo", "explore" or "pct:N"."""
    @property
    def choices(self) -> list[int]:
        """What was chosen so far where the contract leaves something open, as a list of ints."""
    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
    @property
    def open_sockets(self) -> int:
        """How many sockets are open."""
    @property
    def findings(self) -> list[Finding]:
        """What rules the application broke, as `wsksim.Finding`."""
    @property
    def notes(self) -> list[Finding]:
        """What is legal and suspicious, likewise."""
    @property
    def finding_count(self) -> int:
        """How often a rule was broken, equal findings counted each."""
    def counters(self) -> dict[str, Any]:
        """The books: posted = indicated + withheld + pending, exact at every quiet point."""
    def take_journal(self) -> list[tuple[int, int]]:
        """Takes the journal: (handle, Flags) of each indication since the last call, in order."""

@disjoint_base
class Subsystem(Ledger):
    """One simulated machine: its connections, their disconnect events, and the books."""

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
        completions: Literal["inline", "windows", "later", "drawn"] = "inline",
        schedule: str = "fifo",
        window: int = 65536,
        backlog: int = 200,
        # What another subsystem listed: decided instead of by the seed.
        choices: Iterable[int] | None = None,
    ) -> Self: ...
    def connect(self, context: object = None, handler: _Handler | None = None, *, enabled: bool = True) -> Connection:
        """Opens one established connection."""
    def connect_many(
        self, count: int | object, handler: _Handler | None = None, *, contexts: object = None, enabled: bool = True
    ) -> Fleet:
        """Opens many established connections under one handler, all or none."""
    def connection(self, handle: int) -> Connection:
        """Finds an open connection by its handle."""
    def dispatch(self, limit: int | None = None) -> int:
        """Indicates what is queued on this thread until nothing is or `limit` calls were made."""
    def workers(self, count: int, *, spin_us: int | None = None) -> Workers:
        """Drives from threads of its own while its `with` block runs."""
    # Python's view of the provider, whose application a drive serves.
    def _set_provider(self, provider: Provider, /) -> None: ...
    # Adds a finding that the caller's nearest line is to blame for; returns it.
    def _report(
        self,
        rule: str,
        found: str,
        *,
        advice: str | None = None,
        note: bool = False,
        culprit: Callable[..., Any] | None = None,
    ) -> Finding: ...
    # Whether a handler raised SystemExit.
    @property
    def _is_forked(self) -> bool: ...
    def _handler_left(self) -> bool: ...
    def close(self) -> None:
        """Closes every connection and socket and refuses new ones."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

@final
class Processor:
    """What the calling thread carries: its IRQL, and the calls of applications that it is inside of."""

    @staticmethod
    def level() -> int: ...
    # KeRaiseIrql and KeLowerIrql: the level before.
    @staticmethod
    def raise_level(level: int) -> int: ...
    @staticmethod
    def lower_level(level: int) -> int: ...
    @staticmethod
    def set_level(level: int) -> None: ...
    # Whether a drive may begin here: outside callbacks and completion routines, and below DISPATCH_LEVEL.
    @staticmethod
    def may_drive() -> bool: ...
    # The innermost callback, disconnect handlers included, or routine that runs on this thread.
    @staticmethod
    def inside() -> str | None: ...

@final
class Workers:
    """Drives a subsystem from threads of its own until its block is left."""

    @property
    def count(self) -> int:
        """How many threads."""
    def drain(self, timeout: float | None = None) -> bool:
        """Waits until nothing is queued and no call runs. Held edges do not count."""
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

@final
class Lives:
    """The lives of a plan: the compiled half of `wsksim.Plan`, which checks what it is given."""

    # A group: lives in all; steps, each what it is ("send", "wait", "read", "read_all", "read_end") and its draw; the
    # shares of disconnect, close, abort and vanish, or None; rate, shape and burst, or None.
    def __new__(
        cls,
        seed: int,
        groups: list[tuple[int, list[tuple[str, str, int, int]], list[float] | None, tuple[float, str, int] | None]],
    ) -> Self: ...
    # Of every `shards`-th block from `shard` on: 32 hexadecimal digits.
    def digest(self, shard: int, shards: int) -> str: ...

@final
class LifeStorm:
    """Carries the lives of one plan out on one subsystem: the compiled half of `wsksim.run_plan`."""

    # A group: how many may be open; its patience in nanoseconds; where it listens, if it does: family, bytes of the
    # host, port.
    # `kills`: of which group connections are ended, and how many a second. `paced`: by this machine's clock. `shard`:
    # the lives of which shard, of how many.
    def __new__(
        cls,
        subsystem: Subsystem,
        lives: Lives,
        groups: list[tuple[int, int | None, tuple[int, bytes, int] | None]],
        kills: tuple[int, float] | None,
        paced: bool,
        shard: tuple[int, int],
    ) -> Self: ...
    # Lives that `read` reads from a capture; `paced`: by this machine's clock.
    @staticmethod
    def recorded(subsystem: Subsystem, paced: bool) -> LifeStorm: ...
    # Reads records until some gave events, `packets` more at least; time goes `factor` times as fast as recorded.
    def read(self, reader: CaptureReader, packets: int, factor: float) -> None: ...
    # Makes this moment the beginning, by this machine's clock if the storm goes by that.
    def begin(self) -> None: ...
    # Goes on for so many drives of the application, or to the end; whether it is at the end.
    def go_on(self, drives: int) -> bool: ...
    # Says where each group connects to, nowhere if it listens; whether somebody listens at each place.
    def connect_to(self, places: list[list[tuple[int, bytes, int]]]) -> list[list[bool]]: ...
    # "plan", "lives", "accepted", "full", "sent", "received", "sockets", "now_ns", "series", "requests", "left_lives"
    # (group, number, state, since when), "left_sockets" (number, state, since when), "left_alone": how many sockets
    # there are without a life at their other end, of which "left_sockets" are the first; on this machine's clock also
    # "pace", "service_ns", "response_ns", "accept_ns", "accept_service_ns", "histograms", "noise".
    def outcome(self) -> dict[str, Any]: ...
    # How many lives are over.
    @property
    def over(self) -> int: ...
    # How many are open, and what 99 in 100 of the accepts have not exceeded so far; None if none was timed.
    def live(self) -> tuple[int, int | None]: ...

@final
class TimesCode:
    """One histogram of times, read and not added yet."""

    # From HdrHistogram's V2 encoding, compressed, and the longest of its times as it was measured.
    def __new__(cls, code: bytes, longest: int) -> Self: ...

@final
class TimesSum:
    """Histograms of times, added up: the compiled half of `wsksim merge`."""

    def __new__(cls) -> Self: ...
    def add(self, code: TimesCode) -> None: ...
    # The encoding of the sum.
    def encoded(self) -> bytes: ...
    # "count", "mean", "p50", "p90", "p99", "p99.9", "max".
    def summary(self) -> dict[str, Any]: ...

@final
class Storm:
    """Carries one plan out on one subsystem: the compiled half of `wsksim.storm`, which checks the arguments."""

    # `source`: an object with renew(numbers) -> contexts, as runs.contexts.Contexts; None with `words` None: the
    # numbers, for a batch handler. `words`: for a native handler "number", "null", or "block", zeroed memory of
    # `block` bytes at least. `sample`: one call in so many is timed, 0 for none. `shard`: the edges of which shard, of
    # how many, and on how many sockets.
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
        shard: tuple[int, int, int] | None = None,
    ) -> Self: ...
    # Opens up to `most` more sockets; returns how many are left to open.
    def connect(self, most: int) -> int: ...
    # Posts the next edges, at most `most` and of one round; all posted before have been handled. Returns how many.
    def post(self, most: int) -> int: ...
    # Makes this moment the plan's beginning.
    def begin(self) -> None: ...
    # Posts edges at their planned instants for a moment; returns whether all were posted, or the workers have stopped.
    # `in_turn`: this thread dispatches them too; else workers do.
    def pace(self, in_turn: bool) -> bool: ...
    @property
    def posted(self) -> int: ...
    # "plan", "pace", "service_ns", "response_ns", as reports have them; "histograms": the encoded series by name.
    def results(self) -> dict[str, Any]: ...
    # The response so far, or else the service, that 99 in 100 do not exceed; None if nothing was timed.
    def p99_ns(self) -> int | None: ...

@final
class Connection:
    """One established connection, seen from the application."""

    @property
    def subsystem(self) -> Subsystem:
        """The subsystem it belongs to."""
    @property
    def name(self) -> str:
        """What every output calls it: "connection 4", or "connection 4.2" for the second one in its slot."""
    @property
    def handle(self) -> int:
        """Its handle: never given to another connection."""
    @property
    def context(self) -> Any:
        """What the application gave as SocketContext: the object, or an int for batch and native handlers."""
    @property
    def remote(self) -> Remote:
        """The remote application at its far end."""
    @property
    def enabled(self) -> bool:
        """Whether `WSK_EVENT_DISCONNECT` is enabled."""
    @property
    def closed(self) -> bool:
        """Whether it was closed."""
    @property
    def can_send(self) -> bool:
        """Whether sending still works (D-13, D-14)."""
    @property
    def can_receive(self) -> bool:
        """Whether data may still arrive (D-13, D-14)."""
    def enable(self) -> int:
        """Enables WSK_EVENT_DISCONNECT; a remembered disconnect becomes queued (D-22)."""
    def disable(self) -> int:
        """Disables WSK_EVENT_DISCONNECT; a queued disconnect becomes held (D-22). Never waits."""
    def close(self) -> int:
        """Closes the socket; queued edges are withheld (D-25). Never waits."""

@final
class Remote:
    """The remote application at the far end of one connection."""

    def disconnect(self) -> Answer:
        """Finishes sending: posts a graceful edge. May be called from any thread and inside callbacks."""
    def abort(self) -> Answer:
        """Tears the connection down: posts an abortive edge. Otherwise as `disconnect`."""
    def vanish(self) -> None:
        """Goes away without a word: posts nothing."""

@final
class Fleet:
    """Many connections under one handler."""

    @property
    def subsystem(self) -> Subsystem:
        """The subsystem it belongs to."""
    @property
    def remote(self) -> FleetRemote:
        """The remote applications at the far ends."""
    @property
    def handles(self) -> Sequence[int]:
        """The handle of each connection."""
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Connection]: ...
    @overload
    def __getitem__(self, key: int, /) -> Connection: ...  # type: ignore[overload-overlap]
    @overload
    def __getitem__(self, key: object, /) -> Fleet: ...
    def enable(self) -> dict[int, int]:
        """Enables the event of each, as `Connection.enable`."""
    def disable(self) -> dict[int, int]:
        """Disables the event of each, as `Connection.disable`; a Counter of statuses."""
    def close(self) -> dict[int, int]:
        """Closes each, as `Connection.close`."""

@final
class FleetRemote:
    """The remote applications at the far ends of a fleet."""

    def __len__(self) -> int: ...
    def disconnect(self, abortive: object = None) -> dict[Answer, int]:
        """Disconnects each, in order, some of them abortively."""
    def abort(self) -> dict[Answer, int]:
        """Aborts each; a `collections.Counter` of `Answer`."""
    def vanish(self) -> None:
        """Each goes away without a word: posts nothing."""

@disjoint_base
class SOCKADDR_IN:
    """SOCKADDR_IN: an IPv4 address and a port."""

    __match_args__: Final = ("sin_family", "sin_port", "sin_addr")
    sin_family: int
    sin_port: int
    @property
    def sin_addr(self) -> str: ...
    @sin_addr.setter
    def sin_addr(self, sin_addr: str | bytes | int, /) -> None: ...
    def __new__(cls, sin_family: int = 2, sin_port: int = 0, sin_addr: str | bytes | int = "0.0.0.0") -> Self: ...  # noqa: S104
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __setstate__(self, state: tuple[Any, ...]) -> None: ...
    def __replace__(self, **changes: Any) -> Self: ...

@disjoint_base
class SOCKADDR_IN6:
    """SOCKADDR_IN6: an IPv6 address and a port."""

    __match_args__: Final = ("sin6_family", "sin6_port", "sin6_flowinfo", "sin6_addr", "sin6_scope_id")
    sin6_family: int
    sin6_port: int
    sin6_flowinfo: int
    @property
    def sin6_addr(self) -> str: ...
    @sin6_addr.setter
    def sin6_addr(self, sin6_addr: str | bytes | int, /) -> None: ...
    sin6_scope_id: int
    def __new__(
        cls,
        sin6_family: int = 23,
        sin6_port: int = 0,
        sin6_flowinfo: int = 0,
        sin6_addr: str | bytes | int = "::",
        sin6_scope_id: int = 0,
    ) -> Self: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def __setstate__(self, state: tuple[Any, ...]) -> None: ...
    def __replace__(self, **changes: Any) -> Self: ...

def _packed(caller: str, name: str, address: object) -> tuple[int, bytes, int]: ...
def _to_machine(caller: str, name: str, address: object) -> _Place: ...
def _place_of(caller: str, name: str, address: object) -> int | None: ...
def _fill_address(target: _Address | None, address: _Address | None) -> None: ...

_Address: TypeAlias = SOCKADDR_IN | SOCKADDR_IN6
_Numbers: TypeAlias = tuple[int, int]  # of a registration and of its client
# An argument that `wsksim.wsk` has taken apart: what it holds, None for NULL, or that it does not fit.
_Bytes: TypeAlias = bytes | Refused | None
_Place: TypeAlias = _Address | Refused | None
_Deliver: TypeAlias = Callable[[Completion], Any]

@final
class Refused:
    """What stands for an argument that compiles in C but does not fit; the provider answers with its status."""

    def __new__(cls, status: int = 0xC000000D) -> Self: ...
    @property
    def status(self) -> int: ...

@final
class TableKind:
    """Of which kind a client table is (L-3 to L-6)."""

    LISTEN: Final[TableKind]
    CONNECTION: Final[TableKind]
    DATAGRAM: Final[TableKind]
    STREAM: Final[TableKind]
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...

@final
class Callbacks:
    """What the provider has to know of a client table: the members of its plain tables."""

    def __new__(cls, kind: TableKind, tables: list[dict[str, Any]]) -> Self: ...

@final
class Supplied:
    """A context and a table, which is None for NULL."""

    def __new__(cls, context: Any, table: Callbacks | None = None) -> Self: ...

@disjoint_base
class Mdl:
    """The members of an MDL; the base of `wsksim.wsk.MDL`."""

    _view: memoryview
    Next: Any
    # Whom a request was made to that waits with it, or waited.
    _user: Any
    # Where it was given to IoFreeMdl; empty if that is no line of the application's.
    _freed: tuple[CodeType, int] | tuple[()] | None
    def __new__(cls, buffer: Any, Next: Any = None) -> Self: ...

@disjoint_base
class Buf:
    """The members of a WSK_BUF; the base of `wsksim.wsk.WSK_BUF`."""

    __match_args__: Final = ("Mdl", "Offset", "Length")
    Mdl: Any
    Offset: int
    Length: int
    def __new__(cls, Mdl: Any = None, Offset: int = 0, Length: int = 0) -> Self: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def tobytes(self) -> bytes: ...

@disjoint_base
class WSK_DATA_INDICATION:
    """WSK_DATA_INDICATION: data that WskReceiveEvent shows, one buffer after the other."""

    __match_args__: Final = ("Next", "Buffer")
    Next: WSK_DATA_INDICATION | None
    Buffer: WSK_BUF
    def __new__(cls, Next: WSK_DATA_INDICATION | None = None, Buffer: WSK_BUF = ...) -> Self: ...
    @property
    def _part(self) -> Part | None: ...

@disjoint_base
class Out:
    """Out: a place for what C returns through a pointer."""

    value: Any
    def __new__(cls, value: Any = None) -> Self: ...

@disjoint_base
class WSK_SOCKET:
    """WSK_SOCKET: a socket of the provider."""

    # What an application makes itself belongs to nobody.
    def __new__(cls) -> Self: ...
    def __setattr__(self, name: str, value: object, /) -> None: ...
    def __delattr__(self, name: str, /) -> None: ...
    def __dir__(self) -> list[str]: ...
    # The functions of its category.
    def __getattr__(self, name: str) -> Callable[..., Any]: ...
    @property
    def Dispatch(self) -> Any: ...
    @property
    def provider(self) -> Any: ...
    @property
    def id(self) -> int: ...
    @property
    def context(self) -> Any: ...
    @property
    def table(self) -> Any: ...
    @property
    def family(self) -> int: ...
    @property
    def registration(self) -> Any: ...
    # Under which findings name it once it is closed.
    @property
    def handle(self) -> int: ...
    # Fixes context and table of a socket that WskAcceptEvent shows, if the callback wrote them (L-7).
    def settle(self) -> None: ...
    # The application's callback of that name, None if its table has none.
    def callback(self, name: str) -> Callable[..., Any] | None: ...

@final
class Entry:
    """One function of WSK_SOCKET: of each category that has it, in the order of the tables."""

    def __new__(cls, name: str, functions: list[Callable[..., Any] | None]) -> Self: ...
    def __get__(self, instance: Any, owner: Any = None, /) -> Any: ...

def _owner_of(name: str, socket: object) -> WskProvider: ...

@final
class Calls:
    """The functions of sockets that an application calls most; the provider is the socket's."""

    def __new__(cls) -> Self: ...
    def close(self, socket: Any, irp: Irp | None) -> int: ...
    def send(self, socket: Any, buffer: Any, flags: int, irp: Irp | None) -> int: ...
    def receive(self, socket: Any, buffer: Any, flags: int, irp: Irp | None) -> int: ...
    def disconnect(self, socket: Any, buffer: Any, flags: int, irp: Irp | None) -> int: ...
    # IoReuseIrp.
    def reuse(self, irp: object, status: object) -> None: ...

@final
class Loan:
    """One stretch of time in which what a callback was shown may be read (A-7, C-24)."""

    @property
    def over(self) -> bool: ...
    # Asks whether `what` may be read still; if not, that is a finding.
    def read(self, what: str) -> None: ...

@final
class Part:
    """Where an item of an indicated list is from: its socket, its list, its place in a list of `count` datagrams."""

    def __new__(cls, socket: Any, number: int, item: int | None = None, count: int = 0) -> Self: ...
    @property
    def item(self) -> int | None: ...
    @property
    def count(self) -> int: ...

@final
class Answered:
    """What a callback returned, and its Out for BytesAccepted."""

    def __new__(cls, returned: object, accepted: Any = None) -> Self: ...

@final
class ControlInput:
    """InputSize and InputBuffer: `memory` counts the bytes, None for NULL; `value` is what was read of them."""

    def __new__(cls, size: int, memory: int | None, value: object, mask: int = 0) -> Self: ...

@final
class ControlOutput:
    """OutputSize and OutputBuffer, likewise."""

    def __new__(cls, size: int, memory: int | None, writable: bool) -> Self: ...
    @property
    def size(self) -> int: ...

@final
class Made:
    """What a control call answers at once."""

    @property
    def kind(self) -> str: ...
    @property
    def value(self) -> Any: ...

@disjoint_base
class IO_STATUS_BLOCK:
    """IO_STATUS_BLOCK: how a request ended."""

    Status: Any
    Information: Any
    def __new__(cls, Status: int = 0, Information: Any = 0) -> Self: ...

@disjoint_base
class Irp:
    """One IRP, as Python sees it; the base of `wsksim.wsk.IRP`."""

    IoStatus: Any
    Cancel: bool
    PendingReturned: bool
    StackCount: int
    pending_marked: bool
    def __new__(
        cls, CompletionRoutine: Callable[..., Any] | None = None, Context: Any = None, *, standing: bool = True
    ) -> Self: ...
    @property
    def in_use(self) -> bool: ...
    @property
    def is_completed(self) -> bool: ...
    @property
    def _fresh(self) -> bool: ...
    @property
    def _freed(self) -> bool: ...
    # Of the last request: its function, and whom it was made to.
    @property
    def _function(self) -> str | None: ...
    @property
    def _subsystem(self) -> Any: ...
    def _set_from_above(self) -> None: ...
    # The functions of wdm.h; `caller` is which. Misuse is a finding of whom the IRP was last given to (I-3).
    def _set_routine(
        self, caller: str, routine: tuple[Callable[..., Any], Any] | None, switches: tuple[bool, bool, bool]
    ) -> None: ...
    def _free(self, caller: str) -> None: ...
    def _cancel(self, caller: str) -> bool: ...
    def _mark_pending(self, caller: str) -> None: ...
    # Waiting for the last request: whether this thread may (D-10, Q-3), for so many seconds, and with a call when it is
    # over.
    def _may_wait(self, what: str) -> bool: ...
    def _is_stuck(self) -> bool: ...
    def _sleep(self, seconds: float) -> bool: ...
    def _watch(self, watcher: Callable[[], object]) -> None: ...

@final
class Completion:
    """What a request is completed with."""

    @property
    def status(self) -> int: ...
    @property
    def information(self) -> int: ...
    # The number of the socket that it yields; 0 for none.
    @property
    def socket(self) -> int: ...
    # MSG_* of a datagram.
    @property
    def flags(self) -> int: ...
    @property
    def data(self) -> bytes | None: ...
    @property
    def local(self) -> _Address | None: ...
    @property
    def remote(self) -> _Address | None: ...

@disjoint_base
class Provider:
    """One subsystem's provider: what it knows of requests and sockets."""

    @property
    def subsystem(self) -> Any: ...
    # Moves whenever a blocked capture or deregister may see something new.
    @property
    def changes(self) -> int: ...
    # Waits, detached, until `changes` differs from `seen` or the time is over (None: no limit); returns `changes`.
    def wait_change(self, seen: int, timeout_ms: int | None = None) -> int: ...
    def state(self, socket: int) -> str: ...
    def enabled_events(self, socket: int) -> int: ...
    # (from, to, how often), of the table in section 3.3.
    def transitions(self) -> list[tuple[str, str, int]]: ...
    # What has not come to an end: "requests", "errands", "parked", "running", "tokens", "unread", "flights", "calls".
    def pending(self) -> dict[str, int]: ...
    def handle(self, socket: int) -> int: ...
    # The object of a socket that the machine has.
    def make(
        self, number: int, category: int, context: Any, table: Any, family: int, registration: Any
    ) -> WSK_SOCKET: ...
    # Those that are not closed yet, by their numbers.
    @property
    def sockets(self) -> dict[int, WSK_SOCKET]: ...
    def forget_sockets(self) -> None: ...

class ClientFunctions(Provider):
    """The functions that tie an application to the provider, and those that a client has."""

    def __new__(cls, subsystem: Subsystem) -> Self: ...
    # (status, number of the registration); `table` is a WSK_CLIENT_DISPATCH, or None (O-10, O-12).
    def register(self, table: Any, registered: bool) -> tuple[int, int]: ...
    def may_capture(self, timeout: int) -> bool: ...
    # One look; with STATUS_PENDING wait_change() and look again (O-13).
    def capture(self, registration: int, timeout: int, waited_s: float) -> CaptureLook: ...
    def release_npi(self, registration: int, over: bool) -> bool: ...
    def query_characteristics(self, registration: int) -> tuple[int, int, int]: ...
    def may_deregister(self, registration: int, over: bool) -> bool: ...
    # Whether the wait of WskDeregister is over; the first look begins it (O-14, O-17, O-18).
    def deregistered(self, registration: int) -> bool: ...
    # Whether `caller` may free an MDL (I-9); if not, that is a finding.
    def may_free(self, caller: str, mdl: Any) -> bool: ...
    def level_allowed(self, name: str) -> bool: ...
    def socket(
        self,
        numbers: _Numbers,
        family: int,
        kind: int,
        protocol: int,
        flags: int,
        supplied: Supplied,
        deliver: _Deliver,
        given: Irp | None,
    ) -> int: ...
    def socket_connect(
        self,
        numbers: _Numbers,
        kind: int,
        protocol: int,
        local: _Place,
        remote: _Place,
        flags: int,
        supplied: Supplied,
        deliver: _Deliver,
        given: Irp | None,
    ) -> int: ...
    # `hints`: an ADDRINFOEXW; `deliver` takes the address before the completion.
    def get_address_info(
        self,
        numbers: _Numbers,
        node: str | Refused | None,
        service: str | Refused | None,
        space: int,
        hints: Any,
        result: bool,
        deliver: Callable[[list[_Address], Completion], Any],
        given: Irp | None,
    ) -> int: ...
    def get_name_info(
        self,
        numbers: _Numbers,
        address: _Place,
        length: int,
        memory: int,
        flags: int,
        wanted: bool,
        deliver: Callable[[str | None, Completion], Any],
        given: Irp | None,
    ) -> int: ...

# Why a function cannot be given a WSK_BUF (U-48); `memory`: None if its MDLs have no end; `freed`: one of them was
# given back before (I-9).
def _beyond(name: str, offset: int, length: int, memory: int | None, freed: bool) -> Refused | None: ...

# The application's nearest line, for a finding that points back to it; None if there is none.
def _spot() -> tuple[CodeType, int] | None: ...

# Whether the Length of a UNICODE_STRING counts whole characters within its memory (U-26).
def _counted_fits(length: int, memory: int) -> bool: ...

# A request that names no client: STATUS_INVALID_HANDLE (L-19).
def _request_of_nobody(name: str, given: Irp | None) -> int: ...

@final
class CaptureLook:
    """What one look of WskCaptureProviderNPI comes to; STATUS_PENDING: it waits, `left_ms` at most."""

    @property
    def status(self) -> int: ...
    @property
    def client(self) -> int: ...
    @property
    def left_ms(self) -> int | None: ...

@final
class DeregisterPatience:
    """One wait of WskDeregister: when it has something to say."""

    def __new__(cls, long_s: float | None = None) -> Self: ...
    # One look found the registration held: what it waits for, if that is to be said now, and whether the wait ends
    # here, for it would never end (O-17).
    def look(
        self, provider: ClientFunctions, registration: int, idle: bool, alone: bool
    ) -> tuple[str, bool] | None: ...

@final
class RequestPatience:
    """One wait for a request: when it has something to say."""

    def __new__(cls, long_s: float | None = None) -> Self: ...
    # One look found the request under way: whether the wait ends here, for it would never end (I-12).
    def look(self, irp: Irp, idle: bool, alone: bool) -> bool | None: ...

class SocketFunctions(ClientFunctions):
    """The functions that a socket has; `socket` is a WSK_SOCKET, `irp` the IRP or None for NULL."""

    def __new__(cls, subsystem: Subsystem) -> Self: ...
    def bind(self, socket: Any, local: _Place, flags: int, irp: Irp | None) -> int: ...
    def listen(self, socket: Any, irp: Irp | None) -> int: ...
    def connect(
        self, socket: Any, remote: _Place, first: _Bytes, buffer: Any, flags: int, irp: Irp | None, ex: bool
    ) -> int: ...
    def accept(
        self,
        socket: Any,
        flags: int,
        supplied: Supplied,
        local: int | None,
        remote: int | None,
        deliver: _Deliver,
        irp: Irp | None,
    ) -> int: ...
    def inspect_complete(self, socket: Any, request: tuple[int, int] | None, action: int, irp: Irp | None) -> int: ...
    def get_local_address(self, socket: Any, place: int | None, deliver: _Deliver, irp: Irp | None) -> int: ...
    def get_remote_address(self, socket: Any, place: int | None, deliver: _Deliver, irp: Irp | None) -> int: ...
    # `control`: ControlInfoLength, and whether ControlInfo is given.
    def send_ex(
        self, socket: Any, data: _Bytes, buffer: Any, flags: int, irp: Irp | None, control: tuple[int, bool]
    ) -> int: ...
    def receive_ex(
        self,
        socket: Any,
        length: int | Refused,
        buffer: Any,
        flags: int,
        deliver: _Deliver,
        irp: Irp | None,
        control: tuple[int, bool],
    ) -> int: ...
    # The items that are chained to the first; None for one that no callback was shown.
    def release(self, socket: Any, chain: list[Part | None] | None) -> int: ...
    def send_to(
        self,
        socket: Any,
        messages: list[bytes] | Refused | None,
        buffer: Any,
        flags: int,
        remote: _Place,
        control_length: int,
        has_control: bool,
        irp: Irp | None,
        several: bool,
    ) -> int: ...
    def receive_from(
        self,
        socket: Any,
        length: int | Refused,
        buffer: Any,
        flags: int,
        place: int | None,
        deliver: _Deliver,
        irp: Irp | None,
    ) -> int: ...

class Controls(SocketFunctions):
    """WskControlSocket and WskControlClient, and with its bases all functions of one provider."""

    def __new__(cls, subsystem: Subsystem) -> Self: ...
    # What the input has to hold: "nothing", "ulong", "address", "addresses", "event", "extension", "pointer",
    # "descriptor", "mappings".
    @staticmethod
    def wanted_of_socket(request: int, code: int) -> str: ...
    @staticmethod
    def wanted_of_client(code: int) -> str: ...
    # (status, what it answers at once).
    def control_socket(
        self,
        socket: Any,
        request: int,
        code: int,
        level: int,
        input_given: ControlInput | Refused,
        output_given: ControlOutput | Refused,
        deliver: _Deliver,
        irp: Irp | None,
    ) -> tuple[int, Made | None]: ...
    def control_client(
        self,
        numbers: _Numbers,
        code: int,
        input_given: ControlInput | Refused,
        output_given: ControlOutput | Refused,
        given_irp: Irp | None,
    ) -> tuple[int, Made | None]: ...

@final
class RemoteEnd:
    """A remote application's end of one connection."""

    __match_args__: Final = ("remotes", "id", "status")
    def __new__(cls, remotes: Remotes, id: int, status: int = 0) -> Self: ...  # noqa: A002
    @property
    def remotes(self) -> Remotes: ...
    @property
    def id(self) -> int: ...
    @property
    def status(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def seen(self) -> tuple[bool, bool]: ...
    @property
    def address(self) -> _Address | None: ...
    @property
    def peer_address(self) -> _Address | None: ...
    def send(self, data: bytes) -> int: ...
    def read(self, limit: int | None = None) -> bytes | None: ...
    def stop_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def disconnect(self) -> int: ...
    def abort(self) -> int: ...
    def vanish(self) -> None: ...
    def close(self) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...

@final
class RemoteEnds:
    """The remote ends of many connections."""

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, key: int, /) -> RemoteEnd: ...  # type: ignore[overload-overlap]
    @overload
    def __getitem__(self, key: object, /) -> RemoteEnds: ...
    def disconnect(self) -> dict[int, int]: ...
    def abort(self) -> dict[int, int]: ...
    def vanish(self) -> None: ...
    def close(self) -> None: ...
    def states(self) -> dict[str, int]: ...

@final
class Remotes:
    """The simulated network around one machine: remote ends, by number."""

    def __new__(cls, subsystem: Subsystem) -> Self: ...
    # (status, number, address) each; port 0 takes any.
    def listen(self, local: _Address) -> tuple[int, int, _Address | None]: ...
    def datagram(self, local: _Address) -> tuple[int, int, _Address | None]: ...
    # The next connection's end.
    def accept(self, listener: int) -> RemoteEnd | None: ...
    # The status if it is refused, None if the subsystem is closed.
    def connect(self, to: _Address, local: _Address | None = None) -> RemoteEnd | int | None: ...
    def connect_many(self, to: _Address, count: int, local: _Address | None = None) -> RemoteEnds | int | None: ...
    def close(self, remote: int) -> None: ...
    def send_to(self, remote: int, data: bytes, to: _Address) -> int: ...
    def receive_from(self, remote: int) -> tuple[bytes, _Address] | None: ...
    # What tests do: the transport under a socket breaks (L-21); its connection is lost (U-12); the transports and
    # addresses change; the provider comes or goes (O-13).
    def make_dead(self, socket: int) -> None: ...
    def time_out(self, socket: int) -> bool: ...  # whether there was anything to lose, likewise
    def kill(self, socket: int) -> bool: ...
    # Without a status nobody answers there; port 0: at any port.
    def set_route(self, to: _Address, status: int | None = None) -> None: ...
    def restore(self, to: _Address) -> None: ...
    def remove_address(self, host: _Address) -> None: ...
    def set_name(self, name: str, hosts: list[_Address]) -> None: ...
    def remove_name(self, name: str) -> bool: ...
    def find_name(self, name: str) -> list[_Address] | None: ...
    def names(self) -> list[str]: ...
    def change_transports(self) -> None: ...
    def set_provider_ready(self, ready: bool) -> None: ...

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
        explain: int | None = None,  # flow of which `take_lines` returns the packets
        amounts: bool = False,  # counts what the remote ends send
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
    def unopened_tunnels(self) -> dict[str, int]: ...  # kind of tunnel that is never opened -> packets
    def pass_(self) -> None: ...  # reads on, and tells no events; packet by packet from a pipe
    @property
    def files(self) -> list[dict[str, Any]]: ...  # those that were begun
    @property
    def paths(self) -> list[str]: ...  # of all files, in their order
    @property
    def left_out(self) -> list[tuple[str, str]]: ...  # file, why
    # number of the file, packet, time, source, destination, whether the client sent it, flag byte, [(rule, text)];
    # the rule is None for what no rule speaks of
    def take_lines(
        self,
    ) -> list[tuple[int, int, str, str, str, bool | None, int, list[tuple[int | None, str]]]]: ...
    @property
    def numbered_flows(self) -> int: ...
    @property
    def has_unnumbered_flows(self) -> bool: ...
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
    # Has service and response measured, with time going so many times as fast as in the capture.
    def time(self, factor: float) -> None: ...
    def begin(self, time_ns: int) -> None: ...
    # "service_ns", "response_ns", "histograms", "noise".
    def times(self) -> dict[str, Any]: ...
    # Number of the file, packet, time_ns, local end, remote end, Flags, the connection's name.
    def take_trace(self) -> list[tuple[int, int, int, str, str, int, str]]: ...
