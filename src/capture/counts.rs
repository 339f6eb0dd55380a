//! What a reader has counted: records, segments, flows, and what was skipped, by reason.

/// Says why a record, or a flow, was not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Skip {
    /// The packet came through an interface whose link type is not read.
    LinkType,
    /// The packet names an interface that its section does not describe.
    UnknownInterface,
    /// The frame carries no IP.
    NotIp,
    /// The IP packet carries no TCP.
    NotTcp,
    /// An IP fragment after the first one: it has no TCP header.
    Fragment,
    /// The recorded bytes end before the first fourteen bytes of the TCP header.
    CutShort,
    /// A header contradicts itself: a wrong IP version, a header shorter than its minimum.
    Malformed,
    /// A data frame of 802.11 whose content is encrypted.
    Encrypted,
    /// A data frame of 802.11 that holds several packets (A-MSDU).
    Aggregate,
    /// More tunnels inside each other than are opened.
    TooDeep,
    /// A packet inside a tunnel, while tunnels are not opened.
    Tunnel,
    /// The filter leaves this segment out.
    Filter,
    /// A block that a viewer numbers although it holds no packet: a journal entry, a custom block.
    NoPacket,
    /// The limit of known flows was reached, so this segment opened no flow; it is still counted as a TCP segment.
    FlowLimit,
}

impl Skip {
    /// Lists every reason, in the order in which reports print them.
    pub const ALL: [Self; 14] = [
        Self::LinkType,
        Self::UnknownInterface,
        Self::NotIp,
        Self::NotTcp,
        Self::Fragment,
        Self::CutShort,
        Self::Malformed,
        Self::Encrypted,
        Self::Aggregate,
        Self::TooDeep,
        Self::Tunnel,
        Self::Filter,
        Self::NoPacket,
        Self::FlowLimit,
    ];

    /// Returns the reason as reports print it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LinkType => "link type",
            Self::UnknownInterface => "unknown interface",
            Self::NotIp => "not IP",
            Self::NotTcp => "not TCP",
            Self::Fragment => "IP fragment",
            Self::CutShort => "cut short",
            Self::Malformed => "malformed",
            Self::Encrypted => "encrypted",
            Self::Aggregate => "aggregate",
            Self::TooDeep => "nested too deep",
            Self::Tunnel => "tunnel",
            Self::Filter => "filter",
            Self::NoPacket => "no packet",
            Self::FlowLimit => "flow limit",
        }
    }
}

/// Counts what was skipped, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped([u64; Skip::ALL.len()]);

impl Skipped {
    /// Returns how often `reason` occurred.
    #[must_use]
    pub const fn get(&self, reason: Skip) -> u64 {
        self.0[reason as usize]
    }

    /// Goes over the reasons that occurred, in the order of [`Skip::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Skip, u64)> + '_ {
        Skip::ALL.into_iter().zip(self.0).filter(|&(_, count)| count > 0)
    }

    pub(super) fn add(&mut self, reason: Skip) {
        self.0[reason as usize] += 1;
    }

    fn join(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}

/// Holds what a reader has counted so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packet records of any kind.
    pub packets: u64,
    /// Records with a TCP header that the filter lets pass; the others are in `skipped`.
    pub tcp_packets: u64,
    /// How many of these were inside a tunnel.
    pub tunnelled: u64,
    /// Connection attempts: SYNs that were no retransmission, and with `midstream` flows joined in the middle.
    pub flows: u64,
    /// Flows whose handshake was seen, and with `midstream` flows joined in the middle.
    pub established: u64,
    /// Edges of the remote, as the viewpoint has it.
    pub edges: u64,
    /// Disconnects of the local side, which another viewpoint would give as edges.
    pub edges_of_local: u64,
    /// What was not followed, by reason.
    pub skipped: Skipped,
    /// Bytes of the file that are behind the reader.
    pub bytes_read: u64,
    /// Length of the file when it was opened; never less than `bytes_read`.
    pub bytes_total: u64,
}

impl Counts {
    /// Adds what another file of the same set gave.
    pub(super) fn join(&mut self, other: &Self) {
        self.packets += other.packets;
        self.tcp_packets += other.tcp_packets;
        self.tunnelled += other.tunnelled;
        self.flows += other.flows;
        self.established += other.established;
        self.edges += other.edges;
        self.edges_of_local += other.edges_of_local;
        self.skipped.join(&other.skipped);
        self.bytes_read += other.bytes_read;
        self.bytes_total += other.bytes_total;
    }
}
