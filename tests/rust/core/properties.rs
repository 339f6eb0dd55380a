//! Properties of the core on one thread, against the plain reference:
//!
//! - every answer (post, enable, disable, close, open) is the reference's, from inside calls as well;
//! - calls come in the reference's order, with its flags, as many as the limit allows;
//! - the books equal the reference's after every step, and a slot is reused only when nothing
//!   refers to it;
//! - a handle survives packing.

use crate::recorder::{BATCH, Recorder, SINGLE};
use crate::reference::{Reference, Reply, Request, ask};
use proptest::collection::vec;
use proptest::prelude::*;
use std::cell::RefCell;
use wsksim::core::dispatch::{Drive, Step};
use wsksim::core::error::CoreError;
use wsksim::core::flags::Edge::{Abortive, Graceful};
use wsksim::core::handle::SocketHandle;
use wsksim::core::indication::Verdict;
use wsksim::core::subsystem::{Opening, Options, Subsystem};

/// Which socket is meant: one of all there ever were, or inside a call its own.
#[derive(Clone, Copy, Debug)]
enum Which {
    Any(usize),
    Own,
}

/// Requests made inside one call.
type Inside = Vec<(Which, Request)>;

#[derive(Clone, Debug)]
enum Act {
    Open { enabled: bool, kept: bool, batch: bool },
    Ask(usize, Request),
    Release(usize),
    Dispatch(Option<u64>, Vec<Inside>),
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        4 => Just(Request::Post(Graceful)),
        3 => Just(Request::Post(Abortive)),
        1 => Just(Request::Enable),
        1 => Just(Request::Disable),
        1 => Just(Request::Close),
    ]
}

fn act(inside: usize) -> impl Strategy<Value = Act> {
    let which = prop_oneof![Just(Which::Own), any::<usize>().prop_map(Which::Any)];
    let plan = vec(vec((which, request()), 0..3), 0..=inside);
    prop_oneof![
        3 => any::<[bool; 3]>()
            .prop_map(|[enabled, kept, batch]| Act::Open { enabled, kept, batch }),
        12 => (any::<usize>(), request()).prop_map(|(which, request)| Act::Ask(which, request)),
        1 => any::<usize>().prop_map(Act::Release),
        3 => (prop::option::of(0..4u64), plan).prop_map(|(limit, plan)| Act::Dispatch(limit, plan)),
    ]
}

/// The core and the reference, side by side.
struct Pair {
    subsystem: Subsystem,
    reference: RefCell<Reference>,
    max_sockets: u32,
}

impl Pair {
    fn new(max_sockets: u32, max_pending: Option<u64>) -> Self {
        let options = Options { max_sockets, max_pending, ..Options::default() };
        let reference = RefCell::new(Reference::new(max_pending));
        Self { subsystem: Subsystem::new(options), reference, max_sockets }
    }

    fn act(&self, act: &Act) {
        let lives = self.reference.borrow().len();
        match act {
            &Act::Open { enabled, kept, batch } => {
                let handler = if batch { BATCH } else { SINGLE };
                let opened = self
                    .subsystem
                    .open(lives as u64, Opening { handler, enabled, kept, hold: false });
                let most = self.max_sockets as usize;
                let mut reference = self.reference.borrow_mut();
                if reference.in_use() == most && reference.in_use_after_all() == most {
                    let limit = u64::from(self.max_sockets);
                    assert_eq!(
                        opened,
                        Err(CoreError::SocketLimit { asked: 1, open: limit, limit })
                    );
                } else {
                    reference.opened(opened.unwrap(), enabled, kept);
                }
            }
            _ if lives == 0 => {}
            Act::Ask(which, request) => self.ask(which % lives, *request),
            Act::Release(which) => {
                let life = which % lives;
                if self.reference.borrow_mut().release(life) {
                    self.subsystem.release(self.reference.borrow().handle(life).index);
                }
            }
            Act::Dispatch(limit, plan) => self.dispatch(limit.unwrap_or(u64::MAX), plan),
        }
        assert_eq!(self.subsystem.counts(), self.reference.borrow().counts(), "after {act:?}");
    }

    fn ask(&self, life: usize, request: Request) {
        let handle = self.reference.borrow().handle(life);
        let real = ask(&self.subsystem, handle, request);
        let expected = self.reference.borrow_mut().ask(life, request);
        assert_eq!(real, expected, "{request:?} of {handle:?}");
    }

    /// Makes calls with the core; each is compared with the reference's next one as it comes.
    fn dispatch(&self, limit: u64, plan: &[Inside]) {
        let ticket = self.subsystem.ticket().unwrap();
        let mut drive = Drive::alone(&ticket);
        let mut expected = Expected { pair: self, running: None, closed: Vec::new(), made: 0 };
        let mut host = Recorder::doing(|call| {
            expected.ended();
            let life = expected.begun(call.context, call.flags);
            if call.handler == SINGLE {
                for &(which, request) in plan.get(expected.made - 1).into_iter().flatten() {
                    let lives = self.reference.borrow().len();
                    let which = match which {
                        Which::Own => life,
                        Which::Any(which) => which % lives,
                    };
                    self.ask(which, request);
                }
            }
            assert_eq!(self.subsystem.ticket().err(), Some(CoreError::Driven));
            Verdict::Success
        });
        let step = drive.step(&mut host, limit);
        let closed = std::mem::take(&mut host.closed);
        drop(host);
        expected.ended();
        assert_eq!((expected.made as u64, &expected.closed), (drive.made(), &closed));
        if drive.made() == limit {
            assert!(matches!(step, Step::Spent), "{step:?}");
        } else {
            assert!(matches!(step, Step::Empty), "{step:?}");
            assert_eq!(self.reference.borrow_mut().begin(), None, "the core stopped too soon");
        }
    }
}

/// What the reference expects of one dispatch.
struct Expected<'p> {
    pair: &'p Pair,
    running: Option<usize>,
    closed: Vec<u32>,
    made: usize,
}

impl Expected<'_> {
    fn begun(&mut self, context: u64, flags: u32) -> usize {
        let begun = self.pair.reference.borrow_mut().begin();
        let (life, edge) = begun.expect("the core makes a call that the reference does not");
        assert_eq!((life as u64, edge as u32), (context, flags), "oldest first");
        self.running = Some(life);
        self.made += 1;
        life
    }

    fn ended(&mut self) {
        let Some(life) = self.running.take() else { return };
        if self.pair.reference.borrow_mut().finish(life) {
            self.closed.push(self.pair.reference.borrow().handle(life).index);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_core_agrees_with_the_reference(acts in vec(act(4), 1..80), max_sockets in 1..8u32) {
        let pair = Pair::new(max_sockets, None);
        acts.iter().for_each(|act| pair.act(act));
        pair.act(&Act::Dispatch(None, vec![]));
    }

    #[test]
    fn a_limit_on_waiting_edges_agrees_too(acts in vec(act(0), 1..80), limit in 0..4u64) {
        let pair = Pair::new(6, Some(limit));
        acts.iter().for_each(|act| pair.act(act));
        pair.act(&Act::Dispatch(None, vec![]));
    }

    #[test]
    fn a_handle_survives_packing(bits: u64) {
        let handle = SocketHandle::from_bits(bits);
        prop_assert_eq!(handle.bits(), bits);
        prop_assert_eq!(SocketHandle::from_bits(handle.bits()), handle);
        prop_assert_eq!((handle.generation, handle.index), ((bits >> 32) as u32, bits as u32));
    }
}

/// The reference is the measure, so it is pinned down by hand in one place.
#[test]
fn the_reference_knows_the_contract() {
    let mut reference = Reference::new(None);
    reference.opened(SocketHandle { generation: 1, index: 0 }, true, false);
    let posted = |answer| Reply::Posted(answer);
    use wsksim::core::error::Answer;
    assert_eq!(reference.ask(0, Request::Post(Graceful)), posted(Answer::Queued));
    assert_eq!(reference.ask(0, Request::Post(Graceful)), posted(Answer::Repeated));
    assert_eq!(reference.ask(0, Request::Post(Abortive)), posted(Answer::Queued));
    reference.ask(0, Request::Disable);
    assert_eq!((reference.counts().held, reference.counts().withheld[0]), (1, 1));
    reference.ask(0, Request::Enable);
    assert_eq!(reference.begin(), Some((0, Abortive)));
    reference.ask(0, Request::Close);
    assert!(reference.finish(0));
    assert_eq!(reference.ask(0, Request::Post(Graceful)), posted(Answer::Closed));
}
