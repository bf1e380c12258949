"""From a page to its visible text: cheap signs first, proof by rendering where there is a sign.

1. Unless each text object is evidently drawn by its state, the text alone is rendered once, small. Text that
   leaves no mark there is suspect, and so is text that shares its place with other text, with something
   painted later, or with something of like colour or unknown look beneath.
2. Suspects are proven: the page is rendered with and without them. What changes nothing is not seen.
3. Only for pages with hidden text are single characters placed (four times the cost of the bare text).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium_c

from classifier.pdf.hidden import actual_text
from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.cut import cut
from classifier.pdf.hidden.geometry import Box, around, fit_scale, overlap, surround
from classifier.pdf.hidden.ink import FAINT, Mask, inactive, render
from classifier.pdf.hidden.layout import MAX_MAP, gap_limit, is_upright
from classifier.pdf.hidden.objects import read_scene
from classifier.pdf.hidden.overprint import share_line, spoilt_texts, stacked_texts, washed_texts
from classifier.pdf.hidden.piled import piled_objects
from classifier.pdf.hidden.proof import MAX_SINGLE, Verdict, is_sliver, prove, silent_gap
from classifier.pdf.hidden.scene import HiddenCheckIncomplete, Scene, TextItem
from classifier.pdf.hidden.state import Rgb, plain_colour
from classifier.pdf.hidden.textpage import object_text

TINY = 2.0
"""Points of an em's height or width on the page, under which text cannot be read."""

_SCALE = 0.75
_FLAT = 0.05
_LOW = 0.3
_THIN_EM = 0.2
_SMALL_PAGE = 400.0
_PAPER = bytes(1 if value < 256 - FAINT else 0 for value in range(256))
_CLUSTERS = 64
_LARGE = 14.0
"""Points: letters of the paper's colour over this size can cover lines that they do not share."""


def split_page(page: Any, text_page: Any, raw_text: str) -> tuple[str, list[dict[str, Any]]]:
    """Parts a page's text into what a reader sees and what is hidden.

    Args:
        page: A loaded `pypdfium2.PdfPage`.
        text_page: Its `PdfTextPage`.
        raw_text: `text_page.get_text_range()`, whole.

    Returns:
        The visible text, which is `raw_text` itself where nothing is hidden, and findings
        `{"kind": str, "text": str, "box": [left, bottom, right, top] | None}` in points of page space; `text`
        has at most 500 characters. Invisible code points are not looked at: see `split_invisible_characters`.

    Raises:
        HiddenCheckIncomplete: The page's objects or overlaps are too many; nothing is known of its text.
    """
    if not raw_text.strip():
        return raw_text, []
    scene = read_scene(page)
    findings: list[dict[str, Any]] = []
    if scene.marked:
        text_page, raw_text, findings = actual_text.undo(page, text_page, raw_text, scene)
    # A replacement text's characters all stand where their object does.
    piled = piled_objects(text_page) - {handle for handle, _ in scene.marked}
    stacked = stacked_texts(scene.texts, scene.page_box)
    verdicts = unreadable_texts(text_page, scene, piled)
    known = {verdict.item.handle for verdict in verdicts}
    verdicts += [
        Verdict(item, "heaped")
        for item in spoilt_texts(text_page, scene.texts, stacked)
        if item.handle not in known
    ]
    known = {verdict.item.handle for verdict in verdicts}
    suspects, crowded = find_suspects(page, text_page, scene, known, stacked)
    if suspects or crowded:
        verdicts += prove(page, text_page, scene, suspects, crowded, washed_texts(scene))
    if not verdicts:
        return raw_text, findings
    visible, more = cut(text_page, raw_text, verdicts)
    return visible, findings + more


def unreadable_texts(text_page: Any, scene: Scene, piled: set[int]) -> list[Verdict]:
    """What nobody can read for its shape alone: too small, too thin, heaped, larger than the page."""
    left, bottom, right, top = scene.page_box
    extent = max(right - left, top - bottom)
    # A small page is shown enlarged, or has a larger unit (`UserUnit`).
    tiny = TINY * min(extent / _SMALL_PAGE, 1.0)
    out = []
    for item in scene.texts:
        size, width = item.size, item.width
        high = item.box[3] - item.box[1] >= _LOW * size
        if high and tiny <= size <= extent and width > size / 2 and not (piled or scene.fields):
            continue  # as nearly all are
        if item.handle in piled:
            out.append(Verdict(item, "heaped"))
        elif size < tiny or width < tiny / 2 or width < _THIN_EM * size or is_low(text_page, item):
            out.append(Verdict(item, "tiny"))
        elif size > 2 * extent:
            out.append(Verdict(item, "off-page"))
        elif any(overlap(item.box, box, 0.25 * size) for box in scene.fields):
            out.append(Verdict(item, "covered"))
    return out


def is_low(text_page: Any, item: TextItem) -> bool:
    """Whether letters are drawn far lower than letters are: as dots, or small in a large em."""
    box = item.box
    width, height = box[2] - box[0], box[3] - box[1]
    if item.drawings or not _FLAT * item.size < height < _LOW * item.size < width / 5:
        return False
    words = object_text(text_page, item.handle)
    return 2 * sum(map(str.isalnum, words)) > len("".join(words.split()))


def find_suspects(
    page: Any, text_page: Any, scene: Scene, known: set[int], stacked: list[TextItem]
) -> tuple[list[TextItem], list[TextItem]]:
    """The text objects of which the cheap look cannot say that they are seen, in painting order.

    Args:
        page: The page.
        text_page: Its text.
        scene: What it paints.
        known: Handles of text that is known to be unreadable, and passed over.
        stacked: Text upon other text.

    Returns:
        Those that graphics may hide, and those that other text or their own state may hide.
    """
    mask = text_mask(page, scene)
    clusters = cluster(scene)
    painted = around(found.box for found in clusters) if clusters else None
    letters: list[TextItem] = []
    blank: list[TextItem] = []
    for item in scene.texts:
        if item.handle not in known:
            narrow = item.box[2] - item.box[0] < 1.3 * item.width
            (blank if narrow and is_flat(item) else letters).append(item)
    suspects, crowded = [], []
    for item in letters:
        if is_flat(item) if item.plain and scene.plain else lacks_ink(text_page, mask, item):
            crowded.append(item)
        elif painted is not None and overlap(item.box, painted) and touched(item, clusters):
            suspects.append(item)
    stacked = [item for item in stacked if item.handle not in known]
    if len(blank) > 8:
        # Minus signs have as little height as spaces: only letters and digits count.
        crowded += [item for item in blank if any(map(str.isalnum, object_text(text_page, item.handle)))]
    if len(stacked) > MAX_SINGLE:
        raise HiddenCheckIncomplete(f"{len(stacked)} texts lie upon one another, over {MAX_SINGLE}")
    # Letters larger than the page are unreadable, but their ink may cover lines.
    huge = [item for item in scene.texts if item.handle in known and item.size > _LARGE]
    large = huge + [item for item in crowded if item.size > _LARGE]
    if stacked or large:
        seen = {item.handle for item in crowded} | known
        crowded += [
            item
            for item in scene.texts
            if item.handle not in seen
            and (
                any(item is other or share_line(item.box, other.box) for other in stacked)
                or any(other.order > item.order and overlap(item.box, other.box) for other in large)
            )
        ]
    return suspects, crowded


def text_mask(page: Any, scene: Scene) -> Mask | None:
    """Where the text alone leaves marks on white paper, in a small picture around what is not plain."""
    clip = surround((item.box for item in scene.texts if not (item.plain and scene.plain)), scene.page_box)
    if clip is None:
        return None
    # Blend modes come out right only on a bitmap with opacity.
    grey = not scene.blended and not any(
        fast.FPDFPageObj_HasTransparency(item.handle) for item in scene.texts if not item.plain
    )
    with inactive(scene.others):
        scale = fit_scale(_SCALE, clip, MAX_MAP)
        pixels, stride = render(page, scene.page_box, clip, scale, grey=grey, notes=False)
    return Mask(pixels.translate(_PAPER), stride, 1 if grey else 4, clip, scale)


def lacks_ink(text_page: Any, mask: Mask | None, item: TextItem) -> bool:
    """Whether a text object leaves no mark at all, or none over a stretch that holds letters."""
    colour = text_colour(item)
    if colour is not None and min(colour) > 256 - 2 * FAINT:
        return True
    limit = gap_limit(item)
    if mask is None:
        return True
    if mask.plain(item.box, limit):
        return False
    profile = mask.profile(item.box, is_upright(item.box))
    return 1 not in profile or is_sliver(mask, item) or silent_gap(text_page, mask, item, profile)


def is_flat(item: TextItem) -> bool:
    """Whether a text object has no letters, or blank ones: it has next to no height."""
    return item.box[3] - item.box[1] < _FLAT * item.size


@dataclass(slots=True)
class Cluster:
    """Graphics painted in a row: their common box, the last one's order, and their colours, if plain."""

    box: Box
    last: int
    colours: frozenset[Rgb] | None


def cluster(scene: Scene) -> list[Cluster]:
    """Gathers graphics into at most about `_CLUSTERS` boxes; white paint below all text is left out."""
    graphics = scene.graphics
    first = scene.texts[0].order if scene.texts else 0
    step = max(len(graphics) // _CLUSTERS, 1)
    out = []
    for start in range(0, len(graphics), step):
        part = graphics[start : start + step]
        colours = {graphic.rgb for graphic in part}
        found = Cluster(
            around(graphic.box for graphic in part),
            max(graphic.order for graphic in part),
            None if None in colours else frozenset(c for c in colours if c is not None and min(c) < 250),
        )
        if found.last >= first or found.colours is None or found.colours:
            out.append(found)
    return out


def touched(item: TextItem, clusters: list[Cluster]) -> bool:
    """Whether something is painted over a text, or something of like colour or unknown look beneath it."""
    box, order = item.box, item.order
    left, bottom, right, top = box[0] + 0.5, box[1] + 0.5, box[2] - 0.5, box[3] - 0.5
    colour: Rgb | None = None
    for found in clusters:
        low_x, low_y, high_x, high_y = found.box
        if left >= high_x or right <= low_x or bottom >= high_y or top <= low_y:
            continue
        if found.last >= order or found.colours is None:
            return True
        if found.colours:
            colour = colour or text_colour(item)
            if colour is None or any(alike(colour, other) for other in found.colours):
                return True
    return False


def text_colour(item: TextItem) -> Rgb | None:
    """What a text is filled with; None where it is not plainly filled."""
    if fast.FPDFTextObj_GetTextRenderMode(item.handle) != pdfium_c.FPDF_TEXTRENDERMODE_FILL:
        return None
    return plain_colour(item.handle)


def alike(one: Rgb, other: Rgb) -> bool:
    """Whether one colour may not stand out from another."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True)) < 2 * FAINT
