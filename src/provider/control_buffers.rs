//! Control buffers: whether what a control function is given holds what its code asks for. A language reads and writes
//! the structures; this module knows how many bytes each takes (1.7).

use crate::core::status::NtStatus;
use crate::network::address::Address;
use crate::wsk::Npi;

/// Sizes of what lies in memory (1.7).
const ULONG: u64 = 4;
const POINTER: u64 = 8;
const EVENT_CALLBACK_CONTROL: u64 = 16;
const EXTENSION_CONTROL_IN: u64 = 24;
const TDI_MAP_INFO: u64 = 16;

/// `NPI_WSK_INTERFACE_ID`, as it lies in memory.
pub const NPI_WSK_INTERFACE_ID: [u8; 16] = [
    0x03, 0xE8, 0x27, 0x22, 0x8B, 0x8D, 0xD4, 0x11, 0xAB, 0xAD, 0x00, 0x90, 0x27, 0x71, 0x9E, 0x09,
];

/// What `NpiId` points at; `None` for NULL.
pub type NpiId = Option<[u8; 16]>;

/// Which interface is named: compared by value (E-5).
pub(crate) fn npi_of(id: NpiId) -> Npi {
    match id {
        None => Npi::Null,
        Some(NPI_WSK_INTERFACE_ID) => Npi::Wsk,
        Some(_) => Npi::Other,
    }
}

/// What InputBuffer has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing, or what nobody looks at.
    Nothing,
    /// A ULONG.
    Ulong,
    /// A SOCKADDR.
    Address,
    /// A SOCKET_ADDRESS_LIST.
    Addresses,
    /// A WSK_EVENT_CALLBACK_CONTROL.
    Event,
    /// A WSK_EXTENSION_CONTROL_IN.
    Extension,
    /// What WSK_CACHE_SD gave.
    Pointer,
    /// A security descriptor of InputSize bytes.
    Descriptor,
    /// A WSK_TDI_MAP_INFO.
    Mappings,
}

/// What InputBuffer holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// NULL, or nothing that a language could read.
    #[default]
    None,
    /// A ULONG.
    Ulong(u32),
    /// A SOCKADDR.
    Address(Address),
    /// A SOCKET_ADDRESS_LIST.
    Addresses(Vec<Address>),
    /// A WSK_EVENT_CALLBACK_CONTROL: NpiId and EventMask.
    Event(NpiId, u32),
    /// The NpiId of a WSK_EXTENSION_CONTROL_IN.
    Extension(NpiId),
    /// What WSK_CACHE_SD gave.
    Pointer(u64),
    /// Memory that nobody reads.
    Memory,
}

/// InputBuffer, as its language found it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InputBuffer {
    /// InputSize.
    pub size: u64,
    /// How many bytes are there; `None` for NULL. Who cannot know says InputSize.
    pub memory: Option<u64>,
    /// What was read of them.
    pub held: Input,
}

impl InputBuffer {
    /// NULL.
    pub const NONE: Self = Self { size: 0, memory: None, held: Input::None };

    /// A structure of so many bytes.
    #[must_use]
    pub const fn of(size: u64, held: Input) -> Self {
        Self { size, memory: Some(size), held }
    }

    /// Whether there is an input: a size, or a buffer.
    pub(crate) fn is_given(&self) -> bool {
        self.size != 0 || self.memory.is_some()
    }

    /// What it holds of what is wanted (U-26). What has another size than the code's structure holds nothing.
    pub(crate) fn checked(self, wanted: Wanted) -> Result<Input, NtStatus> {
        let Self { size, memory, held } = self;
        let there = memory.unwrap_or(0);
        let fits = match wanted {
            Wanted::Nothing => false,
            Wanted::Ulong => size == ULONG && there >= size,
            Wanted::Pointer => size == POINTER && there >= size,
            Wanted::Event => size == EVENT_CALLBACK_CONTROL && there >= size,
            Wanted::Extension => size == EXTENSION_CONTROL_IN && there >= size,
            Wanted::Mappings => size == TDI_MAP_INFO && memory.is_some(),
            Wanted::Descriptor => size != 0 && there >= size,
            Wanted::Addresses => memory.is_some(),
            // NULL is an address that is taken back; one of another size is none.
            Wanted::Address if memory.is_none_or(|there| there == size) => true,
            Wanted::Address => return Err(NtStatus::INVALID_PARAMETER),
        };
        Ok(if fits { held } else { Input::None })
    }
}

/// OutputBuffer, as its language found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputBuffer {
    /// OutputSize.
    pub size: u64,
    /// How many bytes are there; `None` for NULL. Who cannot know says OutputSize.
    pub memory: Option<u64>,
    /// They may be written.
    pub writable: bool,
}

impl OutputBuffer {
    /// NULL.
    pub const NONE: Self = Self { size: 0, memory: None, writable: true };

    /// Memory of so many bytes.
    #[must_use]
    pub const fn of(size: u64) -> Self {
        Self { size, memory: Some(size), writable: true }
    }

    /// Whether OutputSize bytes can be written there (U-26).
    pub(crate) fn check(self) -> Result<(), NtStatus> {
        let Self { size, memory, writable } = self;
        if memory.unwrap_or(0) >= size && (writable || memory.is_none()) {
            Ok(())
        } else {
            Err(NtStatus::INVALID_PARAMETER)
        }
    }

    /// Refuses an output where none belongs (U-26).
    pub(crate) fn check_absent(self) -> Result<(), NtStatus> {
        if self.size == 0 && self.memory.is_none() {
            Ok(())
        } else {
            Err(NtStatus::INVALID_PARAMETER)
        }
    }
}
