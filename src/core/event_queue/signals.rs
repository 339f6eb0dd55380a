//! Signals: what a drive is asked to heed between two edges.

/// What a drive looks at before each edge: bit 0, stop; bit 63, pause; between them, how many errands wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signals(pub(super) u64);

impl Signals {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn halt(self) -> bool {
        self.0 & HALT != 0
    }

    pub(crate) const fn pause(self) -> bool {
        self.0 & PAUSE != 0
    }
}

pub(super) const HALT: u64 = 1;
pub(super) const PAUSE: u64 = 1 << 63;
pub(super) const ERRAND: u64 = 2;
