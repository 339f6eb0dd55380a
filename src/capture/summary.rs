//! What one file of a reader gave.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::counts::Counts;
use super::error::Damage;
use super::unpack::Compression;

/// Says what was read of one file, and what was left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileSummary {
    /// The file; `-` is the standard input.
    pub path: PathBuf,
    /// `pcap` or `pcapng`; empty until its first bytes were read.
    pub format: &'static str,
    /// How it is compressed.
    pub compression: Compression,
    /// What was counted in it.
    pub counts: Counts,
    /// How many packets were skipped, by a link type that is not read; at most 65,536 of them.
    pub skipped_link_types: BTreeMap<u32, u64>,
    /// When its first packet was recorded, in nanoseconds since 1970.
    pub first_time_ns: Option<i64>,
    /// When the last one was recorded.
    pub last_time_ns: Option<i64>,
    /// Where and why reading it ended early, if it did.
    pub damage: Option<Damage>,
    /// The file before it whose packets are of the same time.
    pub overlaps: Option<PathBuf>,
    /// It changed while it was read.
    pub changed: bool,
}
