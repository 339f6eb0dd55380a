"""What a wrong word leads to: the words that there are, and the one that was probably meant."""

import pytest

import wsksim
from wsksim.errors import HandlerError
from wsksim.handlers import load_handler
from wsksim.wording import hint


@pytest.mark.parametrize(
    ("given", "known", "said"),
    [
        ("rais", ("report", "raise", "off"), "; did you mean 'raise'?"),
        ("RAISE", ("report", "raise", "off"), "; did you mean 'raise'?"),
        ("r", ("made", "random", "recent"), ""),
        ("re", ("made", "random", "recent"), "; did you mean 'recent'?"),
        ("xyz", ("report", "raise", "off"), ""),
        (7, ("report",), ""),
        ("", ("report", "raise"), ""),
    ],
)
def test_the_nearest_word_is_named_if_there_is_one(given, known, said):
    assert hint(given, known) == said


@pytest.mark.parametrize(
    ("options", "word"), [({"check": "rasie"}, "raise"), ({"irql": "pasive"}, "passive"), ({"irql": "Mixed"}, "mixed")]
)
def test_options_of_a_subsystem_and_of_a_storm_say_which_word_was_meant(options, word):
    for make in (wsksim.Subsystem, lambda **given: wsksim.storm(lambda context, flags: 0, sockets=1, **given)):
        with pytest.raises(ValueError, match=rf"did you mean '{word}'\?"):
            make(**options)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["run", "some_handlers:good", "--irql", "pasive"], "passive"),
        (["run", "some_handlers:good", "--order", "randm"], "random"),
        (["replay", "x.pcap", "some_handlers:good", "--local", "serv"], "server"),
        (["rnu"], "run"),
        (["run", "some_handlers:godo"], "good"),
    ],
)
def test_the_command_line_does_so_too(wsksim_command, arguments, word):
    done = wsksim_command(*arguments)
    assert done.returncode == 2
    assert f"did you mean '{word}'?" in done.stderr
    assert "?;" not in done.stderr


def test_a_file_is_a_handlers_place_as_good_as_a_module(wsksim_command, workplace, tmp_path, monkeypatch):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "beside.py").write_text("STATUS = 0\n")
    (folder / "my_handlers.py").write_text("import beside\ndef good(context, flags): return beside.STATUS\n")
    for place in (f"{folder}/my_handlers.py:good", "./some_handlers.py:good", "some_handlers.py:good"):
        done = wsksim_command("run", place, "--sockets", "3")
        assert done.returncode == 0, done.stderr
        assert f"handler    {place}\n" in done.stdout
    done = wsksim_command("run", "missing.py:good")
    assert (done.returncode, "there is no file" in done.stderr) == (2, True)
    monkeypatch.setattr("sys.path", list(__import__("sys").path))
    place = f"{folder}/my_handlers.py:good"
    assert load_handler(place) is load_handler(place)
    with pytest.raises(HandlerError, match="found no such attribute"):
        load_handler(f"{folder}/my_handlers.py:bad")


def named(context, flags):
    return 5


@pytest.mark.parametrize("make", [lambda: lambda context, flags: 5, lambda: wsksim.batch_handler(named)])
def test_a_handler_without_a_name_says_how_it_gets_one(make):
    report = wsksim.storm(make(), sockets=3, seed=9)
    assert "at the top level of a module" in report.repeat
    assert "seed=9" in report.repeat
    report = wsksim.storm(named, sockets=3, seed=9, contexts=lambda number: number)
    assert report.repeat.startswith("pass the same callable as contexts: then wsksim.storm(")


def test_a_handler_that_has_one_is_named():
    report = wsksim.storm(named, sockets=3, seed=9)
    again = eval(report.repeat, {"wsksim": wsksim})  # noqa: S307 - our own line
    assert again.finding_list == report.finding_list


def test_what_workers_found_does_not_claim_to_come_again():
    alone, driven = (wsksim.storm(named, sockets=3, workers=count).finding_list[0] for count in (0, 1))
    assert (alone.repeats, driven.repeats) == (True, False)
    assert "workers drove" in str(driven)
    assert "workers drove" not in str(alone)
    assert driven.to_dict()["repeats"] is False


@pytest.mark.rule("Q-2")
def test_a_callable_of_contexts_that_raises_the_level_is_found_and_one_that_lowers_it_again_is_not():
    from wsksim import wsk

    def raises(number):
        wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL)
        return number

    def lowers(number):
        wsk.KeLowerIrql(wsk.KeRaiseIrql(wsk.DISPATCH_LEVEL))
        return number

    def succeeds(context, flags):
        assert wsk.KeGetCurrentIrql() == wsk.PASSIVE_LEVEL
        return 0

    report = wsksim.storm(succeeds, sockets=3, contexts=raises)
    [found] = report.finding_list
    assert (found.rule, found.count) == ("Q-2", 3)
    assert found.function.endswith("raises")
    assert found.site.endswith(f":{raises.__code__.co_firstlineno}")
    assert wsk.KeGetCurrentIrql() == wsk.PASSIVE_LEVEL
    assert wsksim.storm(succeeds, sockets=3, contexts=lowers).findings == 0


def test_levels_are_choices_of_their_own():
    with wsksim.Subsystem(irql="mixed", seed=5) as subsystem:
        subsystem.connect_many(3, lambda context, flags: 0).remote.disconnect()
        subsystem.dispatch()
        assert set(subsystem.choices) == {0, 1}
        assert len(subsystem.choices) == 8
