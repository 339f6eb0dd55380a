"""`help(wsksim.wsk.…)` reads like a reference: every public name says its parts, so that none can be left out."""

import dataclasses
import enum
import importlib
import inspect
import pkgutil
import re
import types

import pytest

import wsksim
from wsksim import wsk

# Pages of the DDI reference, and the guide's pages that are named.
PAGE = re.compile(r"\bpages? (n[sfc]-[a-z0-9]+-\w+|wsk-client|so-wsk-event-callback|using-[a-z-]+|managing-[a-z-]+)")
RULE = re.compile(r"\bRules: ([A-Z]-\d+|\d\.\d)")
STATUS = re.compile(r"\bSTATUS_[A-Z_]+\b|has no status|As WskConnect|As WskSendTo|no page names a status|NTSTATUS")
UNION = {"SOCKADDR"}


def public():
    """Every name that wsksim.wsk exports, and what it is."""
    for name in sorted(vars(wsk)):
        value = getattr(wsk, name)
        if not name.startswith("_") and not inspect.ismodule(value):
            yield name, value


def of(kind):
    """The public names of one kind, as parameters of a test."""
    found = [(name, value) for name, value in public() if kind(value)]
    return pytest.mark.parametrize(("name", "thing"), found, ids=[name for name, _ in found])


REGISTERING = [name for name in dir(wsksim.Subsystem) if name.startswith("Wsk")]


def parts(thing):
    text = inspect.getdoc(thing) or ""
    return text, dict(re.findall(r"(?ms)^(Args|Attributes|Returns|Raises):\n(.*?)(?=^\S|\Z)", text))


def says_what_it_is(name, text):
    first = text.splitlines()[0]
    assert first.startswith((f"{name}: ", f"{name[0].upper()}{name[1:]}: ")), f"{name} does not begin with its name"
    assert first.endswith("."), f"{name}: the first line is no sentence"
    assert RULE.search(text), f"{name} names no rule"
    assert PAGE.search(text), f"{name} names no page"


def check_function(name, function):
    text, found = parts(function)
    says_what_it_is(name, text)
    assert "IRQL:" in text, f"{name} does not say its IRQL"
    assert "Returns" in found, f"{name} does not say what it returns"
    assert STATUS.search(" ".join(text.split())), f"{name} names no status, and does not say that it has none"
    parameters = [one for one in inspect.signature(function).parameters if one != "self"]
    for parameter in parameters:
        assert f"{parameter}:" in found.get("Args", ""), f"{name} does not say what {parameter} is"


@of(inspect.isfunction)
def test_function_says_parameters_level_statuses_rules_and_page(name, thing):
    check_function(name, thing)


@pytest.mark.parametrize("name", REGISTERING)
def test_registering_function_says_the_same(name):
    check_function(name, getattr(wsksim.Subsystem, name))


@of(lambda value: inspect.isclass(value) and not issubclass(value, enum.Enum))
def test_structure_says_members_rules_and_page(name, thing):
    text, found = parts(thing)
    says_what_it_is(name, text)
    members = found.get("Args", "") + found.get("Attributes", "")
    if dataclasses.is_dataclass(thing):
        named = [field.name for field in dataclasses.fields(thing)]
    else:
        # Of what the provider makes, the parameters are no application's business.
        named = (
            [] if "Made by the provider only" in (thing.__init__.__doc__ or "") else inspect.signature(thing).parameters
        )
    for member in named:
        # The provider's tables list functions, which have their own docstrings.
        assert f"{member}:" in members or inspect.isfunction(getattr(thing, member, None)), f"{name}.{member}"
    for member, value in vars(thing).items():
        if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
            assert inspect.getdoc(value), f"{name}.{member} says nothing"


@of(lambda value: inspect.isclass(value) and issubclass(value, enum.Enum))
def test_view_of_numbers_says_rules_and_page(name, thing):
    text, found = parts(thing)
    says_what_it_is(name, text)
    assert "ValueError" in found.get("Raises", "")


# An int has the docstring of int: its module says where the numbers come from.
def test_modules_of_constants_name_rules_and_pages():
    kinds = (types.FunctionType, type, types.UnionType)
    constants = {name for name, value in public() if not isinstance(value, kinds)}
    assert len(constants) > 110
    found = set()
    for _, module_name, is_folder in pkgutil.walk_packages(wsk.__path__, "wsksim.wsk."):
        module = importlib.import_module(module_name)
        here = set() if is_folder else constants & set(module.__all__)
        if here:
            text = inspect.getdoc(module)
            assert RULE.search(text), module_name
            assert PAGE.search(text), module_name
        found |= here
    assert found == constants
    assert {name for name, value in public() if isinstance(value, types.UnionType)} == UNION
