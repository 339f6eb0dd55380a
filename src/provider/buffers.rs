//! Buffers: whether a `WSK_BUF` lies within its MDLs. A language cuts the pieces out of its own memory.

use crate::core::status::NtStatus;
use crate::provider::request::Refusal;

/// Where a `WSK_BUF` lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Buffer {
    /// `Offset`: bytes from the beginning of the first MDL.
    pub offset: u64,
    /// `Length`.
    pub length: u64,
    /// How many bytes its MDLs describe together; 0 without any.
    pub memory: u64,
}

impl Buffer {
    /// Why `function` cannot be given it: its Length or Offset goes beyond its MDLs, where the kernel would read on
    /// (U-48).
    #[must_use]
    pub fn refusal(&self, function: &str) -> Option<Refusal> {
        let Self { offset, length, memory } = *self;
        if offset.checked_add(length).is_some_and(|end| end <= memory) {
            return None;
        }
        let found =
            format!("{function} was given {length} bytes at {offset} of MDLs with {memory} bytes");
        let plain = Refusal::plain(NtStatus::INVALID_PARAMETER);
        Some(Refusal { breach: Some(("U-48", found)), ..plain })
    }
}
