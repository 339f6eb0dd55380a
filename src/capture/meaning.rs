//! What a segment meant for its flow, in the words and under the numbers of the rules in `docs/captures.md`.

use std::fmt;
use std::ops::BitOr;

/// Says what one segment meant; several things may be true of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meaning(u32);

macro_rules! meanings {
    ($($(#[doc = $doc:expr])+ $name:ident = $bit:expr, $rule:expr, $text:expr;)+) => {
        impl Meaning {
            $($(#[doc = $doc])+ pub const $name: Self = Self(1 << $bit);)+

            /// Every single meaning, with the number of its rule and its text.
            const ALL: &'static [(Self, u8, &'static str)] = &[$((Self::$name, $rule, $text)),+];
        }
    };
}

meanings! {
    /// A SYN opened a flow.
    BEGINS = 0, 1, "a SYN: the flow begins, and its sender is the client";
    /// The server's SYN+ACK, after its SYN.
    ANSWERS = 1, 2, "the server answers the SYN";
    /// A SYN+ACK was recorded before its SYN.
    ANSWERS_EARLY = 2, 2, "a SYN+ACK before its SYN, which may yet come";
    /// The SYN that an earlier SYN+ACK acknowledges.
    BEGINS_LATE = 3, 2, "the SYN that the SYN+ACK before it answers: the flow begins";
    /// The last missing part of the handshake.
    OPENS = 4, 2, "the handshake is complete: the connection is open";
    /// The local side's FIN or RST.
    IS_LOCAL = 5, 3, "the local side ends, which is no disconnect of the remote";
    /// The remote's first FIN.
    GRACEFUL = 6, 4, "the remote's first FIN: a graceful edge";
    /// A FIN before the connection is open.
    WAITS = 7, 4, "a FIN before the handshake is complete: it counts when that is";
    /// The remote's RST.
    ABORTIVE = 8, 5, "the remote's RST: an abortive edge";
    /// A segment after an RST.
    AFTER_RESET = 9, 5, "after an RST nothing follows";
    /// An RST before the connection was open.
    REFUSES = 10, 2, "an RST before the connection is open: the connect failed";
    /// The same FIN or SYN+ACK again.
    REPEATS = 11, 6, "this was seen before and counts once";
    /// The same SYN again, after a refused connect.
    ASKS_AGAIN = 12, 6, "the SYN of the refused connect again: the handshake begins anew";
    /// The four-tuple is taken by a new connection.
    CLOSES = 13, 7, "the four-tuple is taken by a new connection: the old one is closed";
    /// A flow joined in its middle.
    JOINS = 14, 8, "the first packet of a flow whose beginning is not in the file: open from here";
    /// A flow of which the packets of one side are missing.
    OPENS_HALF = 15, 9, "proof that the handshake took place, though part of it is missing: open from here";
    /// A segment of a flow whose beginning is not in the file.
    IS_STRAY = 16, 8, "the beginning of its flow is not in the file: without midstream it counts for nothing";
    /// As `OPENS_HALF`, without `midstream`.
    WOULD_OPEN_HALF = 17, 9, "proof of a handshake of which part is missing: without midstream it counts for nothing";
    /// A flow too many.
    IS_REFUSED = 18, 0, "the limit of flows is reached: it opens none";
    /// Neither SYN nor FIN nor RST, or one that changes nothing.
    IS_PLAIN = 19, 0, "data or an acknowledgment: it neither opens nor ends the connection";
    /// A FIN on the SYN that opens a flow.
    IGNORES_FIN = 20, 1, "the FIN on this SYN counts for nothing";
    /// The SYN of a flow that was joined at its SYN+ACK.
    COMES_LATE = 21, 8, "the SYN that the SYN+ACK before it answers: the connection is open already";
}

impl Meaning {
    /// Nothing said yet.
    pub(super) const NONE: Self = Self(0);

    /// Whether all of `other` is said.
    #[must_use]
    pub const fn says(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether one of `others` is said.
    #[inline(always)]
    pub(super) const fn says_any(self, others: [Self; 3]) -> bool {
        self.0 & (others[0].0 | others[1].0 | others[2].0) != 0
    }

    /// Without what another thing that is said makes untrue.
    const fn plainly(self) -> Self {
        let mut told = self.0;
        if told != Self::IS_PLAIN.0 {
            told &= !Self::IS_PLAIN.0;
        }
        if told & (Self::IS_STRAY.0 | Self::WOULD_OPEN_HALF.0) != 0 {
            told &= !Self::WAITS.0;
        }
        if told & Self::JOINS.0 != 0 {
            told &= !Self::REPEATS.0;
        }
        Self(told)
    }

    /// Goes over what is said: the number of the rule, if there is one, and the text.
    pub fn rules(self) -> impl Iterator<Item = (Option<u8>, &'static str)> {
        let told = self.plainly();
        let said = move |&&(single, _, _): &&(Self, u8, &str)| told.says(single);
        Self::ALL.iter().filter(said).map(|&(_, rule, text)| ((rule > 0).then_some(rule), text))
    }
}

impl BitOr for Meaning {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Meaning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<_> = self.rules().map(|(_, text)| text).collect();
        formatter.write_str(&texts.join("; "))
    }
}
