"""The pages in docs: their code runs, their links lead somewhere, and what is made from the code is up to date."""

import re
import subprocess
import sys

import pytest

from conftest import ROOT
from wsksim.contract.pages import url_of

DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [*DOCS, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
REPOSITORY = "https://github.com/wsksim/wsksim/"
MICROSOFT = "https://learn.microsoft.com/en-us/windows"


def test_first_socket_is_one_program():
    text = (ROOT / "docs" / "first-socket.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 8
    names = {"__name__": "first_socket"}
    exec(compile("\n".join(blocks), "first-socket.md", "exec"), names)  # noqa: S102 - the page is ours
    assert names["heard"] == ["graceful"]
    assert names["subsystem"].closed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        target = link.partition("#")[0]
        if target.startswith(REPOSITORY + "blob/main/"):
            assert (ROOT / target.removeprefix(REPOSITORY + "blob/main/")).is_file(), link
        elif "://" in target:
            assert target.startswith((MICROSOFT, REPOSITORY)), link
        else:
            assert not target or (page.parent / target).exists(), link


# Decisions name files of their time, and the table of rules has a test of its own.
PRESENT = [page for page in PAGES if page.parent.name != "adr" and page.name != "contract.md"]


@pytest.mark.parametrize("page", PRESENT, ids=lambda page: page.name)
def test_files_that_a_page_names_exist(page):
    for path in re.findall(r"`((?:src|python|tests|benches|docs|examples|\.ci)/[\w./-]+)`", page.read_text()):
        assert (ROOT / path).exists(), path


def test_each_row_of_the_orders_names_a_test_and_a_mutant_and_none_is_missing():
    page = (ROOT / "docs" / "simulated.md").read_text()
    table = page.partition("## What may overtake what")[2].partition("\n## ")[0]
    rows = [line.split(" | ")[-1].strip("` |") for line in table.splitlines() if line.startswith("| ")][1:]
    folder = ROOT / "tests" / "rust" / "wsk"
    code = "".join(path.read_text() for path in (folder / "orders").glob("*.rs"))
    tests = re.findall(r"#\[test\]\nfn (\w+)\(", code)
    assert sorted(rows) == sorted(tests) == sorted(path.stem for path in (folder / "mutants").glob("*.patch"))


def test_page_of_words_is_up_to_date():
    command = [sys.executable, ROOT / ".ci" / "wsk_reference.py", "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_page_of_words_links_each_to_microsoft():
    rows = [line for line in (ROOT / "docs" / "wsk.md").read_text().splitlines() if line.startswith("| `")]
    assert len(rows) > 90
    for row in rows:
        assert f"]({MICROSOFT}" in row, row


@pytest.mark.parametrize(
    ("page", "place"),
    [
        ("nc-wsk-pfn_wsk_disconnect_event", "-hardware/drivers/ddi/wsk/nc-wsk-pfn_wsk_disconnect_event"),
        ("nf-wdm-iofreemdl", "-hardware/drivers/ddi/wdm/nf-wdm-iofreemdl"),
        ("ns-ws2def-sockaddr_in", "/win32/api/ws2def/ns-ws2def-sockaddr_in"),
        ("so-wsk-event-callback", "-hardware/drivers/network/so-wsk-event-callback"),
        ("using-ntstatus-values", "-hardware/drivers/kernel/using-ntstatus-values"),
    ],
)
def test_page_has_its_address(page, place):
    assert url_of(page) == MICROSOFT + place
