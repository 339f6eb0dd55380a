"""The table of calls: Python's application hears what the driver in Rust hears, call for call."""

import pytest

from call_runner import Runner
from call_table import FOLDER, scripts, shown, words

SCRIPTS = scripts()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: f"{script.file}: {script.name}")
def test_a_script_comes_to_what_the_table_says(script):
    if "python" in script.left_out:
        pytest.skip(script.left_out["python"])
    runner, wrong = Runner(script), []
    try:
        for line in script.lines:
            found = runner.run(line)
            if found != line.expected:
                texts = (line.call, f"expected{shown(line.expected)}", f"found   {shown(found)}")
                wrong.append("\n  ".join([f"{script.file}:{line.number}: {script.name}", *texts]))
    finally:
        runner.end()
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_table_is_read_whole():
    lines = [line.strip() for path in FOLDER.glob("*.calls") for line in path.read_text("utf-8").splitlines()]
    assert len(SCRIPTS) == sum(line.startswith("script: ") for line in lines) >= 25
    heads = ("script: ", "options: ", "not in ", "#")
    assert sum(len(script.lines) for script in SCRIPTS) == sum(
        bool(line) and not line.startswith(heads) for line in lines
    )
    assert all(why.endswith(".") for script in SCRIPTS for why in script.left_out.values())
    assert words('send A "a b" irp=x') == ["send", "A", '"a b"', "irp=x"]
