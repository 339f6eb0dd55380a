//! Creating: `WskSocket` and `WskSocketConnect`.

use crate::core::handlers::HandlerId;
use crate::core::status::NtStatus;
use crate::network::address::{AF_INET, AF_INET6, Address};
use crate::wsk::category::Category;
use crate::wsk::events::event;
use crate::wsk::irp::{Completion, Irp, Reply};
use crate::wsk::machine::Turn;
use crate::wsk::socket::Socket;

/// What the application supplies with a socket: its context and its table, in each of the
/// four ways (L-3, L-4, L-5, L-6; O-7, O-9).
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The SocketContext, as the integer that the core will keep and hand to each callback unchanged
    /// (D-4, L-8); one that stands for NULL is as good as any (L-9). It never changes (L-10).
    pub context: u64,
    /// Who is called for `WskDisconnectEvent`.
    pub handler: HandlerId,
    /// Which callbacks are not NULL, as bits of [`event`](crate::wsk::event) and
    /// [`callback`](crate::wsk::callback).
    pub callbacks: u32,
    /// Who keeps what the context and the handler stand for, as that side numbers it; 0 for nobody.
    pub owner: u64,
    /// `WskAcceptEvent` wrote it already.
    pub(crate) written: bool,
}

impl Default for Table {
    fn default() -> Self {
        Self { context: 0, handler: HandlerId::NONE, callbacks: 0, owner: 0, written: false }
    }
}

impl Table {
    /// A context and a table.
    #[must_use]
    pub fn new(context: u64, handler: HandlerId, callbacks: u32, owner: u64) -> Self {
        // A callback is there or is not; the handler is the better witness.
        let disconnect = if handler.is_none() { 0 } else { event::DISCONNECT };
        let callbacks = callbacks & !event::DISCONNECT | disconnect;
        Self { context, handler, callbacks, owner, written: false }
    }
}

impl Turn<'_> {
    /// `WskSocket` (L-1, L-2, L-3, L-11, L-19). `flags` name the category.
    #[allow(clippy::too_many_arguments, reason = "the parameters of WskSocket")]
    pub fn socket(
        &mut self,
        client: u64,
        family: u16,
        kind: u16,
        protocol: u32,
        flags: u32,
        table: Table,
        irp: Irp,
    ) -> Reply {
        self.request(0, irp, |turn| {
            turn.client(client)?;
            let category = Category::from_flags(flags).ok_or(NtStatus::INVALID_PARAMETER)?;
            if category == Category::Basic && table.callbacks != 0 {
                return Err(NtStatus::INVALID_PARAMETER); // O-4
            }
            let id = turn.create(client, category, family, kind, protocol, table)?;
            turn.finish(0, Completion { socket: id, held: id, ..Completion::success(irp) });
            Ok(())
        })
    }

    fn create(
        &mut self,
        client: u64,
        category: Category,
        family: u16,
        kind: u16,
        protocol: u32,
        table: Table,
    ) -> Result<u64, NtStatus> {
        let known = matches!(family, AF_INET | AF_INET6) && matches!(kind, 1..=3);
        if !known && category != Category::Basic {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        let id = self.new_socket();
        let mut socket = Socket::new(client, category, table, self.on.policies.window);
        (socket.family, socket.kind, socket.protocol) = (family, kind, protocol);
        self.adopt(id, client, socket);
        // Bits that fit its category, from its creation on (E-20); a stream socket's follow its role.
        self.at(id).statics = self.statics_of(id) & category.statics();
        Ok(id)
    }

    /// Takes a new socket in; it belongs to its client until it is closed (O-17).
    pub(crate) fn adopt(&mut self, id: u64, client: u64, socket: Socket) {
        self.on.sockets.insert(id, socket);
        self.note_age(id);
        if let Some(client) = self.on.clients.get_mut(&client) {
            client.sockets += 1;
            client.made_socket = true;
        }
    }

    /// `WskSocketConnect`: creates, binds and connects in one call (L-4). What fails leaves nothing.
    #[allow(clippy::too_many_arguments, reason = "the parameters of WskSocketConnect")]
    pub fn socket_connect(
        &mut self,
        client: u64,
        kind: u16,
        protocol: u32,
        local: Option<Address>,
        remote: Option<Address>,
        flags: u32,
        table: Table,
        irp: Irp,
    ) -> Reply {
        self.request(0, irp, |turn| {
            turn.client(client)?;
            let (Some(local), Some(remote)) = (local, remote) else {
                return Err(NtStatus::INVALID_PARAMETER);
            };
            if flags != 0 || local.family() != remote.family() {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            let family = local.family();
            let id = turn.create(client, Category::Connection, family, kind, protocol, table)?;
            turn.at(id).unseen = true;
            if let Err(status) = turn.begin_bind(id, Some(local), 0) {
                turn.forget(id);
                return Err(status);
            }
            turn.begin_connect(id, remote, Vec::new());
            Ok(())
        })
    }
}
