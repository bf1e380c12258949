"""Page -> its visible text: cheap signs first, then proof by rendering for suspicious text.

1. Text that is unreadable because of its shape, or because of words printed over it, needs no further proof.
   2. Unless each text object is evidently drawn by its state, the text alone is rendered once, small. Text
   that leaves no mark there is suspect, and so is text that overlaps with other text, with something painted
   later, or with something of a similar colour or unknown appearance below it. 3. Suspects are proven: the
   page is rendered with and without them. Text that changes nothing is not visible. 4. Only on pages with
   hidden text are single characters located (four times the cost of the bare text).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from classifier.pdf.hidden import actual_text
from classifier.pdf.hidden.cut import cut
from classifier.pdf.hidden.objects import read_scene
from classifier.pdf.hidden.overprint import spoilt_texts, stacked_texts, washed_texts
from classifier.pdf.hidden.piled import piled_objects
from classifier.pdf.hidden.proof import ProofVerdict, prove
from classifier.pdf.hidden.scene import Scene
from classifier.pdf.hidden.shape import unreadable_texts
from classifier.pdf.hidden.suspects import find_suspects
from classifier.pdf.hidden.undrawn import is_undrawable


class PageCheck(NamedTuple):
    """The result of a check.

    Attributes:
        visible: The text that a reader sees, which is the raw text itself if nothing is hidden.
        findings: `{"kind": str, "text": str, "box": [left, bottom, right, top] | None}`, in points of page
            space; `text` has at most 500 characters.
        complete: False if some visible text could be checked only by its state, not by rendering.
    """

    visible: str
    findings: list[dict[str, Any]]
    complete: bool = True


def check_page(page: Any, text_page: Any, raw_text: str) -> PageCheck:
    """Splits a page's text into visible and hidden text.

    Args:
        page: A loaded `pypdfium2.PdfPage`.
        text_page: Its `PdfTextPage`.
        raw_text: `text_page.get_text_range()`, whole.

    Returns:
        The visible text and the findings. Invisible code points are not checked here: see
        `split_invisible_characters`.

    Raises:
        HiddenCheckIncomplete: The page has too many objects or overlaps; nothing is known about its text.
    """
    if not raw_text.strip():
        return PageCheck(raw_text, [])
    scene = read_scene(page)
    findings: list[dict[str, Any]] = []
    if scene.marked:
        text_page, raw_text, findings = actual_text.undo(page, text_page, raw_text, scene)
    verdicts = judge_texts(page, text_page, scene)
    if not verdicts:
        return PageCheck(raw_text, findings)
    hidden = [verdict for verdict in verdicts if not is_undrawable(page, text_page, scene, verdict)]
    complete = len(hidden) == len(verdicts)
    if not hidden:
        return PageCheck(raw_text, findings, complete)
    visible, more = cut(text_page, raw_text, hidden)
    return PageCheck(visible, findings + more, complete)


def split_page(page: Any, text_page: Any, raw_text: str) -> tuple[str, list[dict[str, Any]]]:
    """The visible text and the findings of `check_page`."""
    visible, findings, _ = check_page(page, text_page, raw_text)
    return visible, findings


def judge_texts(page: Any, text_page: Any, scene: Scene) -> list[ProofVerdict]:
    """Finds invisible or unreadable text: first by the signs that need no proof, then by proof."""
    # All characters of a replacement text are at the position of their object.
    piled = piled_objects(text_page) - {handle for handle, _ in scene.marked}
    stacked = stacked_texts(scene.texts, scene.page_box)
    verdicts = unreadable_texts(text_page, scene, piled)
    known = {verdict.item.handle for verdict in verdicts}
    spoilt = [item for item in spoilt_texts(text_page, scene.texts, stacked) if item.handle not in known]
    verdicts += [ProofVerdict(item, "heaped") for item in spoilt]
    known |= {item.handle for item in spoilt}
    suspects, crowded = find_suspects(page, text_page, scene, known, stacked)
    if suspects or crowded:
        verdicts += prove(page, text_page, scene, suspects, crowded, washed_texts(scene))
    return verdicts
