//! NTSTATUS: what a call answers, with the values of the public status tables (contract 1.6).

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
    /// A bad argument; here: enabling an event that has no callback (E-11).
    pub const INVALID_PARAMETER: Self = Self(0xC000_000D);
    /// The socket is closed, or its handle is of an earlier life (U-41).
    pub const FILE_FORCED_CLOSED: Self = Self(0xC000_00B6);

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
}

impl std::fmt::Debug for NtStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NtStatus(0x{:08X})", self.0)
    }
}
