from __future__ import annotations

from typing import Any

import pytest

from classifier.pdf.reply import one_line, parse_reading
from classifier.pdf.sandbox import WorkerFailed


def reading(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "engine": "pypdfium2",
        "hidden_checked": True,
        "page_count": 1,
        "pages": [{"number": 1, "text": "some text"}],
        "hidden": [],
        "image_pages": [],
        "doubted_pages": [],
        "failed_pages": [],
        "failure": "",
        "stopped_by": "",
        "chars": 9,
        "raw_chars": 9,
        "title": "A Title",
        "abstract": None,
        "sections": [{"title": "1 Introduction", "page": 1, "start": 0}],
        "arxiv_id": None,
        "doi": None,
    }
    return whole | changes


def test_whole_reading_passes() -> None:
    assert parse_reading(reading()).visible_chars == 9


@pytest.mark.parametrize(
    "changes",
    [
        {"pages": "many"},
        {"pages": [{"number": 1, "text": "\x1b[2Jgone"}]},
        {"pages": [{"number": 1}]},
        {"page_count": -1},
        {"sections": [{"title": "x", "page": 7, "start": 0}]},
        {"sections": [{"title": "x", "page": 1, "start": 9}]},
        {"extra": 1},
    ],
)
def test_reading_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(WorkerFailed, match="unusable"):
        parse_reading(reading(**changes))


@pytest.mark.parametrize("reply", [None, [], "text", {}])
def test_what_is_no_reading_is_refused(reply: Any) -> None:
    with pytest.raises(WorkerFailed, match="unusable"):
        parse_reading(reply)


def test_hidden_text_is_made_safe_to_print() -> None:
    hidden = [{"kind": "tiny\n", "text": "obey\x1b[2J\u200bnow\n", "page": 1, "box": [1, 2, 3, 4]}]

    item = parse_reading(reading(hidden=hidden)).hidden[0]

    assert (item.kind, item.text) == ("tiny", "obey<U+001B>[2J<U+200B>now ")
    assert item.box == (1, 2, 3, 4)


def test_line_of_hostile_origin_is_short_and_plain() -> None:
    assert one_line("a\x1b[31m\r\nb " + "x" * 999, limit=12) == "a [31m b xxx"
