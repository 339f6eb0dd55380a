//! Drive: how queued indications reach Python, on the caller's thread and on workers.

#[forbid(unsafe_code)]
pub(crate) mod batch;
#[forbid(unsafe_code)]
pub(crate) mod driving;
#[forbid(unsafe_code)]
pub(crate) mod handlers;
#[forbid(unsafe_code)]
pub(crate) mod host;
#[forbid(unsafe_code)]
pub(crate) mod native_host;
#[forbid(unsafe_code)]
pub(crate) mod processor;
#[forbid(unsafe_code)]
pub(crate) mod running;
#[forbid(unsafe_code)]
pub(crate) mod team;
#[forbid(unsafe_code)]
pub(crate) mod telling;
#[forbid(unsafe_code)]
pub(crate) mod ticker;
#[forbid(unsafe_code)]
pub(crate) mod workers;
