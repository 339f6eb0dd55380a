//! Keep: what Python objects a subsystem keeps alive, and for how long.

#[forbid(unsafe_code)]
pub(crate) mod findings;
#[forbid(unsafe_code)]
pub(crate) mod owned;
#[forbid(unsafe_code)]
pub(crate) mod shared;
#[forbid(unsafe_code)]
pub(crate) mod shutting;
