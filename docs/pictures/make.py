"""Makes the pictures of docs/reports.md again: `make pictures`. It needs Chromium, and Pillow, which reduces colours.

A storm of the example's faulty server is run, its page is opened in a browser without a window, light and dark, as
wide as a screen and as a telephone, and each is kept beside this file.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from PIL import Image

import wsksim

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SERVER = "examples/question_server.py:Forgetful"
PLAN = "docs/pictures/storm.toml"
# Columns, and how many rows of the page are shown.
SIZES = {1280: 3_340, 380: 4_600}
MODES = ("dark", "light")
COLOURS = 112
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Makes all of them."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("pictures: asked for a browser; found no Chromium; install it: apt install chromium", file=sys.stderr)
        return 2
    report = wsksim.run_plan(ROOT / PLAN, str(ROOT / SERVER))
    report = replace(report, handler=SERVER).repeated_by(f"wsksim run {SERVER} --plan {PLAN}")
    print(report)
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        report.save(page)
        for width, height in SIZES.items():
            # A window is no narrower than 500 pixels; a frame in it is.
            frame = page.with_name(f"frame-{width}.html")
            style = f"border:0;display:block;width:{width}px;height:{height}px"
            frame.write_text(f'<!DOCTYPE html><body style="margin:0"><iframe src="page.html" style="{style}"></iframe>')
            for mode in MODES:
                shot = page.with_name("shot.png")
                take(browser, frame, shot, max(width, 600), height, mode)
                keep(shot, HERE / f"report-{mode}-{width}.png", width)
    return 0


def take(browser: str, page: Path, shot: Path, width: int, height: int, mode: str) -> None:
    """Takes a picture of a page."""
    command = [
        *(browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"),
        *(f"--user-data-dir={page.parent / 'profile'}", f"--window-size={width},{height}"),
        f"--blink-settings=preferredColorScheme={MODES.index(mode)}",
        *(f"--screenshot={shot}", page.as_uri()),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def keep(shot: Path, place: Path, width: int) -> None:
    """Keeps a picture in few colours."""
    with Image.open(shot) as opened:
        picture = opened.convert("RGB").crop((0, 0, width, opened.height))
    few = picture.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
    few.save(place, optimize=True)
    print(f"{place.relative_to(ROOT)}: {width} x {picture.height}, {place.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
