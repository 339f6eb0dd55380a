//! Client: registrations, captures and what deregistering waits for.
//!
//! Where WSK blocks, the answer here is `STATUS_PENDING`; a caller that may wait looks again when the change
//! counter has moved.

use crate::core::status::NtStatus;
use crate::wsk::irp::Irp;
use crate::wsk::lineup::Lineup;
use crate::wsk::machine::Turn;

/// The versions that the provider offers (O-13, O-15): 1.0 to 1.1.
pub(crate) const LOWEST: u16 = 0x0100;
pub(crate) const HIGHEST: u16 = 0x0101;

/// One `WskRegister` (O-12).
#[derive(Debug)]
pub(crate) struct Registration {
    version: u16,
    deregistering: bool,
    client: u64,
}

/// The binding between a registration and the provider (O-1).
#[derive(Debug, Default)]
pub(crate) struct Client {
    /// Captures that were not released.
    pub(crate) captures: u32,
    /// Sockets that are not closed, accepted ones too (O-17).
    pub(crate) sockets: u32,
    pub(crate) made_socket: bool,
    pub(crate) statics: u32,
    pub(crate) list_changes: Lineup<Irp>,
    /// Completions of its list changes that are queued or running (O-17).
    pub(crate) unfinished: u32,
    pub(crate) behavior: u32,
}

impl Turn<'_> {
    /// `WskRegister` (O-10, O-12); 0 once the subsystem is closed.
    pub fn register(&mut self, version: u16) -> u64 {
        if self.on.shut {
            return 0;
        }
        let (id, client) = (self.new_id(), self.new_id());
        let registration = Registration { version, deregistering: false, client };
        self.on.registrations.insert(id, registration);
        self.on.clients.insert(client, Client::default());
        id
    }

    /// `WskCaptureProviderNPI` (O-13, O-14); `STATUS_PENDING`: the provider is not there yet.
    pub fn capture(&mut self, registration: u64) -> (NtStatus, u64) {
        let Some(found) = self.on.registrations.get(&registration) else {
            return (NtStatus::DEVICE_NOT_READY, 0);
        };
        if found.deregistering || self.on.shut {
            return (NtStatus::DEVICE_NOT_READY, 0);
        }
        if self.on.provider_absent {
            return (NtStatus::PENDING, 0);
        }
        if !(LOWEST..=HIGHEST).contains(&found.version) {
            return (NtStatus::NOINTERFACE, 0);
        }
        let client = found.client;
        if let Some(client) = self.on.clients.get_mut(&client) {
            client.captures += 1;
        }
        (NtStatus::SUCCESS, client)
    }

    /// `WskReleaseProviderNPI`: sockets keep working (O-16).
    pub fn release_npi(&mut self, registration: u64) -> NtStatus {
        let client = self.on.registrations.get(&registration).map(|found| found.client);
        match client.and_then(|client| self.on.clients.get_mut(&client)) {
            Some(client) if client.captures > 0 => {
                client.captures -= 1;
                self.on.changes += 1;
                NtStatus::SUCCESS
            }
            _ => NtStatus::INVALID_PARAMETER,
        }
    }

    /// `WskQueryProviderCharacteristics`: status, highest and lowest version (O-19).
    pub fn query_characteristics(&mut self, registration: u64) -> (NtStatus, u16, u16) {
        let ready = !(self.on.provider_absent || self.on.shut)
            && self.on.registrations.get(&registration).is_some_and(|found| !found.deregistering);
        if ready {
            (NtStatus::SUCCESS, HIGHEST, LOWEST)
        } else {
            (NtStatus::DEVICE_NOT_READY, 0, 0)
        }
    }

    /// `WskDeregister`: cancels list-change IRPs (O-18), and is done when every capture is released,
    /// every socket closed and every routine of those IRPs has returned (O-17); until then
    /// `STATUS_PENDING`. Once the subsystem is closed there is nothing to wait for.
    pub fn deregister(&mut self, registration: u64) -> NtStatus {
        let Some(found) = self.on.registrations.get_mut(&registration) else {
            return NtStatus::INVALID_PARAMETER;
        };
        let client = found.client;
        if !std::mem::replace(&mut found.deregistering, true) {
            self.on.changes += 1; // Captures that wait give up (O-14).
        }
        self.cancel_list_changes(Some(client));
        let busy = |c: &Client| c.captures > 0 || c.sockets > 0 || c.unfinished > 0;
        if !self.on.shut && self.on.clients.get(&client).is_some_and(busy) {
            return NtStatus::PENDING;
        }
        self.on.clients.remove(&client);
        self.on.registrations.remove(&registration);
        NtStatus::SUCCESS
    }

    /// What keeps a registration: its open sockets, and how many captures were not released (O-17).
    #[must_use]
    pub fn holders(&self, registration: u64) -> (Vec<u64>, usize) {
        let Some(found) = self.on.registrations.get(&registration) else {
            return Default::default();
        };
        let own = self.on.sockets.iter().filter(|(_, socket)| socket.client == found.client);
        let sockets: Vec<u64> = own.map(|(id, _)| id).collect();
        (sockets, self.on.clients.get(&found.client).map_or(0, |client| client.captures as usize))
    }

    /// For tests: the provider comes or goes.
    pub fn set_provider_ready(&mut self, ready: bool) {
        self.on.provider_absent = !ready;
        self.on.changes += 1;
    }

    /// A client whose client-level functions may be called (L-19, O-16).
    pub(crate) fn client(&mut self, id: u64) -> Result<&mut Client, NtStatus> {
        if id == 0 {
            return Err(NtStatus::INVALID_HANDLE);
        }
        let client = self.on.clients.get_mut(&id).filter(|client| client.captures > 0);
        client.ok_or(NtStatus::DEVICE_NOT_READY)
    }

    /// The static mask of a socket's client (E-20).
    pub(crate) fn statics_of(&self, id: u64) -> u32 {
        self.look(id).map_or(0, |socket| self.statics_of_client(socket.client))
    }

    /// Likewise, of a client.
    pub(crate) fn statics_of_client(&self, client: u64) -> u32 {
        self.on.clients.get(&client).map_or(0, |client| client.statics)
    }
}
