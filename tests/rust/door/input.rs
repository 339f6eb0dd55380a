//! Input: one program as bytes, so that it can be kept, replayed and made smaller.

use wsksim::core::random::Random;

/// One program: what the subsystem is like, what two threads do, and what happens inside callbacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) header: [u8; 4],
    pub(crate) streams: [Vec<u8>; 3],
}

impl Input {
    /// A program of about `length` bytes a thread.
    pub(crate) fn random(seed: u64, length: usize) -> Self {
        let mut random = Random::new(seed, 0);
        let header = (random.next() as u32).to_le_bytes();
        let streams = std::array::from_fn(|_| {
            let length = random.next() as usize % length + length / 2;
            (0..length).map(|_| random.next() as u8).collect()
        });
        Self { header, streams }
    }

    /// As text: its four parts in hexadecimal.
    pub(crate) fn text(&self) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let [a, b, inside] = &self.streams;
        [hex(&self.header), hex(a), hex(b), hex(inside)].join("-")
    }

    /// The program of a text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = |part: &str| -> Option<Vec<u8>> {
            let digit = |place| u8::from_str_radix(part.get(place..place + 2)?, 16).ok();
            (0..part.len()).step_by(2).map(digit).collect()
        };
        let parts = text.split('-').map(bytes).collect::<Option<Vec<_>>>()?;
        let [header, a, b, inside]: [Vec<u8>; 4] = parts.try_into().ok()?;
        Some(Self { header: header.try_into().ok()?, streams: [a, b, inside] })
    }

    /// A smaller program that `fails` as well.
    pub(crate) fn shrunk(mut self, mut fails: impl FnMut(&Self) -> bool) -> Self {
        let mut size = 64;
        while size > 0 {
            let mut smaller = false;
            for stream in 0..self.streams.len() {
                let mut from = 0;
                while from < self.streams[stream].len() {
                    let mut one = self.clone();
                    let to = (from + size).min(one.streams[stream].len());
                    one.streams[stream].drain(from..to);
                    if fails(&one) {
                        (self, smaller) = (one, true);
                    } else {
                        from += size;
                    }
                }
            }
            if !smaller {
                size /= 2;
            }
        }
        self
    }
}

/// A stream as decisions: at its end each is 0, the plainest.
#[derive(Debug)]
pub(crate) struct Bytes {
    data: Vec<u8>,
    at: usize,
}

impl Bytes {
    pub(crate) fn new(data: &[u8]) -> Self {
        Self { data: data.to_vec(), at: 0 }
    }

    /// A number below `count`, which is at most 256.
    pub(crate) fn pick(&mut self, count: usize) -> usize {
        let byte = self.data.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(byte) % count
    }

    pub(crate) fn is_over(&self) -> bool {
        self.at >= self.data.len()
    }
}
