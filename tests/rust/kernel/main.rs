//! Drivers in C on the simulated kernel: compiled by this machine's compiler, loaded, run from DriverEntry to unload.

mod build;
mod busy;
mod calls;
mod faults;
mod heartbeat;
mod lent;
mod line_server;
mod locks;
mod mistakes;
#[path = "../provider/script.rs"]
mod script;
mod shipper;
#[path = "../provider/text.rs"]
#[allow(dead_code, reason = "the provider's tests read statuses too")]
mod text;
mod work;
