//! Words: what the words of the table of calls mean.

use crate::script::Script;
use crate::verbs::{CONNECTION, DATAGRAM, Given, LISTENER};
use wsksim::core::irql::IrqlPolicy;
use wsksim::core::subsystem::Options;
use wsksim::provider::{Buffer, Input, InputBuffer, TableKind};
use wsksim::wsk::{Completions, Policies, event};

pub(crate) const EVENTS: [(&str, u32); 6] = [
    ("receive", event::RECEIVE),
    ("disconnect", event::DISCONNECT),
    ("backlog", event::SEND_BACKLOG),
    ("accept", event::ACCEPT),
    ("receive_from", event::RECEIVE_FROM),
    ("none", 0),
];
pub(crate) const OPTIONS: [(&str, u32); 3] =
    [("keepalive", 0x8), ("rcvbuf", 0x1002), ("conditional_accept", 0x3002)];

/// The words of a call; text in quotes is one word, with its quotes.
pub(crate) fn words(text: &str) -> Vec<String> {
    let (mut found, mut quoted) = (Vec::new(), false);
    let mut word = String::new();
    for letter in text.chars() {
        quoted ^= letter == '"';
        if letter == ' ' && !quoted {
            found.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        } else {
            word.push(letter);
        }
    }
    assert!(!quoted, "{text}: a quote that does not end");
    found.extend((!word.is_empty()).then_some(word));
    found
}

/// The options of a script.
pub(crate) fn options(script: &Script) -> (Policies, Options) {
    let (mut policies, mut options) = (Policies::default(), Options::default());
    for option in &script.options {
        match option.split_once('=').unwrap_or((option, "")) {
            ("irql", "dispatch") => options.irql = IrqlPolicy::Dispatch,
            ("window", bytes) => policies.window = bytes.parse().expect("a number"),
            ("completions", word) => policies.completions = completions(word),
            other => panic!("{}: no option {other:?}", script.name),
        }
    }
    (policies, options)
}

fn completions(word: &str) -> Completions {
    match word {
        "inline" => Completions::Inline,
        "windows" => Completions::Windows,
        "later" => Completions::Later,
        _ => panic!("completions={word}: no such word"),
    }
}

/// `receive|disconnect` as bits.
pub(crate) fn mask(text: &str) -> u32 {
    let bit = |name: &str| EVENTS.iter().find(|(known, _)| *known == name).map(|(_, bit)| *bit);
    let bits = text.split('|').map(|name| bit(name).unwrap_or_else(|| number(name)));
    bits.fold(0, |mask, bit| mask | bit)
}

/// A number in decimal digits.
pub(crate) fn number(text: &str) -> u32 {
    text.parse().unwrap_or_else(|_| panic!("{text}: asked for a number"))
}

/// `"text"`, `4*0`, or the zeros of a buffer.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    if let Some(buffer) = buffer(text) {
        return vec![0; buffer.length as usize];
    }
    match text.split_once('*') {
        Some((count, "0")) if !text.starts_with('"') => vec![0; number(count) as usize],
        _ => text.trim_matches('"').as_bytes().to_vec(),
    }
}

/// `LENGTH@OFFSET/MEMORY`: where a buffer lies in its MDLs.
pub(crate) fn buffer(text: &str) -> Option<Buffer> {
    let (length, rest) = text.split_once('@').filter(|_| !text.starts_with('"'))?;
    let (offset, memory) = rest.split_once('/')?;
    let [offset, length, memory] = [offset, length, memory].map(|text| u64::from(number(text)));
    Some(Buffer { offset, length, memory: Some(memory), freed: false })
}

/// The table that goes with such a socket: the full one of its category, unless the words say otherwise.
pub(crate) fn table(kind: &str, words: &[&str]) -> Given {
    if words.contains(&"NULL") {
        return Given::from(TableKind::Null);
    }
    if words.contains(&"WRONG") {
        return Given::from(TableKind::Other("a word".to_owned()));
    }
    match words.iter().find_map(|word| word.strip_prefix("table=")).unwrap_or(kind) {
        "listen" => Given::from(LISTENER),
        "datagram" => Given::from(DATAGRAM),
        "stream" => Given { kind: TableKind::Stream, ..Given::from(CONNECTION) },
        "connection" => Given::from(CONNECTION),
        // What is no category has no table.
        _ => Given::from(TableKind::Null),
    }
}

/// What stands behind `name=`.
pub(crate) fn named<'w>(words: &[&'w str], name: &str) -> Option<&'w str> {
    words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='))
}

/// An input with what the words say of it: `size=` is InputSize, `npi=` of a WSK_EVENT_CALLBACK_CONTROL `null` or `other`.
pub(crate) fn input(given: InputBuffer, words: &[&str]) -> InputBuffer {
    let size = named(words, "size").map_or(given.size, |size| u64::from(number(size)));
    let held = match (given.held, named(words, "npi")) {
        (Input::Event(_, mask), Some("null")) => Input::Event(None, mask),
        (Input::Event(_, mask), Some("other")) => Input::Event(Some([7; 16]), mask),
        (held, _) => held,
    };
    InputBuffer { size, held, ..given }
}
