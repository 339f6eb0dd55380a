//! What a reader answers about what it has read.

use std::collections::BTreeMap;
use std::path::Path;

use super::CaptureReader;
use crate::capture::amounts::Sent;
use crate::capture::counts::Counts;
use crate::capture::error::Damage;
use crate::capture::explain::Line;
use crate::capture::set::LeftOut;
use crate::capture::summary::FileSummary;

impl CaptureReader {
    /// Says whether everything that can be read was read.
    #[must_use]
    pub const fn done(&self) -> bool {
        self.done
    }

    /// Returns what was counted so far, of all files together.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = self.counts;
        counts.join(&self.total);
        counts.bytes_total = self.bytes_total.max(counts.bytes_read);
        counts
    }

    /// Goes over the files that were begun, in the order in which they are read.
    pub fn files(&self) -> impl Iterator<Item = &FileSummary> {
        self.files.iter().chain((!self.done).then_some(&self.file))
    }

    /// Returns from which event of the newest `read` on which file was read: the event's place in the vector, and the
    /// file's in [`CaptureReader::files`].
    #[must_use]
    pub fn marks(&self) -> &[(usize, usize)] {
        &self.marks
    }

    /// Goes over all files that are, were or will be read, in their order.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let coming = self.members.as_slice().iter().map(|member| member.path.as_path());
        self.files().map(|file| file.path.as_path()).chain(coming)
    }

    /// Returns what was found in folders or named twice, and is not read.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Returns how many packets were skipped, by a link type that is not read.
    #[must_use]
    pub fn skipped_link_types(&self) -> BTreeMap<u32, u64> {
        let mut types = BTreeMap::new();
        for (&number, &count) in self.files().flat_map(|file| &file.skipped_link_types) {
            *types.entry(number).or_default() += count;
        }
        types
    }

    /// Returns the time of the first packet that was read, in nanoseconds since 1970.
    #[must_use]
    pub fn first_time_ns(&self) -> Option<i64> {
        self.files().find_map(|file| file.first_time_ns)
    }

    /// Returns where and why the reading of a file ended early, the first one if there are several.
    #[must_use]
    pub fn damage(&self) -> Option<&Damage> {
        self.files().find_map(|file| file.damage.as_ref())
    }

    /// Returns how many segments belong to no flow whose beginning is in the files, and how many connections
    /// `midstream` would give of them and of flows that lack a part of their handshake. Both are 0 with `midstream`.
    #[must_use]
    pub fn missed_midstream(&self) -> (u64, u64) {
        self.flows.missed()
    }

    /// Returns how many connections and edges the packets in tunnels would give, if these were opened.
    #[must_use]
    pub fn missed_tunnels(&self) -> (u64, u64) {
        self.tunnelled.as_ref().map_or((0, 0), |shadow| (shadow.1.established, shadow.1.edges))
    }

    /// Returns how many packets are in tunnels of kinds that are never opened, by the kind.
    #[must_use]
    pub const fn unopened_tunnels(&self) -> &BTreeMap<&'static str, u64> {
        &self.unopened
    }

    /// Says whether it reads a pipe now, which may keep it waiting.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.live
    }

    /// Takes the packets of the flow that is to be explained, as far as they were read.
    pub fn take_lines(&mut self) -> Vec<Line> {
        self.flows.explanation().map_or_else(Vec::new, |explanation| explanation.take())
    }

    /// Takes how much the remote ends have sent, as far as that was read, if the reader was asked to count it.
    pub fn take_sent(&mut self) -> Vec<Sent> {
        self.flows.take_sent()
    }

    /// Returns how many flows were numbered for an explanation.
    pub fn numbered_flows(&mut self) -> u64 {
        self.flows.explanation().map_or(0, |explanation| explanation.flows())
    }

    /// Whether an explanation met more flows than it numbers.
    pub fn has_unnumbered_flows(&mut self) -> bool {
        self.flows.explanation().is_some_and(|explanation| explanation.is_full())
    }
}
