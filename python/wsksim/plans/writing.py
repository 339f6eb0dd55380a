"""Writing: a plan as TOML, in the order and the form in which people write one."""

from typing import Any

__all__ = ["write_plan"]


def write_plan(values: dict[str, Any]) -> str:
    """Returns TOML of a plan's plain values, in which every text is plain ASCII without quotes or backslashes."""
    parts = [f"seed = {values['seed']}\n"]
    parts += [_table(f"peers.{name}", group) for name, group in values["peers"].items()]
    for name in ("faults", "schedule", "checks"):
        value = values.get(name)
        if isinstance(value, list):
            parts[0] += f"{name} = {_value(value)}\n"
        elif value:
            parts.append(_table(name, value))
    return "\n".join(parts)


def _table(name: str, values: dict[str, Any]) -> str:
    lines = [f"[{name}]"]
    for key, value in values.items():
        if key == "life":
            steps = "".join(f"    {_value(step)},\n" for step in value)
            lines.append(f"life = [\n{steps}]" if steps else "life = []")
        else:
            lines.append(f"{_key(key)} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    match value:
        case dict():
            return f"{{ {', '.join(f'{_key(key)} = {_value(each)}' for key, each in value.items())} }}"
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case str():
            return f'"{value}"'
        case _:
            return repr(value)


def _key(key: str) -> str:
    return f'"{key}"' if "." in key else key
