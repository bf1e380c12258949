"""Small renderings, and masks of the pixels that text changes.

Pictures are in the page's own (unrotated) space. Masks have one byte per sample: 1 if text is visible there,
else 0. The arithmetic works on whole rows as big integers, since a Python loop over pixels would be slow.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import ceil, floor
from typing import Any

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.geometry import Rect

FAINT = 26
"""Below this difference from the background (of 255, in the strongest channel), a text is invisible.

Grey of 0.9 on white is at the limit (ADR 3); the light greys of figures and watermarks (0.85 and darker)
are not.
"""


def _table(seen: Iterable[int]) -> bytes:
    values = set(seen)
    return bytes(1 if value in values else 0 for value in range(256))


# Half of a channel's difference is offset by 128 in `difference`.
_DIFFERS = _table(v for v in range(256) if abs(v - 128) * 2 >= FAINT)


class Mask:
    """Samples of a clip of the page; `channels` bytes per pixel, rows from the top."""

    def __init__(self, data: bytes, stride: int, channels: int, clip: Rect, scale: float) -> None:
        self.data, self.stride, self.channels, self.clip, self.scale = data, stride, channels, clip, scale
        self.height = len(data) // stride if stride else 0
        self.columns = stride // channels

    def plain(self, box: Rect, limit: float) -> bool:
        """A quick check along the middle of a box: whether it has ink without gaps of `limit` points."""
        clip, scale = self.clip, self.scale
        row = int((clip[3] - (box[1] + box[3]) / 2) * scale)
        start, end = int((box[0] - clip[0]) * scale), int((box[2] - clip[0]) * scale) + 1
        if self.channels > 1 or start < 0 or end > self.columns or not 0 <= row < self.height:
            return False
        line = self.data[row * self.stride + start : row * self.stride + end]
        return 1 in line and bytes(int(limit * scale) + 1) not in line

    def profile(self, box: Rect, upright: bool = True) -> bytes:
        """One byte per column of the box (per row if not `upright`): 1 if it has visible ink."""
        clip, scale = self.clip, self.scale
        x0 = max(floor((box[0] - clip[0]) * scale), 0)
        x1 = min(ceil((box[2] - clip[0]) * scale), self.columns)
        y0 = max(floor((clip[3] - box[3]) * scale), 0)
        y1 = min(ceil((clip[3] - box[1]) * scale), self.height)
        if x1 <= x0 or y1 <= y0:
            return b""
        n, stride, data = self.channels, self.stride, self.data
        width = (x1 - x0) * n
        starts = range(y0 * stride + x0 * n, y1 * stride + x0 * n, stride)
        if not upright:
            return bytes(1 in data[start : start + width] for start in starts)
        total = 0
        for start in starts:
            total |= int.from_bytes(data[start : start + width], "little")
        row = total.to_bytes(width, "little")
        if n == 1:
            return row
        return bytes(map(max, row[0::4], row[1::4], row[2::4]))


def blanks(profile: bytes, limit: float) -> Iterator[tuple[int, int]]:
    """Stretches without ink that are longer than `limit` samples, half-open."""
    start = 0
    for run in profile.split(b"\x01"):
        if len(run) > limit:
            yield start, start + len(run)
        start += len(run) + 1


def render(
    page: Any,
    page_box: Rect,
    clip: Rect,
    scale: float,
    white: bool = True,
    grey: bool = False,
    notes: bool = True,
) -> tuple[bytes, int]:
    """Renders a clip of the page; returns the pixels, rows from the top, and the bytes per row.

    Args:
        page: The page; its own rotation is undone, so that pixels lie in page space.
        page_box: The page's visible box.
        clip: What to render, in page space.
        scale: Pixels a point.
        white: On white paper, else on black.
        grey: One byte per pixel, else four (blue, green, red, opacity).
        notes: With annotations.
    """
    width, height = max(ceil((clip[2] - clip[0]) * scale), 1), max(ceil((clip[3] - clip[1]) * scale), 1)
    form = pdfium_c.FPDFBitmap_Gray if grey else pdfium_c.FPDFBitmap_BGRA
    bitmap = pdfium_c.FPDFBitmap_CreateEx(width, height, form, None, 0)
    if not bitmap:
        return b"", 0
    try:
        pdfium_c.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF if white else 0xFF000000)
        flags = (pdfium_c.FPDF_GRAYSCALE if grey else 0) | (pdfium_c.FPDF_ANNOT if notes else 0)
        pdfium_c.FPDF_RenderPageBitmap(
            bitmap,
            page,
            round((page_box[0] - clip[0]) * scale),
            round((clip[3] - page_box[3]) * scale),
            round((page_box[2] - page_box[0]) * scale),
            round((page_box[3] - page_box[1]) * scale),
            (4 - pdfium_c.FPDFPage_GetRotation(page)) % 4,
            flags,
        )
        stride = pdfium_c.FPDFBitmap_GetStride(bitmap)
        return ctypes.string_at(pdfium_c.FPDFBitmap_GetBuffer(bitmap), stride * height), stride
    finally:
        pdfium_c.FPDFBitmap_Destroy(bitmap)


def difference(one: bytes, other: bytes) -> bytes:
    """A mask of the bytes in which two pictures of one size differ by `FAINT` or more."""
    size = len(one)
    low = int.from_bytes(b"\x7f" * size, "little")
    high = low + int.from_bytes(b"\x01" * size, "little")
    first = (int.from_bytes(one, "little") >> 1) & low
    second = (int.from_bytes(other, "little") >> 1) & low
    return ((first | high) - second).to_bytes(size, "little").translate(_DIFFERS)


@contextmanager
def inactive(handles: Iterable[Any]) -> Iterator[None]:
    """Excludes objects from renderings inside the block."""
    handles, set_active = list(handles), fast.FPDFPageObj_SetIsActive
    try:
        for handle in handles:
            set_active(handle, False)
        yield
    finally:
        for handle in handles:
            set_active(handle, True)
