//! Runs: storms, captures, and what they measured.

#[forbid(unsafe_code)]
pub(crate) mod capture;
#[cfg(unix)]
#[forbid(unsafe_code)]
pub(crate) mod driver;
#[cfg(unix)]
#[forbid(unsafe_code)]
pub(crate) mod driver_notes;
#[cfg(unix)]
#[forbid(unsafe_code)]
pub(crate) mod driver_results;
#[forbid(unsafe_code)]
pub(crate) mod feed;
#[cfg(feature = "history")]
#[forbid(unsafe_code)]
pub(crate) mod history;
#[forbid(unsafe_code)]
pub(crate) mod life_results;
#[forbid(unsafe_code)]
pub(crate) mod lives;
#[forbid(unsafe_code)]
pub(crate) mod living;
#[forbid(unsafe_code)]
pub(crate) mod recording;
#[forbid(unsafe_code)]
pub(crate) mod remotes;
#[cfg(unix)]
#[forbid(unsafe_code)]
pub(crate) mod started_driver;
#[forbid(unsafe_code)]
pub(crate) mod storm;
#[forbid(unsafe_code)]
pub(crate) mod storm_results;
#[forbid(unsafe_code)]
pub(crate) mod storm_sockets;
#[forbid(unsafe_code)]
pub(crate) mod times;
