//! Findings: equal ones fold, notes stand apart, texts are bounded, and names are small.

use wsksim::contract::Rule;
use wsksim::core::findings::{Finding, Found, Kind, Place, Subject};
use wsksim::core::handle::SocketHandle;
use wsksim::core::subsystem::{Check, Options, Subsystem};

fn subsystem(check: Check) -> Subsystem {
    Subsystem::new(Options { check, ..Options::default() })
}

fn at(line: u32) -> Place {
    Place { function: "on_disconnect".to_owned(), file: "relay.py".to_owned(), line }
}

#[test]
fn equal_by_rule_function_and_site_is_one_finding_and_counts_on() {
    let subsystem = subsystem(Check::Report);
    for number in 0..1000 {
        subsystem.report(Finding::of("D-8", format!("text {number}")).at(at(1 + number % 2)));
        subsystem.report(Finding::of("Q-2", "left").at(at(1)));
    }
    let told: Vec<_> = subsystem
        .findings()
        .into_iter()
        .map(|one| (one.rule.id, one.place.map(|place| place.line), one.found, one.count))
        .collect();
    let text = |text: &str| Found::Text(text.to_owned());
    assert_eq!(
        told,
        [
            ("D-8", Some(1), text("text 0"), 500),
            ("Q-2", Some(1), text("left"), 1000),
            ("D-8", Some(2), text("text 1"), 500),
        ]
    );
    assert_eq!(subsystem.counts().findings, 2000);
}

#[test]
fn without_a_site_the_handler_stands_for_it() {
    let subsystem = subsystem(Check::Report);
    for handler in [Some(0), Some(1), None, Some(0)] {
        let finding = Finding::of("D-8", Found::Status(1));
        subsystem.report(Finding { handler, ..finding });
    }
    let counts: Vec<_> = subsystem.findings().iter().map(|one| (one.handler, one.count)).collect();
    assert_eq!(counts, [(Some(0), 2), (Some(1), 1), (None, 1)]);
}

#[test]
fn beyond_a_hundred_different_ones_only_the_counts_go_on() {
    let subsystem = subsystem(Check::Report);
    let rule = Rule::named("D-8");
    for _ in 0..3 {
        for line in 1..=150 {
            subsystem.report(Finding::of("D-8", "x").at(at(line)));
        }
    }
    let findings = subsystem.findings();
    assert_eq!(findings.len(), 100);
    assert!(findings.iter().all(|one| one.count == 3));
    assert_eq!(subsystem.counts().findings, 450);
    assert!(!subsystem.wants_text(rule, &Found::from("x"), Some(&at(101)), None));
}

#[test]
fn texts_are_wanted_of_the_first_one_only_unless_it_is_raised() {
    let rule = Rule::named("D-8");
    for (check, before, after) in
        [(Check::Report, true, false), (Check::Raise, true, true), (Check::Off, false, false)]
    {
        let subsystem = subsystem(check);
        let found = Found::from("x");
        assert_eq!(subsystem.wants_text(rule, &found, Some(&at(1)), None), before);
        subsystem.report(Finding::of("D-8", "x").at(at(1)));
        assert_eq!(subsystem.wants_text(rule, &found, Some(&at(1)), None), after);
        assert_eq!(subsystem.wants_text(rule, &found, Some(&at(2)), None), before);
        assert_eq!(subsystem.wants_text(rule, &Found::Nothing, Some(&at(1)), None), before);
        assert_eq!(subsystem.findings().len(), usize::from(check != Check::Off));
        assert_eq!(subsystem.counts().findings, 1);
    }
}

#[test]
fn a_note_stands_apart_and_is_no_breach() {
    let subsystem = subsystem(Check::Report);
    for _ in 0..3 {
        subsystem
            .report(Finding::of("C-11", "10 of 10 closes reset their peer").as_note().at(at(7)));
    }
    assert_eq!(subsystem.findings(), []);
    assert_eq!(subsystem.counts().findings, 0);
    let [note] = &subsystem.notes()[..] else { panic!("one note") };
    assert_eq!((note.kind, note.count), (Kind::Note, 3));
}

#[test]
fn a_breach_of_a_choice_of_ours_says_so() {
    assert_eq!(Finding::of("D-8", "x").kind, Kind::Breach);
    assert_eq!(Finding::of("U-41", "x").kind, Kind::Choice);
}

#[test]
fn advice_fits_the_case() {
    let advice = |found: Found| Finding::of("D-8", found).advice.into_owned();
    assert!(advice(Found::Nothing).contains("`return wsk.STATUS_SUCCESS`"));
    assert!(advice(Found::Status(0x103)).contains("finish the work later"));
    assert!(advice(Found::Status(0xC000_0001)).contains("whatever happened"));
    assert!(advice(Found::Raised("KeyError".to_owned())).contains("Handle the exception"));
    assert_eq!(advice(Found::Text("it returned 'yes'".to_owned())), Rule::named("D-8").advice);
    assert_eq!(Finding::of("C-16", "x").advice, Rule::named("C-16").advice);
    assert_eq!(Finding::of("C-16", "x").advising("do this").advice, "do this");
}

#[test]
fn long_texts_are_cut_between_characters() {
    let subsystem = subsystem(Check::Report);
    let long = "ä".repeat(5000);
    let finding = Finding::of("D-8", long.clone()).with_context(long.clone());
    subsystem.report(Finding { traceback: long.clone(), ..finding });
    let [finding] = &subsystem.findings()[..] else { panic!("one finding") };
    let Found::Text(text) = &finding.found else { panic!("text") };
    let said = |kept: usize| {
        format!("{}… ({} more bytes were cut off)", "ä".repeat(kept), 10_000 - 2 * kept)
    };
    assert_eq!((text, finding.context_text.as_ref()), (&said(256), Some(&said(256))));
    assert_eq!(finding.traceback, long);
}

#[test]
fn sockets_have_small_names() {
    let named =
        |generation, index| Subject::Connection(SocketHandle { generation, index }).to_string();
    assert_eq!(named(1, 4), "connection 4");
    assert_eq!(named(2, 4), "connection 4.2");
    assert_eq!(Subject::socket(3).to_string(), "socket 3");
    assert_eq!(Subject::None.to_string(), "");
}

#[test]
fn two_mistakes_at_one_place_are_two_findings() {
    let subsystem = subsystem(Check::Report);
    let found = [
        Found::Status(0x103),
        Found::Status(0xC000_0001),
        Found::Nothing,
        Found::Raised("KeyError: 1".into()),
        Found::Text("WskSend was called".into()),
        Found::Text("WskCloseSocket was called".into()),
    ];
    for _ in 0..2 {
        for one in &found {
            subsystem.report(Finding::of("D-8", one.clone()).at(at(1)));
        }
        subsystem.report(Finding::of("D-8", Found::Raised("KeyError: 2".into())).at(at(1)));
        subsystem.report(Finding::of("D-8", "WskSend was given 3 bytes").at(at(1)));
    }
    let counts: Vec<u64> = subsystem.findings().iter().map(|one| one.count).collect();
    assert_eq!(counts, [2, 2, 2, 4, 4, 2]);
}
