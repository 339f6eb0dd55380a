//! The walk through the rule table: each rule that binds the application has its place in the provider or the machine,
//! and a test here that breaks it, with its repaired twin; or it stands in a list, with the reason why only a language can
//! see it. The walk runs these tests again, and watches what each of them finds. What only a kernel sees of a driver in C is broken in
//! `tests/rust/kernel`.

use crate::walk::watch;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use wsksim::contract::{Binds, Rule};

/// Rules without a place in `src/provider` and `src/wsk`, and why.
const ELSEWHERE: [(&str, &str); 5] = [
    ("O-8", "where a table lies, and whether that memory is still there, only its language knows"),
    ("U-31", "how a table is kept is each language's own: by reference in Python, by address in C"),
    ("S-1", "a sanitizer's runtime finds it, and `wsksim.drivers.sanitizers` reads what that says"),
    ("S-2", "a sanitizer's runtime finds it, and `wsksim.drivers.sanitizers` reads what that says"),
    ("S-3", "a sanitizer's runtime finds it, and `wsksim.drivers.sanitizers` reads what that says"),
];

/// Rules that no test of this folder breaks, and why.
const UNBROKEN: [(&str, &str); 7] = [
    ("O-8", "the driver here keeps its tables by reference, as the language does"),
    ("E-18", "with what an application compares a status cannot be seen"),
    (
        "I-18",
        "an application that relies on one way fails under another: that is seen in what it then does",
    ),
    ("U-31", "the driver here keeps its tables by reference, as the language does"),
    (
        "S-1",
        "only what a sanitizer was built into breaks it: tests/python/test_driver_sanitizers.py",
    ),
    (
        "S-2",
        "only what a sanitizer was built into breaks it: tests/python/test_driver_sanitizers.py",
    ),
    (
        "S-3",
        "only what a sanitizer was built into breaks it: tests/python/test_driver_sanitizers.py",
    ),
];

/// Rules whose breach is found under another rule's name, and why.
const FOUND_AS: [(&str, &str, &str); 3] = [
    ("U-29", "Q-1", "it is our choice of what a call does that Q-1 forbids"),
    ("U-41", "C-16", "it is our choice of what a call does that C-16 forbids"),
    ("I-10", "I-3", "it excepts the IRPs of a higher driver from I-3; any other IRP breaks that"),
];

/// Rules that allow something, so that nothing is ever found.
const ALLOWS: [(&str, &str); 1] =
    [("D-11", "a callback may start requests, and only wait for none")];

macro_rules! registry {
    ($($module:ident: $($test:ident)*;)*) => {
        /// The tests of this folder whose names begin with rules. The walk fails where one is missing.
        const TESTS: &[(&str, fn())] = &[$($((stringify!($test), crate::$module::$test)),*),*];
    };
}

registry! {
    callbacks:
        d_8_a_disconnect_handler_succeeds
        d_10_a_callback_does_not_wait
        d_10_the_loop_of_a_drive_does_not_wait_either
        d_11_a_callback_may_start_requests
        g_16_a_receive_event_accepts_what_it_was_indicated
        u_22_a_callback_returns_one_of_its_statuses
        u_22_the_callbacks_of_the_other_tables_too
        c_20_a_list_is_released_that_the_callback_kept
        c_20_a_list_is_given_back_to_the_socket_that_was_shown_it
        c_24_a_list_is_let_go_of_unless_the_callback_keeps_it
        q_2_a_callback_returns_at_its_level;
    connections:
        e_8_events_are_enabled_when_the_socket_can_have_them
        e_12_a_disable_names_one_event
        c_2_a_disconnect_has_one_flag
        c_3_an_abort_takes_no_buffer
        c_7_no_call_is_executing_when_the_socket_is_closed
        c_16_and_u_41_a_closed_socket_is_not_used
        c_22_lists_are_released_before_the_close
        u_48_a_buffer_lies_within_its_mdls
        u_49_a_port_has_no_byte_order;
    irps:
        i_3_a_routine_keeps_its_irp
        i_3_an_irp_is_reused_before_its_next_request
        i_3_a_routine_is_set_for_every_outcome
        i_3_an_irp_that_is_under_way_or_freed_is_let_alone
        i_3_a_request_that_names_no_client_is_judged_too
        i_2_an_irp_has_a_stack_location
        i_9_memory_is_not_freed_while_a_request_waits_with_it
        i_9_memory_that_was_freed_is_given_to_no_request
        i_10_an_irp_from_a_higher_driver_may_go_without_routine
        q_2_a_routine_returns_at_its_level;
    registrations:
        o_12_a_registration_is_deregistered_once
        o_13_a_capture_is_released_once
        o_17_a_wait_that_cannot_end_is_found_and_one_that_ends_is_not
        e_21_static_events_precede_the_first_socket
        e_22_static_events_take_no_irp
        u_42_nobody_deregisters_inside_a_callback;
    sockets:
        l_6_what_the_accept_event_writes_is_a_table
        a_5_the_accept_event_keeps_the_connection_or_refuses_it
        a_5_a_socket_that_is_refused_is_not_touched
        u_22_an_accept_event_that_gives_no_answer_refuses
        l_3_a_socket_takes_the_table_of_its_category
        l_4_and_l_5_a_connection_takes_its_own_table
        a_7_the_addresses_of_an_accept_event_are_read_while_it_runs;
    waits:
        i_12_a_wait_that_nothing_can_end_names_its_request
        q_1_each_function_has_its_highest_level
        u_29_a_call_above_its_level_does_nothing
        q_3_nothing_is_waited_for_at_dispatch;
}

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

/// The rules that comments of the provider and the machine name, and those of the kernel that its findings name.
fn placed() -> BTreeSet<String> {
    let sources = ["src/provider", "src/wsk"].into_iter().flat_map(files);
    let named = |text: String| text.lines().filter_map(comment).flat_map(ids).collect::<Vec<_>>();
    let of_kernel = files("src/c/kernel").into_iter().flat_map(|text| quoted(&text));
    let of_kernel = of_kernel.filter(|id| id.starts_with("K-"));
    sources.flat_map(named).chain(of_kernel).collect()
}

/// The rules that stand alone in quotes.
fn quoted(text: &str) -> Vec<String> {
    let parts = text.split('"').filter(|part| part.len() < 6);
    parts.flat_map(|part| ids(part).into_iter().filter(move |id| id == part)).collect()
}

/// The rules that drivers in C break, of which only memory or the kernel can tell: `tests/rust/kernel`.
fn broken_in_c() -> BTreeSet<String> {
    files("tests/rust/kernel").iter().flat_map(|text| quoted(text)).collect()
}

/// The names of this folder's tests that begin with rules.
fn named() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for text in files("tests/rust/provider") {
        for test in text.split("#[test]\n").skip(1) {
            let name = test.trim_start_matches("pub(crate) ").strip_prefix("fn ").expect("a test");
            let name = name.split('(').next().expect("its name");
            if !rules_of(name).is_empty() {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

/// The rules that the name of a test begins with: `d_8_...`, `c_16_and_u_41_...`.
fn rules_of(name: &str) -> Vec<String> {
    let (mut found, mut place) = (Vec::new(), 0);
    let words: Vec<&str> = name.split('_').collect();
    while let [letter, number, ..] = words[place..]
        && letter.len() == 1
        && number.parse::<u32>().is_ok()
    {
        found.push(format!("{}-{number}", letter.to_uppercase()));
        place += if words.get(place + 2) == Some(&"and") { 3 } else { 2 };
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
    let mut broken: BTreeSet<String> = named().iter().flat_map(|name| rules_of(name)).collect();
    broken.extend(broken_in_c());
    all_but(&broken, &UNBROKEN, "test");
    for id in &broken {
        assert!(bound().any(|rule| rule.id == id), "{id} does not bind the application");
    }
}

#[test]
fn what_a_test_is_named_for_is_found_and_its_repaired_twin_is_not() {
    let listed: BTreeSet<String> = TESTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed, named(), "each test that is named for a rule stands in the registry");
    let mut wrong = Vec::new();
    for (name, test) in TESTS {
        let seen = watch(*test);
        if seen.clean == 0 {
            wrong.push(format!("{name}: nothing that it calls is found right: where is its twin?"));
        }
        for id in rules_of(name) {
            if ALLOWS.iter().any(|(allows, _)| *allows == id) {
                assert_eq!(seen.found, BTreeSet::new(), "{name}: {id} allows it");
                continue;
            }
            let other = FOUND_AS.iter().find(|(known, ..)| *known == id);
            let found = other.map_or(id.as_str(), |(_, found, _)| *found);
            if !seen.found.contains(found) {
                wrong.push(format!("{name}: it found {:?}, but not {found}", seen.found));
            }
            let itself = other.is_some() && seen.found.contains(id.as_str());
            assert!(!itself, "{name}: it found {id} itself: take it out of the list");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for id in FOUND_AS.iter().map(|(id, ..)| id).chain(ALLOWS.iter().map(|(id, _)| id)) {
        let tested = listed.iter().any(|name| rules_of(name).iter().any(|rule| rule == id));
        assert!(tested, "{id} has no test: take it out of the list");
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

#[test]
fn a_name_begins_with_the_rules_that_are_broken() {
    assert_eq!(rules_of("c_16_and_u_41_a_closed_socket_is_not_used"), ["C-16", "U-41"]);
    assert_eq!(rules_of("d_8_a_disconnect_handler_succeeds"), ["D-8"]);
    assert!(rules_of("a_place_is_a_comment").is_empty());
}
