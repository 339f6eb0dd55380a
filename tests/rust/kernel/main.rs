//! Drivers in C on the simulated kernel: compiled by this machine's compiler, loaded, run from DriverEntry to unload.

mod build;
mod faults;
mod heartbeat;
mod line_server;
