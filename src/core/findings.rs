//! Findings: what the application did wrong, or does that looks wrong, as one record, bounded in number and size.
//!
//! Code that finds something makes a record and hands it to [`Subsystem::report`], which counts it, folds it into an equal
//! one, or keeps it. All but the rule and what was found may be left out. Python has the same in `Subsystem._report`.
//!
//! ```
//! use wsksim::core::findings::{Finding, Place, Subject};
//! use wsksim::core::subsystem::{Options, Subsystem};
//!
//! let subsystem = Subsystem::new(Options::default());
//! let place = Place { function: "relay".into(), file: "relay.c".into(), line: 112 };
//! subsystem.report(
//!     Finding::of("C-16", "WskSend was called after WskCloseSocket")
//!         .about(Subject::socket(3))
//!         .at(place)
//!         .advising("take the socket out of the table before it is closed"),
//! );
//! assert_eq!(subsystem.findings()[0].subject.to_string(), "socket 3");
//! ```
//!
//! Two findings are one if rule, function, site and the kind of mistake are equal: the first stays, and counts the
//! others. Where the site is unknown the handler stands for it.
//!
//! [`Subsystem::report`]: crate::core::subsystem::Subsystem::report

use crate::contract::{Mark, Rule};
use crate::core::handle::SocketHandle;
use crate::core::limits::{MAX_FINDING_TEXT, MAX_FINDING_TRACEBACK, MAX_FINDINGS};
use crate::core::status::NtStatus;
use crate::core::sync::Mutex;
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// How much a finding accuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A rule that binds the application was broken.
    Breach,
    /// Likewise, of a rule that holds only because this provider chose so.
    Choice,
    /// Legal and suspicious; never counted as a breach.
    Note,
}

/// What the application did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A handler answered this status.
    Status(u32),
    /// A handler returned nothing, as one does that forgot to.
    Nothing,
    /// A handler raised what the text describes.
    Raised(String),
    /// Something else, described.
    Text(String),
}

impl Found {
    /// Whether both are one mistake, made twice: the same answer, any two raises, or texts about the same function,
    /// which stands first in them.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Status(one), Self::Status(other)) => one == other,
            (Self::Text(one), Self::Text(other)) => {
                one.split(' ').next() == other.split(' ').next()
            }
            (Self::Nothing, Self::Nothing) | (Self::Raised(_), Self::Raised(_)) => true,
            _ => false,
        }
    }
}

impl<T: Into<String>> From<T> for Found {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

/// A line of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The function that holds it.
    pub function: String,
    /// Its file; empty if only the function is known.
    pub file: String,
    /// The line's number, from 1.
    pub line: u32,
}

/// Whom a finding is about; its text means the same in every output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// No socket.
    None,
    /// A connection that only the core knows.
    Connection(SocketHandle),
    /// A socket of the contract machine.
    Socket {
        /// The machine's number for it, the same from its creation to its close.
        number: u64,
        /// The connection behind it, if there is one.
        handle: Option<SocketHandle>,
    },
}

impl Subject {
    /// A socket of the machine's that has no connection.
    #[must_use]
    pub const fn socket(number: u64) -> Self {
        Self::Socket { number, handle: None }
    }

    /// The connection that it is, or that is behind it.
    #[must_use]
    pub const fn handle(&self) -> Option<SocketHandle> {
        match self {
            Self::None => None,
            Self::Connection(handle) => Some(*handle),
            Self::Socket { handle, .. } => *handle,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Connection(handle) => write!(f, "connection {handle}"),
            Self::Socket { number, .. } => write!(f, "socket {number}"),
        }
    }
}

/// One finding, with what is needed to find it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule that it is about.
    pub rule: &'static Rule,
    /// How much it accuses.
    pub kind: Kind,
    /// What was found.
    pub found: Found,
    /// What to do in this case.
    pub advice: Cow<'static, str>,
    /// Where: the line that broke the rule, or the handler that did.
    pub place: Option<Arc<Place>>,
    /// The other line where there are two: the handler that called it, or what it contradicts.
    pub other: Option<Arc<Place>>,
    /// The handler's number, for one whose place is unknown.
    pub handler: Option<u32>,
    /// The socket.
    pub subject: Subject,
    /// The integer that the core keeps for its context.
    pub context: u64,
    /// The context as text, where the host knows one.
    pub context_text: Option<String>,
    /// After how many choices it was; 0 where nothing was chosen.
    pub step: u64,
    /// The callback or completion routine in which it happened; empty outside any.
    pub inside: Cow<'static, str>,
    /// The edge's place in the queue's history, from 1; 0 outside the disconnect event.
    pub edge_number: u64,
    /// The `Flags` of the callback.
    pub flags: u32,
    /// What was chosen until then, where choices are recorded.
    pub choices: Option<Vec<u32>>,
    /// The traceback of what a handler raised; empty if it raised nothing.
    pub traceback: String,
    /// How many equal ones there were, this one included.
    pub count: u64,
}

impl Finding {
    /// A finding about a rule, with that rule's kind and the advice for the case.
    ///
    /// # Panics
    ///
    /// If the contract has no such rule.
    #[must_use]
    pub fn of(rule: &str, found: impl Into<Found>) -> Self {
        Self::by_rule(Rule::named(rule), found.into())
    }

    /// [`of`](Self::of) for a caller that has the rule already.
    #[must_use]
    pub fn by_rule(rule: &'static Rule, found: Found) -> Self {
        let kind = if rule.mark == Mark::Choice { Kind::Choice } else { Kind::Breach };
        Self {
            rule,
            kind,
            advice: Cow::Borrowed(advice_for(rule, &found)),
            found,
            place: None,
            other: None,
            handler: None,
            subject: Subject::None,
            context: 0,
            context_text: None,
            step: 0,
            inside: Cow::Borrowed(""),
            edge_number: 0,
            flags: 0,
            choices: None,
            traceback: String::new(),
            count: 1,
        }
    }

    /// It accuses nobody.
    #[must_use]
    pub fn as_note(self) -> Self {
        Self { kind: Kind::Note, ..self }
    }

    /// Which socket it is about.
    #[must_use]
    pub fn about(self, subject: Subject) -> Self {
        Self { subject, ..self }
    }

    /// The line that broke the rule.
    #[must_use]
    pub fn at(self, place: impl Into<Arc<Place>>) -> Self {
        Self { place: Some(place.into()), ..self }
    }

    /// The other line, where there are two.
    #[must_use]
    pub fn against(self, other: impl Into<Arc<Place>>) -> Self {
        Self { other: Some(other.into()), ..self }
    }

    /// What to do, where the rule's own advice does not fit the case.
    #[must_use]
    pub fn advising(self, advice: impl Into<Cow<'static, str>>) -> Self {
        Self { advice: advice.into(), ..self }
    }

    /// The context as text.
    #[must_use]
    pub fn with_context(self, text: impl Into<String>) -> Self {
        Self { context_text: Some(text.into()), ..self }
    }

    /// The call of a disconnect handler in which it happened.
    #[must_use]
    pub fn during(self, edge_number: u64, flags: u32) -> Self {
        Self { inside: Cow::Borrowed("WskDisconnectEvent"), edge_number, flags, ..self }
    }

    /// The call of another callback, or of a completion routine, in which it happened.
    #[must_use]
    pub fn inside(self, name: impl Into<Cow<'static, str>>, flags: u32) -> Self {
        Self { inside: name.into(), flags, ..self }
    }

    /// The step of the run in which it happened, and what was chosen until then.
    #[must_use]
    pub fn in_step(self, step: u64, choices: Option<Vec<u32>>) -> Self {
        Self { step, choices, ..self }
    }

    /// Whether it is one with a finding of `rule` at `place`, or of `handler` where the place is unknown.
    fn is_one_with(
        &self,
        rule: &Rule,
        found: &Found,
        place: Option<&Place>,
        handler: Option<u32>,
    ) -> bool {
        let same_place = match (self.place.as_deref(), place) {
            (None, None) => self.handler == handler,
            (here, there) => here == there,
        };
        same_place && self.rule.id == rule.id && self.found.is_like(found)
    }
}

/// What to do against a wrong answer, which depends on the answer; for everything else the rule says it.
fn advice_for(rule: &'static Rule, found: &Found) -> &'static str {
    const PENDING: u32 = NtStatus::PENDING.bits();
    match (rule.id, found) {
        ("D-8", Found::Nothing) => {
            "End every path of the handler with `return wsk.STATUS_SUCCESS`; without a return it gives None."
        }
        ("D-8", Found::Status(PENDING)) => {
            "Return STATUS_SUCCESS first and finish the work later; this event cannot be left pending."
        }
        ("D-8", Found::Status(_)) => {
            "Return STATUS_SUCCESS whatever happened; the disconnect cannot be refused."
        }
        ("D-8", Found::Raised(_)) => {
            "Handle the exception inside the handler, then return STATUS_SUCCESS."
        }
        ("U-22", Found::Nothing) => {
            "End every path of the callback with a return of its status; without one it gives None."
        }
        ("U-22", Found::Raised(_)) => {
            "Handle the exception inside the callback, then return a status."
        }
        _ => rule.advice,
    }
}

/// The findings of a subsystem: the first of each, and the first of each note.
#[derive(Debug)]
pub(crate) struct Findings(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    breaches: Vec<Finding>,
    notes: Vec<Finding>,
}

impl Kept {
    fn of(&mut self, kind: Kind) -> &mut Vec<Finding> {
        if kind == Kind::Note { &mut self.notes } else { &mut self.breaches }
    }
}

impl Findings {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Kept::default()))
    }

    /// Counts a finding with its equal, or keeps it unless enough are kept; a text beyond the limit is cut.
    pub(crate) fn keep(&self, mut finding: Finding) {
        let mut kept = self.0.lock();
        let kept = kept.of(finding.kind);
        let equal = |one: &&mut Finding| {
            let Finding { rule, found, place, handler, advice, .. } = &finding;
            // What asks for another remedy is another mistake, also on the same line.
            one.advice == *advice && one.is_one_with(rule, found, place.as_deref(), *handler)
        };
        if let Some(first) = kept.iter_mut().find(equal) {
            first.count += finding.count;
        } else if kept.len() < MAX_FINDINGS {
            if let Found::Text(text) | Found::Raised(text) = &mut finding.found {
                cut(text, MAX_FINDING_TEXT);
            }
            if let Some(text) = &mut finding.context_text {
                cut(text, MAX_FINDING_TEXT);
            }
            cut(&mut finding.traceback, MAX_FINDING_TRACEBACK);
            kept.push(finding);
        }
    }

    /// Whether such a finding would be kept with its texts, rather than counted.
    pub(crate) fn wants(
        &self,
        rule: &Rule,
        found: &Found,
        place: Option<&Place>,
        handler: Option<u32>,
    ) -> bool {
        let kept = self.0.lock();
        kept.breaches.len() < MAX_FINDINGS
            && !kept.breaches.iter().any(|one| one.is_one_with(rule, found, place, handler))
    }

    pub(crate) fn breaches(&self) -> Vec<Finding> {
        self.0.lock().breaches.clone()
    }

    pub(crate) fn notes(&self) -> Vec<Finding> {
        self.0.lock().notes.clone()
    }
}

fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        let rest = text.len() - end;
        text.truncate(end);
        text.push_str(&format!("… ({rest} more bytes were cut off)"));
    }
}
