//! The table of calls (tests/vectors/calls), run against a driver in C, which makes each call through WSK's own tables. The
//! scripts that name C as left out say why.

use crate::build::driver;
use crate::script::{Line, Outcome, Script, all};
use crate::text::{name_of, quoted};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use wsksim::c::kernel::{Kernel, Options};
use wsksim::core::findings::Subject;
use wsksim::core::irql::IrqlPolicy;
use wsksim::core::subsystem;
use wsksim::network::address::{AF_INET, Address};
use wsksim::wsk::{Completions, Policies, event};

const FILES: [&str; 3] =
    ["tests/drivers/calls/calls.c", "tests/drivers/calls/events.c", "tests/drivers/calls/words.c"];
/// Machine's numbers of sockets are looked at up to here.
const NUMBERS: u64 = 200;

const EVENTS: [(&str, u32); 5] = [
    ("receive", event::RECEIVE),
    ("disconnect", event::DISCONNECT),
    ("backlog", event::SEND_BACKLOG),
    ("accept", event::ACCEPT),
    ("receive_from", event::RECEIVE_FROM),
];

fn local(port: u16) -> Address {
    Address::new(AF_INET, &[127, 0, 0, 1], port).expect("four bytes")
}

fn options(script: &Script) -> Options {
    let (mut policies, mut options) = (Policies::default(), subsystem::Options::default());
    for option in &script.options {
        match option.split_once('=').unwrap_or((option, "")) {
            ("irql", "dispatch") => options.irql = IrqlPolicy::Dispatch,
            ("window", bytes) => policies.window = bytes.parse().expect("a number"),
            ("completions", "inline") => policies.completions = Completions::Inline,
            ("completions", "windows") => policies.completions = Completions::Windows,
            ("completions", "later") => policies.completions = Completions::Later,
            other => panic!("{}: no option {other:?}", script.name),
        }
    }
    Options { subsystem: options, policies, ..Options::default() }
}

/// `"text"`, or `4*0`.
fn bytes(text: &str) -> Vec<u8> {
    match text.split_once('*') {
        Some((count, "0")) => vec![0; count.parse().expect("a number")],
        _ => text.trim_matches('"').as_bytes().to_vec(),
    }
}

/// One script under way.
struct Runner {
    kernel: Rc<Kernel>,
    ends: HashMap<String, u64>,
    addresses: HashMap<String, Address>,
    /// The machine's numbers of sockets by name, and the names by number, of those that are gone too.
    sockets: HashMap<String, u64>,
    names: HashMap<u64, String>,
    /// The last one that was gone again before it could be looked at.
    lost: String,
    /// Rules that this script has broken.
    seen: HashSet<String>,
    printed: usize,
    found: usize,
}

impl Runner {
    fn new(object: &wsksim::c::kernel::Object, script: &Script) -> Self {
        let kernel = Kernel::load(object, options(script)).expect("it loads");
        assert_eq!(kernel.start_driver(), Some(0));
        Self {
            kernel,
            ends: HashMap::new(),
            addresses: HashMap::new(),
            sockets: HashMap::new(),
            names: HashMap::new(),
            lost: String::new(),
            seen: HashSet::new(),
            printed: 0,
            found: 0,
        }
    }

    fn run(&mut self, line: &Line) -> Outcome {
        let words: Vec<&str> = line.call.split(' ').collect();
        let mut outcome = Outcome::default();
        match words[..] {
            ["drive"] => self.kernel.drive(),
            ["remote", what, name, ..] => {
                outcome.status = self.remote(what, name, &words[3..]);
            }
            ["state", of] => {
                let number = self.sockets.get(of).copied().unwrap_or(0);
                let state = self.kernel.driver().turn(|turn| turn.state(number));
                outcome.status = Some(state.map_or("CLOSED", |state| state.name()).to_owned());
            }
            ["enabled", of] => {
                let number = self.sockets[of];
                let bits = self.kernel.driver().turn(|turn| turn.enabled_events(number));
                let names = EVENTS.iter().filter(|(_, bit)| bits & bit != 0);
                let names = names.map(|(name, _)| *name).collect::<Vec<_>>().join("|");
                outcome.status = Some(if names.is_empty() { "none".to_owned() } else { names });
            }
            _ => {
                let text = self.with_ports(&line.call);
                let sent = self.kernel.control(1, &[text.as_bytes(), b"\0"].concat(), 0);
                if sent.is_none() {
                    outcome.events.push(format!("{:?}", self.kernel.ended()));
                }
            }
        }
        self.hear(&mut outcome);
        outcome
    }

    /// Whether a line came to what is expected. A driver's line that breaks a rule again is told once, and a socket that is
    /// gone is nobody's.
    fn agrees(&mut self, found: &Outcome, expected: &Outcome) -> bool {
        let mut left = found.findings.iter();
        let mut next = left.next();
        let mut all = true;
        for finding in &expected.findings {
            let (rule, name) = finding.split_once(' ').expect("a rule and a name");
            let gone = || {
                let number = self.sockets.get(name).copied().unwrap_or(0);
                self.kernel.driver().socket(number).is_none()
            };
            let same = |one: &String| one == finding || *one == format!("{rule} -") && gone();
            if next.is_some_and(same) {
                next = left.next();
                self.seen.insert(rule.to_owned());
            } else {
                all &= self.seen.contains(rule);
            }
        }
        all && next.is_none()
            && (&found.status, &found.events) == (&expected.status, &expected.events)
    }

    /// What the driver has printed since, and what was found.
    fn hear(&mut self, outcome: &mut Outcome) {
        let (printed, _) = self.kernel.printed();
        for text in &printed[self.printed..] {
            let (kind, text) = text.split_once(' ').unwrap_or((text, ""));
            match kind {
                "=" => outcome.status = Some(text.to_owned()),
                ";" => outcome.events.push(text.to_owned()),
                "S" => self.name_socket(text),
                _ => panic!("printed {kind} {text}"),
            }
        }
        self.printed = printed.len();
        let findings = self.kernel.driver().core().findings();
        for finding in &findings[self.found..] {
            let name = match finding.subject {
                Subject::Socket { number, .. } => {
                    self.names.get(&number).cloned().unwrap_or_else(|| self.lost.clone())
                }
                Subject::Connection(handle) => {
                    let of = |number: &&u64| {
                        let driver = self.kernel.driver();
                        driver.turn(|turn| turn.handle(**number)) == Some(handle)
                    };
                    let number = self.names.keys().find(of);
                    number.map_or_else(|| handle.to_string(), |number| self.names[number].clone())
                }
                Subject::None => "-".to_owned(),
            };
            outcome.findings.push(format!("{} {name}", finding.rule.id));
        }
        self.found = findings.len();
    }

    /// A socket has this name from now on.
    fn name_socket(&mut self, text: &str) {
        let (name, address) = text.split_once(' ').expect("a name and an address");
        let address = usize::from_str_radix(address.trim_start_matches("0x"), 16);
        let address = address.expect("an address");
        let driver = self.kernel.driver();
        let number = (1..NUMBERS)
            .find(|number| driver.socket(*number).is_some_and(|one| one.addr() == address));
        let Some(number) = number else {
            name.clone_into(&mut self.lost);
            return;
        };
        self.sockets.insert(name.to_owned(), number);
        self.names.insert(number, name.to_owned());
    }

    /// The call with a port in the place of each end that is connected to.
    fn with_ports(&self, call: &str) -> String {
        let mut words: Vec<String> = call.split(' ').map(ToOwned::to_owned).collect();
        let verb = words[0].clone();
        let to = ["connect", "connect_ex", "socket_connect", "send_to"].contains(&verb.as_str());
        if to && words.len() > 2 {
            words[2] = self.address(&words[2]).port().to_string();
        }
        if verb == "inside" && words.len() > 5 && words[3].starts_with("connect") {
            words[5] = self.address(&words[5]).port().to_string();
        }
        words.join(" ")
    }

    fn address(&self, name: &str) -> Address {
        if let Some(address) = self.addresses.get(name) {
            return *address;
        }
        let number = self.sockets[name];
        let reply = self.kernel.driver().turn(|turn| turn.get_local_address(number, u64::MAX));
        let bound = reply.completions.first().and_then(|done| done.local);
        bound.unwrap_or_else(|| panic!("{name} is not bound: {reply:?}"))
    }

    fn remote(&mut self, what: &str, name: &str, rest: &[&str]) -> Option<String> {
        let end = self.ends.get(name).copied().unwrap_or(0);
        let driver = std::sync::Arc::clone(self.kernel.driver());
        let status = match what {
            "listen" | "datagram" => {
                let made = driver.turn(|turn| match what {
                    "listen" => turn.remote_listen(local(0)),
                    _ => turn.remote_datagram(local(0)),
                });
                let (end, address) = made.expect("a port");
                self.ends.insert(name.to_owned(), end);
                self.addresses.insert(name.to_owned(), address);
                return None;
            }
            "accept" => {
                let accepted = driver.turn(|turn| turn.remote_accept(self.ends[rest[0]]));
                self.ends.insert(name.to_owned(), accepted.expect("it connected"));
                return None;
            }
            "connect" => {
                let to = self.address(rest[0]);
                let (status, end) = driver.turn(|turn| turn.remote_connect(to, None));
                self.ends.insert(name.to_owned(), end);
                status
            }
            "close" => {
                driver.turn(|turn| turn.remote_close(end));
                return None;
            }
            "read" => {
                let read = driver.turn(|turn| turn.remote_read(end, usize::MAX));
                let nothing = read.is_empty() && !driver.turn(|turn| turn.remote_ended(end));
                return Some(if nothing { "nothing".to_owned() } else { quoted(&read) });
            }
            "receive_from" => {
                let found = driver.turn(|turn| turn.remote_receive_from(end));
                return Some(found.map_or_else(|| "nothing".to_owned(), |(data, _)| quoted(&data)));
            }
            "seen" => {
                let (finish, abort) = driver.turn(|turn| turn.remote_seen(end));
                let seen = [(finish, "finish"), (abort, "abort")];
                let seen = seen.iter().filter(|(seen, _)| *seen).map(|(_, name)| *name);
                let seen = seen.collect::<Vec<_>>().join("|");
                return Some(if seen.is_empty() { "nothing".to_owned() } else { seen });
            }
            "send" => driver.turn(|turn| turn.remote_send(end, bytes(&rest.join(" ")))),
            "send_to" => {
                let to = self.address(rest[0]);
                driver.turn(|turn| turn.remote_send_to(end, &bytes(&rest[1..].join(" ")), to))
            }
            "disconnect" => driver.turn(|turn| turn.remote_disconnect(end)),
            "abort" => driver.turn(|turn| turn.remote_abort(end)),
            other => panic!("a remote end cannot {other}"),
        };
        Some(name_of(status))
    }
}

#[test]
fn every_script_comes_to_the_same_through_the_tables_of_c() {
    let Some(object) = driver(&FILES, None) else { return };
    let (mut wrong, mut ran) = (Vec::new(), 0);
    for script in &all() {
        if script.left_out.iter().any(|(language, _)| language == "c") {
            continue;
        }
        ran += 1;
        let mut runner = Runner::new(&object, script);
        for line in &script.lines {
            let found = runner.run(line);
            if !runner.agrees(&found, &line.expected) {
                let Script { file, name, .. } = script;
                let Line { number, call, expected } = line;
                wrong.push(format!(
                    "{file}:{number}: {name}\n  {call}\n  expected{}\n  found   {}",
                    expected.shown(),
                    found.shown()
                ));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {ran} scripts\n{}", wrong.len(), wrong.join("\n"));
    assert!(ran > 60, "{ran} scripts");
}
