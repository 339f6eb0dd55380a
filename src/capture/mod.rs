//! Packet captures to edges: pcap and pcapng files, read as the opens, edges and closes of connections.
//!
//! Algorithm: one pass over the file through a fixed buffer (`source`); a container reader finds the records
//! (`pcap`, `pcapng`), `link` and `ip` find the first fourteen bytes of the TCP header in each, `flow` keeps one small
//! state per four-tuple and says what the packet means for a disconnect event (D-21). The rules stand in
//! `docs/captures.md`.
//! Sources: the pcap and pcapng drafts of the IETF opsawg group; `pcap-parser` reads file headers, records and
//! interface descriptions, `etherparse` reads Ethernet, VLAN and IP headers.
//! Progress: a reader belongs to one thread; each call ends after the asked number of records or at the end of the file.
//! Full: lengths in a capture are attacker data (R29). A packet is at most 256 KiB, a known block 1 MiB, a skipped block
//! 16 MiB, a section has at most 65,536 interfaces, and 14 Mi flows are known at a time; a flow too many is refused and
//! counted. No allocation follows a length that the file states.
//! Damaged: reading ends at the first record that cannot be read, everything before it is delivered, and
//! [`CaptureReader::damage`] names its byte offset. That is a state, not an error.
#![forbid(unsafe_code)]

mod counts;
mod endpoint;
mod error;
mod event;
mod file;
mod flow;
mod ip;
mod link;
mod pcap;
mod pcapng;
mod reader;
mod source;

pub use counts::{Counts, Skip, Skipped};
pub use endpoint::Endpoint;
pub use error::{CaptureError, Damage};
pub use event::{Event, Local, Options};
pub use reader::CaptureReader;
