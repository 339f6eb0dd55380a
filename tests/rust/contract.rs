//! The rule table: every row is whole, every id leads to its rule and nothing else does.

use wsksim::contract::{Binds, Mark, Rule};

const COUNTS: [(&str, usize); 12] = [
    ("O", 20),
    ("L", 22),
    ("E", 32),
    ("D", 29),
    ("G", 20),
    ("C", 24),
    ("A", 20),
    ("Q", 3),
    ("I", 18),
    ("U", 49),
    ("K", 9),
    ("S", 3),
];

#[test]
fn every_rule_is_there_once_in_the_contracts_order() {
    let expected: Vec<String> = COUNTS
        .iter()
        .flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}-{number}")))
        .collect();
    let found: Vec<&str> = Rule::all().iter().map(|rule| rule.id).collect();
    assert_eq!(found, expected);
    assert_eq!(found.len(), 249);
}

#[test]
fn an_id_leads_to_its_rule_and_nothing_else_does() {
    for rule in Rule::all() {
        assert!(std::ptr::eq(Rule::named(rule.id), rule));
    }
    for no_id in
        ["", "D", "D-", "D-0", "D-30", "d-8", "D-08", "D-+8", "DD-8", "B-1", "Z-1", "U-50", "é-1"]
    {
        assert_eq!(Rule::find(no_id), None, "{no_id}");
    }
}

#[test]
fn a_rule_is_one_sentence_and_tells_the_application_what_to_do() {
    for rule in Rule::all() {
        for text in [rule.statement, rule.advice, rule.note] {
            assert!(text.is_empty() || text.ends_with('.'), "{}: {text}", rule.id);
            assert_eq!(text.trim(), text, "{}", rule.id);
        }
        assert!(!rule.statement.is_empty() && !rule.statement.contains(". "), "{}", rule.id);
        assert_eq!(rule.advice.is_empty(), rule.binds == Binds::Provider, "{}", rule.id);
        assert!(rule.binds != Binds::Application || !rule.note.is_empty(), "{}", rule.id);
        assert!(!rule.pages.contains(".md") && !rule.pages.contains(','), "{}", rule.id);
    }
}

#[test]
fn what_misuse_answers_with_a_status_binds_both_sides() {
    for id in
        ["L-3", "L-4", "L-5", "E-8", "E-12", "E-21", "E-22", "C-2", "C-3", "A-5", "I-18", "U-48"]
    {
        assert_eq!(Rule::named(id).binds, Binds::Both, "{id}");
    }
    for rule in Rule::all() {
        assert!(rule.mark == Mark::Choice || !rule.id.starts_with("U-"), "{}", rule.id);
    }
}

#[test]
fn what_comes_with_the_orders_is_marked() {
    let pending: Vec<&str> =
        Rule::all().iter().filter(|rule| !rule.pending.is_empty()).map(|rule| rule.id).collect();
    assert_eq!(pending, [""; 0]);
}
