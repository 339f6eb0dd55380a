"""Every parameter of every function of wsksim.wsk, with values that do not fit.

Whatever is passed, the answer is a status that the docstring names, or a TypeError; where there is no status, what the
docstring says is raised. A refused call changes nothing, and completes its IRP, or leaves one alone that it must not
touch.
"""

import inspect
import random
import re

import pytest

import wsksim
from hostile import GOOD, Stage, function_of, parameters_of, sight, values
from wsksim import wsk

CASES = [(name, parameter) for name in GOOD for parameter in parameters_of(name)]
STATUSES = {value: name for name, value in vars(wsk).items() if name.startswith("STATUS_")}
OTHERS = re.compile(r"\b(?:[Aa]s|[Ee]lse what) ((?:Wsk\w+(?:, | and )?)+)")


def documented(name):
    """The statuses that a docstring names, those of the functions that it refers to included."""
    text = inspect.getdoc(function_of(name)).split("Returns:")[1].split("\n\n")[0]
    found = set(re.findall(r"STATUS_\w+", text))
    for others in OTHERS.findall(" ".join(text.split())):
        for other in re.findall(r"Wsk\w+", others):
            found |= documented(other)
    return found


def test_no_function_is_left_out():
    functions = {name for name in wsk.__all__ if inspect.isfunction(getattr(wsk, name))}
    assert set(GOOD) == functions | {name for name in dir(wsksim.Subsystem) if name.startswith("Wsk")}
    stage = Stage()
    for name, given in GOOD.items():
        assert {*given(stage), "Irp"} >= set(parameters_of(name)), name
    stage.leave()


def blocks(name, stage, given):
    """WskDeregister waits for what the test keeps open; that is no answer to a wrong argument (O-17)."""
    return name == "WskDeregister" and given["WskRegistration"] is stage.world.registration


def attempt(name, stage, given):
    """Calls a function, checks the answer and what it left; gives whether the stage is as it was."""
    function, told = function_of(name, stage), inspect.getdoc(function_of(name))
    picture, before = stage.picture(), {key: sight(value) for key, value in given.items()}
    arguments = [given[key] for key in parameters_of(name)]
    irp = given.get("Irp") if name.startswith("Wsk") else None
    try:
        answer = function(*arguments)
    except TypeError as error:
        assert ";" in str(error), f"{error}: not in the house's words"
        refused, touched = True, set()
    except (ValueError, wsksim.NotSimulatedError) as error:
        assert f"{type(error).__name__}:" in told or "TypeError, ValueError:" in told, error
        refused, touched = True, set()
    except wsksim.ContractError:
        # The misuse that it reports stands in the way of the rest; a request may be over by then.
        assert stage.world.subsystem.check == "raise"
        refused, touched = True, {"Irp"}
    else:
        status = answer[0] if isinstance(answer, tuple) else answer
        if not name.startswith("Wsk") or status is None or isinstance(status, wsk.WSK_REGISTRATION):
            return answer is not None and stage.picture() == picture
        assert STATUSES[status] in documented(name), STATUSES[status]
        refused, touched = not wsk.NT_SUCCESS(status), {"Irp", "OutputSizeReturned"}
        if isinstance(irp, wsk.IRP) and irp not in {stage.freed, stage.busy.irp, stage.busy_elsewhere.irp}:
            assert irp.in_use == (status == wsk.STATUS_PENDING and not irp.is_completed)
            if refused:
                assert (irp.IoStatus.Status, irp.IoStatus.Information) == (status, 0)
        elif irp is not None:
            touched.discard("Irp")
    if refused:
        assert stage.picture() == picture
        assert {key: sight(value) for key, value in given.items() if key not in touched} == {
            key: value for key, value in before.items() if key not in touched
        }
    return refused


def given_to(name, stage):
    given = GOOD[name](stage)
    return given if "Irp" in given or "Irp" not in parameters_of(name) else {**given, "Irp": wsk.IRP()}


@pytest.mark.slow
@pytest.mark.rule("I-4", "I-8", "U-26", "E-7", "L-2", "C-2", "I-3", "U-41")
@pytest.mark.parametrize("check", ["report", "raise"])
@pytest.mark.parametrize(("name", "parameter"), CASES, ids=[f"{name}-{parameter}" for name, parameter in CASES])
def test_wrong_argument_is_refused_and_leaves_nothing_behind(name, parameter, check):
    stage = Stage(check=check)
    every = list(values(stage))
    for place in range(len(every)):
        value = every[place]
        given = {**given_to(name, stage), parameter: value}
        if blocks(name, stage, given):
            continue
        try:
            as_it_was = attempt(name, stage, given)
        except BaseException as error:
            error.add_note(f"{name}({parameter}={type(value).__name__}), value number {place}")
            raise
        if not as_it_was:
            stage.leave()
            stage = Stage(check=check)
            every = list(values(stage))
    stage.leave()


@pytest.mark.slow
@pytest.mark.rule("I-4", "I-8", "U-26")
@pytest.mark.parametrize("options", [{}, {"check": "raise"}, {"always_pend": True, "schedule": "explore"}], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_several_wrong_arguments_at_once(seed, options):
    draws, stage, names = random.Random(seed), Stage(**options), [name for name in GOOD if parameters_of(name)]
    for _ in range(250):
        name = draws.choice(names)
        given, every = given_to(name, stage), list(values(stage))
        for parameter in draws.sample(sorted(given), min(len(given), draws.randint(2, 4))):
            given[parameter] = draws.choice(every)
        if blocks(name, stage, given):
            continue
        try:
            as_it_was = attempt(name, stage, given)
        except BaseException as error:
            error.add_note(f"{name}({ {key: type(value).__name__ for key, value in given.items()} })")
            raise
        if not as_it_was:
            stage.leave()
            stage = Stage(**options)
    stage.leave()
