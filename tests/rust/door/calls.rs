//! Calls: the functions of sockets, as an application that keeps to the rules makes them.

use crate::actor::{Actor, loopback};
use crate::application::App;
use crate::world::{Kept, Kind, Sock, World};
use std::sync::Arc;
use wsksim::core::status::NtStatus;
use wsksim::network::address::AF_INET;
use wsksim::provider::{Asked, Irp, Part, function};
use wsksim::wsk::{Npi, Reply, State, Turn, event};

const SO_KEEPALIVE: u32 = 0x8;
const SO_RCVBUF: u32 = 0x1002;
const SO_CONDITIONAL_ACCEPT: u32 = 0x3002;
/// Sockets that programs have at a time; more do not find more.
const MOST: usize = 12;

impl Actor<'_> {
    /// `WskSocket`, and mostly what makes it useful.
    pub(crate) fn make(&mut self) {
        if self.world.see(|seen| seen.usable.len()) >= MOST {
            return self.close();
        }
        let (kind, flags, pair) = match self.pick(8) {
            0..=3 => (Kind::Listen, 1, (1, 6)),
            4 | 5 => (Kind::Connection, 2, (1, 6)),
            6 => (Kind::Datagram, 4, (2, 17)),
            _ => (Kind::Stream, 8, (1, 6)),
        };
        let (world, sock) = (self.world, self.world.sock(kind));
        let (table, client) = (World::table(&sock), world.client);
        let status = self.ask(&function::SOCKET, None, Some(Arc::clone(&sock)), |turn, _, irp| {
            turn.socket(client, AF_INET, pair.0, pair.1, flags, table, irp)
        });
        if status == NtStatus::SUCCESS {
            if kind == Kind::Listen && self.pick(3) == 0 {
                self.option(&sock, SO_CONDITIONAL_ACCEPT, 1);
            }
            if self.pick(8) != 7 {
                self.bind(&sock);
                self.enable(&sock);
            }
        }
    }

    /// `WskSocketConnect`.
    pub(crate) fn dial(&mut self) {
        if self.world.see(|seen| seen.usable.len()) >= MOST {
            return self.close();
        }
        let Some(to) = self.address() else { return self.listen() };
        let (world, sock) = (self.world, self.world.sock(Kind::Connection));
        let (table, client) = (World::table(&sock), world.client);
        let status =
            self.ask(&function::SOCKET_CONNECT, None, Some(Arc::clone(&sock)), |turn, _, irp| {
                turn.socket_connect(client, 1, 6, loopback(0), Some(to), 0, table, irp)
            });
        if status == NtStatus::SUCCESS {
            self.enable(&sock);
        }
    }

    pub(crate) fn bind(&mut self, sock: &Arc<Sock>) {
        let mut address = None;
        sock.used(|| {
            self.ask(&function::BIND, Some(sock), None, |turn, id, irp| {
                turn.bind(id, loopback(0), 0, irp)
            });
        });
        // A routine may have closed it.
        sock.used(|| {
            self.ask(&function::GET_LOCAL_ADDRESS, Some(sock), None, |turn, id, irp| {
                let reply = turn.get_local_address(id, irp);
                address = reply.completions.first().and_then(|done| done.local);
                reply
            });
        });
        if let Some(address) = address
            && sock.kind != Kind::Connection
        {
            self.world.see(|seen| seen.addresses.push(address));
        }
    }

    /// Whether the socket can have events (E-8).
    pub(crate) fn can_have_events(&self, sock: &Sock) -> bool {
        let state = self.world.turn(|turn| turn.state(sock.id()));
        match sock.kind {
            Kind::Listen => state == Some(State::Listening),
            Kind::Datagram => state == Some(State::Bound),
            Kind::Connection | Kind::Stream => {
                !matches!(state, None | Some(State::New | State::Bound | State::Connecting))
            }
        }
    }

    pub(crate) fn enable(&mut self, sock: &Arc<Sock>) {
        let mask = match sock.kind {
            Kind::Listen => event::ACCEPT | [event::CONNECTION, event::DISCONNECT, 0][self.pick(3)],
            Kind::Datagram => event::RECEIVE_FROM,
            Kind::Connection | Kind::Stream => {
                [event::CONNECTION, event::DISCONNECT, event::RECEIVE][self.pick(3)]
            }
        };
        self.control(sock, mask, false);
    }

    pub(crate) fn control(&mut self, sock: &Arc<Sock>, mask: u32, with_irp: bool) {
        sock.used(|| {
            if !self.can_have_events(sock) {
                return;
            }
            if with_irp {
                self.ask(&function::CONTROL_SOCKET, Some(sock), None, |turn, id, irp| {
                    turn.event_callback(id, Npi::Wsk, mask, irp)
                });
                return;
            }
            let mut app = App::new(self.world, None, self.depth);
            let asked = Asked::of_socket(&function::CONTROL_SOCKET, sock.id(), None);
            let status = self.world.with_door(|door| {
                door.request(&mut app, asked, |turn, irp| {
                    turn.event_callback(sock.id(), Npi::Wsk, mask, irp)
                })
            });
            self.world.note(("control", sock.context, mask, status.expect("it stops nothing")));
        });
    }

    pub(crate) fn option(&mut self, sock: &Arc<Sock>, option: u32, value: u32) {
        sock.used(|| {
            self.ask(&function::CONTROL_SOCKET, Some(sock), None, |turn, id, irp| {
                turn.set_option(id, option, Some(value), irp)
            });
        });
    }

    /// A function of some socket.
    pub(crate) fn use_one(&mut self) {
        let Some(sock) = self.sock() else { return };
        let sock = &sock;
        let (first, second) = (self.pick(16), self.pick(16));
        let data = vec![first as u8; [1, 2, 5, 40][second % 4]];
        let to = self.address();
        if first == 2 && sock.kind != Kind::Datagram {
            return self.enable(sock);
        }
        sock.used(|| {
            let mut ask = |function, act: &mut dyn FnMut(&mut Turn<'_>, u64, u64) -> Reply| {
                self.ask(function, Some(sock), None, act);
            };
            match (sock.kind, first) {
                (Kind::Datagram, 0..=5) => {
                    let messages = vec![data; 1 + second % 3];
                    ask(&function::SEND_TO, &mut |turn, id, irp| {
                        turn.send_to(id, messages.clone(), to, 0, irp)
                    });
                }
                (Kind::Datagram, 6..13) => ask(&function::RECEIVE_FROM, &mut |turn, id, irp| {
                    turn.receive_from(id, 8, 0, irp)
                }),
                (Kind::Stream, 0) => {
                    ask(&function::LISTEN, &mut |turn, id, irp| turn.listen(id, irp));
                }
                (Kind::Listen, 1..=6) | (Kind::Stream, 13) => self.accept(sock),
                (Kind::Listen, 7 | 8) => self.inspect(sock),
                (_, 1) => ask(&function::CONNECT, &mut |turn, id, irp| {
                    let first = (second > 8).then(|| data.clone());
                    turn.connect(id, to, 0, first, irp)
                }),
                (Kind::Connection | Kind::Stream, 3..=6) => {
                    ask(&function::SEND, &mut |turn, id, irp| turn.send(id, data.clone(), 0, irp))
                }
                (_, 7..=9) => ask(&function::RECEIVE, &mut |turn, id, irp| {
                    let (length, flags) = [(1, 0), (4, 2), (9, 0), (0, 4), (0, 0)][second % 5];
                    turn.receive(id, length, flags, irp)
                }),
                (_, 10) => ask(&function::DISCONNECT, &mut |turn, id, irp| {
                    turn.disconnect(id, (second > 8).then(|| data.clone()), 0, irp)
                }),
                (_, 11) => ask(&function::DISCONNECT, &mut |turn, id, irp| {
                    turn.disconnect(id, None, 1, irp)
                }),
                (_, 12) => ask(&function::GET_REMOTE_ADDRESS, &mut |turn, id, irp| {
                    turn.get_remote_address(id, irp)
                }),
                (_, 13) => {
                    self.option(sock, [SO_KEEPALIVE, SO_RCVBUF][second % 2], 1 + second as u32)
                }
                (_, 14) => self.bind(sock),
                _ => {
                    let bits = [event::RECEIVE, event::DISCONNECT, event::SEND_BACKLOG];
                    let bit = match sock.kind {
                        Kind::Listen => event::ACCEPT,
                        Kind::Datagram => event::RECEIVE_FROM,
                        _ => bits[second % 3],
                    };
                    let off = if second & 4 == 0 { event::DISABLE } else { 0 };
                    self.control(sock, bit | off, second & 8 != 0);
                }
            }
        });
    }

    /// `WskAccept`.
    pub(crate) fn accept(&mut self, listener: &Arc<Sock>) {
        let sock = self.world.sock(Kind::Connection);
        let table = World::table(&sock);
        self.ask(&function::ACCEPT, Some(listener), Some(sock), |turn, id, irp| {
            turn.accept(id, 0, table, irp)
        });
    }

    /// `WskInspectComplete` of what an inspection left open.
    pub(crate) fn inspect(&mut self, listener: &Arc<Sock>) {
        let action = self.pick(2) as u32;
        let of = self.world.see(|seen| {
            let place = seen.inspections.iter().position(|(sock, _)| Arc::ptr_eq(sock, listener));
            place.map(|place| seen.inspections.remove(place).1)
        });
        let Some(of) = of else { return };
        self.ask(&function::INSPECT_COMPLETE, Some(listener), None, |turn, id, irp| {
            turn.inspect_complete(id, of, action, irp)
        });
    }

    /// `WskCloseSocket`, if that is allowed now.
    pub(crate) fn close(&mut self) {
        let Some(sock) = self.sock() else { return };
        if sock.may_close() {
            if !self.depth.is_top() {
                self.world.meets("a close inside a callback");
            }
            self.close_now(&sock);
        }
    }

    pub(crate) fn close_now(&mut self, sock: &Arc<Sock>) {
        self.world.see(|seen| seen.usable.retain(|one| !Arc::ptr_eq(one, sock)));
        // In wild programs another thread may be misusing one of the pool.
        let irp = Arc::new(Irp::new(true));
        let close = &function::CLOSE_SOCKET;
        self.ask_with(irp, close, Some(sock), None, |turn, id, irp| turn.close(id, irp));
    }

    /// `WskRelease` of a list that was kept.
    pub(crate) fn release(&mut self) {
        let Some(sock) = self.sock() else { return };
        let whole = self.pick(2) == 0;
        self.release_of(&sock, whole);
    }

    pub(crate) fn release_of(&mut self, sock: &Arc<Sock>, whole: bool) {
        sock.used(|| {
            let Some(Kept { list, datagrams }) = sock.standing().kept.pop() else { return };
            let (socket, count) = (sock.id(), datagrams.unwrap_or(1));
            let part = |item| Part { socket, list, item, count };
            let chains: Vec<Vec<Part>> = match datagrams {
                None => vec![vec![part(None)]],
                Some(count) if whole => vec![(0..count).map(|place| part(Some(place))).collect()],
                Some(count) => (0..count).map(|place| vec![part(Some(place))]).collect(),
            };
            for chain in chains {
                let mut app = App::new(self.world, None, self.depth);
                let status =
                    self.world.with_door(|door| door.release(&mut app, socket, Some(&chain)));
                let fine = status == Ok(NtStatus::SUCCESS);
                self.world.check(fine || self.world.wild, || {
                    format!("a list was not released: {status:?}")
                });
            }
        });
    }
}
