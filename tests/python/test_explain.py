"""`wsksim explain`: every rule, offline, and what is no rule."""

import json

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from wsksim.cli import cli
from wsksim.contract.rules import RULES

PAGES = "https://learn.microsoft.com/windows-hardware/drivers/"


def explain(*arguments):
    """What `wsksim explain` prints, and how it ends."""
    return CliRunner().invoke(cli, ["explain", *arguments])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_is_explained(rule):
    done = explain(rule.id)
    text = " ".join(done.stdout.split())
    assert done.exit_code == 0
    assert text.startswith(f"{rule.id} {rule.statement} binds ")
    assert rule.advice in text
    assert rule.note in text
    assert all(url in text and url.startswith(PAGES) for url in rule.urls)
    assert ("choice of wsksim" in text) == (rule.mark == "choice")
    assert all(len(line) <= 100 or PAGES in line for line in done.stdout.splitlines())


@pytest.mark.rule("D-8")
def test_a_rule_that_binds_the_application_reads_well():
    assert explain("D-8").stdout == (
        "D-8   The handler must return STATUS_SUCCESS.\n"
        "binds the application\n"
        "   do Return STATUS_SUCCESS from every path of the handler.\n"
        " seen Any other answer is a finding.\n"
        " from stated by Microsoft's documentation, or seen on Windows\n"
        f" page {PAGES}ddi/wsk/nc-wsk-pfn_wsk_disconnect_event\n"
    )


def test_pages_of_the_guide_and_of_other_headers_have_their_addresses():
    assert f"{PAGES}network/winsock-kernel-events" in explain("Q-3").stdout
    assert f"{PAGES}ddi/wdm/nf-wdm-iocancelirp" in explain("I-12").stdout


def test_several_rules_and_either_case():
    done = explain("d-8", "U-41")
    assert done.exit_code == 0
    assert [part[:5].strip() for part in done.stdout.split("\n\n")] == ["D-8", "U-41"]


def test_without_a_rule_all_are_listed():
    lines = explain().stdout.splitlines()
    assert [line.split()[0] for line in lines] == [rule.id for rule in RULES]
    assert len(lines) == 255


@pytest.mark.parametrize(
    ("given", "near"), [("D-99", "D-9"), ("D8", "D-8"), ("nonsense", "O-1"), ("U-1000", "U-10"), ("", "O-1")]
)
def test_another_id_is_refused_with_the_nearest_ones(given, near):
    done = explain("D-8", given)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert f"found {given!r}" in done.stderr
    assert near in done.stderr.rpartition("nearest ids are")[2]


def test_json_holds_the_rules():
    values = json.loads(explain("--json", "E-22", "U-1").stdout)
    assert [rule["id"] for rule in values["rules"]] == ["E-22", "U-1"]
    assert values["rules"][0]["binds"] == "both"
    assert values["rules"][0]["pages"] == [f"{PAGES}network/wsk-set-static-event-callbacks"]
    assert len(json.loads(explain("--json").stdout)["rules"]) == 255


def test_a_shell_completes_ids():
    complete = ShellComplete(cli, {}, "wsksim", "_WSKSIM_COMPLETE")
    offered = complete.get_completions(["explain"], "d-2")
    assert [item.value for item in offered] == ["D-2", *(f"D-2{digit}" for digit in range(10))]
    assert offered[0].help == "The event reports that the remote side disconnected."
