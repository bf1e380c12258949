"""Pictures of the service for README and docs: a paper with its quotes, the tree, and a list on a telephone.

    python docs/make_screenshots.py [--out docs/images] [--all]

A real service with the example paper and the example list, in a real Chromium. `--all` takes every page at
both widths, light and dark, to look at.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from classifier.settings import load_settings
from tests.browser.conftest import chromium
from tests.service.kit import API, Served, serving

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "paper.pdf"
_COLOURS = 200


def main() -> None:
    """Writes the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--all", action="store_true")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    settings = load_settings(engine="offline")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), workspace=None, settings=settings) as served,
        sync_playwright() as driver,
    ):
        pages = fill(served)
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        if given.all:
            for name, path in pages.items():
                for width in (1280, 390):
                    for dark in (False, True):
                        file = given.out / f"{name}-{width}-{'dark' if dark else 'light'}.png"
                        shoot(browser, served.url + path, file, width, height=None, dark=dark)
        else:
            shoot(browser, served.url + pages["paper"], given.out / "service-paper.png", 1280, 860)
            shoot(browser, served.url + pages["tree"], given.out / "service-tree.png", 1280, 860)
            shoot(browser, served.url + pages["tree"], given.out / "service-phone.png", 390, 844)
            shoot(browser, served.url + pages["review"], given.out / "service-review.png", 1280, 1180)
        browser.close()


def fill(served: Served) -> dict[str, str]:
    """The example list and the example paper, labelled; name -> address of each page."""
    run = served.client.post("/lists", data={"example": "true"}).headers["location"].rpartition("/")[2]
    served.client.post(f"{API}/runs/{run}/start", json={})
    served.finished(run)
    served.client.post(f"{API}/papers?wait=60", files={"file": (EXAMPLE.name, EXAMPLE.read_bytes())})
    papers = served.client.get(f"{API}/papers").json()["items"]
    paper = next(item["id"] for item in papers if item["key"] == EXAMPLE.name)
    draft = served.client.post("/lists", data={"example": "true"}).headers["location"]
    return {
        "home": "/",
        "paper": f"/papers/{paper}",
        "lists": "/lists",
        "draft": draft,
        "list": f"/lists/{run}",
        "tree": "/tree",
        "leaf": "/tree?label=llm4rl%2Freward",
        "review": _review(served, paper),
        "evaluation": "/evaluation",
        "docs": "/docs",
    }


def _review(served: Served, paper: str) -> str:
    """Starts the review of the example paper; the address where it is decided."""
    review = f"/api/v1/runs/{paper}/review"
    served.client.post(review, json={"seed": 7}).raise_for_status()
    return f"/review/{paper}/papers/{paper}"


def shoot(
    browser: Browser, url: str, file: Path, width: int, height: int | None, *, dark: bool = False
) -> None:
    """A page as a small PNG.

    Args:
        width, height: In CSS pixels; None for the whole page.
    """
    page = browser.new_page(
        viewport={"width": width, "height": height or 900}, color_scheme="dark" if dark else "light"
    )
    page.context.add_cookies([{"name": "classifier_reviewer", "value": "Ada", "url": url}])
    page.goto(url)
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot(full_page=height is None)))
    page.close()
    few = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    few.save(file, optimize=True)


if __name__ == "__main__":
    main()
