//! Driver: a small driver under test, written in Rust. It keeps its sockets' callbacks, its requests, and what it heard.
//!
//! Like each language's application it is made anew for each piece of work on a stack; what lasts lies in the [`Stage`].

use crate::stage::Stage;
use crate::text::{flags_at, name_of, quoted};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use wsksim::core::irql::Irql;
use wsksim::core::status::NtStatus;
use wsksim::provider::{
    Answer, Application, Blame, Callback, Done, Flight, Held, Irp, Loan, Moment, Report, Returned,
    RoutineAnswer, Stopped, TableKind, processor,
};
use wsksim::wsk::{Call, callback, event};

/// One call of a callback, as its function sees it.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) socket: u64,
    /// The list that was indicated; 0 for none.
    pub(crate) list: u64,
    /// The socket that `WskAcceptEvent` is shown; 0 for none.
    pub(crate) accepted: u64,
    /// How long what it is shown may be read.
    pub(crate) loan: Option<Arc<Loan>>,
}

impl Heard {
    /// Without anything that it is shown.
    pub(crate) fn of(socket: u64) -> Self {
        Self { socket, list: 0, accepted: 0, loan: None }
    }
}

/// What a callback does.
pub(crate) type Act = Rc<dyn Fn(&Stage, &Heard) -> Answer>;

/// What the driver supplies with one socket: its context, which is its place among all of them, and its table.
pub(crate) struct Supplied {
    pub(crate) number: u32,
    /// What the socket is called.
    pub(crate) name: String,
    /// Which callbacks are not NULL.
    pub(crate) callbacks: u32,
    acts: RefCell<HashMap<String, Act>>,
}

impl Supplied {
    pub(crate) fn new(number: u32, name: &str, callbacks: u32) -> Rc<Self> {
        let (name, acts) = (name.to_owned(), RefCell::default());
        Rc::new(Self { number, name, callbacks, acts })
    }

    /// What the callback of that name does from now on, instead of its plainest answer.
    pub(crate) fn on(&self, name: &str, act: impl Fn(&Stage, &Heard) -> Answer + 'static) {
        self.acts.borrow_mut().insert(name.to_owned(), Rc::new(act));
    }

    /// Has the callback answer so, without out parameters.
    pub(crate) fn answers(&self, name: &str, returned: Returned) {
        self.on(name, move |_, _| Answer::plain(returned.clone()));
    }

    /// Runs the callback of that name.
    pub(crate) fn act(&self, stage: &Stage, name: &str, heard: &Heard) -> Answer {
        // Outside the borrow: what is called may set another.
        let act = self.acts.borrow().get(name).cloned();
        act.map_or_else(|| stage.act_by_default(name, heard), |act| act(stage, heard))
    }

    fn has(&self, name: &str) -> bool {
        let bit = match name {
            "WskReceiveEvent" => event::RECEIVE,
            "WskReceiveFromEvent" => event::RECEIVE_FROM,
            "WskAcceptEvent" => event::ACCEPT,
            "WskInspectEvent" => callback::INSPECT,
            "WskAbortEvent" => callback::ABORT,
            _ => event::SEND_BACKLOG,
        };
        self.callbacks & bit != 0
    }
}

/// The plainest answer of a callback: yes.
pub(crate) fn succeeds(name: &str) -> Answer {
    let yes = u32::from(name == "WskInspectEvent");
    Answer::plain(Returned::Status(NtStatus::from_bits(yes)))
}

/// What a completion routine does.
pub(crate) type Routine = Rc<dyn Fn(&Stage) -> RoutineAnswer>;

/// One IRP of the driver's, with its routine and how its requests ended.
pub(crate) struct Request {
    pub(crate) name: String,
    pub(crate) irp: Arc<Irp>,
    pub(crate) routine: RefCell<Option<Routine>>,
    /// Status and Information of each completion.
    pub(crate) done: RefCell<Vec<(NtStatus, u64)>>,
    /// The socket that the last one yielded.
    pub(crate) socket: Cell<u64>,
    /// The MDLs of its buffer.
    pub(crate) mdls: RefCell<Vec<u64>>,
    /// What the last one brought into its buffer.
    pub(crate) data: RefCell<Option<Vec<u8>>>,
    /// What the socket gets that this request makes.
    pub(crate) supplies: RefCell<Option<Rc<Supplied>>>,
}

impl Request {
    /// With a routine for every outcome that keeps the IRP.
    pub(crate) fn new(name: &str) -> Rc<Self> {
        Self::with(name, Irp::new(true))
    }

    pub(crate) fn with(name: &str, irp: Irp) -> Rc<Self> {
        Rc::new(Self {
            name: name.to_owned(),
            irp: Arc::new(irp),
            routine: RefCell::default(),
            done: RefCell::default(),
            socket: Cell::default(),
            mdls: RefCell::default(),
            data: RefCell::default(),
            supplies: RefCell::default(),
        })
    }

    /// What its routine does from now on.
    pub(crate) fn runs(&self, routine: impl Fn(&Stage) -> RoutineAnswer + 'static) {
        *self.routine.borrow_mut() = Some(Rc::new(routine));
    }

    /// Status and Information of the only completion.
    pub(crate) fn only(&self) -> (NtStatus, u64) {
        let done = self.done.borrow();
        assert_eq!(done.len(), 1, "{}: completed exactly once (I-4)", self.name);
        done[0]
    }
}

/// The application of one stack.
pub(crate) struct Driver {
    stage: Stage,
    /// The IRP of the call that is about to be made.
    asking: Option<Rc<Request>>,
    /// The request that is being completed.
    completing: Option<Rc<Request>>,
}

impl Driver {
    pub(crate) fn on(stage: &Stage) -> Self {
        Self { stage: stage.clone(), asking: None, completing: None }
    }

    pub(crate) fn asking(stage: &Stage, request: Option<&Rc<Request>>) -> Self {
        Self { asking: request.cloned(), ..Self::on(stage) }
    }
}

impl Application for Driver {
    fn began(&mut self, flight: &Arc<Flight>) {
        let Some(asked) = self.asking.take() else { return };
        self.stage.lend(flight.number, asked);
    }

    fn fill(&mut self, done: &Done<'_>) -> Result<(), Stopped> {
        if let Some(lent) = self.stage.take_back(done.flight.number) {
            self.completing = Some(lent);
        }
        let Some(request) = &self.completing else { return Ok(()) };
        let completion = done.completion;
        request.done.borrow_mut().push((completion.status, completion.information));
        request.socket.set(completion.socket);
        request.data.borrow_mut().clone_from(&completion.data);
        if completion.socket != 0
            && let Some(supplied) = request.supplies.take()
        {
            self.stage.adopt(completion.socket, supplied);
        }
        if done.flight.function.name == "WskCloseSocket" && completion.status.is_success() {
            self.stage.forget(done.flight.socket);
        }
        Ok(())
    }

    fn complete(&mut self, done: &Done<'_>) -> Result<RoutineAnswer, Stopped> {
        let kept = RoutineAnswer::Status(NtStatus::MORE_PROCESSING_REQUIRED);
        let Some(request) = self.completing.clone() else { return Ok(kept) };
        let (completion, stage) = (done.completion, &self.stage);
        let information = match completion.socket {
            0 => completion.information.to_string(),
            socket => stage.name(socket),
        };
        let data = completion.data.as_deref().filter(|data| !data.is_empty());
        let data = data.map_or_else(String::new, |data| format!(" {}", quoted(data)));
        let at = match processor::here().level() {
            Irql::Passive => String::new(),
            level => format!("@{}", level.name()),
        };
        let (name, status) = (&request.name, name_of(completion.status));
        stage.note(format!("{name}{at} {status} {information}{data}"));
        let routine = request.routine.borrow().clone();
        Ok(routine.map_or(kept, |routine| routine(stage)))
    }

    fn call(&mut self, callback: Callback) -> Result<Answer, Stopped> {
        let stage = &self.stage;
        let Callback { row, socket, flags, irql, call, loan } = callback;
        let Some(supplied) = stage.supplied(socket).filter(|supplied| supplied.has(row.name))
        else {
            return Ok(Answer::plain(Returned::Absent));
        };
        assert_eq!(processor::here().level(), irql, "the level is set before the call (D-9)");
        let (mut heard, name) = (Heard { loan, ..Heard::of(socket) }, row.name);
        let about = format!("{name} {}", supplied.name);
        let told = format!("{about} {}", flags_at(flags, irql));
        let mut wrote = TableKind::Null;
        stage.note(match call {
            Call::Receive { segments: None, .. }
            | Call::ReceiveFrom { datagrams: None, .. }
            | Call::Accept { accepted: None } => format!("{told} NULL"),
            Call::Receive { list, segments: Some(segments) } => {
                heard.list = list;
                format!(
                    "{told} {}",
                    quoted(
                        &segments.iter().flat_map(|one| one.iter().copied()).collect::<Vec<_>>()
                    )
                )
            }
            Call::ReceiveFrom { list, datagrams: Some(datagrams) } => {
                heard.list = list;
                let each = datagrams.iter().map(|(data, _)| quoted(data)).collect::<Vec<_>>();
                format!("{told} {}", each.join(" "))
            }
            Call::Accept { accepted: Some((_, _, id)) } => {
                heard.accepted = id;
                wrote = stage.show_accepted(id);
                format!("{told} {}", stage.name(id))
            }
            Call::Inspect { request: None } => format!("{about} NULL"),
            Call::Inspect { .. } | Call::Abort { .. } => about,
            Call::SendBacklog { size } => format!("{about} {size}"),
            Call::Complete(_) => unreachable!("a completion is no callback"),
        });
        Ok(Answer { table: wrote, ..supplied.act(stage, name, &heard) })
    }

    fn memory(&mut self, flight: &Arc<Flight>) -> Vec<u64> {
        self.stage
            .lent(flight.number)
            .map_or_else(Vec::new, |request| request.mdls.borrow().clone())
    }

    fn let_go(&mut self, held: Held) {
        if let Held::Socket(id) = held {
            self.stage.forget(id);
        }
        self.stage.let_go(held);
    }

    fn report(&mut self, report: Report) -> Result<(), Stopped> {
        self.stage.found(report)
    }
}

/// One finding: its rule, whose it is, who is to blame, and what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) rule: &'static str,
    pub(crate) socket: u64,
    pub(crate) blame: Blame,
    pub(crate) found: String,
    pub(crate) before: Option<Moment>,
}
