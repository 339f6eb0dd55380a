//! Every limit of the core in one place, checked before anything is allocated.

/// Sockets of one subsystem, open and closed-but-queued together.
#[cfg(not(loom))]
pub const MAX_SOCKETS: u32 = 1 << 28;
#[cfg(loom)]
#[allow(missing_docs)]
pub const MAX_SOCKETS: u32 = 3;

/// Threads of one `workers(n)`.
pub const MAX_WORKERS: usize = 256;

/// Different findings that are kept, and different notes; later ones are only counted.
pub const MAX_FINDINGS: usize = 100;

/// Bytes of a finding's text.
pub const MAX_FINDING_TEXT: usize = 512;

/// Bytes of a finding's traceback.
pub const MAX_FINDING_TRACEBACK: usize = 16_384;

/// Choices that a finding names; beyond, it only counts them.
pub const MAX_FINDING_CHOICES: u64 = 256;

/// Edges that one drive takes out of the queue at a time, and the most that one batch call gets.
#[cfg(not(loom))]
pub const TAKE: usize = 512;
#[cfg(loom)]
#[allow(missing_docs)]
pub const TAKE: usize = 2;

/// Edges that one of several workers takes at a time.
#[cfg(not(loom))]
pub const TEAM_TAKE: usize = 1024;
#[cfg(loom)]
#[allow(missing_docs)]
pub const TEAM_TAKE: usize = 2;

/// Edges that one bulk post places in the queue at a time.
pub const POST: usize = 64;

/// Choices of one subsystem that are kept, so that they can be made again.
#[cfg(not(loom))]
pub const MAX_CHOICES: u64 = 1 << 20;
#[cfg(loom)]
#[allow(missing_docs)]
pub const MAX_CHOICES: u64 = 8;

/// Changes of priority are drawn from steps below two to the power of this.
pub const MAX_CHANGES_AT: u32 = 16;

/// Changes of priority that one run may have.
pub const MAX_CHANGES: u32 = 100;
