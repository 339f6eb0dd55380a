//! Packet captures to edges: pcap and pcapng files, read as the opens, edges and closes of connections.
//!
//! Algorithm: one pass over the files of a `set` through a fixed buffer (`source`), unpacked (`unpack`) and, if they are
//! pipes, read by a thread (`live`); a container reader finds the records (`pcap`, `pcapng`), `layer` and the rooms of its
//! headers find the first fourteen bytes of the innermost TCP header in each, `table` finds the flow, and `flow` keeps one
//! small state for it and says what the packet means for a disconnect event (D-21). The rules stand in
//! `docs/captures.md`.
//! Sources: the pcap and pcapng drafts of the IETF opsawg group; `pcap-parser` reads file headers, records and
//! interface descriptions, `etherparse` reads Ethernet, VLAN and IP headers, `flate2` and `ruzstd` unpack.
//! Progress: a reader belongs to one thread; each call ends after the asked number of records, after 64 MiB, or when a pipe
//! gives nothing for a tenth of a second.
//! Full: lengths in a capture are attacker data (R29). A packet is at most 256 KiB, a known block 1 MiB, a skipped block
//! 16 MiB, a section has at most 65,536 interfaces, and 14 Mi flows are known at a time; a flow too many is refused and
//! counted. No allocation follows a length that the file states.
//! Damaged: reading ends at the first record that cannot be read, everything before it is delivered, and
//! [`CaptureReader::damage`] names its byte offset. That is a state, not an error.
#![forbid(unsafe_code)]

mod amounts;
mod choice;
mod copies;
mod counts;
mod end;
mod error;
mod explain;
mod figures;
mod file;
mod filter;
mod flow;
mod foreign;
mod interface;
mod ip;
mod layer;
mod link;
mod link_names;
mod live;
mod meaning;
mod members;
mod options;
mod pcap;
mod pcapng;
mod ppp;
mod reader;
mod regular;
mod set;
mod source;
mod strays;
mod summary;
mod table;
mod tunnel;
mod unpack;
mod watch;
mod wifi;

pub use amounts::Sent;
pub use choice::Choice;
pub use counts::{Counts, Skip, Skipped};
pub use error::{CaptureError, Damage};
pub use explain::Line;
pub use filter::{Filter, FilterError};
pub use link_names::link_type_name;
pub use meaning::Meaning;
pub use options::{Local, Options, Tunnels};
pub use reader::CaptureReader;
pub use set::{Input, LeftOut};
pub use summary::FileSummary;
pub use unpack::{Compression, UNPACK_LIMIT};
