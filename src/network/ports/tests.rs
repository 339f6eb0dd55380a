//! Ports against a plain list of who holds what.

use super::{Party, Ports, Refusal, Sharing, Transport::Tcp};
use crate::network::address::{AF_INET, Address};
use proptest::prelude::*;
use std::collections::HashSet;

/// The ephemeral ports.
const FIRST: u16 = 49_152;
/// So many ports are left where a host is nearly full.
const LEFT: u16 = 3;
const MODES: [Sharing; 3] = [Sharing::Default, Sharing::Reuse, Sharing::Exclusive];

fn host(place: usize) -> Address {
    // This machine's two, a stranger's, and the wildcard.
    let hosts = [[127, 0, 0, 1], [192, 0, 2, 1], [10, 0, 0, 1], [0; 4]];
    Address::new(AF_INET, &hosts[place % 4], 0).expect("four bytes")
}

/// What holds a port in the plain model.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Holder {
    Lease,
    Bound(Party, Sharing),
}

/// Everything that is held, in the order in which that came about.
#[derive(Default)]
struct Plain(Vec<(Address, Holder)>);

impl Plain {
    fn holders(&self, address: Address) -> impl Iterator<Item = Holder> {
        self.0.iter().filter(move |(at, _)| *at == address).map(|(_, holder)| *holder)
    }

    /// Whether a draw may give this port of a host.
    fn is_free(&self, address: Address) -> bool {
        let mut others = vec![address];
        match address.wildcard() {
            Some(wildcard) => others.push(wildcard),
            None => others.extend([host(0), host(1)].map(|own| own.with_port(address.port()))),
        }
        others.into_iter().all(|other| self.holders(other).next().is_none())
    }

    /// The published table of sharing modes, holder by holder.
    fn refusal(&self, address: Address, sharing: Sharing) -> Option<Refusal> {
        use Refusal::{Denied, InUse};
        use Sharing::{Default, Exclusive, Reuse};
        let of = |holder| match holder {
            Holder::Lease => Default,
            Holder::Bound(_, sharing) => sharing,
        };
        let same = self.holders(address).map(of).find_map(|first| match (first, sharing) {
            (Reuse, Reuse) => None,
            (Default | Exclusive, Reuse) => Some(Denied),
            (Reuse, Default) if address.wildcard().is_some() => Some(Denied),
            _ => Some(InUse),
        });
        let beside = match address.wildcard() {
            Some(wildcard) => {
                let exclusive = self.holders(wildcard).map(of).any(|first| first == Exclusive);
                exclusive.then_some(Denied)
            }
            None if sharing == Exclusive => {
                let own = |at: Address| [0, 1, 3].map(host).contains(&at.with_port(0));
                let held = |&(at, holder): &(Address, Holder)| {
                    let bound = matches!(holder, Holder::Bound(..));
                    at.port() == address.port() && (bound || own(at))
                };
                self.0.iter().any(held).then_some(InUse)
            }
            None => None,
        };
        same.or(beside)
    }

    fn let_go(&mut self, address: Address, holder: impl Fn(Holder) -> bool) {
        let place = self.0.iter().position(|&(at, held)| at == address && holder(held));
        self.0.remove(place.expect("who lets go has held it"));
    }

    fn found(&self, address: Address) -> Vec<Party> {
        let hosts = [Some(address), address.wildcard()].into_iter().flatten();
        let holders = hosts.flat_map(|at| self.holders(at));
        let bound = holders.filter_map(|holder| match holder {
            Holder::Bound(party, _) => Some(party),
            Holder::Lease => None,
        });
        bound.collect()
    }
}

proptest! {
    /// Ports are as a plain list of who holds what has them, however they are found and kept.
    #[test]
    fn are_a_plain_list(
        full in prop::option::of(0..4_usize),
        steps in prop::collection::vec((0..7_u8, 0..4_usize, 0..8_u16, 0..64_usize), 1..120),
    ) {
        let (mut ports, mut plain) = (Ports::default(), Plain::default());
        if let Some(full) = full {
            for _ in 0..=u16::MAX - FIRST - LEFT {
                // Not in the list: nobody lets go of them, and the steps name other ports.
                prop_assert!(ports.lease(Tcp, host(full)).is_ok());
            }
        }
        let filled = |address: Address| {
            let of = |place: usize| full == Some(place) && address.port() <= u16::MAX - LEFT;
            match address.with_port(0) {
                at if at == host(3) => of(0) || of(1) || of(3),
                at => of(3) || (0..3).any(|place| at == host(place) && of(place)),
            }
        };
        for (step, (what, at, port, which)) in steps.into_iter().enumerate() {
            let party = Party::Socket(step as u64);
            let address = host(at).with_port(u16::MAX - port % LEFT);
            let sharing = MODES[which % 3];
            match what {
                0 | 1 => match ports.lease(Tcp, host(at)) {
                    Ok(leased) => {
                        prop_assert!(plain.is_free(leased) && !filled(leased), "{leased:?}");
                        plain.0.push((leased, Holder::Lease));
                    }
                    Err(refusal) => {
                        prop_assert_eq!(refusal, Refusal::NoPort);
                        let all = (FIRST..=u16::MAX).map(|port| host(at).with_port(port));
                        let free = all.filter(|&one| !filled(one) && plain.is_free(one));
                        prop_assert_eq!(free.count(), 0);
                    }
                },
                2 | 3 => {
                    let expected = plain.refusal(address, sharing);
                    let bound = ports.bind(Tcp, address, sharing, party);
                    prop_assert_eq!(bound.err(), expected);
                    if expected.is_none() {
                        plain.0.push((address, Holder::Bound(party, sharing)));
                    }
                }
                4 => if let Ok(bound) = ports.bind(Tcp, host(at), sharing, party) {
                    prop_assert!(plain.is_free(bound) && !filled(bound));
                    plain.0.push((bound, Holder::Bound(party, sharing)));
                },
                _ if !plain.0.is_empty() => {
                    let (address, holder) = plain.0[which % plain.0.len()];
                    match holder {
                        Holder::Lease => ports.end_lease(Tcp, address),
                        Holder::Bound(party, _) => ports.unbind(Tcp, address, party),
                    }
                    plain.let_go(address, |held| held == holder);
                }
                _ => {}
            }
            let found: Vec<_> = ports.find(Tcp, address).collect();
            prop_assert_eq!(found, plain.found(address));
            let everyone = plain.0.iter().filter(|(at, _)| at.port() == address.port());
            let everyone = everyone.filter_map(|(_, holder)| match holder {
                Holder::Bound(party, _) => Some(*party),
                Holder::Lease => None,
            });
            prop_assert!(ports.everyone(Tcp, AF_INET, address.port()).eq(everyone));
        }
    }
}

/// Nobody is bound over a lease, and nobody leases what is bound.
#[test]
fn a_lease_is_nobody_else_s() {
    let mut ports = Ports::default();
    let (first, second) = (Party::Socket(1), Party::Socket(2));
    let leased = ports.lease(Tcp, host(0)).expect("all are free");
    let refused = [Refusal::InUse, Refusal::Denied, Refusal::InUse];
    for (sharing, refusal) in MODES.into_iter().zip(refused) {
        assert_eq!(ports.bind(Tcp, leased, sharing, first), Err(refusal));
    }
    ports.end_lease(Tcp, leased);
    assert_eq!(ports.bind(Tcp, leased, Sharing::Reuse, first), Ok(leased));
    assert_eq!(ports.bind(Tcp, leased, Sharing::Reuse, second), Ok(leased));
    ports.unbind(Tcp, leased, first);
    assert_eq!(ports.bind(Tcp, leased, Sharing::Default, first), Err(Refusal::Denied));
    ports.unbind(Tcp, leased, second);
    assert_eq!(ports.bind(Tcp, leased, Sharing::Default, first), Ok(leased));
}

/// The application has its half of this machine's own host, and what it draws at the wildcard is no client's.
#[test]
fn clients_leave_half_of_the_own_host() {
    let mut ports = Ports::default();
    let clients = std::iter::from_fn(|| ports.lease_of_half(Tcp, host(0)).ok());
    let clients: HashSet<_> = clients.map(|client| client.port()).collect();
    assert_eq!(clients.len(), 8_192);
    for number in 0..8_192 {
        let party = Party::Socket(number);
        let bound = ports.bind(Tcp, host(3), Sharing::Default, party).expect("its half");
        assert!(!clients.contains(&bound.port()));
    }
    let one_more = ports.bind(Tcp, host(3), Sharing::Default, Party::Socket(9_000));
    assert_eq!(one_more, Err(Refusal::NoPort));
}
