//! An interface of pcapng: how its packets begin, and how its clock counts.
//!
//! `if_tsresol` and `if_tsoffset` are read here: `pcap-parser` knows no binary resolution and no big-endian offset.

use pcap_parser::pcapng::InterfaceDescriptionBlock;

use super::file::RecordLink;
use super::layer::Layer;

const OPTION_TSRESOL: u16 = 9;
const OPTION_TSOFFSET: u16 = 14;

/// What a section says of one interface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interface {
    pub(super) link: RecordLink,
    pub(super) snap_length: u32,
    resolution: Resolution,
    offset_s: i64,
}

/// How many nanoseconds one tick of an interface's clock is.
#[derive(Clone, Copy, Debug)]
enum Resolution {
    Multiply(u64),
    /// 0 stands for a divisor beyond 64 bits: every time is then 0.
    Divide(u64),
    Shift(u32),
}

impl Interface {
    pub(super) fn new(description: &InterfaceDescriptionBlock<'_>, big_endian: bool) -> Self {
        let mut resolution = Resolution::from_option(6);
        let mut offset_s = 0;
        // Option code 0 ends the list.
        for option in description.options.iter().take_while(|option| option.code.0 != 0) {
            match (option.code.0, option.value()) {
                (OPTION_TSRESOL, &[byte, ..]) => resolution = Resolution::from_option(byte),
                (OPTION_TSOFFSET, value) => {
                    if let Some(&bytes) = value.first_chunk::<8>() {
                        offset_s = if big_endian {
                            i64::from_be_bytes(bytes)
                        } else {
                            i64::from_le_bytes(bytes)
                        };
                    }
                }
                _ => {}
            }
        }
        let number = description.linktype.0.cast_unsigned();
        Self {
            link: Layer::from_number(number)
                .map_or(RecordLink::Unsupported(number), RecordLink::Known),
            snap_length: description.snaplen,
            resolution,
            offset_s,
        }
    }

    #[inline]
    pub(super) fn time_ns(&self, ticks: u64) -> i64 {
        let elapsed = match self.resolution {
            Resolution::Multiply(factor) => ticks.saturating_mul(factor),
            Resolution::Divide(divisor) => ticks.checked_div(divisor).unwrap_or(0),
            Resolution::Shift(bits) => {
                u64::try_from((u128::from(ticks) * 1_000_000_000) >> bits).unwrap_or(u64::MAX)
            }
        };
        let elapsed = i64::try_from(elapsed).unwrap_or(i64::MAX);
        elapsed.saturating_add(self.offset_s.saturating_mul(1_000_000_000))
    }
}

impl Resolution {
    /// Reads `if_tsresol`: a power of ten, or with the upper bit set a power of two.
    fn from_option(byte: u8) -> Self {
        let power = u32::from(byte & 0x7F);
        match (byte & 0x80, power) {
            (0, 0..=9) => Self::Multiply(10_u64.pow(9 - power)),
            (0, _) => Self::Divide(10_u64.checked_pow(power - 9).unwrap_or(0)),
            _ => Self::Shift(power),
        }
    }
}
