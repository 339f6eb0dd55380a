//! Leases: which ephemeral ports of which host are taken.

use crate::network::address::Address;
use crate::network::ports::Transport;
use foldhash::HashMap;

/// The first ephemeral port.
const FIRST: u16 = 49_152;
/// How many there are.
const COUNT: usize = (u16::MAX - FIRST) as usize + 1;
/// So many ports of a host are listed; more are bits.
const FEW: usize = 32;
const WORDS: usize = COUNT / 64;

/// The ephemeral ports of one host that are taken.
#[derive(Debug)]
enum Host {
    Few(Vec<u16>),
    Many { taken: usize, bits: Box<[u64; WORDS]> },
}

impl Host {
    fn has(&self, offset: u16) -> bool {
        match self {
            Self::Few(list) => list.contains(&offset),
            Self::Many { bits, .. } => bits[offset as usize / 64] >> (offset % 64) & 1 == 1,
        }
    }

    fn taken(&self) -> usize {
        match self {
            Self::Few(list) => list.len(),
            Self::Many { taken, .. } => *taken,
        }
    }

    /// Takes a port; false if it was taken.
    fn add(&mut self, offset: u16) -> bool {
        if self.has(offset) {
            return false;
        }
        if let Self::Few(list) = self {
            if list.len() < FEW {
                list.push(offset);
                return true;
            }
            let mut bits = Box::new([0; WORDS]);
            list.iter().for_each(|&other| bits[other as usize / 64] |= 1 << (other % 64));
            *self = Self::Many { taken: list.len(), bits };
        }
        if let Self::Many { taken, bits } = self {
            *taken += 1;
            bits[offset as usize / 64] |= 1 << (offset % 64);
        }
        true
    }

    fn remove(&mut self, offset: u16) {
        match self {
            Self::Few(list) => list.retain(|other| *other != offset),
            Self::Many { taken, bits } if bits[offset as usize / 64] >> (offset % 64) & 1 == 1 => {
                *taken -= 1;
                bits[offset as usize / 64] &= !(1 << (offset % 64));
            }
            Self::Many { .. } => {}
        }
    }

    /// The 64 ports of a word that are taken.
    fn word(&self, at: usize) -> u64 {
        match self {
            Self::Few(list) => {
                let of_word = list.iter().filter(|&&offset| offset as usize / 64 == at);
                of_word.fold(0, |word, offset| word | 1 << (offset % 64))
            }
            Self::Many { bits, .. } => bits[at],
        }
    }
}

/// Every ephemeral port that is taken.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    /// By the host, with port 0.
    hosts: HashMap<(Transport, Address), Host>,
    /// The port after the last one that was drawn, whatever the host.
    next: u16,
}

impl Leases {
    /// Whether a port is taken at this very host; only ephemeral ones are known.
    pub(crate) fn has(&self, transport: Transport, address: Address) -> bool {
        let Some(offset) = address.port().checked_sub(FIRST) else { return false };
        self.of(transport, address).is_some_and(|host| host.has(offset))
    }

    fn of(&self, transport: Transport, address: Address) -> Option<&Host> {
        self.hosts.get(&(transport, address.with_port(0)))
    }

    /// Takes a port, if it is an ephemeral one; false if it was taken.
    pub(crate) fn add(&mut self, transport: Transport, address: Address) -> bool {
        let Some(offset) = address.port().checked_sub(FIRST) else { return true };
        let host = self.hosts.entry((transport, address.with_port(0)));
        host.or_insert(Host::Few(Vec::new())).add(offset)
    }

    /// Gives a port back.
    pub(crate) fn end(&mut self, transport: Transport, address: Address) {
        let Some(offset) = address.port().checked_sub(FIRST) else { return };
        let key = (transport, address.with_port(0));
        let Some(host) = self.hosts.get_mut(&key) else { return };
        host.remove(offset);
        if host.taken() == 0 {
            self.hosts.remove(&key);
        }
    }

    /// Whether half of a host's ports are taken.
    pub(crate) fn is_half_taken(&self, transport: Transport, host: Address) -> bool {
        self.of(transport, host).is_some_and(|host| host.taken() >= COUNT / 2)
    }

    /// Takes the next port that is free at `host` and at the wildcard; at the wildcard, one that is free wherever it would
    /// connect from (L-15). The host with it; `None` if there is none.
    pub(crate) fn draw(&mut self, transport: Transport, host: Address) -> Option<Address> {
        let own = self.of(transport, host);
        if own.is_some_and(|host| host.taken() == COUNT) {
            return None;
        }
        let others = host.wildcard().map_or_else(|| host.sources(1), |wildcard| [wildcard; 2]);
        let others = others.map(|other| self.of(transport, other));
        let others = [own, others[0], others[1].filter(|_| host.is_wildcard())];
        let is_free = |offset: u16| !others.iter().flatten().any(|host| host.has(offset));
        let mut offset = self.next;
        if !is_free(offset) {
            let word =
                |at: usize| others.iter().flatten().fold(0, |word, host| word | host.word(at));
            let (first, after) = (offset as usize / 64, !0 << (offset % 64));
            // The first word once more at the end, for what lies before.
            let found = (0..=WORDS).find_map(|step| {
                let at = (first + step) % WORDS;
                let free = !word(at) & if step == 0 { after } else { !0 };
                (free != 0).then(|| at * 64 + free.trailing_zeros() as usize)
            });
            offset = found? as u16;
        }
        self.next = (offset + 1) % COUNT as u16;
        let address = host.with_port(FIRST + offset);
        self.add(transport, address);
        Some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::{COUNT, Leases};
    use crate::network::address::{AF_INET, Address};
    use crate::network::ports::Transport::Tcp;
    use std::collections::HashSet;

    fn host(last: u8) -> Address {
        Address::new(AF_INET, &[10, 0, 0, last], 0).expect("four bytes")
    }

    /// A host has 16,384, whatever others have; the wildcard's are nobody else's.
    #[test]
    fn each_host_has_its_own_ports() {
        let mut leases = Leases::default();
        let wildcard = Address::new(AF_INET, &[0; 4], 0).expect("four bytes");
        let taken = leases.draw(Tcp, wildcard).expect("the first one").port();
        for last in [1, 2] {
            let ports: HashSet<u16> = std::iter::from_fn(|| leases.draw(Tcp, host(last)))
                .map(|address| address.port())
                .collect();
            assert_eq!(ports.len(), COUNT - 1);
            assert!(!ports.contains(&taken));
        }
        // One that is given back is found again.
        leases.end(Tcp, host(1).with_port(50_000));
        assert_eq!(leases.draw(Tcp, host(1)), Some(host(1).with_port(50_000)));
        assert_eq!(leases.draw(Tcp, host(1)), None);
        for offset in 0..COUNT as u16 {
            leases.end(Tcp, host(1).with_port(49_152 + offset));
            leases.end(Tcp, host(2).with_port(49_152 + offset));
        }
        assert_eq!(leases.hosts.len(), 1, "the wildcard's");
    }
}
