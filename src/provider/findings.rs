//! Findings: what the application did that a rule forbids, in words.
//!
//! The machine names a rule, and the provider says what was done. The application adds its own places, has the core
//! count the finding, and raises it if that is wanted.

use crate::contract::Rule;
use crate::core::findings::{Finding, Found, Subject};
use crate::core::handle::SocketHandle;
use crate::core::irql::Irql;
use crate::core::subsystem::Subsystem;
use crate::network::address::Address;
use crate::provider::Door;
use crate::provider::application::{Application, Moment, Stopped};
use crate::provider::functions::function;
use crate::provider::processor::{self, Frame, HandlerCall};
use crate::wsk::Lent;
use crate::wsk::Machine;
use std::borrow::Cow;

/// One breach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The rule's id.
    pub rule: &'static str,
    /// What the application did instead.
    pub found: String,
    /// Whose breach it is; 0: the running disconnect handler's, or nobody's.
    pub socket: u64,
    /// Who is to blame.
    pub blame: Blame,
    /// The socket's callback at the other end: in which it happened, or which was lent what is misused.
    pub against: Option<Cow<'static, str>>,
    /// What the application did before that this contradicts.
    pub before: Option<Moment>,
    /// The callback or routine in which it happened.
    pub inside: Option<Frame>,
    /// Legal, and looks wrong: no breach.
    pub note: bool,
    /// What to do, if the rule's own advice does not fit.
    pub advice: Option<Cow<'static, str>>,
    /// What was just called has raised, and that is its cause.
    pub raised: bool,
    /// What was just called returned nothing at all.
    pub nothing: bool,
}

/// Who is to blame for a breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// Whoever called the provider.
    Caller,
    /// The callback of this name, which has just returned.
    Callback(&'static str),
    /// The completion routine that has just returned.
    Routine,
}

impl Report {
    /// A breach of `rule`.
    #[must_use]
    pub fn of(rule: &'static str, found: impl Into<String>, socket: u64) -> Self {
        Self {
            rule,
            found: found.into(),
            socket,
            blame: Blame::Caller,
            against: None,
            before: None,
            inside: None,
            note: false,
            advice: None,
            raised: false,
            nothing: false,
        }
    }

    /// The record of it; whose it is and where is the application's to say.
    #[must_use]
    pub fn to_finding(&self) -> Finding {
        // What it is decides the advice; the words are those of the report.
        let case = match (self.raised, self.nothing) {
            (true, _) => Found::Raised(String::new()),
            (false, true) => Found::Nothing,
            (false, false) => Found::Text(String::new()),
        };
        let finding = Finding::by_rule(Rule::named(self.rule), case);
        let finding = if self.note { finding.as_note() } else { finding };
        let finding = match &self.advice {
            Some(advice) => finding.advising(advice.clone()),
            None => finding,
        };
        Finding { found: self.found.clone().into(), ..finding }
    }

    /// It is a note, with this advice.
    #[must_use]
    pub fn note(self, advice: impl Into<Cow<'static, str>>) -> Self {
        Self { note: true, ..self.advising(advice) }
    }

    /// What to do, where the rule's own advice does not fit the case.
    #[must_use]
    pub fn advising(self, advice: impl Into<Cow<'static, str>>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }

    /// It contradicts what the application did before.
    #[must_use]
    pub fn after(self, before: Moment) -> Self {
        Self { before: Some(before), ..self }
    }

    /// The callback or routine in which it happened, or which has just returned.
    #[must_use]
    pub fn inside(self, frame: Frame) -> Self {
        Self { inside: Some(frame), ..self }
    }

    /// The socket's callback of this name is at the other end.
    #[must_use]
    pub fn against(self, callback: impl Into<Cow<'static, str>>) -> Self {
        Self { against: Some(callback.into()), ..self }
    }

    /// It is to blame on another than the caller.
    #[must_use]
    pub fn blaming(self, blame: Blame) -> Self {
        Self { blame, ..self }
    }

    /// What was raised has led to it.
    #[must_use]
    pub fn raised(self) -> Self {
        Self { raised: true, ..self }
    }

    /// Nothing was returned.
    #[must_use]
    pub fn nothing(self) -> Self {
        Self { nothing: true, ..self }
    }
}

/// What was done when the machine names `rule` for a call of `name`.
fn found_by_machine(rule: &'static str, name: &str) -> String {
    let what = match rule {
        "A-5" => "closed the accepted socket, and then refused it",
        "C-2" => "was given a flag that it does not have",
        "C-3" => "was given a buffer with WSK_FLAG_ABORTIVE",
        "C-16" => "was called after WskCloseSocket",
        "C-20" => "a list was released whose callback then did not keep it",
        "C-22" => "was called while lists were retained",
        "E-8" => "was asked for an event before the socket can have one",
        "E-12" => "was asked to disable what is not exactly one event",
        "E-21" => "was asked for more static events after a socket was made",
        "E-22" => "was given an IRP for WSK_SET_STATIC_EVENT_CALLBACKS",
        _ => return format!("{name} was called"),
    };
    match rule {
        "A-5" | "C-20" => format!("{name}: {what}"),
        _ => format!("{name} {what}"),
    }
}

/// The note that nobody listens at the `port` which `name` is to connect to, but somebody does where its bytes are
/// swapped (U-49).
#[must_use]
pub fn swapped_port(name: &str, port: u16, swapped: u16, socket: u64) -> Report {
    let found = format!("{name}: nobody listens at port {port}, but somebody does at {swapped}");
    let advice = format!(
        "Compare the byte orders: {port} is {swapped} with its bytes swapped. In C `sin_port` is in network order; a \
         number of Python's has none, so leave out `RtlUshortByteSwap` and `htons`."
    );
    Report::of("U-49", found, socket).note(advice)
}

/// A function of a connection was called after its close (C-16); `subject_of` tells what a finding calls a connection of
/// the subsystem `owner`.
#[must_use]
pub fn closed_connection(
    name: &str,
    handle: SocketHandle,
    owner: u32,
    subject_of: impl Fn(SocketHandle) -> Subject,
) -> Finding {
    let finding = Finding::of("C-16", format!("{name} was called after its close"));
    let finding = match name {
        "close" => finding.advising("Close a connection once: take it out of its place before."),
        _ => finding,
    };
    let finding = finding.about(subject_of(handle));
    let processor = processor::here();
    let Some(frame) = processor.inside().filter(|frame| frame.owner == owner) else {
        return finding;
    };
    let called = processor.handler_call(owner).filter(|_| frame.name == processor::DISCONNECT);
    inside(finding, frame, called.map(|call| (call, subject_of(call.handle))))
}

/// With the callback or routine in which it happened; `called`: the call of a disconnect handler, if it is one for one
/// edge.
fn inside(finding: Finding, frame: Frame, called: Option<(HandlerCall, Subject)>) -> Finding {
    let subject = finding.subject;
    let (finding, whose) = match called {
        Some((call, whose)) => (finding.during(call.edge_number, call.flags), Some(whose)),
        None => {
            let whose = (frame.socket != 0).then(|| Subject::socket(frame.socket));
            (finding.inside(frame.name, frame.flags), whose)
        }
    };
    match whose {
        Some(whose) if whose.to_string() != subject.to_string() => {
            let inside = format!("{} of {whose}", frame.name);
            Finding { inside: inside.into(), ..finding }
        }
        _ => finding,
    }
}

/// What a finding about a connection of `core` calls it: a socket of the machine's has one name all its life.
#[must_use]
pub fn subject_of(machine: &Machine, core: &Subsystem, handle: SocketHandle) -> Subject {
    match machine.turn(core, |turn| turn.socket_of(handle)) {
        Some(number) => Subject::Socket { number, handle: Some(handle) },
        None => Subject::Connection(handle),
    }
}

impl Door<'_> {
    /// Reports a breach; without a socket it is the one whose callback or routine runs on this thread.
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the finding is to be raised.
    pub fn report<A: Application>(&self, app: &mut A, mut report: Report) -> Result<(), Stopped> {
        if report.socket == 0
            && let Some(frame) = processor::here().inside()
            && frame.owner == self.provider().serial
        {
            report.socket = frame.socket;
        }
        let frame =
            processor::here().inside().filter(|frame| frame.owner == self.provider().serial);
        if report.blame == Blame::Caller {
            report.inside = report.inside.or(frame);
        }
        // What the caller did inside a callback of the same socket has two sites.
        if report.blame == Blame::Caller
            && report.against.is_none()
            && let Some(frame) = frame
            && frame.socket == report.socket
            && frame.socket != 0
        {
            report.against = Some(Cow::Borrowed(frame.name));
        }
        app.report(report)
    }

    /// What a finding about a socket calls it.
    #[must_use]
    pub fn subject(&self, socket: u64) -> Subject {
        let handle = self.turn(|turn| turn.handle(socket));
        Subject::Socket { number: socket, handle }
    }

    /// What a finding about a connection calls it.
    #[must_use]
    pub fn subject_of(&self, handle: SocketHandle) -> Subject {
        subject_of(self.provider().machine(), self.core(), handle)
    }

    /// The record of a report: whom it is about, and in which callback it happened. Where, and what the application
    /// did before, is the application's to add.
    #[must_use]
    pub fn record(&self, report: &Report) -> Finding {
        let running = processor::here().handler_call(self.provider().serial);
        let subject = match (report.socket, running) {
            (0, Some(call)) => self.subject_of(call.handle),
            (0, None) => Subject::None,
            (socket, _) => self.subject(socket),
        };
        let finding = report.to_finding().about(subject);
        let Some(frame) = report.inside else { return finding };
        let called = running.filter(|_| frame.name == processor::DISCONNECT);
        inside(finding, frame, called.map(|call| (call, self.subject_of(call.handle))))
    }

    /// Reports what the machine detected in a call of `name`.
    pub(crate) fn report_machine<A: Application>(
        &self,
        app: &mut A,
        rule: Option<&'static str>,
        name: &str,
        socket: u64,
    ) -> Result<(), Stopped> {
        let Some(rule) = rule else { return Ok(()) };
        let report = Report::of(rule, found_by_machine(rule, name), socket);
        let report = match rule {
            "C-16" if app.remembers(Moment::Refused(socket)) => Report {
                found: format!("{name} was called for a socket that WskAcceptEvent had refused"),
                ..report
            }
            .advising(
                "Forget the socket before WskAcceptEvent answers anything but STATUS_SUCCESS: the provider closes it then.",
            )
            .after(Moment::Refused(socket)),
            "C-16" if name == function::CLOSE_SOCKET.name => report
                .advising("Close a socket once: take it out of its place before WskCloseSocket.")
                .after(Moment::Closed(socket)),
            "C-16" => report.after(Moment::Closed(socket)),
            "C-22" => report.against("WskReceiveEvent"),
            _ => report,
        };
        self.report(app, report)
    }

    /// Reports what the machine detected when a callback had answered.
    pub(crate) fn report_answer<A: Application>(
        &self,
        app: &mut A,
        rule: Option<&'static str>,
        (lent, frame): (Lent, Frame),
    ) -> Result<(), Stopped> {
        let Some(rule) = rule else { return Ok(()) };
        let name = frame.name;
        let report = Report::of(rule, found_by_machine(rule, name), frame.socket);
        let report = match (rule, lent) {
            ("A-5", Lent::Accepted(id)) => Report { socket: id, ..report }
                .advising(
                    "Answer STATUS_SUCCESS for a socket that the callback has closed; one that it refuses is the \
                     provider's to close.",
                )
                .after(Moment::Closed(id)),
            ("C-20", Lent::List(list, _) | Lent::Datagrams(list)) => report
                .advising("Answer STATUS_PENDING from a callback whose list is to be released.")
                .after(Moment::Released(frame.socket, list)),
            _ => report,
        };
        self.report(app, report.blaming(Blame::Callback(name)).inside(frame))
    }

    /// Notes that nobody listens at the port which `name` is to connect to, and somebody does where its bytes are
    /// swapped.
    pub(crate) fn note_swapped<A: Application>(
        &self,
        app: &mut A,
        name: &str,
        to: Address,
        socket: u64,
    ) -> Result<(), Stopped> {
        match self.turn(|turn| turn.listens_at_swapped(to)) {
            Some(swapped) => self.report(app, swapped_port(name, to.port(), swapped, socket)),
            None => Ok(()),
        }
    }

    /// Whether `name` may be called at the present level; if not, that is a finding (Q-1, U-29).
    ///
    /// # Errors
    ///
    /// [`Stopped`] if the finding is to be raised.
    pub fn level_allowed<A: Application>(
        &self,
        app: &mut A,
        name: &str,
        highest: Irql,
        socket: u64,
    ) -> Result<bool, Stopped> {
        let level = processor::here().level();
        if level <= highest {
            return Ok(true);
        }
        let (at, up_to) = (level.name(), highest.name());
        let found = format!("{name} was called at {at}, which it allows up to {up_to}");
        self.report(app, Report::of("Q-1", found, socket))?;
        Ok(false)
    }
}
