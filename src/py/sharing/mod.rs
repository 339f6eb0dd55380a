//! Sharing: a long call keeps the interpreter from other threads no longer than they expect.

#[forbid(unsafe_code)]
pub(crate) mod holding;
