//! Event controls: `SO_WSK_EVENT_CALLBACK`, which enables and disables callbacks (section 4).

use crate::core::status::NtStatus;
use crate::wsk::category::Category;
use crate::wsk::events::event;
use crate::wsk::irp::{Completion, Irp, Place, Reply};
use crate::wsk::machine::Turn;
use crate::wsk::socket::State;

/// What `NpiId` points at, compared by value (E-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Npi {
    /// NULL.
    Null,
    /// `NPI_WSK_INTERFACE_ID`.
    Wsk,
    /// Another id: no extension interface exists (O-20).
    Other,
}

impl Npi {
    pub(crate) const fn check(self) -> Result<(), NtStatus> {
        match self {
            Self::Null => Err(NtStatus::INVALID_PARAMETER),
            Self::Wsk => Ok(()),
            Self::Other => Err(NtStatus::NOT_SUPPORTED), // U-14
        }
    }
}

/// What a disable found.
enum Switched {
    Done,
    /// A call of the event runs (E-13).
    Running(u32),
}

impl Turn<'_> {
    /// `WskSetOption` of `SO_WSK_EVENT_CALLBACK` (E-4). Enabling takes no IRP; one that is given is
    /// completed (E-10, U-16).
    pub fn event_callback(&mut self, id: u64, npi: Npi, mask: u32, irp: Irp) -> Reply {
        if irp == 0 && self.on.shut {
            return self.refuse(0);
        }
        if irp == 0 {
            let switched = self.switch(id, npi, mask, false);
            self.settle();
            let status = match switched {
                Ok(Switched::Done) => NtStatus::SUCCESS,
                Ok(Switched::Running(_)) => NtStatus::EVENT_PENDING, // E-18
                Err(status) => status,
            };
            return self.answer(status, Vec::new());
        }
        // What it returns says whether a call of the callback still runs (E-13), so it is never put off.
        self.at_once = true;
        self.request(id, irp, |turn| {
            match turn.switch(id, npi, mask, true)? {
                Switched::Done => turn.finish(id, Completion::success(irp)),
                Switched::Running(event) => {
                    turn.at(id).rest.disables.push((event, irp));
                    turn.wait_at(irp, Place::Fixed);
                }
            }
            Ok(())
        })
    }

    fn switch(&mut self, id: u64, npi: Npi, mask: u32, wanted: bool) -> Result<Switched, NtStatus> {
        let socket = self.usable(id)?;
        match socket.category {
            Category::Basic => return Err(NtStatus::INVALID_DEVICE_REQUEST), // E-30
            Category::Stream if !socket.state.was_open() => {
                npi.check()?;
                self.breach = Some("E-8");
                return Err(NtStatus::INVALID_DEVICE_STATE); // E-31
            }
            _ => npi.check()?,
        }
        // No bit names WskInspectEvent or WskAbortEvent: they cannot be switched (E-3, A-13).
        // E-6, E-7, E-12, U-13: nothing changes unless all of the mask is right.
        let (bits, disable) = (mask & !event::DISABLE, mask & event::DISABLE != 0);
        let known = bits & !socket.category.events() == 0;
        if known && disable && bits.count_ones() != 1 {
            self.breach = Some("E-12");
            return Err(NtStatus::INVALID_PARAMETER);
        }
        if bits == 0 || !known {
            return Err(NtStatus::INVALID_PARAMETER);
        }
        // E-8, U-15.
        let ready = match socket.category {
            Category::Listen => socket.state == State::Listening,
            Category::Datagram => socket.state == State::Bound,
            _ => socket.state.was_open(),
        };
        if !ready {
            self.breach = Some("E-8");
            return Err(NtStatus::INVALID_DEVICE_STATE);
        }
        if disable { self.disable(id, bits, wanted) } else { self.enable(id, bits) }
    }

    fn enable(&mut self, id: u64, bits: u32) -> Result<Switched, NtStatus> {
        let socket = self.at(id);
        let listens = socket.category == Category::Listen;
        // A listener's bits for inheritance are checked against nothing here (U-17).
        let own = if listens { bits & event::ACCEPT } else { bits };
        if own & !socket.statics & !socket.table.callbacks != 0 {
            return Err(NtStatus::INVALID_PARAMETER); // E-11
        }
        if listens {
            socket.inherit |= bits & event::CONNECTION; // E-15
        }
        // Enabling adds (E-9); of static ones it changes nothing (E-24); a pending disable gives way
        // (U-36).
        socket.enabled |= own & !socket.statics;
        if own & event::DISCONNECT != 0
            && let Some(handle) = socket.handle
        {
            // What was remembered becomes due now (D-22), what was indicated is not repeated (D-23).
            let _ = self.core.enable(handle);
        }
        self.offer(id);
        Ok(Switched::Done)
    }

    fn disable(&mut self, id: u64, bit: u32, wanted: bool) -> Result<Switched, NtStatus> {
        let socket = self.at(id);
        // E-16, E-24, U-18.
        if (socket.statics | socket.inherit) & bit != 0 {
            return Err(NtStatus::INVALID_DEVICE_STATE);
        }
        // Not enabled: no effect (E-32). Inherited by this socket: disabled like any other (E-17).
        // From here on no new call starts, also while one still runs (E-14, U-4).
        socket.enabled &= !bit;
        if let Some((events, _)) = &mut socket.rest.reset_inside {
            *events &= !bit; // What waits is remembered from now on (D-22).
        }
        let running = match (bit, socket.handle) {
            (event::DISCONNECT, Some(handle)) if wanted => {
                self.core.disable_wanted(handle).unwrap_or(false)
            }
            (event::DISCONNECT, Some(handle)) => {
                self.core.disable(handle) == Ok(NtStatus::EVENT_PENDING)
            }
            // Also from inside that very callback (E-19).
            _ => socket.calling == Some(bit),
        };
        Ok(if running { Switched::Running(bit) } else { Switched::Done })
    }
}
