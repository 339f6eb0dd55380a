//! Record: what was chosen, seven bits to a byte, for nearly every choice is a small number.

use crate::core::chooser::NoChoices;
use crate::core::limits::MAX_CHOICES;

/// What was chosen.
#[derive(Debug, Default)]
pub(super) struct Record {
    bytes: Vec<u8>,
    pub(super) made: u64,
}

const MORE: u8 = 0x80;
/// So many choices that are one bit each are written at once.
const AT_ONCE: usize = 8;

impl Record {
    pub(super) fn push(&mut self, mut choice: u32) {
        self.made += 1;
        if self.made > MAX_CHOICES {
            return;
        }
        while choice >= u32::from(MORE) {
            self.bytes.push(choice as u8 | MORE);
            choice >>= 7;
        }
        self.bytes.push(choice as u8);
    }

    /// Likewise for so many choices of one bit each, the lowest bit first.
    pub(super) fn push_bits(&mut self, bits: u64, count: u32) {
        if count as usize == AT_ONCE && self.made + AT_ONCE as u64 <= MAX_CHOICES {
            self.made += AT_ONCE as u64;
            let bytes: [u8; AT_ONCE] = std::array::from_fn(|place| (bits >> place & 1) as u8);
            self.bytes.extend_from_slice(&bytes);
        } else {
            (0..count).for_each(|place| self.push((bits >> place & 1) as u32));
        }
    }

    pub(super) fn list(&self) -> Result<Vec<u32>, NoChoices> {
        if self.made > MAX_CHOICES {
            return Err(NoChoices::TooMany { made: self.made });
        }
        let mut list = Vec::with_capacity(self.made as usize);
        let (mut choice, mut shift) = (0, 0);
        for &byte in &self.bytes {
            choice |= u32::from(byte & !MORE) << shift;
            shift += 7;
            if byte & MORE == 0 {
                list.push(choice);
                (choice, shift) = (0, 0);
            }
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits that are written at once read as those that are written one by one.
    #[test]
    fn bits_are_choices() {
        let (mut one, mut many) = (Record::default(), Record::default());
        for (bits, count) in [(0b1010_0110, 8), (0b101, 3), (0xFF, 8), (0, 8)] {
            (0..count).for_each(|place| one.push((bits >> place & 1) as u32));
            many.push_bits(bits, count);
            one.push(1_000);
            many.push(1_000);
        }
        assert_eq!((one.made, one.list()), (many.made, many.list()));
    }
}
