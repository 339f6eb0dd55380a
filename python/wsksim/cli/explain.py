"""`wsksim explain`: what a rule of the contract says, offline."""

import json
import textwrap
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from wsksim.contract.rules import Rule

__all__ = ["command"]

_SIDES: Final = {"provider": "the provider", "application": "the application", "both": "provider and application"}
_SOURCES: Final = {
    "stated": "stated by Microsoft's documentation, or seen on Windows",
    "derived": "follows from Microsoft's documentation, which does not spell it out",
    "choice": "a choice of wsksim's, where the documentation leaves the point open",
}
_WIDTH: Final = 100
_SCHEMA_VERSION: Final = 1


class _RuleId(click.ParamType[str]):
    """The id of a rule, in either case; a shell completes it."""

    name = "rule"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Finds the rule; for another id the nearest ones are named."""
        from wsksim.contract.rules import BY_ID  # start-up: 6 ms of --help

        given = str(value).strip()
        found = given.upper()
        if found not in BY_ID:
            near = ", ".join(_nearest(found, list(BY_ID)))
            self.fail(f"asked for a rule such as D-8; found {given!r}; the nearest ids are {near}", param, ctx)
        return found

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        """Offers the ids that begin so, each with its sentence."""
        from click.shell_completion import CompletionItem  # start-up: 1 ms, for a completing shell only

        from wsksim.contract.rules import RULES  # start-up: 6 ms of --help

        del ctx, param
        begun = incomplete.upper()
        return [CompletionItem(rule.id, help=rule.statement) for rule in RULES if rule.id.startswith(begun)]


@click.command("explain")
@click.argument("rules", nargs=-1, metavar="[RULE]...", type=_RuleId())
@click.option("--json", "as_json", is_flag=True, help="Print the rules as one JSON object.")
def command(rules: tuple[str, ...], *, as_json: bool) -> None:
    """Say what each RULE of the contract means, such as D-8; without one, list all.

    Findings name the rules that they are about.
    """
    from wsksim.contract.rules import BY_ID, RULES  # start-up: 6 ms of --help

    chosen = [BY_ID[rule] for rule in rules] or list(RULES)
    if as_json:
        text = json.dumps({"schema_version": _SCHEMA_VERSION, "rules": [_values(rule) for rule in chosen]}, indent=2)
    elif rules:
        text = "\n\n".join(map(_page, chosen))
    else:
        text = "\n".join(f"{rule.id:<5} {rule.statement}" for rule in chosen)
    click.echo(text)


def _page(rule: "Rule") -> str:
    lines = _wrapped(f"{rule.id:<5} ", rule.statement)
    lines += _wrapped("binds ", _SIDES[rule.binds])
    if rule.advice:
        lines += _wrapped("   do ", rule.advice)
    if rule.note:
        lines += _wrapped(" seen ", rule.note)
    lines += _wrapped(" from ", _SOURCES[rule.mark])
    if rule.pending:
        lines += _wrapped(" when ", f"not kept yet; it comes {rule.pending}")
    # An address is never broken.
    lines += [f" page {url}" for url in rule.urls]
    return "\n".join(lines)


def _wrapped(head: str, text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def _values(rule: "Rule") -> dict[str, Any]:
    return {
        "id": rule.id,
        "binds": rule.binds,
        "statement": rule.statement,
        "advice": rule.advice,
        "pages": list(rule.urls),
        "mark": rule.mark,
        "note": rule.note,
        "pending": rule.pending,
    }


def _nearest(given: str, known: list[str]) -> list[str]:
    """Three ids: those that are spelled alike, else those of the same letter, else the first ones."""
    import difflib  # start-up: 1 ms, for a wrong id only

    alike = difflib.get_close_matches(given, known, n=3, cutoff=0.5)
    same = [one for one in known if one[:1] == given[:1]]
    # Of D-99 the last ones of the letter are the nearest, of a bare D the first ones.
    tail = same[-3:] if any(letter.isdigit() for letter in given) else same[:3]
    return list(dict.fromkeys([*alike, *tail, *known]))[:3]
