//! Buffers: whether what a request is given for its data fits, and how long the application leaves it alone. A language
//! cuts the pieces out of its own memory.

use crate::core::status::NtStatus;
use crate::provider::Door;
use crate::provider::application::{Application, Moment, Stopped};
use crate::provider::findings::Report;
use crate::provider::irp::Flight;
use crate::provider::request::Refusal;
use std::sync::Arc;

/// Where a `WSK_BUF` lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buffer {
    /// `Offset`: bytes from the beginning of the first MDL.
    pub offset: u64,
    /// `Length`.
    pub length: u64,
    /// How many bytes its MDLs describe together, 0 without any; `None` if their chain has no end.
    pub memory: Option<u64>,
    /// One of its MDLs was freed, and describes nothing any more.
    pub freed: bool,
}

impl Buffer {
    /// Why `function` cannot be given it: one of its MDLs was freed (I-9), its Length or Offset goes beyond them,
    /// where the kernel would read on (U-48), or nobody can say where they end (U-26).
    #[must_use]
    pub fn refusal(&self, function: &str) -> Option<Refusal> {
        let Self { offset, length, memory, freed } = *self;
        let plain = Refusal::plain(NtStatus::INVALID_PARAMETER);
        let Some(memory) = memory else { return Some(plain) };
        if freed {
            let found = format!("{function} was given an MDL that had been freed before");
            let advice =
                "Free an MDL when its last request is completed; allocate another for the next.";
            return Some(Refusal {
                breach: Some(("I-9", found)),
                advice: Some(advice.to_owned()),
                before: Some(Moment::MemoryFreed),
                ..plain
            });
        }
        if offset.checked_add(length).is_some_and(|end| end <= memory) {
            return None;
        }
        let found =
            format!("{function} was given {length} bytes at {offset} of MDLs with {memory} bytes");
        Some(Refusal { breach: Some(("U-48", found)), ..plain })
    }
}

/// A `SOCKADDR` that a request is to fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// NULL.
    Null,
    /// One for this family of addresses.
    Family(u16),
    /// Memory, of which its language knows no more.
    Unknown,
}

impl Place {
    /// Why it is refused for an address of `family`: the result does not fit it, or it is NULL where it is `required`
    /// (U-26).
    #[must_use]
    pub fn refusal(self, family: u16, required: bool) -> Option<Refusal> {
        let fits = match self {
            Self::Null => !required,
            Self::Family(own) => own == family,
            Self::Unknown => true,
        };
        (!fits).then_some(Refusal::plain(NtStatus::INVALID_PARAMETER))
    }
}

/// Why a datagram is refused with so many bytes of control information: none is simulated (1.9), and NULL has no bytes
/// (U-26).
#[must_use]
pub fn control_information(length: u32, given: bool) -> Option<Refusal> {
    let status = if given { NtStatus::NOT_SUPPORTED } else { NtStatus::INVALID_PARAMETER };
    (length != 0).then_some(Refusal::plain(status))
}

impl Door<'_> {
    /// A request waits: from here on its memory is not the application's to free (I-9).
    pub(crate) fn keep_memory<A: Application>(&self, app: &mut A, flight: &Arc<Flight>) {
        let memory = app.memory(flight);
        if !memory.is_empty() {
            self.provider().custody.lock().keep(flight.number, memory);
        }
    }

    /// Whether `caller` may free a block of memory; that a request waits with it is a finding (I-9).
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the finding is to be raised.
    pub fn may_free<A: Application>(
        &self,
        app: &mut A,
        caller: &str,
        block: u64,
    ) -> Result<bool, Stopped> {
        let keeper = self.provider().custody.lock().keeper(block);
        let Some(flight) = keeper else { return Ok(true) };
        let name = flight.function.name;
        let found = format!("{caller} was given memory of {name}, whose request is under way");
        let report = Report::of("I-9", found, flight.socket).after(Moment::Waits(flight.number));
        self.report(app, report)?;
        Ok(false)
    }
}
