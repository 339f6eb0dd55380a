//! Winsock Kernel (WSK) disconnect events in user space.
//!
//! ```text
//!  remote ends             core                                             handlers
//!  capture, storm  ─ post ─► socket table ──► event queue ──► dispatcher ──► Host: Python,
//!  plan, simulation          one word         slot + edge     begin, call,   batch, native
//!                            per socket       words           finish           │ status
//!                                                  counters ◄── findings ◄─────┘
//! ```
//!
//! Data flows left to right; a module uses what stands to its left, never what stands to its right.
//! [`contract`] holds the rules, once, for every room; [`core`](mod@core) knows neither Python nor clocks;
//! [`source`] makes edges of what happened outside, and [`capture`] reads it from packet captures; `storm`
//! makes plans of many edges, carries them out, and
//! times the calls they lead to; `network` and `wsk` are the contract machine beside the core
//! (docs/adr/0005); `provider` stands between it and applications, in whichever language (docs/adr/0012);
//! `c` makes applications of drivers that are written in C, and `peers` are a storm's remote ends at either. docs/architecture.md shows the whole house.
#![deny(unsafe_code)]

#[cfg(not(loom))]
pub mod c;
pub mod capture;
pub mod contract;
pub mod core;
pub mod network;
#[cfg(not(loom))]
pub mod peers;
pub mod provider;
#[cfg(feature = "python")]
mod py;
pub mod source;
#[cfg(not(loom))]
pub mod storm;
pub mod wsk;
