"""`wsksim run APPLICATION --plan FILE`: its output, its exit codes, what it refuses."""

import pytest

import wsksim
from conftest import ROOT
from plan_stage import ASKING, plan
from test_schema import checked

PLAN = plan(count=100, open=10, life=[*ASKING, {"end": "disconnect"}], seed=3).to_toml()
ECHO = "wsksim.examples.echo:echo"


@pytest.fixture
def storm(wsksim_command, workplace):
    (workplace / "plan.toml").write_text(PLAN)
    (workplace / "apps.py").write_text("import os\nfrom wsksim.examples.echo import Echo\n" + CRASHING)
    return lambda target, *arguments: wsksim_command("run", target, "--plan", "plan.toml", *arguments)


CRASHING = """
class Crashes(Echo):
    def __init__(self): pass
    def start(self, subsystem):
        Echo.__init__(self, subsystem)
        return self.address
    def on_disconnect(self, connection, flags):
        os.abort()
class Raises(Crashes):
    def start(self, subsystem):
        raise KeyError("nothing")
"""


def test_the_command_prints_checks_first(storm):
    done = storm(ECHO, "--check", "findings == 0", "--check", "lives.ended_in_order >= 100")
    lines = done.stdout.splitlines()
    assert [line.split() for line in lines[:2]] == [
        ["ok", "findings", "==", "0", "0"],
        ["ok", "lives.ended_in_order", ">=", "100", "100"],
    ]
    assert lines[-1] == "exit 0"
    assert done.returncode == 0
    assert "lives      100 (100 ended in order)" in lines


def test_a_check_that_fails_is_exit_code_1(storm):
    done = storm(ECHO, "--check", "lives.aborted_by_peer > 0")
    assert done.stdout.startswith("FAIL  lives.aborted_by_peer > 0   0\n")
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["--check", "finding == 0"], "did you mean 'findings'?"),
        (["--check", "findings"], "a check such as"),
        (["--check", "service.p99 < 1s"], "no peers have arrivals"),
        (["--sockets", "5"], "--sockets"),
        (["--contexts", "int"], "--contexts"),
    ],
)
def test_what_is_refused_is_exit_code_2(storm, more, word):
    done = storm(ECHO, *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert word in done.stderr


@pytest.mark.parametrize("target", ["some_handlers:addresses", "apps:none", "./lib.so:F", "apps:Raises"])
def test_a_target_that_is_no_application_is_exit_code_2(storm, target):
    done = storm(target)
    assert (done.returncode, done.stdout) == (2, "")
    assert "asked" in done.stderr


def test_where_it_raised_is_told(storm):
    assert "apps.py:13 in Raises.start" in storm("apps:Raises").stderr


def test_its_json_keeps_to_the_schema_and_its_line_repeats_it(storm, wsksim_command):
    done = storm(ECHO, "--json", "--seed", "5", "--check", "findings == 0")
    values = checked(done.stdout)
    assert values["lives"]["begun"] == 100
    assert values["checks"] == [{"check": "findings == 0", "value": 0, "good": True}]
    assert values["repeat"] == f"wsksim run {ECHO} --plan plan.toml --check 'findings == 0' --seed 5"
    again = checked(storm(ECHO, "--json", "--seed", "5").stdout)
    assert again["plan"] == values["plan"] != checked(storm(ECHO, "--json").stdout)["plan"]
    assert wsksim.Report.from_dict(values).to_dict() == values


def test_a_plan_may_come_from_stdin_and_no_line_alone_repeats_it(wsksim_command):
    done = wsksim_command("run", ECHO, "--plan", "-", "--json", input=PLAN)
    assert done.returncode == 0, done.stderr
    values = checked(done.stdout)
    assert values["repeat"] == f"with the same plan on stdin: wsksim run {ECHO} --plan - --seed 3"
    assert wsksim.Plan.from_toml(values["options"]["plan"]) == wsksim.Plan.from_toml(PLAN)
    divided = wsksim_command("run", ECHO, "--plan", "-", "--json", "--shards", "1", input=PLAN)
    assert checked(divided.stdout)["repeat"] == f"{values['repeat']} --shards 1"


def test_an_application_that_crashes_is_reported(storm):
    done = storm("apps:Crashes")
    assert done.returncode == 4
    assert done.stdout.startswith("CRASH")
    values = checked(storm("apps:Crashes", "--json").stdout)
    assert (values["exit"], values["lives"], values["checks"]) == (4, None, None)


@pytest.mark.parametrize("target", [ECHO, "apps:Crashes", "apps:undecorated"])
def test_an_application_without_a_plan_is_told_of_plans(wsksim_command, workplace, target):
    apps = "import os\nfrom wsksim.examples.echo import Echo\n" + CRASHING
    (workplace / "apps.py").write_text(f"{apps}\ndef undecorated(subsystem):\n    yield None\n")
    done = wsksim_command("run", target)
    assert (done.returncode, done.stdout) == (2, "")
    assert "found an application, which a storm is let loose upon by a plan; run it with --plan FILE" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code"), [("Forgetful", 1), ("Careful", 0)])
def test_a_storm_shows_a_fault_of_the_example_and_clears_its_twin(wsksim_command, name, code):
    examples = ROOT / "examples"
    done = wsksim_command("run", f"{examples}/question_server.py:{name}", "--plan", examples / "questions.toml")
    assert done.returncode == code, done.stdout + done.stderr
    assert ("it raised KeyError" in done.stdout) == (code == 1)
    assert ("FAIL  lives.timed_out == 0" in done.stdout) == (code == 1)
    assert f"exit {code}" in done.stdout
