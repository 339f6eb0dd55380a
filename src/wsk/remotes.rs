//! Remotes: what the lightweight applications at the other side do.

use crate::core::status::NtStatus;
use crate::network::Party;
use crate::network::address::Address;
use crate::network::ports::{Refusal, Sharing, Transport};
use crate::network::remote::{Remote, RemoteState, RemoteStream, Unsent};
use crate::wsk::binding::refused;
use crate::wsk::connecting::Dialled;
use crate::wsk::machine::Turn;
use std::collections::VecDeque;

/// The last number of the remote machine's address.
const REMOTE_MACHINE: u8 = 100;
/// How many hosts remote ends without an address of their own have at most, with 16,384 ports each.
const CROWD: u32 = 65_536;

impl Turn<'_> {
    fn bind_remote(
        &mut self,
        transport: Transport,
        local: Address,
        id: u64,
    ) -> Result<Address, NtStatus> {
        let bound = self.on.ports.bind(transport, local, Sharing::Default, Party::Remote(id));
        bound.map_err(refused)
    }

    /// Where a remote end connects from: the address that it names, with a leased port if it names none; else one of the
    /// crowd's, whose next host begins where one has no port left.
    fn source(
        &mut self,
        to: Address,
        local: Option<Address>,
        id: u64,
    ) -> Result<(Address, bool), NtStatus> {
        match local {
            Some(local) if local.port() != 0 => {
                self.bind_remote(Transport::Tcp, local, id).map(|local| (local, false))
            }
            Some(host) => {
                let leased = self.on.ports.lease(Transport::Tcp, host);
                leased.map(|leased| (leased, true)).map_err(refused)
            }
            None => {
                let ports = &mut self.on.ports;
                let number = &mut self.on.crowds[to.crowd_of()];
                for _ in 0..=CROWD {
                    let host = to.crowd(REMOTE_MACHINE, *number);
                    // At this machine's own host the application has its share. Nobody else connects to himself.
                    let leased = if host.is_loopback() && *number == 0 {
                        ports.lease_of_half(Transport::Tcp, host)
                    } else if host == to.with_port(0) {
                        Err(Refusal::NoPort)
                    } else {
                        ports.lease(Transport::Tcp, host)
                    };
                    if let Ok(leased) = leased {
                        return Ok((leased, true));
                    }
                    *number = (*number + 1) % CROWD;
                }
                Err(NtStatus::INSUFFICIENT_RESOURCES)
            }
        }
    }

    /// A remote application listens; returns the listener and its address.
    ///
    /// # Errors
    ///
    /// The status of a bind that is refused.
    pub fn remote_listen(&mut self, local: Address) -> Result<(u64, Address), NtStatus> {
        let id = self.on.last_remote.next();
        let address = self.bind_remote(Transport::Tcp, local, id)?;
        self.on.remotes.insert(id, Remote::Listener { address, arrivals: VecDeque::new() });
        Ok((id, address))
    }

    /// The next connection to a remote listener, as a remote end.
    pub fn remote_accept(&mut self, listener: u64) -> Option<u64> {
        match self.on.remotes.get_mut(listener) {
            Some(Remote::Listener { arrivals, .. }) => arrivals.pop_front(),
            _ => None,
        }
    }

    /// A remote application connects; returns its end, and SUCCESS, or PENDING while an inspection is undecided or nobody
    /// answers. No end is made where the bind or the connect is refused, or the address is not reached.
    pub fn remote_connect(&mut self, to: Address, local: Option<Address>) -> (NtStatus, u64) {
        let id = self.on.last_remote.next();
        let (from, leased) = match self.source(to, local, id) {
            Ok(source) => source,
            Err(status) => return (status, 0),
        };
        let mut stream = RemoteStream::new(RemoteState::Connecting);
        stream.bound = Some((from, leased));
        self.on.remotes.insert(id, Remote::Stream(stream));
        let dialled = self.dial(Party::Remote(id), from, to);
        self.settle();
        match dialled {
            Dialled::Established => (NtStatus::SUCCESS, id),
            Dialled::Waiting => (NtStatus::PENDING, id),
            // It leaves nothing behind, as a bind that is refused.
            Dialled::Failed(status) => {
                self.remote_drop(id);
                (status, 0)
            }
        }
    }

    /// Where a remote end stands; `None` once it left.
    #[must_use]
    pub fn remote_state(&self, id: u64) -> Option<RemoteState> {
        match self.on.remotes.get(id)? {
            Remote::Stream(remote) => Some(remote.state),
            _ => Some(RemoteState::Open),
        }
    }

    /// Whether a remote end saw its peer finish, and abort.
    #[must_use]
    pub fn remote_seen(&self, id: u64) -> (bool, bool) {
        match self.on.remotes.get(id) {
            Some(Remote::Stream(remote)) => (remote.seen_finish, remote.seen_abort),
            _ => (false, false),
        }
    }

    /// Its own and its peer's address.
    #[must_use]
    pub fn remote_addresses(&self, id: u64) -> Option<(Address, Address)> {
        let Remote::Stream(remote) = self.on.remotes.get(id)? else { return None };
        let (line, side) = remote.line?;
        let at = self.on.lines.get(line)?;
        Some((at.ends[side].address, at.ends[1 - side].address))
    }

    /// A remote end that is there and not torn down.
    fn live_remote(&mut self, id: u64) -> Result<(&mut RemoteStream, u64, usize), NtStatus> {
        let Some(remote) = self.remote_stream(id) else { return Err(NtStatus::FILE_FORCED_CLOSED) };
        match (remote.state, remote.line) {
            (RemoteState::Open | RemoteState::Finished, Some((line, side))) => {
                Ok((remote, line, side))
            }
            (RemoteState::Aborted, _) => Err(NtStatus::CONNECTION_RESET),
            // As one that is gone: who closed it cannot know whether it is.
            (RemoteState::Closed, _) => Err(NtStatus::FILE_FORCED_CLOSED),
            _ => Err(NtStatus::INVALID_DEVICE_STATE),
        }
    }

    /// A remote end sends; what does not fit the window waits, in order.
    pub fn remote_send(&mut self, id: u64, data: Vec<u8>) -> NtStatus {
        self.remote_act(id, |remote| {
            if remote.state == RemoteState::Finished {
                return NtStatus::INVALID_DEVICE_STATE;
            }
            if !data.is_empty() {
                remote.outgoing.push_back(Unsent { data, sent: 0 });
            }
            NtStatus::SUCCESS
        })
    }

    /// A remote end finishes, after what it has sent.
    pub fn remote_disconnect(&mut self, id: u64) -> NtStatus {
        self.remote_act(id, |remote| {
            if remote.state == RemoteState::Finished {
                return NtStatus::INVALID_DEVICE_STATE;
            }
            remote.state = RemoteState::Finished;
            remote.finishing = true;
            NtStatus::SUCCESS
        })
    }

    fn remote_act(&mut self, id: u64, act: impl FnOnce(&mut RemoteStream) -> NtStatus) -> NtStatus {
        match self.live_remote(id) {
            Ok((remote, line, _)) => {
                let status = act(remote);
                self.stir(line);
                self.settle();
                status
            }
            Err(status) => status,
        }
    }

    /// A remote end tears the connection down, or drops its request for one that the listener has not
    /// decided.
    pub fn remote_abort(&mut self, id: u64) -> NtStatus {
        if let Some(remote) = self.connecting_remote(id) {
            remote.state = RemoteState::Aborted;
            self.give_up(Party::Remote(id));
            self.settle();
            return NtStatus::SUCCESS;
        }
        match self.live_remote(id) {
            Ok((remote, line, side)) => {
                remote.state = RemoteState::Aborted;
                remote.outgoing.clear();
                remote.finishing = false;
                self.break_line(line, side);
                self.settle();
                NtStatus::SUCCESS
            }
            Err(status) => status,
        }
    }

    /// Takes what arrived at a remote end, at most `limit` bytes.
    pub fn remote_read(&mut self, id: u64, limit: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let line = self.remote_stream(id).and_then(|remote| {
            out = remote.inbox.take(limit);
            remote.line.filter(|_| remote.state != RemoteState::Vanished)
        });
        if let Some((line, side)) = line {
            if let Some(at) = self.on.lines.get_mut(line) {
                let mut rest = at.ends[side].incoming.take(limit - out.len());
                if out.is_empty() {
                    out = rest;
                } else {
                    out.append(&mut rest);
                }
            }
            self.stir(line);
            self.settle();
        }
        out
    }

    /// A remote end stops, or goes on, taking what arrives out of the window by itself.
    pub fn remote_set_reading(&mut self, id: u64, reading: bool) {
        if let Some(remote) = self.remote_stream(id) {
            remote.reading = reading;
            if let Some((line, _)) = remote.line {
                self.stir(line);
                self.settle();
            }
        }
    }

    /// A remote end whose request the listener has not decided.
    fn connecting_remote(&mut self, id: u64) -> Option<&mut RemoteStream> {
        self.remote_stream(id).filter(|remote| remote.state == RemoteState::Connecting)
    }

    /// A remote end goes silent: nothing more is sent, read or answered. Nobody is told: a listener
    /// that has not decided finds out when it accepts.
    pub fn remote_vanish(&mut self, id: u64) {
        if let Some(remote) = self.connecting_remote(id) {
            remote.state = RemoteState::Vanished;
        } else if let Ok((remote, line, side)) = self.live_remote(id) {
            remote.state = RemoteState::Vanished;
            if let Some(at) = self.on.lines.get_mut(line) {
                at.ends[side].vanished = true;
            }
        }
    }

    /// A remote application for datagrams.
    ///
    /// # Errors
    ///
    /// The status of a bind that is refused.
    pub fn remote_datagram(&mut self, local: Address) -> Result<(u64, Address), NtStatus> {
        let id = self.on.last_remote.next();
        let address = self.bind_remote(Transport::Udp, local, id)?;
        self.on.remotes.insert(id, Remote::Datagram { address, inbox: VecDeque::new() });
        Ok((id, address))
    }

    /// It sends a datagram.
    pub fn remote_send_to(&mut self, id: u64, data: &[u8], to: Address) -> NtStatus {
        let Some(Remote::Datagram { address, .. }) = self.on.remotes.get(id) else {
            return NtStatus::FILE_FORCED_CLOSED;
        };
        let from = *address;
        let from = if from.is_wildcard() { to.source(REMOTE_MACHINE, from.port()) } else { from };
        self.deliver(data, from, to);
        self.settle();
        NtStatus::SUCCESS
    }

    /// The next datagram that it got, with its sender.
    pub fn remote_receive_from(&mut self, id: u64) -> Option<(Vec<u8>, Address)> {
        match self.on.remotes.get_mut(id)? {
            Remote::Datagram { inbox, .. } => inbox.pop_front(),
            _ => None,
        }
    }
}
