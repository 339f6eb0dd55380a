"""The page: all figures of the report, no script, nothing fetched, and what a browser makes of it."""

import functools
import html.parser
import json
import re
import shutil
import struct
import subprocess

import pytest

import wsksim
from conftest import ROOT
from report_stage import FINDING, full, harmed
from wsksim.reports.course import course
from wsksim.reports.saving import content_of
from wsksim.reports.table import rows
from wsksim.runs.measured import Timeline

# What a page of ours is made of.
ELEMENTS = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "header", "article", "div", "figure"),
    *("h1", "h2", "h3", "p", "b", "i", "a", "span", "small", "strong", "code", "pre", "data", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd"),
    *("svg", "text", "path", "line", "circle"),
}
ATTRIBUTES = {
    *("class", "style", "lang", "charset", "name", "content", "http-equiv", "scope", "value", "data-measure", "href"),
    *("rel", "role", "aria-label", "viewbox", "d", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "text-anchor"),
}
VOID = {"meta"}


class Reader(html.parser.HTMLParser):
    """Reads a page, and refuses what ours never has."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.open, self.figures, self.words, self.titles = [], {}, [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        assert tag in ELEMENTS
        given = dict(attributes)
        assert set(given) <= ATTRIBUTES, (tag, given)
        assert given.get("href", "https://learn.microsoft.com/").startswith("https://learn.microsoft.com/")
        assert re.fullmatch(r"|width:\d+\.\d%", given.get("style", ""))
        if tag == "data":
            self.figures.setdefault(given["data-measure"], set()).add(float(given["value"]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)
        if self.open and self.open[-1] == "h2":
            self.titles.append(data)


def page_of(report):
    return content_of(report, "html").decode()


def test_every_figure_is_that_of_the_json():
    report = full()
    reader = Reader(page_of(report))
    values = {row.measure: row.value for row in rows(report) if row.at_s is None}
    for measure, found in reader.figures.items():
        assert found == {values[measure]}, measure
    counts = {
        name for name in values if name.partition(".")[0] in {"posted", "indicated", "lives", "requests", "bytes"}
    }
    # What is 0 need not be on the page.
    assert {name for name in counts if values[name]} - set(reader.figures) - {"lives", "indicated"} == set()
    assert {f"{name}.p99.9" for name in ("service", "response", "accept")} <= set(reader.figures)


def test_a_million_lives_take_less_than_200_kilobytes():
    assert len(page_of(full())) < 200_000
    # Nor do as many findings as are ever kept.
    many = [
        wsksim.Finding(rule="D-8", condition="c", found="f", site=f"a.py:{at + 1}", traceback="x" * 50_000)
        for at in range(100)
    ]
    assert len(page_of(full(findings=many))) < 300_000


def test_it_has_the_parts_that_a_reader_looks_for():
    reader = Reader(page_of(full()))
    assert reader.titles == [
        "Checks",
        "Findings",
        "Notes",
        "Timeline",
        "Times",
        "What became of the lives",
        "Requests",
        "Left open",
        "Disconnect edges",
        "Plan and environment",
        "How to repeat it",
    ]
    text = " ".join(reader.words)
    for told in (
        "FAILED",
        FINDING.site,
        FINDING.advice,
        "wsksim run relay:main --plan storm.toml --seed 7",
        "response.p99.9 < 50ms",
        "[peers.clients]",
    ):
        assert told in text, told


def test_the_limits_of_checks_are_drawn_where_they_lie():
    page = page_of(
        full(
            checks=[
                {"check": "response.p99 < 1ms", "value": 5, "good": True},
                {"check": "accept.max < 1us", "value": 5, "good": False},
            ]
        )
    )
    drawn = re.findall(r'<text class="limit (good|bad)"[^>]*>([^<]*)<', page)
    assert drawn == 2 * [("good", "ok  response.p99 &lt; 1ms"), ("bad", "FAIL  accept.max &lt; 1µs")]


@pytest.mark.parametrize("of", ["storm", "rate", "plan without lives", "replay", "one life"])
def test_a_page_of_little_is_a_page(of, captures):
    match of:
        case "storm":
            report = wsksim.storm(lambda context, flags: 0, sockets=1)
        case "rate":
            report = wsksim.storm(lambda context, flags: 1, sockets=2, rate="1M/s", checks=["response.p50 < 0ns"])
        case "replay":
            report = wsksim.replay(captures / "mixed_v4.pcap", lambda context, flags: 0)
        case _:
            lives = dict.fromkeys(full().storm["lives"], 0)
            steps = dict.fromkeys(("begun", "ended", "accepted", "edges", "open"), [1] if of == "one life" else [])
            report = full(
                findings=(), notes=(), storm={**full().storm, "lives": lives, "series": {"step_s": 1e-6, **steps}}
            )
    Reader(page_of(report))
    assert "NaN" not in page_of(report)
    assert report._repr_html_().startswith("<style>")


def test_no_text_from_outside_is_markup():
    page = page_of(harmed(full()))
    assert "<script" not in page
    reader = Reader(page)
    text = " ".join(reader.words)
    # It is there, to be read, in each of its places.
    assert text.count("<script>alert('x')</script>") > 20
    assert not re.search(r"[\x00\x1b\u202e]", page)
    Reader(harmed(full())._repr_html_())


def test_the_page_forbids_what_it_does_not_need():
    page = page_of(full())
    assert "default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;" in page
    outside = re.sub(r'<a href="https://learn\.microsoft\.com/[^"]*"', "", page)
    assert not re.search(r"https?:|url\(|@import|src=", outside.replace("default-src", ""))


# --- in a browser ---

WIDTHS = (380, 1280)


@functools.cache
def browser():
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def look(page, width, mode, *asked, timeout=60):
    """Opens a page in a browser without a window; what it prints."""
    command = [
        *(browser(), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
        *(f"--user-data-dir={page.parent / 'profile'}", f"--window-size={width},2000"),
        f"--blink-settings=preferredColorScheme={('dark', 'light').index(mode)}",
        *asked,
        page.as_uri(),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=timeout)
    return done.stdout


MEASURES = """
<script>
addEventListener("load", () => {
  const wide = document.documentElement.scrollWidth;
  const over = [...document.querySelectorAll("main *")].filter((one) => {
    const inside = one.closest(".scroll, svg");
    return !(inside && inside !== one) && one.getBoundingClientRect().right > innerWidth + 0.5;
  });
  const style = getComputedStyle(document.querySelector("main"));
  const shown = [...document.querySelectorAll("svg")].filter((one) => getComputedStyle(one).display !== "none");
  const drawn = shown.map((one) => one.getAttribute("class"));
  document.title = JSON.stringify({
    wide, inner: innerWidth, over: over.map((one) => one.tagName + "." + one.className), drawn,
    ink: style.color, page: style.backgroundColor,
  });
});
</script>
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    if browser() is None:
        pytest.skip("there is no Chromium on this machine; .ci/run installs it where apt can")
    folder = tmp_path_factory.mktemp("page")
    page = page_of(full())
    (folder / "page.html").write_text(page)
    # The page itself forbids scripts: this one only measures.
    measured = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page).replace(
        "</body>", f"{MEASURES}</body>"
    )
    (folder / "measured.html").write_text(measured)
    return folder


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_a_browser(shown, width, mode):
    # A window of a browser is no narrower than 500 pixels; a frame in it is.
    frame = shown / f"frame-{width}.html"
    frame.write_text(f'<iframe src="measured.html" style="border:0;width:{width}px;height:4000px"></iframe>')
    inner = f'<!DOCTYPE html><body style="margin:0">{frame.read_text()}</body>'
    frame.write_text(
        inner.replace(
            "</iframe>",
            "</iframe><script>addEventListener('load', () => setTimeout(() => {"
            "document.title = document.querySelector('iframe').contentDocument.title}, 0))</script>",
        )
    )
    dom = look(frame, max(width, 600), mode, "--dump-dom", "--allow-file-access-from-files")
    found = json.loads(re.search(r"<title>(.*?)</title>", dom)[1].replace("&quot;", '"').replace("&amp;", "&"))
    assert found["inner"] == width
    assert found["wide"] <= width
    assert found["over"] == []
    assert found["drawn"] == [["wide"], ["narrow"]][width < 720] * 2
    ink, page = luminance(found["ink"]), luminance(found["page"])
    assert (ink < page) == (mode == "light")
    # What WCAG 2 asks of the best legibility.
    assert (max(ink, page) + 0.05) / (min(ink, page) + 0.05) > 7


@pytest.mark.slow
def test_a_browser_takes_its_picture(shown):
    look(shown / "page.html", 1280, "light", f"--screenshot={shown / 'page.png'}")
    content = (shown / "page.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">II", content[16:24]) == (1280, 2000)
    assert len(content) > 50_000


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_documentation_shows_it(mode, width):
    content = (ROOT / "docs" / "pictures" / f"report-{mode}-{width}.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    assert struct.unpack(">I", content[16:20]) == (width,)
    assert len(content) < 150_000


@pytest.mark.parametrize(("step_s", "unit"), [(0.9, "minutes"), (0.0001, "milliseconds"), (60.0, "hours")])
def test_time_is_marked_at_round_figures_of_what_it_is_written_in(step_s, unit):
    counts = dict.fromkeys(("begun", "ended", "accepted", "edges", "open"), [1] * 150)
    drawn = str(course(Timeline(step_s=step_s, **counts), wide=True))
    marks = re.findall(r'text-anchor="middle"[^>]*>([\d.]+)<', drawn)
    assert f"time of the plan, in {unit}" in drawn
    assert len(marks) >= 4
    assert all(len(mark) <= 4 for mark in marks), marks
