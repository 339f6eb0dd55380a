//! Network: what remote applications do, and what fails.

use crate::actor::{Actor, loopback};
use wsksim::network::routes::Route;
use wsksim::provider::function;

impl Actor<'_> {
    /// A remote application.
    pub(crate) fn remote(&mut self) {
        let count = self.world.see(|seen| seen.remotes.len());
        let what = self.pick(14);
        let to = self.address();
        if count == 0 || what < 3 {
            return match (what, to) {
                (0, _) | (_, None) => self.listen(),
                (_, Some(to)) => {
                    let (_, id) = self.world.turn(|turn| turn.remote_connect(to, loopback(0)));
                    self.world.see(|seen| seen.remotes.push(id));
                }
            };
        }
        let place = count - 1 - self.pick(count.min(6));
        let Some(id) = self.world.see(|seen| seen.remotes.get(place).copied()) else { return };
        let length = [1, 3, 9, 80][self.pick(4)];
        self.world.turn(|turn| match what {
            3..=6 => {
                let _ = turn.remote_send(id, vec![what as u8; length]);
            }
            7 => {
                let _ = turn.remote_disconnect(id);
            }
            8 => {
                let _ = turn.remote_abort(id);
            }
            9 => drop(turn.remote_read(id, length)),
            10 => turn.remote_set_reading(id, length > 3),
            11 if length == 80 => turn.remote_vanish(id),
            12 if length > 3 => turn.remote_close(id),
            _ => {
                if let Some(to) = to {
                    let _ = turn.remote_send_to(id, &vec![what as u8; length], to);
                }
            }
        });
        if let Some(arrived) = self.world.turn(|turn| turn.remote_accept(id)) {
            self.world.see(|seen| seen.remotes.push(arrived));
        }
    }

    /// A remote listener, or one for datagrams.
    pub(crate) fn listen(&mut self) {
        let datagrams = self.pick(4) == 3;
        let made = self.world.turn(|turn| match loopback(0) {
            Some(any) if datagrams => turn.remote_datagram(any).ok(),
            Some(any) => turn.remote_listen(any).ok(),
            None => None,
        });
        if let Some((id, address)) = made {
            self.world.see(|seen| {
                seen.remotes.push(id);
                seen.addresses.push(address);
            });
        }
    }

    /// The network fails under a socket.
    pub(crate) fn fault(&mut self) {
        let Some(sock) = self.sock() else { return };
        let (what, where_to) = (self.pick(16), self.address());
        let id = sock.id();
        self.world.turn(|turn| match (what, where_to) {
            (0, _) => drop(turn.timeout(id)),
            (1, _) => turn.make_dead(id),
            (2, _) => drop(turn.kill(id)),
            (3, Some(to)) => turn.set_route(to, Route::Silent),
            (4, Some(to)) => turn.set_route(to, Route::HostUnreachable),
            (5, Some(to)) => turn.restore_route(to),
            (6, Some(host)) => turn.remove_address(host),
            (7, Some(to)) => turn.set_route(to, Route::NetworkUnreachable),
            _ => {}
        });
    }

    /// The transports of the machine: who waits for a change, and the change.
    pub(crate) fn change(&mut self) {
        let client = self.world.client;
        if self.pick(2) == 0 {
            return self.world.turn(|turn| turn.change_transports());
        }
        self.ask(&function::CONTROL_CLIENT, None, None, |turn, _, irp| {
            turn.transport_list_change(client, irp)
        });
    }
}
