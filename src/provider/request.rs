//! Request: the one way that a WSK call takes, from its level to its status.

use crate::core::irql::Irql;
use crate::core::status::NtStatus;
use crate::core::sync::{CountU64, Ordering};
use crate::network::address::Address;
use crate::provider::Door;
use crate::provider::admission::{admitted, report, taken};
use crate::provider::application::{Application, Done, Held, Moment, RoutineAnswer, Stopped};
use crate::provider::chain;
use crate::provider::custody::Ended;
use crate::provider::findings::{Blame, Report};
use crate::provider::functions::{Function, function};
use crate::provider::irp::{Flight, Irp};
use crate::provider::processor::{self, Frame, advice_on_level};
use crate::wsk::{Completion, Reply, Turn};
use std::sync::Arc;

/// Why a request is refused before the machine sees it; its IRP is completed all the same (I-4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The answer.
    pub status: NtStatus,
    /// The rule that the argument breaks, and what was found; `None` if it breaks none that binds the application.
    pub breach: Option<(&'static str, String)>,
    /// What to do, if the rule's own advice does not fit.
    pub advice: Option<String>,
    /// What the application did before that this contradicts.
    pub before: Option<Moment>,
}

impl Refusal {
    /// A refusal that breaks no rule.
    #[must_use]
    pub const fn plain(status: NtStatus) -> Self {
        Self { status, breach: None, advice: None, before: None }
    }
}

/// One request, as the application made it.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// Which function.
    pub function: &'static Function,
    /// The highest level for what is asked, if not the function's.
    pub highest: Option<Irql>,
    /// Whose function it is; 0 if it is a client's.
    pub socket: u64,
    /// The registration of the client, if it is a client's function; else 0.
    pub registration: u64,
    /// The IRP; `None` for NULL.
    pub irp: Option<&'a Arc<Irp>>,
    /// An argument that does not fit, found before the call.
    pub refused: Option<Refusal>,
    /// Whom it connects to.
    pub peer: Option<Address>,
}

impl<'a> Asked<'a> {
    /// A function of a socket.
    #[must_use]
    pub const fn of_socket(
        function: &'static Function,
        socket: u64,
        irp: Option<&'a Arc<Irp>>,
    ) -> Self {
        Self { function, highest: None, socket, registration: 0, irp, refused: None, peer: None }
    }

    /// A function of a client.
    #[must_use]
    pub const fn of_client(
        function: &'static Function,
        registration: u64,
        irp: Option<&'a Arc<Irp>>,
    ) -> Self {
        Self { function, highest: None, socket: 0, registration, irp, refused: None, peer: None }
    }

    /// With an argument that does not fit.
    #[must_use]
    pub fn refused(self, refused: Option<Refusal>) -> Self {
        Self { refused, ..self }
    }

    /// Connecting to an address.
    #[must_use]
    pub fn to(self, peer: Option<Address>) -> Self {
        Self { peer, ..self }
    }

    /// Up to a level of its own.
    #[must_use]
    pub fn up_to(self, highest: Irql) -> Self {
        Self { highest: Some(highest), ..self }
    }
}

/// Numbers of requests: one sequence for the process, for an IRP may go from one provider to another.
fn next_number() -> u64 {
    static LAST: CountU64 = CountU64::new(0);
    // Relaxed: only that no two draw the same.
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

impl Door<'_> {
    /// Makes one request, outside callbacks or inside, where only waiting is refused (D-11). `act` asks the machine,
    /// with the request's number, 0 without IRP.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if a finding is to be raised, or a completion routine that ran here ended with what is no answer.
    pub fn request<A: Application>(
        &self,
        app: &mut A,
        asked: Asked<'_>,
        act: impl FnOnce(&mut Turn<'_>, u64) -> Reply,
    ) -> Result<NtStatus, Stopped> {
        let Asked { function, highest, socket, registration, irp, refused, peer } = asked;
        let of_door = Some(*self);
        if let Some(irp) = irp
            && !admitted(of_door, app, function, irp, socket)?
        {
            return Ok(NtStatus::INVALID_PARAMETER);
        }
        let highest = highest.unwrap_or(function.highest);
        let refusal = if !self.level_allowed(app, function.name, highest, socket)? {
            Some(NtStatus::INVALID_PARAMETER)
        } else if self.core().is_shut() {
            Some(NtStatus::DEVICE_NOT_READY)
        } else {
            let status = refused.as_ref().map(|refused| refused.status);
            if let Some(Refusal { breach: Some((rule, found)), advice, before, .. }) = refused {
                let report = Report::of(rule, found, socket);
                self.report(app, Report { advice: advice.map(Into::into), before, ..report })?;
            }
            status
        };
        if let (None, Some(peer)) = (&refusal, peer) {
            self.note_swapped(app, function.name, peer, socket)?;
        }
        let flight = match irp {
            None => None,
            Some(irp) => {
                let flight = Flight::new(next_number(), function, socket, registration);
                let Some(flight) = irp.begin(flight) else {
                    taken(of_door, app, function, irp, socket)?;
                    return Ok(NtStatus::INVALID_PARAMETER);
                };
                Some((flight, irp))
            }
        };
        self.enter(socket, flight.as_ref());
        let flight = flight.map(|(flight, _)| flight);
        if let Some(flight) = &flight {
            app.began(flight);
        }
        let number = flight.as_ref().map_or(0, |flight| flight.number);
        let reply = self.turn(|turn| match refusal {
            Some(status) => turn.refused(socket, number, status),
            None => act(turn, number),
        });
        let pending = reply.status == NtStatus::PENDING;
        if let (true, Some(flight)) = (pending && reply.completions.is_empty(), &flight) {
            self.keep_memory(app, flight);
            app.remember(Moment::Begun);
        }
        if std::ptr::eq(function, &function::CLOSE_SOCKET) && reply.outcome.is_success() {
            // Before its completion routine may use the socket.
            app.remember(Moment::Closed(socket));
        }
        let settled = self.settle(app, reply.completions, pending);
        self.leave(socket, flight.is_none().then_some((function, reply.status)));
        settled?;
        self.report_machine(app, reply.breach, function.name, socket)?;
        Ok(reply.status)
    }

    /// Completes what a call decided, on its caller's stack and before it returns; `pending`: it will return
    /// `STATUS_PENDING` (I-5, I-17).
    fn settle<A: Application>(
        &self,
        app: &mut A,
        completions: Vec<Completion>,
        pending: bool,
    ) -> Result<(), Stopped> {
        for completion in &completions {
            self.complete(app, completion, pending, Irql::Passive)?;
        }
        Ok(())
    }

    /// This thread enters a function of a socket, and with it an IRP comes into custody.
    fn enter(&self, socket: u64, held: Option<&(Arc<Flight>, &Arc<Irp>)>) {
        if socket == 0 && held.is_none() {
            return;
        }
        let mut custody = self.provider().custody.lock();
        if let Some((flight, irp)) = held {
            custody.hold(flight, irp);
        }
        if socket != 0 {
            custody.enter(socket);
        }
    }

    /// It leaves it; `ended`: a request without an IRP, and what it came to.
    fn leave(&self, socket: u64, ended: Option<(&'static Function, NtStatus)>) {
        if socket == 0 && ended.is_none() {
            return;
        }
        let mut custody = self.provider().custody.lock();
        if let Some((function, status)) = ended {
            custody.note_ending(function, status);
        }
        if socket != 0 {
            custody.leave(socket);
        }
    }

    /// Completes one IRP that the machine decided, at `irql` or this thread's level if that is higher. `pending`: its call
    /// has returned `STATUS_PENDING`, or will (I-17).
    pub(crate) fn complete<A: Application>(
        &self,
        app: &mut A,
        completion: &Completion,
        pending: bool,
        irql: Irql,
    ) -> Result<(), Stopped> {
        let held = self.provider().custody.lock().give_back(completion.irp, completion.status);
        debug_assert!(
            held.is_some(),
            "Invariant: the machine completes a request that is here, once"
        );
        let Some((flight, irp)) = held else { return Ok(()) };
        let token = completion.token;
        let closes = std::ptr::eq(flight.function, &function::CLOSE_SOCKET);
        let result = run_to_end(Some(*self), app, &flight, &irp, completion, pending, irql);
        if closes || flight.registration != 0 {
            let mut custody = self.provider().custody.lock();
            custody.end(&flight);
            if closes && completion.status == NtStatus::SUCCESS {
                custody.forget_loans(flight.socket);
            }
        }
        app.let_go(Held::Request(flight));
        if token != 0 {
            self.turn(|turn| turn.completed(token));
        }
        result
    }

    /// Asks to end a request (I-12); whether it is cancelled by this.
    #[must_use]
    pub fn cancel(&self, flight: &Flight) -> bool {
        self.turn(|turn| turn.cancel(flight.number))
    }

    /// How many requests of a registration's client are not over (O-17).
    #[must_use]
    pub fn requests_of(&self, registration: u64) -> usize {
        self.provider().custody.lock().requests(registration)
    }

    /// From now on it is counted how requests end.
    pub fn count_endings(&self) {
        self.provider().custody.lock().count_endings();
    }

    /// How requests ended, since that is counted.
    #[must_use]
    pub fn endings(&self) -> Vec<Ended> {
        self.provider().custody.lock().endings()
    }

    /// The requests under way, by number, and how many calls are inside functions of sockets.
    #[must_use]
    pub fn under_way(&self) -> (Vec<u64>, usize) {
        let custody = self.provider().custody.lock();
        (custody.numbers(), custody.calls())
    }

    /// `WskCloseSocket`; that another thread is inside a function of the socket is a finding (C-7).
    ///
    /// # Errors
    ///
    /// [`Stopped`] if a finding is to be raised, or a completion routine that ran here ended with what is no answer.
    pub fn close_socket<A: Application>(
        &self,
        app: &mut A,
        asked: Asked<'_>,
    ) -> Result<NtStatus, Stopped> {
        let socket = asked.socket;
        if asked.irp.is_some() && self.provider().custody.lock().has_other_callers(socket) {
            let found = "WskCloseSocket was called while another thread is inside a function of it";
            self.report(app, Report::of("C-7", found, socket))?;
        }
        self.request(app, asked, |turn, irp| turn.close(socket, irp))
    }
}

/// A request that names no client, so no provider: it is refused, and its IRP completed, on this stack (L-19). Findings
/// are for the application to place.
///
/// # Errors
///
/// [`Stopped`] if a finding is to be raised, or the completion routine ended with what is no answer.
pub fn request_of_nobody<A: Application>(
    app: &mut A,
    function: &'static Function,
    irp: Option<&Arc<Irp>>,
) -> Result<NtStatus, Stopped> {
    let Some(irp) = irp else { return Ok(NtStatus::INVALID_PARAMETER) };
    if !admitted(None, app, function, irp, 0)? {
        return Ok(NtStatus::INVALID_PARAMETER);
    }
    let flight = Flight::new(next_number(), function, 0, 0);
    let Some(flight) = irp.begin(flight) else {
        taken(None, app, function, irp, 0)?;
        return Ok(NtStatus::INVALID_PARAMETER);
    };
    app.began(&flight);
    let completion = Completion::refusal(flight.number, NtStatus::INVALID_HANDLE);
    let result = run_to_end(None, app, &flight, irp, &completion, false, Irql::Passive);
    app.let_go(Held::Request(flight));
    result.map(|()| NtStatus::INVALID_HANDLE)
}

/// Sets `IoStatus` and runs the completion routine, once.
fn run_to_end<A: Application>(
    door: Option<Door<'_>>,
    app: &mut A,
    flight: &Arc<Flight>,
    irp: &Arc<Irp>,
    completion: &Completion,
    pending: bool,
    irql: Irql,
) -> Result<(), Stopped> {
    let (runs, from_above) = irp.outcome(completion.status);
    let done = Done { flight, irp, completion, pending, runs };
    let filled = app.fill(&done);
    flight.set_completed();
    let result = filled
        .and_then(|()| if runs { run_routine(door, app, &done, from_above, irql) } else { Ok(()) });
    flight.finish();
    result
}

/// Runs a completion routine, without any lock of the provider held (I-16), and judges how it left and what it
/// returned (I-3, Q-2).
fn run_routine<A: Application>(
    door: Option<Door<'_>>,
    app: &mut A,
    done: &Done<'_>,
    from_above: bool,
    irql: Irql,
) -> Result<(), Stopped> {
    let Flight { function, socket, .. } = **done.flight;
    let processor = processor::here();
    let owner = door.map_or(0, |door| door.provider().serial);
    let level = irql.max(processor.level());
    let frame = Frame { name: function.routine, socket, owner, flags: 0 };
    let entered = processor.enter(frame);
    processor.set_level(level);
    let answer = chain::run(|| app.complete(done));
    let left = entered.leave();
    let answer = answer?;
    let told = |rule, found| Report::of(rule, found, socket).blaming(Blame::Routine).inside(frame);
    if left != level {
        let found = format!("{} left {} behind", function.routine, left.name());
        report(door, app, told("Q-2", found).advising(advice_on_level(level, left)))?;
    }
    let kept = NtStatus::MORE_PROCESSING_REQUIRED;
    let name = function.routine;
    let breach = match answer {
        RoutineAnswer::Status(status) if status == kept => return Ok(()),
        RoutineAnswer::Raised(text) => told("I-3", format!("{name} raised {text}"))
            .advising("Handle the exception inside the routine, then return STATUS_MORE_PROCESSING_REQUIRED.")
            .raised(),
        // A higher driver's IRP goes back to it (I-10).
        _ if from_above => return Ok(()),
        RoutineAnswer::Status(status) => told("I-3", format!("{name} returned {status}"))
            .advising("Return STATUS_MORE_PROCESSING_REQUIRED: the IRP is the driver's own, and stays with it."),
        RoutineAnswer::Nothing => told("I-3", format!("{name} returned nothing"))
            .advising("End every path of the routine with `return wsk.STATUS_MORE_PROCESSING_REQUIRED`; without a return it gives None.")
            .nothing(),
        RoutineAnswer::Other(text) => told("I-3", format!("{name} returned {text}"))
            .advising("Return STATUS_MORE_PROCESSING_REQUIRED from every path of the routine."),
    };
    report(door, app, breach)
}
