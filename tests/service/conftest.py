"""One service for the tests that only ask; those that change it make their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service.kit import Served, serving


@pytest.fixture(autouse=True)
def no_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day on which money is spent does not end in the middle of a test."""
    monkeypatch.setattr("classifier.service.store.money._today", lambda: "2026-01-15")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "runs") as service:
        yield service
