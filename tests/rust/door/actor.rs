//! Actor: calls of the provider, one decoded after another.
//!
//! Unless a program is wild, its application keeps to every rule: it uses no socket that it closes, closes none that
//! another thread is inside a function of, releases what it keeps first, and enables events where there can be some.

use crate::application::App;
use crate::host;
use crate::world::{Request, Sock, World, lock};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use wsksim::core::irql::Irql;
use wsksim::core::status::NtStatus;
use wsksim::network::address::{AF_INET, Address};
use wsksim::provider::{Asked, Function, Irp, function, is_chained, processor};
use wsksim::wsk::{Reply, Turn};

/// How deep in callbacks a call is made.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Depth(u8);

impl Depth {
    pub(crate) fn deeper(self) -> Option<Self> {
        (self.0 < 3).then_some(Self(self.0 + 1))
    }

    pub(crate) fn is_top(self) -> bool {
        self.0 == 0
    }
}

pub(crate) fn loopback(port: u16) -> Option<Address> {
    Address::new(AF_INET, &[127, 0, 0, 1], port)
}

/// What a callback does.
pub(crate) fn act_inside(world: &Arc<World>, depth: Depth) {
    let mut pick = |count| lock(&world.inside).pick(count);
    Actor { world, pick: &mut pick, depth }.act();
}

/// Who makes the calls.
pub(crate) struct Actor<'a> {
    pub(crate) world: &'a Arc<World>,
    pub(crate) pick: &'a mut dyn FnMut(usize) -> usize,
    pub(crate) depth: Depth,
}

impl Actor<'_> {
    pub(crate) fn pick(&mut self, count: usize) -> usize {
        (self.pick)(count)
    }

    /// Makes one call.
    pub(crate) fn act(&mut self) {
        match self.pick(32) {
            0 => self.drive(),
            1 => self.make(),
            2 => self.dial(),
            3 => self.at_dispatch(),
            4 => self.cancel(),
            5 => self.release(),
            6 => self.close(),
            7 => self.listen(),
            8..=13 => self.remote(),
            14 => self.fault(),
            15 => self.change(),
            16 if self.world.wild => self.misuse(),
            _ => self.use_one(),
        }
    }

    /// One request; the status is checked against its completion (I-4, U-44).
    pub(crate) fn ask(
        &mut self,
        function: &'static Function,
        sock: Option<&Arc<Sock>>,
        yields: Option<Arc<Sock>>,
        act: impl FnOnce(&mut Turn<'_>, u64, u64) -> Reply,
    ) -> NtStatus {
        let irp = self.world.see(|seen| seen.pool.pop());
        let irp = irp.filter(|irp| irp.reuse().is_ok());
        let irp = irp.unwrap_or_else(|| Arc::new(Irp::new(true)));
        self.ask_with(irp, function, sock, yields, act)
    }

    pub(crate) fn ask_with(
        &mut self,
        irp: Arc<Irp>,
        function: &'static Function,
        sock: Option<&Arc<Sock>>,
        yields: Option<Arc<Sock>>,
        act: impl FnOnce(&mut Turn<'_>, u64, u64) -> Reply,
    ) -> NtStatus {
        let world = self.world;
        let request = Arc::new(Request {
            name: function.name,
            irp,
            sock: sock.cloned(),
            yields,
            closes: *function == function::CLOSE_SOCKET,
            begun: AtomicU32::new(0),
            filled: AtomicU32::new(0),
            ran: AtomicU32::new(0),
            gone: AtomicU32::new(0),
            status: Mutex::new(None),
            pending: AtomicBool::new(false),
            returned: Mutex::new(None),
        });
        if is_chained() {
            world.meets("a request inside a routine");
        }
        let id = sock.map_or(0, |sock| sock.id());
        let asked = match sock {
            Some(_) => Asked::of_socket(function, id, Some(&request.irp)),
            None => Asked::of_client(function, world.registration, Some(&request.irp)),
        };
        let mut app = App::new(world, Some(Arc::clone(&request)), self.depth);
        let status = world
            .with_door(|door| match request.closes {
                true => door.close_socket(&mut app, asked),
                false => door.request(&mut app, asked, |turn, number| act(turn, id, number)),
            })
            .expect("this application stops nothing");
        *lock(&request.returned) = Some(status);
        let begun = request.begun.load(SeqCst);
        let (filled, completed) = (request.filled.load(SeqCst), *lock(&request.status));
        let name = function.name;
        world.note((name, sock.map_or(0, |sock| sock.context), status));
        if begun == 0 {
            // An IRP that cannot be given to a request.
            world.check(world.wild, || format!("{name} did not begin"));
        } else if status != NtStatus::PENDING {
            world.check(filled == 1 && completed == Some(status), || {
                format!(
                    "{name} returned {status:?}, completed {filled} times with {completed:?} (I-4)"
                )
            });
            world.check(!is_chained(), || {
                format!("{name} is completed on a routine's stack (I-11)")
            });
        }
        status
    }

    pub(crate) fn sock(&mut self) -> Option<Arc<Sock>> {
        let count = self.world.see(|seen| seen.usable.len());
        if count == 0 {
            self.make();
            return None;
        }
        let place = self.pick(count.min(256));
        self.world.see(|seen| seen.usable.get(place).cloned())
    }

    pub(crate) fn address(&mut self) -> Option<Address> {
        let count = self.world.see(|seen| seen.addresses.len());
        let place = self.pick(count.clamp(1, 256));
        self.world.see(|seen| seen.addresses.get(place).copied())
    }

    /// `IoCancelIrp` of any request.
    pub(crate) fn cancel(&mut self) {
        let count = self.world.see(|seen| seen.requests.len());
        let Some(back) = count.checked_sub(1 + self.pick(count.clamp(1, 16))) else { return };
        let request = self.world.see(|seen| Arc::clone(&seen.requests[back]));
        if let Ok(Some(flight)) = request.irp.cancel() {
            let cancelled = self.world.with_door(|door| door.cancel(&flight));
            self.world.note(("cancel", request.name, cancelled));
            if cancelled {
                self.world.meets("a cancelled request");
            }
        }
    }

    /// A call at DISPATCH.
    pub(crate) fn at_dispatch(&mut self) {
        let processor = processor::here();
        let before = processor.level();
        processor.set_level(Irql::Dispatch);
        self.use_one();
        processor.set_level(before);
    }

    /// Everything that is due; beside another drive, nothing.
    pub(crate) fn drive(&mut self) {
        if self.depth.is_top() {
            host::drive(self.world);
        }
    }
}
