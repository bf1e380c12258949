"""Cheap signs that a text may be invisible: no ink, graphics around it, other text over it.

What enters: a scene. What leaves: suspects, which `classifier.pdf.hidden.proof` decides on. A false suspicion
costs a rendering; a missed one would let hidden text through.

For "test pages" in the comments see `classifier.pdf.hidden.shape`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from classifier.pdf.hidden.calls import fast
from classifier.pdf.hidden.geometry import around, fit_scale, overlap, surround
from classifier.pdf.hidden.ink import FAINT, Mask, inactive, render
from classifier.pdf.hidden.layout import MAX_MAP, gap_limit, is_upright
from classifier.pdf.hidden.nearby import ALIKE, Cluster, cluster, text_colour, touched
from classifier.pdf.hidden.overprint import share_line
from classifier.pdf.hidden.proof import MAX_SINGLE, is_sliver, silent_gap
from classifier.pdf.hidden.scene import HiddenCheckIncomplete, Scene, TextItem
from classifier.pdf.hidden.shape import is_flat
from classifier.pdf.hidden.textpage import object_text

_SCALE = 0.75
"""Pixels per point of the picture of the text alone: ten-point type is about seven pixels high.

A compromise between cost, which grows with the square, and ink that is blurred below `FAINT`, which sends
small type to proof. Test pages: the same at 0.5 and 1.
"""

_INK = 256 - FAINT
"""A pixel on white paper below this value (of 255) counts as ink, as in the proof."""

_NEAR_PAPER = 256 - ALIKE
"""If a fill colour's weakest channel is above this (of 255), its ink on white paper needs proof.

Test pages: the same at 180 and 230.
"""

_INK_TABLE = bytes(1 if value < _INK else 0 for value in range(256))

_BLANK_EMS = 1.3
"""A flat object narrower than this (in ems) is a space or a sign; a wider one may be blank letters.

Test pages: the same at 0.8 and 3.
"""

_FEW_BLANKS = 8
"""Up to this many flat, narrow objects on a page are not checked for letters, since each check costs a pass
over the page's characters.

So few can contain hardly any words; letters hidden one by one are more. Test pages: the same at 0 and 20.
"""

_LARGE = 14.0
"""In points: letters in the paper's colour above this size can cover other lines.

Larger than running text, whose letters extend at most into the next line: a lower limit would compare more
texts with each other. Test pages: the same at 8 and 40.
"""


@dataclass(slots=True)
class Look:
    """The data for the cheap check of a page."""

    text_page: Any
    scene: Scene
    mask: Mask | None
    clusters: list[Cluster]


def find_suspects(
    page: Any, text_page: Any, scene: Scene, known: set[int], stacked: list[TextItem]
) -> tuple[list[TextItem], list[TextItem]]:
    """The text objects that the cheap check cannot show to be visible, in painting order.

    Args:
        page: The page.
        text_page: Its text.
        scene: What it paints.
        known: Handles of texts already found to be unreadable; they are skipped.
        stacked: Texts on top of other text.

    Returns:
        The texts that graphics may hide, and those that other text or their own state may hide.

    Raises:
        HiddenCheckIncomplete: More than `MAX_SINGLE` texts overlap.
    """
    look = Look(text_page, scene, text_mask(page, scene), cluster(scene))
    open_texts = [item for item in scene.texts if item.handle not in known]
    letters = [item for item in open_texts if not is_blank(item)]
    suspects, crowded = part_letters(look, letters)
    crowded += speaking_blanks(text_page, [item for item in open_texts if is_blank(item)])
    stacked = [item for item in stacked if item.handle not in known]
    if len(stacked) > MAX_SINGLE:
        raise HiddenCheckIncomplete(f"{len(stacked)} texts lie upon one another, over {MAX_SINGLE}")
    return suspects, crowded + texts_among_texts(scene, known, stacked, crowded)


def part_letters(look: Look, letters: list[TextItem]) -> tuple[list[TextItem], list[TextItem]]:
    """Texts that graphics around them may hide, and those that leave no marks when drawn alone."""
    painted = around(found.box for found in look.clusters) if look.clusters else None
    by_graphics, by_state = [], []
    for item in letters:
        if shows_nothing(look, item):
            by_state.append(item)
        elif painted is not None and overlap(item.box, painted) and touched(item, look.clusters):
            by_graphics.append(item)
    return by_graphics, by_state


def shows_nothing(look: Look, item: TextItem) -> bool:
    """Whether a text drawn alone leaves no marks: by its state if it is plain, else by rendering."""
    if item.plain and look.scene.plain:
        return is_flat(item)
    return is_near_paper(item) or lacks_ink(look.text_page, look.mask, item)


def is_near_paper(item: TextItem) -> bool:
    """Whether a text is filled with a colour close to white paper's."""
    colour = text_colour(item)
    return colour is not None and min(colour) > _NEAR_PAPER


def lacks_ink(text_page: Any, mask: Mask | None, item: TextItem) -> bool:
    """Whether a text object leaves no marks, or none over a stretch with letters."""
    if mask is None:
        return True
    if mask.plain(item.box, gap_limit(item)):
        return False
    profile = mask.profile(item.box, is_upright(item.box))
    return 1 not in profile or is_sliver(mask, item) or silent_gap(text_page, mask, item, profile)


def text_mask(page: Any, scene: Scene) -> Mask | None:
    """The marks of the text alone on white paper, in a small picture around texts that are not plain."""
    clip = surround((item.box for item in scene.texts if not (item.plain and scene.plain)), scene.page_box)
    if clip is None:
        return None
    # PDFium draws blend modes correctly only on a bitmap with opacity.
    grey = not scene.blended and not any(
        fast.FPDFPageObj_HasTransparency(item.handle) for item in scene.texts if not item.plain
    )
    with inactive(scene.others):
        scale = fit_scale(_SCALE, clip, MAX_MAP)
        pixels, stride = render(page, scene.page_box, clip, scale, grey=grey, notes=False)
    return Mask(pixels.translate(_INK_TABLE), stride, 1 if grey else 4, clip, scale)


def is_blank(item: TextItem) -> bool:
    """Whether a text is flat and short: a space, a minus sign, or one blank letter."""
    return item.box[2] - item.box[0] < _BLANK_EMS * item.width and is_flat(item)


def speaking_blanks(text_page: Any, blank: list[TextItem]) -> list[TextItem]:
    """The flat and short texts with letters, if there are enough of them to contain words.

    Minus signs have as little height as spaces: only letters and digits count.
    """
    if len(blank) <= _FEW_BLANKS:
        return []
    return [item for item in blank if any(map(str.isalnum, object_text(text_page, item.handle)))]


def texts_among_texts(
    scene: Scene, known: set[int], stacked: list[TextItem], crowded: list[TextItem]
) -> list[TextItem]:
    """Texts that are not suspects yet, but share their line with others or are under large letters."""
    # Letters larger than the page are unreadable, but their ink may cover lines.
    huge = [item for item in scene.texts if item.handle in known and item.size > _LARGE]
    large = huge + [item for item in crowded if item.size > _LARGE]
    if not stacked and not large:
        return []
    seen = {item.handle for item in crowded} | known
    return [
        item
        for item in scene.texts
        if item.handle not in seen and (is_overprinted(item, stacked) or is_under_letters(item, large))
    ]


def is_overprinted(item: TextItem, stacked: list[TextItem]) -> bool:
    """Whether a text is on top of others, or shares its line with one that is."""
    return any(item is other or share_line(item.box, other.box) for other in stacked)


def is_under_letters(item: TextItem, large: list[TextItem]) -> bool:
    """Whether large letters that are painted later cover a text."""
    return any(other.order > item.order and overlap(item.box, other.box) for other in large)
