//! NTSTATUS: what a call answers, with the values of `contract::Status` (contract 1.6).

use crate::contract::Status;

/// A 32-bit status; the two top bits are its severity.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct NtStatus(u32);

impl NtStatus {
    /// The call did what it was asked.
    pub const SUCCESS: Self = Self(0x0000_0000);
    /// The request completes later.
    pub const PENDING: Self = Self(0x0000_0103);
    /// Disable accepted while a call of the event is still running (E-13). Satisfies `NT_SUCCESS`.
    pub const EVENT_PENDING: Self = Self(0x4000_0013);
    /// A list does not fit, or the buffer of `WskConnectEx` is too large (L-17).
    pub const BUFFER_OVERFLOW: Self = Self(0x8000_0005);
    /// Windows' answer to binding an odd pair of type and category (L-18).
    pub const NOT_IMPLEMENTED: Self = Self(0xC000_0002);
    /// The client is NULL (L-19).
    pub const INVALID_HANDLE: Self = Self(0xC000_0008);
    /// A bad argument; here: enabling an event that has no callback (E-11).
    pub const INVALID_PARAMETER: Self = Self(0xC000_000D);
    /// What a completion routine returns to keep its IRP (I-3).
    pub const MORE_PROCESSING_REQUIRED: Self = Self(0xC000_0016);
    /// The operation does not apply to this category.
    pub const INVALID_DEVICE_REQUEST: Self = Self(0xC000_0010);
    /// An address is taken by someone who does not share it.
    pub const ACCESS_DENIED: Self = Self(0xC000_0022);
    /// The output buffer is too small.
    pub const BUFFER_TOO_SMALL: Self = Self(0xC000_0023);
    /// There is no room for another socket.
    pub const INSUFFICIENT_RESOURCES: Self = Self(0xC000_009A);
    /// The provider is not there, or the client is deregistered (O-13, O-14).
    pub const DEVICE_NOT_READY: Self = Self(0xC000_00A3);
    /// The connection was lost by timeout (U-12).
    pub const IO_TIMEOUT: Self = Self(0xC000_00B5);
    /// The socket is closed, or its handle is of an earlier life (U-41); or it is non-functional (L-21).
    pub const FILE_FORCED_CLOSED: Self = Self(0xC000_00B6);
    /// The flag or extension is unknown (G-14, O-20).
    pub const NOT_SUPPORTED: Self = Self(0xC000_00BB);
    /// `WskAcceptEvent` refuses a connection.
    pub const REQUEST_NOT_ACCEPTED: Self = Self(0xC000_00D0);
    /// The IRP was cancelled, or its socket closed under it (I-12, C-10).
    pub const CANCELLED: Self = Self(0xC000_0120);
    /// The operation is impossible in this state (U-15).
    pub const INVALID_DEVICE_STATE: Self = Self(0xC000_0184);
    /// The address is in use.
    pub const ADDRESS_ALREADY_EXISTS: Self = Self(0xC000_020A);
    /// The peer aborted.
    pub const CONNECTION_RESET: Self = Self(0xC000_020D);
    /// A receive callback declines the data (G-16).
    pub const DATA_NOT_ACCEPTED: Self = Self(0xC000_021B);
    /// A name stands for nothing (1.9).
    pub const NOT_FOUND: Self = Self(0xC000_0225);
    /// Nobody listens there.
    pub const CONNECTION_REFUSED: Self = Self(0xC000_0236);
    /// This side aborted.
    pub const CONNECTION_ABORTED: Self = Self(0xC000_0241);
    /// `STATUS_NETWORK_UNREACHABLE`.
    pub const NETWORK_UNREACHABLE: Self = Self(0xC000_023C);
    /// `STATUS_HOST_UNREACHABLE`.
    pub const HOST_UNREACHABLE: Self = Self(0xC000_023D);
    /// The version is not offered (O-13).
    pub const NOINTERFACE: Self = Self(0xC000_02B9);

    /// A status of the application's.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The status as the 32 bits of the header.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// What the macro `NT_SUCCESS` answers: severity success or informational.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 < 0x8000_0000
    }

    /// Its name without `STATUS_`, if the table has one.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Status::of(self.0).and_then(|status| status.name.strip_prefix("STATUS_"))
    }
}

impl std::fmt::Display for NtStatus {
    /// The 32 bits, and the name if the status has one here.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "0x{:08X}", self.0)?;
        match self.name() {
            Some(name) => write!(f, " (STATUS_{name})"),
            None => Ok(()),
        }
    }
}

impl std::fmt::Debug for NtStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NtStatus(0x{:08X})", self.0)
    }
}
