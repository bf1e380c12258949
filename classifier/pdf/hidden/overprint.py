"""Text printed over text, and paint in the paper's colour over text: unreadable although ink is visible.

What enters: text items and graphics. What leaves: the items that are on top of others, make each other
unreadable, or are painted over. Nothing is rendered here.
"""

from __future__ import annotations

from typing import Any

from classifier.pdf.hidden.geometry import Rect, fit_scale, overlap
from classifier.pdf.hidden.layout import MAX_MAP, is_upright
from classifier.pdf.hidden.objects import PAPER
from classifier.pdf.hidden.scene import Scene, TextItem
from classifier.pdf.hidden.state import plain_colour
from classifier.pdf.hidden.textpage import object_text

_SCALE = 0.75
"""Pixels per point of the map of occupied lines: letters are several pixels wide."""
_FEW_PIXELS = 2
"""Pixels of a line that may be occupied without a sign: neighbours touch, and boxes are rounded."""
_TAKEN_PARTS = 4
"""A text is on top of others if this fraction (1 / value, a quarter) of its line is occupied.

Lower than `_MOST`, since this is only a sign: proof, or the share of unreadable letters, decides.
"""
_MOST = 0.6
"""A line is unreadable if this share of it is: more than half, so that touching labels are kept.

Two texts are on one line if they share this part of the lower box's height.
"""
_ENOUGH_LETTERS = 24
"""Least number of unreadable letters on a page: accents and overstruck signs are fewer.

Twice the letters of a message (`cut.is_message`), since both texts count. It was not measured.
"""
_MAX_PAIRS = 200_000
"""Most pairs of texts compared per page, to limit the time; with more, only stacked ones are compared."""
_LIKE_SIZE = 2.0
"""Both texts are unreadable if one's type is at most this many times as large as the other's.

Small print over a large letter, as in a watermark, is readable.
"""
_WASHED = 0.5
"""If paint in the paper's colour covers this share of a text's width, the remaining ink is measured.

Half of the ink must remain (ADR 3).
"""
_COVERED = 0.5
"""Paint counts if it covers this share of a text's height: 0.4 of it must remain to be readable (ADR 3)."""
_NO_WIDTH = 0.01
"""Width in points of a text without width, so that shares of it are defined."""


def stacked_texts(texts: list[TextItem], page_box: Rect) -> list[TextItem]:
    """Texts whose middle line was to a large part occupied by earlier texts, on a coarse map."""
    page_left, _, page_right, page_top = page_box
    scale = fit_scale(_SCALE, page_box, MAX_MAP)
    columns, rows = int((page_right - page_left) * scale) + 1, int((page_top - page_box[1]) * scale) + 1
    taken = bytearray(columns * rows)
    stacked = []
    for item in texts:
        left, bottom, right, top = item.box
        row = int((page_top - (bottom + top) / 2) * scale)
        start, end = int((left - page_left) * scale) + 1, int((right - page_left) * scale)
        start, end = (start if start > 0 else 0), (end if end < columns else columns)
        if not 0 <= row < rows or end <= start:
            continue
        length, start = end - start, start + row * columns
        before = taken.count(1, start, start + length)
        if before > _FEW_PIXELS and before * _TAKEN_PARTS > length:
            stacked.append(item)
        taken[start : start + length] = b"\x01" * length
    return stacked


def share_line(one: Rect, other: Rect) -> bool:
    """Whether the middle line of one box runs through the other."""
    middle, its_middle = (one[1] + one[3]) / 2, (other[1] + other[3]) / 2
    return overlap(one, other) and (one[1] < its_middle < one[3] or other[1] < middle < other[3])


def spoilt_texts(text_page: Any, texts: list[TextItem], stacked: list[TextItem]) -> list[TextItem]:
    """Plain texts of one size that are printed over other words, together with the texts below them.

    Such letters leave ink, but neither text is readable. Accents, overstruck signs and touching labels have
    fewer letters; equal words printed twice are bold type.
    """
    stacked = [item for item in stacked if item.plain and is_upright(item.box)]
    if not stacked:
        return []
    plain = [item for item in texts if item.plain]
    if len(stacked) * len(plain) > _MAX_PAIRS:
        plain = stacked
    shares: dict[int, tuple[TextItem, list[tuple[float, float]]]] = {}
    for item in stacked:
        for other in plain:
            if other is item or not spoils(item, other) or not says_else(text_page, item, other):
                continue
            span = (max(item.box[0], other.box[0]), min(item.box[2], other.box[2]))
            for one in (item, other):
                shares.setdefault(one.handle, (one, []))[1].append(span)
    spoilt = [one for one, spans in shares.values() if covered_share(one, spans) >= _MOST]
    letters = sum(sum(map(str.isalpha, object_text(text_page, item.handle))) for item in spoilt)
    return spoilt if letters >= _ENOUGH_LETTERS else []


def spoils(one: TextItem, other: TextItem) -> bool:
    """Whether two texts of similar size overlap on one line."""
    if not overlap(one.box, other.box) or not 1 / _LIKE_SIZE < one.size / other.size < _LIKE_SIZE:
        return False
    shared = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    return shared > _MOST * min(one.box[3] - one.box[1], other.box[3] - other.box[1])


def says_else(text_page: Any, one: TextItem, other: TextItem) -> bool:
    """Whether two texts have different words; PDFium keeps only one of two equal ones."""
    words, others = (object_text(text_page, item.handle).strip() for item in (one, other))
    return bool(words) and bool(others) and words not in others and others not in words


def covered_share(item: TextItem, spans: list[tuple[float, float]]) -> float:
    """The share of an item's width that spans cover."""
    total, end = 0.0, item.box[0]
    for low, high in sorted(spans):
        high = min(high, item.box[2])
        total += max(high - max(low, end), 0.0)
        end = max(end, high)
    return total / max(item.box[2] - item.box[0], _NO_WIDTH)


def washed_texts(scene: Scene) -> list[TextItem]:
    """Texts directly on the page with paint in the paper's colour over a large part of them."""
    washes = [
        (graphic.box, graphic.order)
        for graphic in scene.graphics
        if graphic.rgb is not None and min(graphic.rgb) >= PAPER
    ]
    first = scene.texts[0].order if scene.texts else 0
    washes = [wash for wash in washes if wash[1] > first]
    for item in scene.texts:
        if item.plain or item.depth:
            continue
        colour = plain_colour(item.handle)
        if colour is not None and min(colour) >= PAPER:
            washes.append((item.box, item.order))
    if not washes:
        return []
    return [
        item
        for item in scene.texts
        if item.depth == 0
        and covered_share(
            item, [(box[0], box[2]) for box, order in washes if order > item.order and covers(box, item.box)]
        )
        > _WASHED
    ]


def covers(box: Rect, text: Rect) -> bool:
    """Whether paint covers half of a text's height."""
    shared = min(box[3], text[3]) - max(box[1], text[1])
    return overlap(box, text) and shared > _COVERED * (text[3] - text[1])
