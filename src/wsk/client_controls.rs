//! Client controls: the operations of `WskControlClient`.

use crate::core::status::NtStatus;
use crate::network::address::{AF_INET, AF_INET6};
use crate::wsk::client::LOWEST;
use crate::wsk::event_controls::Npi;
use crate::wsk::events::event;
use crate::wsk::irp::{Completion, Irp, Place, Reply};
use crate::wsk::machine::Turn;

/// Version, type, protocol and family of each transport.
const TRANSPORTS: [(u16, u16, u32, u16); 4] = [
    (LOWEST, 1, 6, AF_INET),
    (LOWEST, 1, 6, AF_INET6),
    (LOWEST, 2, 17, AF_INET),
    (LOWEST, 2, 17, AF_INET6),
];
/// The size of a `WSK_TRANSPORT` (1.7).
const TRANSPORT_SIZE: usize = 28;
/// `WSK_TDI_BEHAVIOR_BYPASS_TDI`.
const BYPASS_TDI: u32 = 1;

/// Version, type, protocol and family of a transport.
pub type Transport = (u16, u16, u32, u16);

impl Turn<'_> {
    /// `WSK_SET_STATIC_EVENT_CALLBACKS` (E-20, E-21, E-23, U-19). It takes no IRP (E-22).
    pub fn set_static_events(&mut self, client: u64, npi: Npi, mask: u32, irp: Irp) -> Reply {
        if irp != 0 {
            self.breach = Some("E-22");
        }
        self.without_irp(irp, |turn| {
            let client = turn.client(client)?;
            npi.check()?;
            let every = event::ACCEPT | event::RECEIVE_FROM | event::CONNECTION;
            if mask == 0 || mask & !every != 0 {
                return Err(NtStatus::INVALID_PARAMETER); // U-13
            }
            if client.made_socket && mask & !client.statics != 0 {
                turn.breach = Some("E-21");
                return Err(NtStatus::INVALID_DEVICE_STATE); // E-21
            }
            client.statics |= mask;
            Ok(())
        })
    }

    /// `WSK_TRANSPORT_LIST_QUERY` into `size` bytes: also the bytes needed, and the list if it fits.
    pub fn transport_list_query(
        &mut self,
        client: u64,
        size: usize,
        irp: Irp,
    ) -> (Reply, usize, Vec<Transport>) {
        let needed = TRANSPORTS.len() * TRANSPORT_SIZE;
        let reply = self.without_irp(irp, |turn| {
            turn.client(client)?;
            if size < needed { Err(NtStatus::BUFFER_OVERFLOW) } else { Ok(()) }
        });
        let list = if reply.status == NtStatus::SUCCESS { TRANSPORTS.to_vec() } else { Vec::new() };
        (reply, needed, list)
    }

    /// `WSK_TRANSPORT_LIST_CHANGE`: pending until the list changes, or the client is deregistered
    /// (O-18).
    pub fn transport_list_change(&mut self, client: u64, irp: Irp) -> Reply {
        self.request(0, irp, |turn| {
            let number = turn.client(client)?.list_changes.push_next(irp);
            turn.wait_at(irp, Place::TransportChange(client, number));
            Ok(())
        })
    }

    pub(crate) fn cancel_list_change(&mut self, client: u64, number: u32, irp: Irp) -> bool {
        let Some(client) = self.on.clients.get_mut(&client) else { return false };
        client.list_changes.take(number.into(), |other| *other == irp).is_some()
    }

    /// Ends the list changes of a client (O-18), or of all.
    pub(crate) fn cancel_list_changes(&mut self, client: Option<u64>) {
        self.end_list_changes(client, NtStatus::CANCELLED);
    }

    fn end_list_changes(&mut self, of: Option<u64>, status: NtStatus) {
        let mut irps = Vec::new();
        for (&id, client) in &mut self.on.clients {
            if of.is_none_or(|of| of == id) {
                irps.extend(client.list_changes.take_all().map(|irp| (irp, id)));
            }
        }
        irps.sort_unstable();
        for (irp, client) in irps {
            self.finish(0, Completion { client, ..Completion::new(irp, status) });
        }
    }

    /// For tests: the transports and the addresses changed.
    pub fn change_transports(&mut self) {
        self.end_list_changes(None, NtStatus::SUCCESS);
        self.addresses_changed();
    }

    /// This machine's addresses changed: who waits for that is told.
    pub(crate) fn addresses_changed(&mut self) {
        let sockets: Vec<_> = self.on.sockets.numbers().collect();
        for id in sockets {
            if let Some(irp) =
                self.at(id).rest.existing().and_then(|rest| rest.address_change.take())
            {
                self.finish(id, Completion::success(irp));
            }
        }
    }

    /// `WSK_CACHE_SD`: also the cached descriptor's id. Closing sockets does not release it (C-18).
    pub fn cache_sd(&mut self, client: u64, irp: Irp) -> (Reply, u64) {
        let mut cached = 0;
        let reply = self.without_irp(irp, |turn| {
            turn.client(client)?;
            cached = turn.new_id();
            turn.on.descriptors.insert(cached, client);
            Ok(())
        });
        (reply, cached)
    }

    /// `WSK_RELEASE_SD`.
    pub fn release_sd(&mut self, client: u64, cached: u64, irp: Irp) -> Reply {
        self.without_irp(irp, |turn| {
            turn.client(client)?;
            let found = turn.on.descriptors.remove(&cached);
            found.map(|_| ()).ok_or(NtStatus::INVALID_PARAMETER)
        })
    }

    /// `WSK_TDI_BEHAVIOR`.
    pub fn tdi_behavior(&mut self, client: u64, behavior: u32, irp: Irp) -> Reply {
        self.without_irp(irp, |turn| {
            let client = turn.client(client)?;
            if behavior & !BYPASS_TDI != 0 {
                return Err(NtStatus::INVALID_PARAMETER);
            }
            client.behavior = behavior;
            Ok(())
        })
    }

    /// `WSK_TDI_DEVICENAME_MAPPING`: accepted, and without effect: there are no TDI transports.
    pub fn tdi_mapping(&mut self, client: u64, irp: Irp) -> Reply {
        self.without_irp(irp, |turn| turn.client(client).map(|_| ()))
    }
}
