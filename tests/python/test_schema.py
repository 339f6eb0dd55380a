"""What `--json` prints is what the published schemas say, for every verb and for every way that a run ends."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

import wsksim
from wsksim.cli import cli

SCHEMAS = Path(wsksim.__file__).parent / "schema"
EXACT = 2**53


def schema(name):
    """A published schema, itself checked."""
    read = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(read)
    return Draft202012Validator(read)


REPORT = schema("report")


def checked(text):
    """The JSON object of a report that keeps to the schema."""
    values = json.loads(text, parse_int=exact)
    assert [f"{error.json_path}: {error.message}" for error in REPORT.iter_errors(values)] == []
    return values


def exact(digits):
    """A number that every reader of JSON keeps."""
    number = int(digits)
    assert abs(number) <= EXACT, digits
    return number


def test_every_verb_has_a_schema():
    listed = {
        "run": ["report"],
        "replay": ["report", "flow"],
        "report": ["report"],
        "diff": ["diff"],
        "explain": ["explain"],
        "merge": ["report"],
        "cc": [],
        "plan": [],
    }
    assert set(cli.list_commands(None)) == set(listed)
    assert {path.stem for path in SCHEMAS.iterdir()} == {name for names in listed.values() for name in names}


@pytest.mark.parametrize("name", ["mixed_v4.pcap", "odd/20-only-server-ends.pcap", "odd/22-syn-fin.pcap"])
def test_an_explanation_of_a_flow(wsksim_command, captures, name):
    done = wsksim_command("replay", captures / name, "--explain-flow", "0", "--json")
    assert done.returncode == 0, done.stderr
    values = json.loads(done.stdout, parse_int=exact)
    assert [f"{error.json_path}: {error.message}" for error in schema("flow").iter_errors(values)] == []
    assert values["lines"]


@pytest.mark.parametrize(
    "storm",
    [
        ["some_handlers:good"],
        ["some_handlers:returns_none", "--seed", str(2**64 - 1)],
        ["some_handlers:raises", "--abortive", "50%", "--irql", "mixed", "--workers", "2"],
        ["some_handlers:good", "--rate", "1M/s", "--arrivals", "burst"],
        ["some_handlers:good", "--sample", "2"],
    ],
    ids=["good", "findings", "raises", "rate", "sample"],
)
def test_a_storm(wsksim_command, storm):
    done = wsksim_command("run", *storm, "--sockets", "20", "--json")
    values = checked(done.stdout)
    assert done.returncode == values["exit"]
    assert (values["findings"] > 0) == (values["exit"] == 1)


@pytest.mark.parametrize("target", ["some_handlers:good", "wsksim.examples.echo:echo"])
@pytest.mark.parametrize("speed", ["max", "1000x"])
def test_a_replay_of_either_target(wsksim_command, captures, target, speed):
    asked = ["--speed", speed, "--check", "findings == 0"]
    values = checked(wsksim_command("replay", captures / "mixed_v4.pcap", target, *asked, "--json").stdout)
    assert values["checks"][0]["good"]
    assert (values.get("lives") is not None) == ("echo" in target)
    assert (values["response_ns"] is not None) == (speed != "max")


def test_a_storm_with_a_rate(wsksim_command, workplace):
    plan = '[peers.them]\nconnect = "application"\ncount = 50\nlife = [{ end = "disconnect" }]\narrivals = "10k/s"\n'
    (workplace / "paced.toml").write_text(plan)
    values = checked(wsksim_command("run", "wsksim.examples.echo:echo", "--plan", "paced.toml", "--json").stdout)
    assert values["accept_ns"]["count"] == values["accepted"] == 50


def test_a_storm_of_a_c_handler(wsksim_command, c_library):
    values = checked(wsksim_command("run", f"{c_library}:Pends", "--sockets", "20", "--json").stdout)
    assert values["finding_list"][0]["function"] == f"{c_library}:Pends"
    assert values["finding_list"][0]["count"] == 20


@pytest.mark.parametrize("verb", ["run", "replay"])
def test_a_crash(wsksim_command, c_library, captures, verb):
    capture = [captures / "mixed_v4.pcap"] if verb == "replay" else []
    done = wsksim_command(verb, *capture, f"{c_library}:ReadsNull", "--json")
    values = checked(done.stdout)
    assert (done.returncode, values["exit"], values["crashed"]["edge"]) == (4, 4, 1)


def test_a_replay(wsksim_command, captures):
    values = checked(wsksim_command("replay", captures / "mixed_v4.pcap", "some_handlers:raises", "--json").stdout)
    assert values["flows"] > 0
    assert values["finding_list"][0]["count"] == values["findings"] > 1


def test_a_replay_of_a_folder(wsksim_command, captures, workplace):
    folder = workplace / "recorded"
    folder.mkdir()
    (folder / "a.pcap").write_bytes((captures / "mixed_v4.pcap").read_bytes())
    (folder / "notes.txt").write_text("recorded on Monday")
    (folder / "z.pcap").write_bytes((captures / "mixed_v4.pcap").read_bytes()[:-5])
    values = checked(wsksim_command("replay", "recorded", "some_handlers:good", "--json").stdout)
    assert [Path(file["file"]).name for file in values["files"]] == ["a.pcap", "z.pcap"]
    assert values["files"][1]["damage"]["offset"] > 0
    assert values["left_out"][0]["why"]
    assert values["capture_notes"]


def test_a_replay_of_a_cut_file(wsksim_command, captures, tmp_path):
    cut = tmp_path / "cut.pcap"
    cut.write_bytes((captures / "mixed_v4.pcap").read_bytes()[:-5])
    done = wsksim_command("replay", cut, "some_handlers:good", "--json")
    assert checked(done.stdout)["damage"]["offset"] > 0
    assert done.returncode == 3


def test_a_trace_names_the_connections_of_the_findings(wsksim_command, captures, workplace):
    report = checked(
        wsksim_command(
            "replay", captures / "mixed_v4.pcap", "some_handlers:raises", "--trace", "trace.jsonl", "--json"
        ).stdout
    )
    lines = (workplace / "trace.jsonl").read_text().splitlines()
    rows = [json.loads(line, parse_int=exact) for line in lines]
    assert rows[0]["socket"] == report["finding_list"][0]["socket"] == "connection 0"


def test_notes_keep_to_the_schema():
    with wsksim.Subsystem() as subsystem:
        subsystem._report("C-11", "every close reset its peer", note=True)
        [note] = subsystem.notes
    report = wsksim.storm(lambda context, flags: 0, sockets=2)
    values = {**report.to_dict(), "notes": [note.to_dict()]}
    assert list(REPORT.iter_errors(values)) == []
    # A note is none of the findings, and no finding is a note.
    assert list(REPORT.iter_errors({**values, "finding_list": values["notes"]})) != []


@pytest.mark.parametrize(
    "wrong", [{"findings": -1}, {"seed": 2**60}, {"more": 1}, {"exit": 5}, {"plan": 7}, {"schema_version": 1}], ids=str
)
def test_the_schema_is_strict(wrong):
    good = wsksim.storm(lambda context, flags: 0, sockets=2).to_dict()
    assert list(REPORT.iter_errors(good)) == []
    assert list(REPORT.iter_errors({**good, **wrong})) != []


def test_rules(wsksim_command):
    for arguments in ([], ["D-8", "U-1"]):
        values = json.loads(wsksim_command("explain", *arguments, "--json").stdout)
        assert list(schema("explain").iter_errors(values)) == []


@pytest.mark.parametrize("verb", ["run", "replay"])
def test_a_crash_after_findings(wsksim_command, captures, workplace, verb):
    (workplace / "late.py").write_text(
        "import ctypes\n"
        "calls = []\n"
        "def handler(context, flags):\n"
        "    calls.append(flags)\n"
        "    if len(calls) > 4:\n"
        "        ctypes.string_at(0)\n"
    )
    capture = [captures / "mixed_v4.pcap"] if verb == "replay" else ["--sockets", "100", "--irql", "mixed"]
    done = wsksim_command(verb, *capture, "late:handler", "--json")
    values = checked(done.stdout)
    assert (done.returncode, values["at_least"]) == (4, True)
    (finding,) = values["finding_list"]
    assert finding["rule"] == "D-8"
    assert finding["policies"]["irql"] == ("passive" if verb == "replay" else "mixed")
    assert finding["policies"]["completions"] == "windows"


def test_a_crash_before_any_finding_does_not_say_that_there_was_none(wsksim_command, c_library):
    values = checked(wsksim_command("run", f"{c_library}:ReadsNull", "--json").stdout)
    assert values["findings"] is None


def test_a_finding_of_priorities():
    subsystem = wsksim.Subsystem(schedule="pct:3")
    subsystem.connect(1, lambda context, flags: None).remote.abort()
    subsystem.dispatch()
    (finding,) = subsystem.findings
    report = wsksim.storm(lambda context, flags: None, sockets=1, disconnects=1).to_dict()
    checked(json.dumps(report | {"finding_list": [finding.to_dict()]}))
