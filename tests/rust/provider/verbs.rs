//! Verbs: the functions of WSK as the driver calls them. Each makes one request; nothing is driven.

use crate::driver::{Request, Supplied};
use crate::stage::{OK, Stage};
use std::rc::Rc;
use wsksim::core::irql::Irql;
use wsksim::core::status::NtStatus;
use wsksim::network::address::{AF_INET, Address};
use wsksim::provider::{
    Asked, Control, Function, Handover, Input, InputBuffer, NPI_WSK_INTERFACE_ID, Output,
    OutputBuffer, Part, Refusal, Registration, Stopped, TableKind, function, highest_of_socket,
};
use wsksim::wsk::{Reply, Turn, callback, event};

/// Every callback of a connection, of a listener, of a datagram socket.
pub(crate) const CONNECTION: u32 = event::CONNECTION;
pub(crate) const LISTENER: u32 = event::ACCEPT | callback::INSPECT | callback::ABORT;
pub(crate) const DATAGRAM: u32 = event::RECEIVE_FROM;
/// `Flags` of `WskSocket`.
pub(crate) const BASIC_SOCKET: u32 = 0;
pub(crate) const LISTEN_SOCKET: u32 = 1;
pub(crate) const CONNECTION_SOCKET: u32 = 2;
pub(crate) const DATAGRAM_SOCKET: u32 = 4;
pub(crate) const ABORTIVE: u32 = 1;

const SO_WSK_EVENT_CALLBACK: u32 = 0x4002;
const SOL_SOCKET: u32 = 0xFFFF;
const SET_STATIC_EVENT_CALLBACKS: u32 = 7;

type Irp<'r> = Option<&'r Rc<Request>>;

/// The table that goes with a new socket: its entries, and of which kind it is.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) callbacks: u32,
    pub(crate) kind: TableKind,
}

/// A table of the kind that has these entries; without any NULL.
impl From<u32> for Given {
    fn from(callbacks: u32) -> Self {
        let kind = match callbacks {
            0 => TableKind::Null,
            DATAGRAM => TableKind::Datagram,
            some if some & LISTENER != 0 => TableKind::Listen,
            _ => TableKind::Connection,
        };
        Self { callbacks, kind }
    }
}

/// A table of that kind, whose entries are NULL.
impl From<TableKind> for Given {
    fn from(kind: TableKind) -> Self {
        Self { callbacks: 0, kind }
    }
}

/// 127.0.0.1.
pub(crate) fn local(port: u16) -> Address {
    Address::new(AF_INET, &[127, 0, 0, 1], port).expect("an address")
}

impl Stage {
    /// One function of a socket, which may raise.
    pub(crate) fn try_call(
        &self,
        (function, socket): (&'static Function, u64),
        irp: Irp<'_>,
        with: impl FnOnce(Asked<'_>) -> Asked<'_>,
        act: impl FnOnce(&mut Turn<'_>, u64) -> Reply,
    ) -> Result<NtStatus, Stopped> {
        let record = irp.map(|request| &request.irp);
        let asked = with(Asked::of_socket(function, socket, record));
        self.asking(irp, |door, app| door.request(app, asked, act))
    }

    fn call(
        &self,
        of: (&'static Function, u64),
        irp: Irp<'_>,
        act: impl FnOnce(&mut Turn<'_>, u64) -> Reply,
    ) -> NtStatus {
        self.try_call(of, irp, |asked| asked, act).expect("nothing is raised")
    }

    /// `WskSocket` of a category; a datagram socket is UDP, any other TCP. IPv4.
    pub(crate) fn wsk_socket(
        &self,
        irp: Irp<'_>,
        name: &str,
        flags: u32,
        given: impl Into<Given>,
    ) -> NtStatus {
        self.socket_of(irp, name, flags, given.into(), flags != BASIC_SOCKET)
    }

    /// `WskSocket`, with a context or without.
    pub(crate) fn socket_of(
        &self,
        irp: Irp<'_>,
        name: &str,
        flags: u32,
        given: Given,
        has_context: bool,
    ) -> NtStatus {
        let refusal = Handover::Socket(flags).refusal(&given.kind, has_context);
        let (table, supplied) = self.supply(name, given);
        self.brings(irp, supplied);
        let (kind, protocol) = if flags == DATAGRAM_SOCKET { (2, 17) } else { (1, 6) };
        let client = self.client();
        let record = irp.map(|request| &request.irp);
        let asked =
            Asked::of_client(&function::SOCKET, self.registration(), record).refused(refusal);
        let made = self.asking(irp, |door, app| {
            door.request(app, asked, |turn, irp| {
                turn.socket(client, AF_INET, kind, protocol, flags, table, irp)
            })
        });
        made.expect("nothing is raised")
    }

    fn brings(&self, irp: Irp<'_>, supplied: Rc<Supplied>) {
        if let Some(request) = irp {
            *request.supplies.borrow_mut() = Some(supplied);
        }
    }

    pub(crate) fn bind(&self, irp: Irp<'_>, socket: u64, to: Option<Address>) -> NtStatus {
        self.call((&function::BIND, socket), irp, |turn, irp| turn.bind(socket, to, 0, irp))
    }

    pub(crate) fn listen(&self, irp: Irp<'_>, socket: u64) -> NtStatus {
        self.call((&function::LISTEN, socket), irp, |turn, irp| turn.listen(socket, irp))
    }

    pub(crate) fn connect(&self, irp: Irp<'_>, socket: u64, to: Address) -> NtStatus {
        let of = (&function::CONNECT, socket);
        let connected = self.try_call(
            of,
            irp,
            |asked| asked.to(Some(to)),
            |turn, irp| turn.connect(socket, Some(to), 0, None, irp),
        );
        connected.expect("nothing is raised")
    }

    pub(crate) fn connect_ex(
        &self,
        irp: Irp<'_>,
        socket: u64,
        to: Address,
        data: &[u8],
    ) -> NtStatus {
        self.call((&function::CONNECT_EX, socket), irp, |turn, irp| {
            turn.connect(socket, Some(to), 0, Some(data.to_vec()), irp)
        })
    }

    /// `WskSocketConnect` of TCP from 127.0.0.1; the socket that it yields is called `name`.
    pub(crate) fn socket_connect(
        &self,
        irp: Irp<'_>,
        name: &str,
        to: Address,
        given: impl Into<Given>,
    ) -> NtStatus {
        let given = given.into();
        let refusal = Handover::SocketConnect.refusal(&given.kind, true);
        let (table, supplied) = self.supply(name, given);
        self.brings(irp, supplied);
        let client = self.client();
        let record = irp.map(|request| &request.irp);
        let asked = Asked::of_client(&function::SOCKET_CONNECT, self.registration(), record)
            .refused(refusal);
        let made = self.asking(irp, |door, app| {
            door.request(app, asked, |turn, irp| {
                turn.socket_connect(client, 1, 6, Some(local(0)), Some(to), 0, table, irp)
            })
        });
        made.expect("nothing is raised")
    }

    pub(crate) fn send_to(&self, irp: Irp<'_>, socket: u64, data: &[u8], to: Address) -> NtStatus {
        let messages = vec![data.to_vec()];
        self.call((&function::SEND_TO, socket), irp, |turn, irp| {
            turn.send_to(socket, messages, Some(to), 0, irp)
        })
    }

    pub(crate) fn receive_from(&self, irp: Irp<'_>, socket: u64, length: usize) -> NtStatus {
        self.call((&function::RECEIVE_FROM, socket), irp, |turn, irp| {
            turn.receive_from(socket, length, 0, irp)
        })
    }

    /// `WskAccept`; the socket that it yields is called `name`.
    pub(crate) fn accept(
        &self,
        irp: Irp<'_>,
        listener: u64,
        name: &str,
        given: impl Into<Given>,
    ) -> NtStatus {
        let given = given.into();
        let refusal = Handover::Accept.refusal(&given.kind, true);
        let (table, supplied) = self.supply(name, given);
        self.brings(irp, supplied);
        let act = |turn: &mut Turn<'_>, irp| turn.accept(listener, 0, table, irp);
        self.try_call((&function::ACCEPT, listener), irp, |asked| asked.refused(refusal), act)
            .expect("nothing is raised")
    }

    pub(crate) fn send(&self, irp: Irp<'_>, socket: u64, data: &[u8], flags: u32) -> NtStatus {
        let data = data.to_vec();
        self.call((&function::SEND, socket), irp, |turn, irp| turn.send(socket, data, flags, irp))
    }

    pub(crate) fn receive(&self, irp: Irp<'_>, socket: u64, length: usize, flags: u32) -> NtStatus {
        self.call((&function::RECEIVE, socket), irp, |turn, irp| {
            turn.receive(socket, length, flags, irp)
        })
    }

    /// A function that is given a buffer which does not fit.
    pub(crate) fn refused(
        &self,
        of: (&'static Function, u64),
        irp: Irp<'_>,
        refusal: Refusal,
    ) -> NtStatus {
        let act = |_: &mut Turn<'_>, _| unreachable!("the machine is not asked");
        self.try_call(of, irp, |asked| asked.refused(Some(refusal)), act)
            .expect("nothing is raised")
    }

    pub(crate) fn disconnect(
        &self,
        irp: Irp<'_>,
        socket: u64,
        data: Option<&[u8]>,
        flags: u32,
    ) -> NtStatus {
        let data = data.map(<[u8]>::to_vec);
        self.call((&function::DISCONNECT, socket), irp, |turn, irp| {
            turn.disconnect(socket, data, flags, irp)
        })
    }

    pub(crate) fn close(&self, irp: Irp<'_>, socket: u64) -> NtStatus {
        let record = irp.map(|request| &request.irp);
        let asked = Asked::of_socket(&function::CLOSE_SOCKET, socket, record);
        let closed = self.asking(irp, |door, app| door.close_socket(app, asked));
        closed.expect("nothing is raised")
    }

    /// `WskControlSocket`.
    pub(crate) fn control(
        &self,
        irp: Irp<'_>,
        socket: u64,
        control: Control,
    ) -> (NtStatus, Output) {
        let highest = highest_of_socket(control.request, control.code);
        let mut output = Output::None;
        let status = self.try_call(
            (&function::CONTROL_SOCKET, socket),
            irp,
            |asked| asked.up_to(highest),
            |turn, irp| {
                let (reply, made) = control.of_socket(turn, socket, irp);
                output = made;
                reply
            },
        );
        (status.expect("nothing is raised"), output)
    }

    /// `SO_WSK_EVENT_CALLBACK`.
    pub(crate) fn events(&self, irp: Irp<'_>, socket: u64, mask: u32) -> NtStatus {
        self.enable(irp, socket, of_events(mask))
    }

    pub(crate) fn enable(&self, irp: Irp<'_>, socket: u64, input: InputBuffer) -> NtStatus {
        self.control(irp, socket, set(SO_WSK_EVENT_CALLBACK, input)).0
    }

    pub(crate) fn option(
        &self,
        irp: Irp<'_>,
        socket: u64,
        code: u32,
        input: InputBuffer,
    ) -> NtStatus {
        self.control(irp, socket, set(code, input)).0
    }

    /// `WSK_SET_STATIC_EVENT_CALLBACKS`.
    pub(crate) fn statics(&self, irp: Irp<'_>, input: InputBuffer) -> NtStatus {
        let client = self.client();
        let control = Control { level: 0, ..set(SET_STATIC_EVENT_CALLBACKS, input) };
        let record = irp.map(|request| &request.irp);
        let asked = Asked::of_client(&function::CONTROL_CLIENT, self.registration(), record);
        let status = self.asking(irp, |door, app| {
            door.request(app, asked, |turn, irp| control.of_client(turn, client, irp).0)
        });
        status.expect("nothing is raised")
    }

    /// `WskRelease` of a whole list.
    pub(crate) fn release(&self, socket: u64, of: u64, list: u64) -> NtStatus {
        let part = Part { socket: of, list, item: None, count: 0 };
        self.with(|door, app| door.release(app, socket, Some(&[part]))).expect("nothing is raised")
    }

    /// `WskReleaseProviderNPI` and `WskDeregister`: whether each did what it is for.
    pub(crate) fn release_npi(&self, over: bool) -> bool {
        let given = Registration { id: if over { 0 } else { self.registration() }, over };
        self.with(|door, app| door.release_npi(app, given)).expect("nothing is raised")
    }

    pub(crate) fn deregister(&self, over: bool) -> bool {
        let id = if over { 0 } else { self.registration() };
        let may = self.with(|door, app| door.may_deregister(app, Registration { id, over }));
        may.expect("nothing is raised") && self.with(|door, _| door.deregistered(id))
    }

    // --- sockets, as each test needs them ---

    /// A socket of a category; bound, unless it is new.
    pub(crate) fn new_socket(&self, name: &str, flags: u32, given: impl Into<Given>) -> u64 {
        let request = Request::new("socket");
        assert_eq!(self.wsk_socket(Some(&request), name, flags, given), OK);
        self.heard();
        request.socket.get()
    }

    pub(crate) fn bound(&self, name: &str, flags: u32, given: impl Into<Given>) -> u64 {
        let socket = self.new_socket(name, flags, given);
        assert_eq!(self.bind(Some(&Request::new("bind")), socket, Some(local(0))), OK);
        self.heard();
        socket
    }

    pub(crate) fn address(&self, socket: u64) -> Address {
        let request = Request::new("address");
        let mut found = None;
        self.call((&function::GET_LOCAL_ADDRESS, socket), Some(&request), |turn, irp| {
            let reply = turn.get_local_address(socket, irp);
            found = reply.completions.first().and_then(|done| done.local);
            reply
        });
        self.heard();
        found.expect("it is bound")
    }

    /// A connection to a remote end: its socket, called A, and the end.
    pub(crate) fn remote_pair(&self, mask: u32) -> (u64, u64) {
        self.named_pair("A", mask)
    }

    pub(crate) fn named_pair(&self, name: &str, mask: u32) -> (u64, u64) {
        let listener = self.turn(|turn| turn.remote_listen(local(0))).expect("a free port");
        let socket = self.bound(name, CONNECTION_SOCKET, CONNECTION);
        assert_eq!(self.connect(Some(&Request::new("connect")), socket, listener.1), OK);
        let end = self.turn(|turn| turn.remote_accept(listener.0)).expect("it connected");
        if mask != 0 {
            assert_eq!(self.events(None, socket, mask), OK);
        }
        self.heard();
        (socket, end)
    }

    /// A listening socket called L.
    pub(crate) fn listener(&self, mask: u32) -> u64 {
        let listener = self.bound("L", LISTEN_SOCKET, LISTENER);
        if mask != 0 {
            assert_eq!(self.events(None, listener, mask), OK);
        }
        listener
    }

    /// A remote end connects to it.
    pub(crate) fn remote_connect(&self, listener: u64) -> u64 {
        let to = self.address(listener);
        self.turn(|turn| turn.remote_connect(to, None)).1
    }

    pub(crate) fn remote_send(&self, end: u64, data: &[u8]) {
        assert_eq!(self.turn(|turn| turn.remote_send(end, data.to_vec())), OK);
    }

    /// Raises or lowers this thread's level.
    pub(crate) fn level(&self, level: Irql) {
        wsksim::provider::processor::here().set_level(level);
    }
}

/// A `WskSetOption` at `SOL_SOCKET`.
fn set(code: u32, input: InputBuffer) -> Control {
    Control { request: 0, code, level: SOL_SOCKET, input, output: OutputBuffer::NONE }
}

/// A WSK_EVENT_CALLBACK_CONTROL of WSK's own events.
pub(crate) fn of_events(mask: u32) -> InputBuffer {
    InputBuffer::of(16, Input::Event(Some(NPI_WSK_INTERFACE_ID), mask))
}

/// A ULONG.
pub(crate) fn of_ulong(value: u32) -> InputBuffer {
    InputBuffer::of(4, Input::Ulong(value))
}
