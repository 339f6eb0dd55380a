//! The walk through the rule table: each rule that binds the application has its place in the provider or the machine,
//! and a test here that breaks it; or it stands in a list, with the reason why only a language can see it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use wsksim::contract::{Binds, Rule};

/// Rules without a place in `src/provider` and `src/wsk`, and why.
const ELSEWHERE: [(&str, &str); 4] = [
    ("O-8", "where a table lies, and whether that memory is still there, only its language knows"),
    (
        "A-7",
        "the addresses are a language's own structures: it alone sees that one is read too late",
    ),
    ("I-2", "IoAllocateIrp makes no IRP without a stack location, so no request ever has one"),
    ("U-31", "how a table is kept is each language's own: by reference in Python, by address in C"),
];

/// Rules that no test of this folder breaks, and why.
const UNBROKEN: [(&str, &str); 10] = [
    ("O-8", "the driver here keeps its tables by reference, as the language does"),
    ("E-18", "with what an application compares a status cannot be seen"),
    ("A-7", "this driver is given copies of the addresses, so what it reads late is never gone"),
    ("I-2", "an IRP of the provider's is made with its location"),
    (
        "I-9",
        "freeing a buffer of a request that waits: the provider here has a copy, and cannot see it",
    ),
    (
        "I-18",
        "an application that relies on one way fails under another: that is seen in what it then does",
    ),
    ("U-31", "the driver here keeps its tables by reference, as the language does"),
    (
        "L-3",
        "of which kind a table is, its language tells: here it has a type, in C a bare address",
    ),
    (
        "L-4",
        "of which kind a table is, its language tells: here it has a type, in C a bare address",
    ),
    (
        "L-5",
        "of which kind a table is, its language tells: here it has a type, in C a bare address",
    ),
];

fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some("rs".as_ref()) {
                found.push(text_of(&path));
            }
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found
}

fn text_of(path: &Path) -> String {
    fs::read_to_string(path).expect("a text")
}

/// What stands behind a line's `//`, but not the head of a file, and not inside a string.
fn comment(line: &str) -> Option<&str> {
    let (mut quoted, mut escaped) = (false, false);
    for (place, letter) in line.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            '/' if !quoted && line[place..].starts_with("//") => {
                return (!line[place..].starts_with("//!")).then_some(&line[place..]);
            }
            _ => {}
        }
    }
    None
}

/// The ids that a text names one by one: none that is an end of a range, such as `D-20 to D-27`.
fn ids(text: &str) -> BTreeSet<String> {
    let is_end = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '-');
    let words: Vec<&str> = text.split(is_end).filter(|word| !word.is_empty()).collect();
    let is_id = |word: &str| {
        let (letter, number) = word.split_once('-').unwrap_or_default();
        letter.len() == 1
            && letter.bytes().all(|letter| letter.is_ascii_uppercase())
            && !number.is_empty()
            && number.bytes().all(|digit| digit.is_ascii_digit())
    };
    let mut found = BTreeSet::new();
    for (place, word) in words.iter().enumerate() {
        let ends = |other: Option<&&str>| other.is_some_and(|other| is_id(other));
        let begins_range = words.get(place + 1) == Some(&"to") && ends(words.get(place + 2));
        let ends_range = place >= 2 && words[place - 1] == "to" && is_id(words[place - 2]);
        if is_id(word) && !begins_range && !ends_range {
            found.insert((*word).to_owned());
        }
    }
    found
}

/// The rules that comments of the provider and the machine name.
fn placed() -> BTreeSet<String> {
    let sources = ["src/provider", "src/wsk"].into_iter().flat_map(files);
    let named = |text: String| text.lines().filter_map(comment).flat_map(ids).collect::<Vec<_>>();
    sources.flat_map(named).collect()
}

/// The rules that the names of this folder's tests begin with: `d_8_...`, `c_16_and_u_41_...`.
fn broken() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in files("tests/rust/provider") {
        let tests = text.split("#[test]\nfn ").skip(1);
        for name in tests.filter_map(|test| test.split('(').next()) {
            let words: Vec<&str> = name.split('_').collect();
            let mut place = 0;
            while let [letter, number, ..] = words[place..]
                && letter.len() == 1
                && number.parse::<u32>().is_ok()
            {
                found.insert(format!("{}-{number}", letter.to_uppercase()));
                place += if words.get(place + 2) == Some(&"and") { 3 } else { 2 };
            }
        }
    }
    found
}

fn bound() -> impl Iterator<Item = &'static Rule> {
    Rule::all().iter().filter(|rule| rule.binds != Binds::Provider)
}

/// Each rule that binds the application is in `found` or in `reasons`, and none is in both.
fn all_but(found: &BTreeSet<String>, reasons: &[(&str, &str)], what: &str) {
    let excused = |id: &str| reasons.iter().any(|(known, _)| *known == id);
    for rule in bound() {
        assert!(found.contains(rule.id) || excused(rule.id), "{} has no {what}", rule.id);
    }
    for (id, why) in reasons {
        let binds = bound().any(|rule| rule.id == *id);
        assert!(binds, "{id} does not bind the application, so it needs no {what}");
        assert!(!found.contains(*id), "{id} has a {what}: take it out of the list");
        assert!(why.len() > 20 && !why.ends_with('.'), "{id}: {why}");
    }
}

#[test]
fn each_rule_that_binds_the_application_has_a_place() {
    all_but(&placed(), &ELSEWHERE, "place");
}

#[test]
fn each_rule_that_binds_the_application_is_broken_here() {
    let broken = broken();
    all_but(&broken, &UNBROKEN, "test");
    for id in &broken {
        assert!(bound().any(|rule| rule.id == id), "{id} does not bind the application");
    }
}

#[test]
fn a_place_is_a_comment_that_names_the_rule_by_itself() {
    assert_eq!(comment("    /// Asks (D-5)."), Some("/// Asks (D-5)."));
    assert_eq!(comment("let text = \"no comment // (D-7)\"; // but (D-8)"), Some("// but (D-8)"));
    assert_eq!(comment("//! Head of a file (D-1)."), None);
    assert_eq!(comment("report(\"D-10\", text)"), None);
    let named = ids("Rules D-20 to D-27, D-3 and (Q-1, U-29): not STATUS-1, A-B, XD-4.");
    assert_eq!(named.iter().map(String::as_str).collect::<Vec<_>>(), ["D-3", "Q-1", "U-29"]);
}
