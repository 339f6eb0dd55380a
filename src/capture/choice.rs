//! What a reader is asked for besides its options: which connections, and how much of a file.

use super::filter::Filter;
use super::unpack::UNPACK_LIMIT;

/// Says which connections are wanted, how much of a compressed file, and which flow is to be explained.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Which connections are wanted; all if nothing is said.
    pub filter: Option<Filter>,
    /// How many bytes a compressed file may expand to.
    pub unpack_limit: u64,
    /// The flow of which [`take_lines`](super::CaptureReader::take_lines) gives the packets.
    pub explain: Option<u64>,
    /// Whether [`take_sent`](super::CaptureReader::take_sent) tells how much the remote ends sent.
    pub amounts: bool,
}

impl Default for Choice {
    fn default() -> Self {
        Self { filter: None, unpack_limit: UNPACK_LIMIT, explain: None, amounts: false }
    }
}
