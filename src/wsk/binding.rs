//! Binding: `WskBind`, `WskListen`, and which addresses a socket has.

use crate::core::status::NtStatus;
use crate::network::Party;
use crate::network::address::Address;
use crate::network::ports::{Refusal, Transport};
use crate::wsk::category::Category;
use crate::wsk::irp::{Completion, Irp, Reply};
use crate::wsk::machine::Turn;
use crate::wsk::socket::{Socket, State};

/// `SOCK_STREAM` and `SOCK_DGRAM`, `IPPROTO_TCP` and `IPPROTO_UDP` (1.5).
const STREAM: (u16, u32) = (1, 6);
const DATAGRAM: (u16, u32) = (2, 17);

/// A local and a remote address.
type Addresses = (Option<Address>, Option<Address>);

/// The status of an address that is refused.
pub(crate) const fn refused(refusal: Refusal) -> NtStatus {
    match refusal {
        Refusal::InUse => NtStatus::ADDRESS_ALREADY_EXISTS,
        Refusal::Denied => NtStatus::ACCESS_DENIED,
        Refusal::NoPort => NtStatus::INSUFFICIENT_RESOURCES,
    }
}

impl Turn<'_> {
    /// `WskBind`; a listening socket listens from here on (L-12).
    pub fn bind(&mut self, id: u64, local: Option<Address>, flags: u32, irp: Irp) -> Reply {
        self.request(id, irp, |turn| {
            turn.begin_bind(id, local, flags)?;
            turn.finish(id, Completion::success(irp));
            turn.offer(id); // With ACCEPT on for good.
            Ok(())
        })
    }

    pub(crate) fn begin_bind(
        &mut self,
        id: u64,
        local: Option<Address>,
        flags: u32,
    ) -> Result<(), NtStatus> {
        let socket = self.usable(id)?;
        let wanted = match socket.category {
            Category::Basic => return Err(NtStatus::INVALID_DEVICE_REQUEST), // O-4
            Category::Datagram => DATAGRAM,
            _ => STREAM,
        };
        if flags != 0 {
            return Err(NtStatus::INVALID_PARAMETER); // 1.3
        }
        let family = socket.family;
        let local = local.filter(|local| local.family() == family);
        let local = local.ok_or(NtStatus::INVALID_PARAMETER)?;
        if socket.state != State::New {
            return Err(NtStatus::INVALID_DEVICE_STATE); // U-15
        }
        if (socket.kind, socket.protocol) != wanted {
            return Err(NtStatus::NOT_IMPLEMENTED); // L-18
        }
        let sharing = socket.sharing();
        let transport = if wanted == DATAGRAM { Transport::Udp } else { Transport::Tcp };
        let bound = self.on.ports.bind(transport, local, sharing, Party::Socket(id));
        let bound = bound.map_err(refused)?;
        let socket = self.at(id);
        // Its port now, its address at connect (L-15).
        (socket.rest.local, socket.rest.bound) = (Some(bound), Some(bound));
        let listens = socket.category == Category::Listen;
        self.go(id, if listens { State::Listening } else { State::Bound });
        Ok(())
    }

    /// `WskListen`: a bound stream socket becomes a listener (L-13, O-5).
    pub fn listen(&mut self, id: u64, irp: Irp) -> Reply {
        self.request(id, irp, |turn| {
            let socket = turn.usable(id)?;
            if !socket.stream {
                return Err(NtStatus::INVALID_DEVICE_REQUEST);
            }
            if socket.category != Category::Stream || socket.state != State::Bound {
                return Err(NtStatus::INVALID_DEVICE_STATE);
            }
            socket.category = Category::Listen;
            let statics = turn.statics_of(id) & Category::Listen.statics();
            turn.at(id).statics = statics;
            turn.go(id, State::Listening);
            turn.finish(id, Completion::success(irp));
            Ok(())
        })
    }

    /// `WskGetLocalAddress` (L-16).
    pub fn get_local_address(&mut self, id: u64, irp: Irp) -> Reply {
        self.address(id, irp, |socket, (local, _)| match socket.category {
            Category::Basic => Err(NtStatus::INVALID_DEVICE_REQUEST),
            _ => local.ok_or(NtStatus::INVALID_DEVICE_STATE).map(|local| (Some(local), None)),
        })
    }

    /// `WskGetRemoteAddress` (L-16).
    pub fn get_remote_address(&mut self, id: u64, irp: Irp) -> Reply {
        self.address(id, irp, |socket, (_, remote)| {
            if !(socket.is_connection() || socket.stream) {
                return Err(NtStatus::INVALID_DEVICE_REQUEST);
            }
            let remote = remote.filter(|_| socket.state.was_open());
            remote.ok_or(NtStatus::INVALID_DEVICE_STATE).map(|remote| (None, Some(remote)))
        })
    }

    /// The addresses of a socket, as far as it has them: its connection's, or what it was bound to and connects to.
    pub(crate) fn addresses(&self, id: u64) -> Addresses {
        let Some(socket) = self.look(id) else { return (None, None) };
        match socket.line.and_then(|(line, side)| self.on.lines.get(line).map(|at| (at, side))) {
            Some((at, side)) => (Some(at.ends[side].address), Some(at.ends[1 - side].address)),
            None => (socket.rest.local, socket.rest.remote),
        }
    }

    fn address(
        &mut self,
        id: u64,
        irp: Irp,
        of: impl FnOnce(&Socket, Addresses) -> Result<Addresses, NtStatus>,
    ) -> Reply {
        self.request(id, irp, |turn| {
            let addresses = turn.addresses(id);
            let (local, remote) = of(turn.usable(id)?, addresses)?;
            turn.finish(id, Completion { local, remote, ..Completion::success(irp) });
            Ok(())
        })
    }
}
