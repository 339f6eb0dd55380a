//! Misuse: rules that a wild program breaks, and says so.

use crate::actor::Actor;
use std::sync::Arc;
use wsksim::core::irql::Irql;
use wsksim::provider::{function, processor};
use wsksim::wsk::{Npi, event};

impl Actor<'_> {
    /// A rule is broken on purpose.
    pub(crate) fn misuse(&mut self) {
        let count = self.world.see(|seen| seen.socks.len());
        let place = self.pick(count.clamp(1, 256));
        let Some(sock) = self.world.see(|seen| seen.socks.get(place).cloned()) else { return };
        let sock = Some(&sock).filter(|sock| sock.id() != 0);
        let Some(sock) = sock else { return };
        // Another thread may be about to close it, or have closed it.
        self.world.breaks(&["C-7", "C-16"]);
        match self.pick(6) {
            0 => {
                self.world.breaks(&["C-22"]);
                sock.standing().closing = true;
                self.close_now(sock);
            }
            1 => {
                self.world.breaks(&["C-2"]);
                self.ask(&function::DISCONNECT, Some(sock), None, |turn, id, irp| {
                    turn.disconnect(id, None, 4, irp)
                });
            }
            2 => {
                self.world.breaks(&["C-3"]);
                self.ask(&function::DISCONNECT, Some(sock), None, |turn, id, irp| {
                    turn.disconnect(id, Some(vec![1]), 1, irp)
                });
            }
            3 => {
                self.world.breaks(&["E-8", "E-12"]);
                let mask = event::CONNECTION | event::DISABLE;
                self.ask(&function::CONTROL_SOCKET, Some(sock), None, |turn, id, irp| {
                    turn.event_callback(id, Npi::Wsk, mask, irp)
                });
            }
            4 => {
                self.world.breaks(&["I-3"]);
                let last =
                    self.world.see(|seen| seen.requests.last().map(|one| Arc::clone(&one.irp)));
                let Some(irp) = last else { return };
                self.ask_with(irp, &function::RECEIVE, Some(sock), None, |turn, id, irp| {
                    turn.receive(id, 3, 0, irp)
                });
            }
            _ => {
                self.world.breaks(&["Q-1", "Q-2"]);
                processor::here().set_level(Irql::Dispatch);
                let client = self.world.client;
                self.ask(&function::GET_ADDRESS_INFO, None, None, |turn, _, irp| {
                    turn.decided(client, irp, Ok(()))
                });
                if self.depth.is_top() {
                    processor::here().set_level(Irql::Passive);
                }
            }
        }
    }
}
