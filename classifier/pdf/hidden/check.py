"""From a page to its visible text: cheap signs first, proof by rendering where there is a sign.

1. The text alone is rendered once, small. Text that leaves no mark there is suspect, and so is text that shares
   its place with other text, with something painted later, or with something dark painted earlier.
2. Suspects are proven: the page is rendered with and without them. What changes nothing is not seen.
3. Only for pages with hidden text are single characters placed (four times the cost of the bare text).
"""

from __future__ import annotations

from typing import Any

from classifier.pdf.hidden import actual_text, cut
from classifier.pdf.hidden.ink import Mask, inactive, render
from classifier.pdf.hidden.objects import Box, Graphic, Scene, TextItem, overlap, read_scene
from classifier.pdf.hidden.proof import gap_limit, is_upright, prove, silent_gap

TINY = 2.0
"""Points of an em's height or width on the page, under which text cannot be read."""

_SCALE = 0.75
_PAPER = bytes(1 if value < 244 else 0 for value in range(256))
_CLUSTERS = 64


def split_page(page: Any, text_page: Any, raw_text: str) -> tuple[str, list[dict[str, Any]]]:
    """Parts a page's text into what a reader sees and what is hidden.

    Args:
        page: A loaded `pypdfium2.PdfPage`.
        text_page: Its `PdfTextPage`.
        raw_text: `text_page.get_text_range()`, whole.

    Returns:
        The visible text, which is `raw_text` itself where nothing is hidden, and findings
        `{"kind": str, "text": str, "box": [left, bottom, right, top] | None}` in points of page space; `text` has
        at most 500 characters. Invisible code points are not looked at: see `split_invisible_characters`.

    Raises:
        HiddenCheckIncomplete: The page's objects or overlaps are too many; nothing is known of its text.
    """
    if not raw_text.strip():
        return raw_text, []
    scene = read_scene(page)
    text_page, raw_text, findings = actual_text.undo(page, text_page, raw_text, scene)
    tiny = [item for item in scene.texts if item.size < TINY or item.width < TINY / 2]
    suspects = find_suspects(page, text_page, scene)
    verdicts = prove(page, text_page, scene, suspects) if suspects else []
    if not verdicts and not tiny:
        return raw_text, findings
    visible, more = cut.cut(text_page, raw_text, scene, tiny, verdicts)
    return visible, findings + more


def find_suspects(page: Any, text_page: Any, scene: Scene) -> list[TextItem]:
    """The text objects of which the cheap look cannot say that they are seen, in painting order."""
    mask = text_mask(page, scene)
    first = scene.texts[0].order if scene.texts else 0
    clusters = [found for found in cluster(scene.graphics) if found[2] >= first or not found[3]]
    claimed = bytearray(len(mask.data))
    suspects, blank = [], []
    for item in scene.texts:
        if item.size < TINY:
            continue
        box = item.box
        if box[3] - box[1] < 0.05 * item.size and box[2] - box[0] < 1.3 * item.width:
            blank.append(item)
        elif lacks_ink(text_page, mask, item) or claims(claimed, mask, box) or touched(item, clusters):
            suspects.append(item)
    if len(blank) > 8:
        suspects += [item for item in blank if cut.has_letters(text_page, item.handle)]
    return suspects


def text_mask(page: Any, scene: Scene) -> Mask:
    """Where the page's text alone leaves marks on white paper, in a small grey picture."""
    with inactive(scene.others):
        pixels, stride = render(page, scene.page_box, scene.page_box, _SCALE, grey=True)
    return Mask(pixels.translate(_PAPER), stride, 1, scene.page_box, _SCALE)


def lacks_ink(text_page: Any, mask: Mask, item: TextItem) -> bool:
    """Whether a text object leaves no mark at all, or none over a stretch that holds letters."""
    limit = gap_limit(item)
    if mask.plain(item.box, limit):
        return False
    profile = mask.profile(item.box, is_upright(item.box))
    return 1 not in profile or silent_gap(text_page, mask, item, profile)


def claims(claimed: bytearray, mask: Mask, box: Box) -> bool:
    """Marks the middle line of a box as taken; says whether another text had a good part of it before."""
    left, bottom, right, top = box
    clip, scale = mask.clip, mask.scale
    row = int((clip[3] - (bottom + top) / 2) * scale)
    start = max(int((left - clip[0]) * scale) + 1, 0)
    end = min(int((right - clip[0]) * scale), mask.stride)
    if not 0 <= row < mask.height or end <= start:
        return False
    start, end = start + row * mask.stride, end + row * mask.stride
    taken = claimed.count(1, start, end)
    claimed[start:end] = b"\x01" * (end - start)
    return taken > 2 and taken * 4 > end - start


def cluster(graphics: list[Graphic]) -> list[tuple[Box, int, int, bool]]:
    """Gathers graphics into at most about `_CLUSTERS` boxes: box, first and last order, all light."""
    step = max(len(graphics) // _CLUSTERS, 1)
    out = []
    for start in range(0, len(graphics), step):
        part = graphics[start : start + step]
        boxes = [graphic.box for graphic in part]
        box = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
        out.append((box, part[0].order, max(g.order for g in part), all(g.light for g in part)))
    return out


def touched(item: TextItem, clusters: list[tuple[Box, int, int, bool]]) -> bool:
    """Whether something is painted over a text, or something not paper-like beneath it."""
    for box, _, last, light in clusters:
        if (last >= item.order or not light) and overlap(box, item.box, 0.5):
            return True
    return False
