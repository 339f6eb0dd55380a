"""The contract's rules that wsksim implements so far, one sentence each.

The page named with a rule is a page of the public Windows driver documentation; it stays the authority. The
mark says how much of the sentence that page says: `stated`, `derived` (it follows, but is not spelled out), or
`choice` (the documentation is silent and this is what wsksim does).
"""

from dataclasses import dataclass
from typing import Final, Literal

Mark = Literal["stated", "derived", "choice"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the contract.

    Attributes:
        id: the id that findings, docstrings and tests carry.
        statement: the rule in one sentence.
        page: name of the documentation page; empty if no page speaks of it.
        mark: how far the page carries the statement.
    """

    id: str
    statement: str
    page: str
    mark: Mark


_EVENT = "nc-wsk-pfn_wsk_disconnect_event"
_OPTION = "so-wsk-event-callback"
_CLOSE = "nc-wsk-pfn_wsk_close_socket"
_RECEIVE = "nc-wsk-pfn_wsk_receive_event"
_RECEIVING = "receiving-data-over-a-connection-oriented-socket"
_ACCEPT = "nc-wsk-pfn_wsk_accept_event"
_RELEASE = "nc-wsk-pfn_wsk_release_data_indication_list"
_IRPS = "using-irps-with-winsock-kernel-functions"
_TOGGLE = "enabling-and-disabling-event-callback-functions"

RULES: Final[tuple[Rule, ...]] = (
    Rule("D-1", "A disconnect handler takes SocketContext and Flags and returns an NTSTATUS.", _EVENT, "stated"),
    Rule("D-2", "The event reports that the remote side of a connection disconnected.", _EVENT, "stated"),
    Rule("D-3", "It is called only while enabled, and only for an established connection.", _EVENT, "stated"),
    Rule("D-4", "SocketContext is the pointer the application supplied, unchanged.", _EVENT, "stated"),
    Rule("D-5", "Flags holds no bit but ABORTIVE and AT_DISPATCH_LEVEL: 0, 1, 8 or 9.", _EVENT, "stated"),
    Rule("D-6", "ABORTIVE set means that the peer aborted; clear, that it finished gracefully.", _EVENT, "stated"),
    Rule("D-7", "AT_DISPATCH_LEVEL set means that the call runs at DISPATCH_LEVEL.", _EVENT, "stated"),
    Rule("D-8", "The handler must return STATUS_SUCCESS.", _EVENT, "stated"),
    Rule("D-9", "The handler is entered at DISPATCH_LEVEL or below, in an arbitrary thread.", _EVENT, "stated"),
    Rule("D-10", "Inside a callback the application must not wait for another WSK request.", _EVENT, "stated"),
    Rule(
        "D-12",
        "A handler may disconnect, send, disable, enable and close, for its socket or another.",
        _EVENT,
        "derived",
    ),
    Rule("D-13", "After a graceful indication no data arrives, while sending stays possible.", _EVENT, "stated"),
    Rule("D-14", "After an abortive indication nothing more is received or sent.", _EVENT, "stated"),
    Rule("D-15", "An indication closes nothing: the socket stays until the application closes it.", _EVENT, "derived"),
    Rule("D-21", "A connection has at most one graceful indication, then at most one abortive.", _EVENT, "choice"),
    Rule("D-22", "A disconnect while the event is disabled is held, and indicated once enabled.", "", "choice"),
    Rule("D-23", "A call does not disable the event, and enabling again repeats no call.", _OPTION, "derived"),
    Rule("D-24", "Callbacks of one socket never overlap; those of different sockets may.", _RECEIVE, "choice"),
    Rule("D-25", "No callback of a socket starts once its close was entered.", _CLOSE, "choice"),
    Rule("D-28", "The event is never called on the stack of a call into the provider.", "", "choice"),
    Rule("E-1", "Only an enabled event is ever called.", _TOGGLE, "stated"),
    Rule("E-9", "Enabling adds to what is enabled, and enabling twice does no harm.", _OPTION, "derived"),
    Rule("E-13", "A disable answers by whether a call of that event is running at that instant.", _OPTION, "stated"),
    Rule("E-14", "After a disable was answered no new call of that event starts.", _OPTION, "choice"),
    Rule(
        "E-18", "STATUS_EVENT_PENDING counts as success, so it has to be told from STATUS_SUCCESS.", _OPTION, "derived"
    ),
    Rule("E-19", "A disable from inside its own callback counts that callback as running.", _OPTION, "derived"),
    Rule("E-27", "What a handler returns changes nothing about which events are enabled.", _RECEIVE, "derived"),
    Rule("E-32", "Disabling an event that is not enabled succeeds and changes nothing.", _OPTION, "derived"),
    Rule("C-8", "Closing a socket from inside one of its callbacks is legal.", _RECEIVING, "derived"),
    Rule("C-13", "A close completes only after every running callback of its socket returned.", _CLOSE, "stated"),
    Rule(
        "C-14", "After a close completed no callback runs, and the context may be freed.", "closing-a-socket", "stated"
    ),
    Rule("C-15", "A close from inside a callback of its socket answers STATUS_PENDING.", _CLOSE, "derived"),
    Rule("C-16", "After its close was entered no function of a socket may be used again.", _CLOSE, "stated"),
    Rule("L-6", "WskAcceptEvent writes the socket's context and table, or NULL.", _ACCEPT, "stated"),
    Rule("L-9", "A NULL context is legal and is passed on as NULL.", _EVENT, "stated"),
    Rule("A-7", "The addresses in WskAcceptEvent are valid during the callback only.", _ACCEPT, "stated"),
    Rule("C-7", "No call into a socket may be executing when it is closed.", _CLOSE, "stated"),
    Rule("C-20", "WskRelease gives back a list that its callback kept by STATUS_PENDING.", _RELEASE, "stated"),
    Rule("C-22", "Retained lists must be released before the close.", _RELEASE, "stated"),
    Rule("C-24", "A list that was not retained is invalid once the callback returned.", _RECEIVE, "derived"),
    Rule("G-16", "BytesAccepted says, with success, how much of the list was taken.", _RECEIVE, "stated"),
    Rule("I-3", "An IRP needs a routine for success, error and cancel, and IoReuseIrp before reuse.", _IRPS, "stated"),
    Rule("O-12", "Each success of WskRegister is paired with one WskDeregister.", "nf-wsk-wskregister", "stated"),
    Rule(
        "O-13",
        "Each success of WskCaptureProviderNPI is paired with one WskReleaseProviderNPI.",
        "nf-wsk-wskcaptureprovidernpi",
        "stated",
    ),
    Rule("O-17", "WskDeregister waits until nothing of the client is left.", "nf-wsk-wskderegister", "stated"),
    Rule("Q-1", "Each function has its highest IRQL.", "nc-wsk-pfn_wsk_control_socket", "stated"),
    Rule("Q-2", "A callback returns at the IRQL it was entered with.", _EVENT, "derived"),
    Rule("Q-3", "Nothing is waited for at DISPATCH_LEVEL.", "winsock-kernel-events", "derived"),
    Rule("U-1", "An abortive disconnect may follow a graceful one, once.", "", "choice"),
    Rule("U-2", "A disconnect from before the event was enabled is indicated once it is.", "", "choice"),
    Rule("U-3", "The same kind of disconnect is never indicated twice for one connection.", "", "choice"),
    Rule("U-5", "Callbacks of one socket are serial, of whatever kind they are.", "", "choice"),
    Rule("U-8", "What is still queued when a close is entered is dropped, and counted as withheld.", "", "choice"),
    Rule("U-21", "AT_DISPATCH_LEVEL is set whenever the call runs at DISPATCH_LEVEL.", "", "choice"),
    Rule("U-22", "A wrong return value or an exception changes nothing, and is reported.", "", "choice"),
    Rule("U-23", "Events never run on the application's own stack.", "", "choice"),
    Rule("U-29", "A call above its IRQL is refused and performs nothing.", "", "choice"),
    Rule("U-41", "Using a closed socket is answered with STATUS_FILE_FORCED_CLOSED.", "", "choice"),
    Rule("U-42", "WskDeregister inside a callback does not block: it does nothing.", "", "choice"),
)

BY_ID: Final[dict[str, Rule]] = {rule.id: rule for rule in RULES}
