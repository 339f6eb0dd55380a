//! Leases: which ephemeral ports of which host are taken.

use crate::network::address::Address;
use crate::network::ports::Transport;
use foldhash::HashMap;

/// The first ephemeral port.
const FIRST: u16 = 49_152;
/// How many there are.
pub(crate) const COUNT: usize = (u16::MAX - FIRST) as usize + 1;
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

    /// Takes a port, if it is not taken.
    fn add(&mut self, offset: u16) {
        if self.has(offset) {
            return;
        }
        if let Self::Few(list) = self {
            if list.len() < FEW {
                list.push(offset);
                return;
            }
            let mut bits = Box::new([0; WORDS]);
            list.iter().for_each(|&other| bits[other as usize / 64] |= 1 << (other % 64));
            *self = Self::Many { taken: list.len(), bits };
        }
        if let Self::Many { taken, bits } = self {
            *taken += 1;
            bits[offset as usize / 64] |= 1 << (offset % 64);
        }
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
    /// How many of the hosts are wildcards.
    anywhere: usize,
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

    /// Takes a port, if it is an ephemeral one; who shares an address takes it once more.
    pub(crate) fn add(&mut self, transport: Transport, address: Address) {
        let Some(offset) = address.port().checked_sub(FIRST) else { return };
        let host = self.hosts.entry((transport, address.with_port(0)));
        let host = host.or_insert_with(|| {
            self.anywhere += usize::from(address.is_wildcard());
            Host::Few(Vec::new())
        });
        host.add(offset);
    }

    /// Gives a port back.
    pub(crate) fn end(&mut self, transport: Transport, address: Address) {
        let Some(offset) = address.port().checked_sub(FIRST) else { return };
        let key = (transport, address.with_port(0));
        let Some(host) = self.hosts.get_mut(&key) else { return };
        host.remove(offset);
        if host.taken() == 0 {
            self.hosts.remove(&key);
            self.anywhere -= usize::from(address.is_wildcard());
        }
    }

    /// Takes the next port that is free at `host` and at the wildcard, while fewer than so many are taken there; at the
    /// wildcard, one that is free wherever it would connect from (L-15). The host with it; `None` if there is none.
    pub(crate) fn draw(
        &mut self,
        transport: Transport,
        host: Address,
        most: usize,
    ) -> Option<Address> {
        let (key, wildcard) = ((transport, host.with_port(0)), host.wildcard());
        let offset = if wildcard.is_some() && self.anywhere == 0 {
            // Mostly nobody has a port at the wildcard: then the host is looked up once.
            let own = self.hosts.entry(key).or_insert(Host::Few(Vec::new()));
            let offset = if own.taken() < most { free(&[&*own], self.next)? } else { return None };
            own.add(offset);
            offset
        } else {
            let others = wildcard.map_or_else(|| host.sources(1), |wildcard| [wildcard; 2]);
            let all = [Some(host), Some(others[0]), Some(others[1]).filter(|_| host.is_wildcard())];
            let all = all.map(|other| other.and_then(|other| self.of(transport, other)));
            if all[0].is_some_and(|own| own.taken() >= most) {
                return None;
            }
            let all: Vec<_> = all.into_iter().flatten().collect();
            let offset = free(&all, self.next)?;
            self.add(transport, host.with_port(FIRST + offset));
            offset
        };
        self.next = (offset + 1) % COUNT as u16;
        Some(host.with_port(FIRST + offset))
    }
}

/// The next port from `next` on that none of these has.
fn free(hosts: &[&Host], next: u16) -> Option<u16> {
    if !hosts.iter().any(|host| host.has(next)) {
        return Some(next);
    }
    let word = |at: usize| hosts.iter().fold(0, |word, host| word | host.word(at));
    let (first, after) = (next as usize / 64, !0 << (next % 64));
    // The first word once more at the end, for what lies before.
    (0..=WORDS).find_map(|step| {
        let at = (first + step) % WORDS;
        let free = !word(at) & if step == 0 { after } else { !0 };
        (free != 0).then(|| (at * 64) as u16 + free.trailing_zeros() as u16)
    })
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
        let taken = leases.draw(Tcp, wildcard, COUNT).expect("the first one").port();
        for last in [1, 2] {
            let ports: HashSet<u16> = std::iter::from_fn(|| leases.draw(Tcp, host(last), COUNT))
                .map(|address| address.port())
                .collect();
            assert_eq!(ports.len(), COUNT - 1);
            assert!(!ports.contains(&taken));
        }
        // One that is given back is found again.
        leases.end(Tcp, host(1).with_port(50_000));
        assert_eq!(leases.draw(Tcp, host(1), COUNT), Some(host(1).with_port(50_000)));
        assert_eq!(leases.draw(Tcp, host(1), COUNT), None);
        for offset in 0..COUNT as u16 {
            leases.end(Tcp, host(1).with_port(49_152 + offset));
            leases.end(Tcp, host(2).with_port(49_152 + offset));
        }
        assert_eq!(leases.hosts.len(), 1, "the wildcard's");
    }
}
