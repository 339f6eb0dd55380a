//! The table of calls (tests/vectors/calls), run against the driver in Rust.

use crate::callbacks::status;
use crate::driver::{Heard, Request};
use crate::irps::kept;
use crate::script::{Line, Outcome, Script, all};
use crate::stage::Stage;
use crate::text::{name_of, status_of};
use crate::words::{EVENTS, named, number, options, table, words};
use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use wsksim::core::irql::Irql;
use wsksim::core::status::NtStatus;
use wsksim::provider::{Answer, ClientTable, Count, Loan, Returned, RoutineAnswer};

/// Where a callback or routine finds what it has to do: a socket and the callback, or an IRP and "routine".
type Place = (String, String);

/// One script under way.
#[derive(Clone)]
pub(crate) struct Runner(pub(crate) Rc<State>);

pub(crate) struct State {
    pub(crate) stage: Stage,
    /// Remote ends and listeners, by name; of listeners also the address.
    pub(crate) ends: RefCell<HashMap<String, u64>>,
    pub(crate) addresses: RefCell<HashMap<String, wsksim::network::address::Address>>,
    irps: RefCell<HashMap<String, Rc<Request>>>,
    /// The list that a socket's callback was shown last.
    pub(crate) lists: RefCell<HashMap<String, u64>>,
    /// Calls that are made inside, once.
    inside: RefCell<HashMap<Place, VecDeque<Vec<String>>>>,
    answers: RefCell<HashMap<Place, Answer>>,
    /// What a socket's callback was shown last, as long as it may be read.
    loans: RefCell<HashMap<String, Arc<Loan>>>,
    /// MDLs, by name.
    mdls: RefCell<Vec<String>>,
}

impl Runner {
    fn new(script: &Script) -> Self {
        let (policies, options) = options(script);
        let stage = Stage::with_options(policies, options);
        let made = Self(Rc::new(State {
            stage,
            ends: RefCell::default(),
            addresses: RefCell::default(),
            irps: RefCell::default(),
            lists: RefCell::default(),
            inside: RefCell::default(),
            answers: RefCell::default(),
            loans: RefCell::default(),
            mdls: RefCell::default(),
        }));
        let weak = Rc::downgrade(&made.0);
        made.0.stage.by_default(move |name, heard| {
            Self(weak.upgrade().expect("the script runs")).callback(name, heard)
        });
        made
    }

    fn run(&self, line: &Line) -> Outcome {
        let status = self.call(&words(&line.call));
        let stage = &self.0.stage;
        Outcome { status, events: stage.heard(), findings: stage.rules() }
    }

    pub(crate) fn socket(&self, name: &str) -> u64 {
        self.0.stage.id_of(name).unwrap_or_else(|| panic!("no socket {name}"))
    }

    pub(crate) fn end(&self, name: &str) -> u64 {
        *self.0.ends.borrow().get(name).unwrap_or_else(|| panic!("no remote end {name}"))
    }

    /// The IRP that a call names; a fresh one, called as the function, if it names none.
    fn irp(&self, verb: &str, given: Option<&str>) -> Option<Rc<Request>> {
        match given {
            Some("NULL") => None,
            Some(name) => {
                let mut irps = self.0.irps.borrow_mut();
                Some(Rc::clone(irps.entry(name.to_owned()).or_insert_with(|| self.request(name))))
            }
            None => Some(self.request(verb)),
        }
    }

    fn request(&self, name: &str) -> Rc<Request> {
        let (request, weak) = (Request::new(name), Rc::downgrade(&self.0));
        let place = (name.to_owned(), "routine".to_owned());
        request.runs(move |_| {
            let runner = Self(weak.upgrade().expect("the script runs"));
            runner.act(&place);
            let answer = runner.0.answers.borrow().get(&place).cloned();
            match answer.map(|answer| answer.returned) {
                None => kept(),
                Some(Returned::Status(status)) => RoutineAnswer::Status(status),
                Some(Returned::Raised(text)) => RoutineAnswer::Raised(text),
                Some(_) => RoutineAnswer::Nothing,
            }
        });
        request
    }

    fn callback(&self, name: &str, heard: &Heard) -> Answer {
        let place = (self.0.stage.name(heard.socket), name.to_owned());
        if heard.list != 0 {
            self.0.lists.borrow_mut().insert(place.0.clone(), heard.list);
        }
        if let Some(loan) = &heard.loan {
            self.0.loans.borrow_mut().insert(place.0.clone(), Arc::clone(loan));
        }
        self.act(&place);
        let answer = self.0.answers.borrow().get(&place).cloned();
        answer.unwrap_or_else(|| crate::driver::succeeds(name))
    }

    /// The number of an MDL of that name.
    pub(crate) fn mdl(&self, name: &str) -> u64 {
        let mut mdls = self.0.mdls.borrow_mut();
        let place = mdls.iter().position(|known| known == name).unwrap_or_else(|| {
            mdls.push(name.to_owned());
            mdls.len() - 1
        });
        place as u64 + 1
    }

    /// Makes the calls that wait for this place; each writes down what it returned.
    fn act(&self, place: &Place) {
        let calls = self.0.inside.borrow_mut().remove(place);
        for call in calls.into_iter().flatten() {
            let status =
                self.call(&call).map_or_else(String::new, |status| format!(" -> {status}"));
            self.0.stage.note(format!("({}{status})", call.join(" ")));
        }
    }

    fn answer(&self, words: &[&str]) -> Answer {
        match words {
            ["nothing"] => Answer::plain(Returned::Nothing),
            ["raises"] => Answer::plain(Returned::Raised("an error".to_owned())),
            [name] => status(status_of(name).unwrap_or_else(|| NtStatus::from_bits(number(name)))),
            [name, count] => {
                let accepted = Count::Bytes(u64::from(number(count)));
                Answer { accepted, ..self.answer(&[name]) }
            }
            other => panic!("no answer: {other:?}"),
        }
    }

    fn call(&self, given: &[String]) -> Option<String> {
        let irp = given.iter().find_map(|word| word.strip_prefix("irp="));
        let plain = given.iter().map(String::as_str).filter(|word| !word.starts_with("irp="));
        let words: Vec<&str> = plain.collect();
        let stage = &self.0.stage;
        let (verb, rest) = words.split_first().expect("a verb");
        let bare = |name: &str| rest.contains(&name);
        match (*verb, rest) {
            ("drive", []) => {
                stage.drive();
                return None;
            }
            ("remote", [what, rest @ ..]) => return self.remote(what, rest),
            ("answer", [of, name, answer @ ..]) => {
                let place = ((*of).to_owned(), (*name).to_owned());
                self.0.answers.borrow_mut().insert(place, self.answer(answer));
                return None;
            }
            ("inside", [of, name, ..]) => {
                let place = ((*of).to_owned(), (*name).to_owned());
                let call = given[3..].to_vec();
                self.0.inside.borrow_mut().entry(place).or_default().push_back(call);
                return None;
            }
            ("expect", [name, ..]) => {
                stage.expect_accepted(name, table("connection", rest));
                return None;
            }
            ("read", [of]) => {
                let loan = Arc::clone(&self.0.loans.borrow()[*of]);
                let may = stage.with(|door, app| door.may_use(app, &loan, "what it was shown"));
                may.expect("nothing is raised");
                return None;
            }
            ("free_mdl", [name]) => {
                let (caller, block) = ("IoFreeMdl", self.mdl(name));
                let may = stage.with(|door, app| door.may_free(app, caller, block));
                may.expect("nothing is raised");
                return None;
            }
            ("register", _) => {
                let value = |name, none| named(rest, name).map_or(none, number);
                let version = u16::try_from(value("version", 0x0100)).ok();
                let given = ClientTable { version, reserved: u64::from(value("reserved", 0)) };
                let given = (!bare("NULL")).then_some(given);
                let made = stage.with(|door, app| door.register(app, given, bare("again")));
                return Some(name_of(made.expect("nothing is raised").0));
            }
            ("level", [level]) => {
                stage.level(match *level {
                    "passive" => Irql::Passive,
                    "apc" => Irql::Apc,
                    _ => Irql::Dispatch,
                });
                return None;
            }
            ("state", [of]) => {
                let state = stage.turn(|turn| turn.state(self.socket(of)));
                return Some(state.map_or("CLOSED", |state| state.name()).to_owned());
            }
            ("enabled", [of]) => {
                let bits = stage.turn(|turn| turn.enabled_events(self.socket(of)));
                let names = EVENTS.iter().filter(|(_, bit)| bits & bit != 0);
                let names = names.map(|(name, _)| *name).collect::<Vec<_>>().join("|");
                return Some(if names.is_empty() { "none".to_owned() } else { names });
            }
            ("cancel", [name]) => return Some(self.cancel(name)),
            ("wait", [of]) => {
                let socket = self.socket(of);
                let may = stage.with(|door, app| door.may_wait(app, "a wait", socket, false));
                return Some(if may == Ok(true) { "may" } else { "may not" }.to_owned());
            }
            ("reuse" | "free", [name]) => {
                let request = self.irp(name, Some(name)).expect("a name");
                let done = if *verb == "reuse" {
                    request.irp.reuse().map(|_| ())
                } else {
                    request.irp.free()
                };
                stage.misused(done);
                return None;
            }
            ("release_npi" | "deregister", _) => {
                let over = bare("over");
                let done = if *verb == "deregister" {
                    stage.deregister(over)
                } else {
                    stage.release_npi(over)
                };
                return Some(if done { "done" } else { "not done" }.to_owned());
            }
            _ => {}
        }
        let request = self.irp(verb, irp.or(given_null(verb, irp)));
        Some(name_of(self.function(verb, rest, request.as_ref())))
    }

    fn cancel(&self, name: &str) -> String {
        let request = self.irp(name, Some(name)).expect("a name");
        let done = request.irp.cancel();
        let flight = done.as_ref().ok().cloned().flatten();
        self.0.stage.misused(done.map(|_| ()));
        let cancelled = flight.is_some_and(|one| self.0.stage.with(|door, _| door.cancel(&one)));
        if cancelled { "cancelled" } else { "not cancelled" }.to_owned()
    }
}

/// Control functions need no IRP (E-10, E-22): they get one only where the line names it.
fn given_null<'w>(verb: &str, irp: Option<&str>) -> Option<&'w str> {
    (irp.is_none() && matches!(verb, "enable" | "disable" | "static")).then_some("NULL")
}

#[test]
fn every_script_comes_to_what_the_table_says() {
    let scripts = all();
    assert!(scripts.len() >= 25, "{} scripts", scripts.len());
    let mut wrong = Vec::new();
    for script in &scripts {
        if script.left_out.iter().any(|(language, _)| language == "rust") {
            continue;
        }
        let runner = Runner::new(script);
        for line in &script.lines {
            let found = runner.run(line);
            if found != line.expected {
                let Script { file, name, .. } = script;
                let Line { number, call, expected } = line;
                wrong.push(format!(
                    "{file}:{number}: {name}\n  {call}\n  expected{}\n  found   {}",
                    expected.shown(),
                    found.shown()
                ));
            }
        }
        runner.0.stage.level(Irql::Passive);
        runner.0.stage.close_all();
    }
    assert!(wrong.is_empty(), "{} lines\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_line_has_a_call_a_status_events_and_findings() {
    let words = words("send A \"a ; b\" irp=x");
    assert_eq!(words, ["send", "A", "\"a ; b\"", "irp=x"]);
    let shown = Outcome {
        status: Some("SUCCESS".to_owned()),
        events: vec!["send SUCCESS 1".to_owned()],
        findings: vec!["I-3 A".to_owned()],
    };
    assert_eq!(shown.shown(), " -> SUCCESS ; send SUCCESS 1 ! I-3 A");
    for script in all() {
        for (language, why) in script.left_out {
            assert!(["rust", "python", "c"].contains(&language.as_str()), "{language}");
            assert!(why.ends_with('.'), "{}: a sentence says why", script.name);
        }
    }
}
