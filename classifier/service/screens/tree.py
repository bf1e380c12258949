"""The tree with counts, and the papers that match a filter."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from classifier.review.veil import HIDDEN
from classifier.service.api.common import CURSOR, decode_cursor, encode_cursor
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import reader
from classifier.service.screens.drafts import drafts_waiting
from classifier.service.screens.papers import leaf_titles
from classifier.service.screens.render import render_text
from classifier.service.search import PaperFilter, find_cards, share_in
from classifier.service.shelf import Card
from classifier.service.store.users import ServiceUser
from classifier.survey.taxonomy import Node

router = APIRouter()

PAGE = 50
"""Papers per page."""
_OUTSIDE = ("out-of-scope", "unplaced", "failed", HIDDEN)
_KEPT = 64
"""Pages that are cached until a paper changes, so that many readers of one page cost as much as one."""


@router.get("/tree")
def get_tree(
    request: Request,
    hub: Annotated[Hub, Depends(hub_of)],
    user: Annotated[ServiceUser, Depends(reader)],
    q: Annotated[str, Query(max_length=200)] = "",
    label: Annotated[str, Query(max_length=200)] = "",
    run: Annotated[str, Query(max_length=200)] = "",
    engine: Annotated[str, Query(max_length=200)] = "",
    reason: Annotated[str, Query(max_length=200)] = "",
    year: Annotated[str, Query(max_length=10)] = "",
    least: Annotated[str, Query(max_length=10)] = "",
    most: Annotated[str, Query(max_length=10)] = "",
    cursor: Annotated[str | None, Query(pattern=CURSOR)] = None,
) -> Response:
    """All runs together; empty fields do not filter."""
    wanted = PaperFilter(
        q=q, label=label, run=run, engine=engine, reason=reason,
        year=int(year) if year.isascii() and year.isdecimal() and 1500 <= int(year) <= 2200 else None,
        least=share_in(least), most=share_in(most),
    )  # fmt: skip
    hub.shelf.cards()  # checks whether anything has changed
    drafts = drafts_waiting(hub)
    key = (hub.shelf.version, wanted, cursor, user, drafts)
    text = hub.kept_pages.get(key)
    if text is None:
        cards = hub.shelf.cards()  # after the key, which says what is hidden from the user
        text = render_text(request, "tree.html.j2", **_context(hub, cards, wanted, cursor), drafts=drafts)
        while len(hub.kept_pages) >= _KEPT:
            hub.kept_pages.pop(next(iter(hub.kept_pages)), None)
        hub.kept_pages[key] = text
    return HTMLResponse(text)


def _context(hub: Hub, cards: list[Card], wanted: PaperFilter, cursor: str | None) -> dict[str, Any]:
    run = hub.runs.get(wanted.run) if wanted.run else None
    if wanted.run:
        cards = [card for card in cards if card.run == wanted.run]
    counts = Counter(card.label for card in cards)
    found = find_cards(hub, wanted)
    start = decode_cursor(cursor) or 0
    asked = {name: value for name, value in wanted.model_dump(exclude_none=True).items() if value != ""}
    more = start + PAGE < len(found)
    taxonomy = hub.workspace.taxonomy
    tree = [_branch(node, node.id, counts) for node in taxonomy.tree]
    return {
        "title": taxonomy.title,
        "definition": taxonomy.definition,
        "tree": tree,
        "outside": [(label, counts[label]) for label in _OUTSIDE if counts[label]],
        "total": len(cards),
        "found": len(found),
        "papers": [(card, hub.shelf.filed(card)) for card in found[start : start + PAGE]],
        "first": start + 1,
        "wanted": wanted,
        "is_filtered": bool(asked.keys() - {"run"}),
        "previous": _address(asked, start - PAGE) if start else None,
        "next": _address(asked, start + PAGE) if more else None,
        "leaf_titles": leaf_titles(hub),
        "chosen": _chosen(tree, wanted.label),
        "list_title": run.title if run else wanted.run,
        "engine_names": sorted({card.engine for card in cards if card.engine}),
        "reasons": sorted({reason for card in cards for reason in card.review_reasons}),
        "years": sorted({card.year for card in cards if card.year}, reverse=True),
        "problems": [volume for volume in hub.shelf.volumes() if volume.error],
    }


def _branch(node: Node, path: str, counts: Counter[str]) -> dict[str, Any]:
    children = [_branch(child, f"{path}/{child.id}", counts) for child in node.children]
    return {
        "id": path,
        "title": node.title,
        "definition": node.definition,
        "count": sum(child["count"] for child in children) if children else counts[path],
        "children": children,
    }


def _chosen(tree: list[dict[str, Any]], label: str) -> dict[str, Any] | None:
    """The branch or leaf of this id."""
    for branch in tree:
        if branch["id"] == label:
            return branch
        if label.startswith(f"{branch['id']}/") and (found := _chosen(branch["children"], label)):
            return found
    return None


def _address(asked: dict[str, Any], start: int) -> str:
    place = {"cursor": encode_cursor(start)} if start > 0 else {}
    return "/tree?" + urlencode({**asked, **place})
