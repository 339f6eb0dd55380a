"""Reports: what they hold, how they read, and which exit code they mean."""

import dataclasses
import json
import re

import pytest

from report_stage import full
from wsksim.contract import Finding
from wsksim.runs.report import Report

FINDING = Finding(
    rule="D-8",
    condition="The handler must return STATUS_SUCCESS.",
    found="it returned None",
    advice="End every path of the handler with a return.",
    function="on_disconnect",
    site="relay.py:12",
    socket="connection 4",
    context="{'id': 4}",
    edge=12,
    flags=1,
    seed=7,
    policies={"irql": "mixed", "schedule": "fifo"},
    traceback="",
    count=3,
    handle=5,
)

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
    assert values["schema_version"] == 2
    assert values["posted"] == {"graceful": 8, "abortive": 2}
    assert values["finding_list"] == [dataclasses.replace(FINDING, again="wsksim run m:f").to_dict()]
    assert "handle" not in values["finding_list"][0]
    assert values["packets"] == 3
    assert values["rate"] == 3.0


def test_more_findings_than_are_kept_are_counted():
    many = report({**COUNTERS, "findings": 250}, finding_list=[FINDING, dataclasses.replace(FINDING, count=200)])
    assert many.findings == 250
    assert "(and 47 more findings, of other kinds or at other places)" in str(many)
    assert "more findings" not in str(report({**COUNTERS, "findings": 3}, finding_list=[FINDING]))


def test_notes_are_told_and_are_no_findings():
    note = dataclasses.replace(FINDING, kind="note", found="10 of 10 closes reset their peer")
    one = report(note_list=[note])
    assert (one.findings, one.exit_code, len(one.notes)) == (0, 0, 1)
    assert one.to_dict()["notes"][0]["kind"] == "note"
    assert Report.from_dict(json.loads(json.dumps(one.to_dict()))) == one
    text = str(one)
    assert "ok    findings   0 findings" in text
    assert "NOTE  D-8" in text
    assert "a note: legal, and suspicious" in text


def test_numbers_beyond_53_bits_are_text_in_json():
    seed = 2**64 - 1
    one = report(finding_list=[dataclasses.replace(FINDING, seed=seed)], seed=seed)
    values = one.to_dict()
    assert values["seed"] == values["finding_list"][0]["seed"] == str(seed)
    assert Report.from_dict(json.loads(json.dumps(values))) == one


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, 0),
        ({"findings": 1}, 1),
        ({"findings": 1, "stopped": "the handler closed the subsystem"}, 3),
        ({"findings": 1, "interrupted": True}, 130),
        ({"interrupted": True, "crashed": {"text": "the handler ended its process", "stack": ""}}, 4),
    ],
)
def test_exit_code_names_the_gravest_ending(changes, code):
    findings = {"findings": changes.pop("findings", 0)}
    one = report({**COUNTERS, **findings}, **changes)
    assert one.exit_code == code
    assert str(one).splitlines()[-1] == f"exit {code}"
    assert one.text(brief=True).splitlines()[-1] == f"exit {code}"


def test_damaged_capture_is_incomplete_and_names_the_offset():
    capture = {"packets": 3, "tcp_packets": 2, "flows": 1, "established": 1, "skipped": {}}
    cut = report(capture={**capture, "damage": {"offset": 1234, "found": "a record of 4 GB"}})
    assert cut.exit_code == 3
    assert cut.partial
    assert "byte 1,234: a record of 4 GB" in str(cut)


def test_notes_of_a_capture_stand_first_even_in_brief():
    capture = {"packets": 9, "tcp_packets": 2, "flows": 1, "established": 1, "skipped": {}, "damage": None}
    one = report(capture={**capture, "capture_notes": ["no TCP packet to read among 9 packets: not IP 9"]})
    line = "NOTE  no TCP packet to read among 9 packets: not IP 9"
    assert one.text(brief=True).splitlines()[0] == str(one).splitlines()[0] == line
    assert one.exit_code == 0
    assert Report.from_dict(one.to_dict()) == one


def test_counts_of_a_process_that_ended_have_no_balance():
    one = report(at_least=True, crashed={"text": "the handler ended its process", "stack": ""})
    assert one.balanced is None
    assert one.to_dict()["balanced"] is None
    assert Report.from_dict(one.to_dict()) == one
    assert "?     balance    unknown" in str(one)
    assert "posted     at least 10 (graceful 8, abortive 2)" in str(one)


def test_text_has_checks_first_and_words_for_colours():
    lines = str(report({**COUNTERS, "findings": 1}, finding_list=[FINDING], repeat="wsksim run m:f")).splitlines()
    assert lines[0] == "FAIL  findings   1 finding in 6 indications"
    assert lines[1].startswith("ok    balance")
    assert lines[2].startswith("D-8   The handler must return STATUS_SUCCESS ")
    assert lines[8] == "again wsksim run m:f"
    assert any(line.startswith("refused    3 (closed 3)") for line in lines)
    assert any(line.startswith("seed       7") for line in lines)


def test_finding_says_what_was_asked_found_where_when_and_what_to_do():
    assert str(FINDING) == (
        "D-8   The handler must return STATUS_SUCCESS"
        "                                                     found 3 times\n"
        "      it returned None; connection 4; context {'id': 4}\n"
        "   at relay.py:12 in on_disconnect\n"
        " when edge 12, Flags 0x1 (seed 7, irql mixed)\n"
        "   do End every path of the handler with a return.\n"
        " more wsksim explain D-8\n"
        "again wsksim.Subsystem(seed=7, irql='mixed')"
    )


def test_finding_with_two_places_a_traceback_and_choices():
    text = str(
        dataclasses.replace(
            FINDING,
            rule="U-41",
            kind="choice",
            count=1,
            step=8,
            other_function="on_receive",
            other_site="relay.py:140",
            traceback="Traceback (most recent call last):\nKeyError: 'x'",
            choices=(0, 2, 1),
            again="wsksim run relay:main",
        )
    )
    assert "found 1 time\n" in text
    assert "a choice of wsksim's" in text
    assert "   at relay.py:12 in on_disconnect       <- relay.py:140 in on_receive\n" in text
    assert "      | Traceback (most recent call last):\n      | KeyError: 'x'\n" in text
    assert " when step 8, edge 12, Flags 0x1 (seed 7, irql mixed, choices 0 2 1)\n" in text
    assert text.endswith("again wsksim run relay:main")


def test_finding_outside_any_call_names_neither_edge_nor_flags():
    outside = str(dataclasses.replace(FINDING, edge=0, flags=0))
    assert "edge" not in outside
    assert "Flags" not in outside
    assert " when seed 7, irql mixed\n" in outside


def test_finding_from_a_place_that_is_unknown_has_no_line_for_it():
    assert "   at" not in str(dataclasses.replace(FINDING, site="", function=""))
    assert "   in ./drv.so:F\n" in str(dataclasses.replace(FINDING, site="", function="./drv.so:F"))


@pytest.mark.parametrize("width", [80, 120])
def test_text_keeps_to_the_width_and_breaks_no_word(width):
    one = full(checks=[{"check": "response.p99.9 < 50ms", "value": 4.2e6, "good": True}], stopped="cut " * 60)
    text = one.text(width=width)
    whole = ("again ", " more ", "      |", "   at ")
    assert [line for line in text.splitlines() if len(line) > width and not line.startswith(whole)] == []
    assert text.split() == one.text(width=10_000).split()
    lines = text.splitlines()
    # What goes on, goes on below where it began.
    after = lines[lines.index(next(line for line in lines if line.startswith("lives "))) + 1]
    assert after.startswith(" " * 11)
    assert not after.startswith(" " * 12)


def test_a_word_that_is_longer_than_a_line_stays_whole():
    path = "/".join(["a-long-name"] * 20)
    one = full(findings=[dataclasses.replace(FINDING, found=f"it opened {path} twice")])
    assert path in one.text(width=80)


def test_colour_adds_nothing_that_is_not_said():
    one = full(checks=[{"check": "findings == 0", "value": 7, "good": False}])
    coloured = one.text(colour=True)
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == one.text()
    assert "\x1b[1;31mFAIL\x1b[0m" in coloured
    assert "\x1b[32mok\x1b[0m" in coloured
