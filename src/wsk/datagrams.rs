//! Datagrams: `WskSendTo`, `WskSendMessages`, `WskReceiveFrom` and `WskReceiveFromEvent`.

use crate::core::status::NtStatus;
use crate::network::Party;
use crate::network::address::Address;
use crate::network::ports::Transport;
use crate::network::remote::Remote;
use crate::wsk::callbacks::{Call, Lent, Shown};
use crate::wsk::category::Category;
use crate::wsk::events::{event, flags};
use crate::wsk::irp::{Completion, Irp, Place, Reply};
use crate::wsk::machine::Turn;
use crate::wsk::socket::{Datagram, Socket, State};

/// The most that one datagram carries.
const LARGEST: usize = 65_507;
/// How many datagrams one list indicates at most.
const LIST: usize = 16;

impl Turn<'_> {
    fn datagram(&mut self, id: u64) -> Result<&mut Socket, NtStatus> {
        let socket = self.usable(id)?;
        match socket.category {
            Category::Datagram if socket.state == State::Bound => Ok(socket),
            Category::Datagram => Err(NtStatus::INVALID_DEVICE_STATE), // L-12
            _ => Err(NtStatus::INVALID_DEVICE_REQUEST),
        }
    }

    /// `WskSendTo`, or `WskSendMessages` of several.
    pub fn send_to(
        &mut self,
        id: u64,
        messages: Vec<Vec<u8>>,
        remote: Option<Address>,
        flags: u32,
        irp: Irp,
    ) -> Reply {
        self.request(id, irp, |turn| {
            let socket = turn.datagram(id)?;
            let to = remote.or(socket.rest.fixed_send_to).or(socket.rest.fixed_remote);
            let to = to.filter(|to| to.family() == socket.family && to.port() != 0);
            let to = to.ok_or(NtStatus::INVALID_PARAMETER)?;
            if flags != 0 || messages.iter().any(|message| message.len() > LARGEST) {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            if to.is_broadcast() && !socket.settings.broadcast {
                return Err(NtStatus::ACCESS_DENIED);
            }
            let from = match socket.rest.local {
                Some(local) if local.is_wildcard() => to.source(1, local.port()),
                Some(local) => local,
                None => return Err(NtStatus::INVALID_DEVICE_STATE),
            };
            let sent = messages.iter().map(Vec::len).sum();
            for message in messages {
                turn.deliver(&message, from, to);
            }
            turn.finish(id, Completion::count(irp, sent));
            Ok(())
        })
    }

    /// A datagram reaches whoever is there, or nobody.
    pub(crate) fn deliver(&mut self, data: &[u8], from: Address, to: Address) {
        // It is lost on its way, without a word, as datagrams are.
        if self.on.routes.find(to).is_some() {
            return;
        }
        let broadcast = to.is_broadcast();
        let parties: Vec<_> = if broadcast {
            self.on.ports.everyone(Transport::Udp, to.family(), to.port()).collect()
        } else {
            self.on.ports.find(Transport::Udp, to).take(1).collect()
        };
        for party in parties {
            match party {
                Party::Remote(id) => {
                    if let Some(Remote::Datagram { inbox, .. }) = self.on.remotes.get_mut(id) {
                        inbox.push_back((data.to_vec(), from));
                    }
                }
                Party::Socket(id) => self.arrive(id, data, from, broadcast),
            }
        }
    }

    fn arrive(&mut self, id: u64, data: &[u8], from: Address, broadcast: bool) {
        let window = self.on.policies.window;
        let socket = self.at(id);
        if socket.state != State::Bound
            || socket.rest.fixed_remote.is_some_and(|fixed| fixed != from)
        {
            return;
        }
        let limit = socket.settings.receive_buffer.map_or(window, |bytes| bytes as usize);
        if socket.rest.unread + data.len() > limit {
            return; // As datagrams do: dropped.
        }
        socket.rest.unread += data.len();
        socket.rest.datagrams.push_back(Datagram { data: data.to_vec(), from, broadcast });
        self.serve_datagrams(id);
        self.offer(id);
    }

    /// `WskReceiveFrom` of at most `length` bytes.
    pub fn receive_from(&mut self, id: u64, length: usize, flags: u32, irp: Irp) -> Reply {
        self.request(id, irp, |turn| {
            turn.datagram(id)?;
            if flags != 0 {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            let number = turn.at(id).rest.datagram_receives.push_next((irp, length));
            turn.wait_at(irp, Place::Datagram(id, number));
            turn.serve_datagrams(id);
            Ok(())
        })
    }

    fn serve_datagrams(&mut self, id: u64) {
        loop {
            let socket = self.at(id);
            // A request that waits wins over the event (E-28).
            let Some(&mut (irp, length)) = socket.rest.datagram_receives.front_mut() else {
                return;
            };
            let Some(mut datagram) = socket.rest.datagrams.pop_front() else { return };
            socket.rest.datagram_receives.pop_front();
            socket.rest.unread -= datagram.data.len();
            let cut = datagram.data.len() > length;
            datagram.data.truncate(length);
            let mut seen = if cut { flags::MSG_TRUNC } else { 0 };
            seen |= if datagram.broadcast { flags::MSG_BCAST } else { 0 };
            let mut done = Completion::count(irp, datagram.data.len()).of_receive();
            done.flags = seen;
            done.data = Some(datagram.data);
            done.remote = Some(datagram.from);
            self.finish(id, done);
        }
    }

    /// What `WskReceiveFromEvent` is called with: the datagrams of one indication.
    pub(crate) fn show_datagrams(&mut self, id: u64) -> Shown {
        let list = self.new_id();
        let socket = self.at(id);
        let count = socket.rest.datagrams.len().min(LIST);
        let taken = socket.rest.datagrams.drain(..count);
        let datagrams: Vec<_> = taken.map(|datagram| (datagram.data, datagram.from)).collect();
        socket.rest.unread -= datagrams.iter().map(|(data, _)| data.len()).sum::<usize>();
        socket.rest.shown = Some((list, vec![true; count]));
        let call = Call::ReceiveFrom { list, datagrams: Some(datagrams) };
        Shown { lent: Lent::Datagrams(list), ..Shown::new(call) }
    }

    /// What `WskReceiveFromEvent` answered. Declined datagrams are gone; an event that was enabled on
    /// the socket is off until it is enabled again, a static one stays on (E-26).
    pub(crate) fn end_receive_from(&mut self, id: u64, status: NtStatus) {
        self.end_showing(id, status);
        if status == NtStatus::DATA_NOT_ACCEPTED
            && let Some(socket) = self.on.sockets.get_mut(id)
        {
            socket.enabled &= !event::RECEIVE_FROM;
        }
    }
}
