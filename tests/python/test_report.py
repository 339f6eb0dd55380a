"""Reports: what they hold, how they read, and which exit code they mean."""

import dataclasses
import json

import pytest

from wsksim.contract import Finding
from wsksim.runs.report import Report

FINDING = Finding("D-8", "handler must return STATUS_SUCCESS", "it returned None", 5, "{'id': 4}", 12, 1, 7)

COUNTERS = {
    "posted": {"graceful": 8, "abortive": 2},
    "indicated": {"graceful": 5, "abortive": 1},
    "withheld": {"superseded": 1, "closed": 0},
    "pending": {"queued": 2, "held": 1},
    "refused": {"stale": 0, "closed": 3, "repeated": 0, "limit": 0},
    "findings": 0,
}


def report(counters=COUNTERS, *, finding_list=(), **rest):
    given = {"verb": "run", "handler": "m:f", "options": {}, "seed": 7, "elapsed_s": 2.0, **rest}
    return Report.of(counters, finding_list=list(finding_list), **given)


def test_balance_is_posted_against_all_fates():
    assert report().balanced
    unbalanced = report({**COUNTERS, "pending": {"queued": 0, "held": 1}})
    assert not unbalanced.balanced
    assert "FAIL  balance" in str(unbalanced)


def test_dictionary_survives_json_and_back():
    capture = {"packets": 3, "tcp_packets": 2, "flows": 1, "established": 1, "skipped": {"arp": 1}, "damage": None}
    one = report({**COUNTERS, "findings": 1}, finding_list=[FINDING], repeat="wsksim run m:f", capture=capture)
    values = json.loads(json.dumps(one.to_dict()))
    assert Report.from_dict(values) == one
    assert values["schema_version"] == 1
    assert values["posted"] == {"graceful": 8, "abortive": 2}
    assert values["finding_list"] == [dataclasses.asdict(FINDING)]
    assert values["packets"] == 3
    assert values["rate"] == 3.0


def test_at_most_a_hundred_findings_are_kept():
    many = report({**COUNTERS, "findings": 250}, finding_list=[FINDING] * 250)
    assert len(many.finding_list) == 100
    assert many.findings == 250
    assert "the first 100 of 250 findings" in str(many)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"findings": 1}, 1),
        ({"findings": 1, "stopped": "the handler closed the subsystem"}, 3),
        ({"findings": 1, "interrupted": True}, 130),
        ({"interrupted": True, "crashed": {"text": "the handler ended its process"}}, 4),
    ],
)
def test_exit_code_names_the_gravest_ending(changes, code):
    findings = {"findings": changes.pop("findings", 0)}
    one = report({**COUNTERS, **findings}, **changes)
    assert one.exit_code == code
    assert str(one).splitlines()[-1] == f"exit {code}"
    assert one.brief().splitlines()[-1] == f"exit {code}"


def test_damaged_capture_is_incomplete_and_names_the_offset():
    capture = {"packets": 3, "tcp_packets": 2, "flows": 1, "established": 1, "skipped": {}}
    cut = report(capture={**capture, "damage": {"offset": 1234, "found": "a record of 4 GB"}})
    assert cut.exit_code == 3
    assert cut.partial
    assert "byte 1,234: a record of 4 GB" in str(cut)


def test_notes_of_a_capture_stand_first_even_in_brief():
    capture = {"packets": 9, "tcp_packets": 2, "flows": 1, "established": 1, "skipped": {}, "damage": None}
    one = report(capture={**capture, "notes": ["no TCP packet to read among 9 packets: not IP 9"]})
    line = "NOTE  no TCP packet to read among 9 packets: not IP 9"
    assert one.brief().splitlines()[0] == str(one).splitlines()[0] == line
    assert one.exit_code == 0
    assert Report.from_dict(one.to_dict()) == one


def test_counts_of_a_process_that_ended_have_no_balance():
    one = report(at_least=True, crashed={"text": "the handler ended its process"})
    assert one.balanced is None
    assert one.to_dict()["balanced"] is None
    assert Report.from_dict(one.to_dict()) == one
    assert "?     balance    unknown" in str(one)
    assert "posted     at least 10 (graceful 8, abortive 2)" in str(one)


def test_text_has_checks_first_and_words_for_colours():
    lines = str(report({**COUNTERS, "findings": 1}, finding_list=[FINDING], repeat="wsksim run m:f")).splitlines()
    assert lines[0] == "FAIL  findings   1 finding in 6 indications"
    assert lines[1].startswith("ok    balance")
    assert lines[2].endswith("[D-8]")
    assert lines[3] == "      repeat  wsksim run m:f"
    assert any(line.startswith("refused    3 (closed 3)") for line in lines)
    assert any(line.startswith("seed       7") for line in lines)


def test_finding_says_what_was_asked_found_and_to_do():
    text = str(FINDING)
    for part in (
        "must return STATUS_SUCCESS",
        "it returned None",
        "edge 12",
        "Flags 0x1",
        "return STATUS_SUCCESS first",
    ):
        assert part in text
    outside = str(dataclasses.replace(FINDING, edge=0))
    assert "edge" not in outside
    assert "Flags" not in outside
