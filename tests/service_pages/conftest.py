"""A service with papers in it, a browser, and axe; if one of them is missing, these tests fail."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from classifier.settings import load_settings
from tests.browser.conftest import Watched, browser
from tests.service.kit import API, Served, serving

__all__ = ["browser"]
EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "paper.pdf"


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core, from npm."""
    path = os.environ.get("AXE", "")
    assert path, "set AXE to the path of axe.min.js (npm install axe-core), or use make test-service"
    return Path(path).read_text(encoding="utf-8")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """An empty service with the built-in survey."""
    with serving(tmp_path / "runs", workspace=None, settings=load_settings(engine="offline")) as service:
        yield service


@pytest.fixture
def filled(served: Served) -> Served:
    """The example list, labelled, and the example paper."""
    run = served.client.post("/lists", data={"example": "true"}).headers["location"].rpartition("/")[2]
    served.client.post(f"{API}/runs/{run}/start", json={})
    served.finished(run)
    file = {"file": (EXAMPLE.name, EXAMPLE.read_bytes())}
    assert served.client.post(f"{API}/papers?wait=60", files=file).status_code == 200
    return served


class Visit(Watched):
    """A page of the service, as somebody uses it."""

    def __init__(self, served: Served, context: Any) -> None:
        super().__init__(context.new_page())
        self.served = served

    def open(self, path: str) -> None:
        self.page.goto(self.served.url + path)

    def strangers(self) -> list[str]:
        """Requests to anywhere else."""
        return [url for url in self.requests if not url.startswith((self.served.url, "data:"))]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Any]:
    """Makes visits; `visit(served, width=390, dark=True, script=False)`."""
    contexts = []

    def begin(served: Served, *, width: int = 1280, dark: bool = False, script: bool = True) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
        )
        contexts.append(context)
        return Visit(served, context)

    yield begin
    for context in contexts:
        context.close()
