"""Drafted texts of the taxonomy: an owner accepts, edits or rejects each, and sees the difference first.

Two steps, both plain forms: a decision leads to a page with the difference of taxonomy.yaml, and only that
page's button saves it; if a file has changed since, nothing is saved. The workspace is read again for each
page; labels use its new texts after the service is started again, so that one run has one taxonomy.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from classifier.drafting.decide import Change, Decision, Outdated, propose, save
from classifier.errors import ConfigError
from classifier.service.api.uploads import read_form
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import owner, reader
from classifier.service.problems import HttpProblem
from classifier.service.screens.render import render_page
from classifier.service.store.users import ServiceUser, UserRole
from classifier.survey.drafts import (
    DRAFTS_FILE,
    QUESTIONS,
    SURVEY,
    DraftedText,
    all_nodes,
    load_drafts,
    pending_drafts,
)
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import TAXONOMY_FILE, Workspace
from classifier.text.characters import shown

router = APIRouter()
HubNow = Annotated[Hub, Depends(hub_of)]
Owner = Annotated[ServiceUser, Depends(owner)]

PAGE = 20
"""Sections on one page."""
_FIELDS = frozenset(("id", "decision", "text", "before"))
_DECISIONS: dict[str, Decision] = {"accept": "accepted", "reject": "rejected"}
_WORDS = {"definition": "Definition", "counts": "Also belongs here", "excludes": "Does not belong here",
          "scope": "Scope"}  # fmt: skip


def drafts_waiting(hub: Hub) -> int | None:
    """Number of texts that the page has for a person; None if there is no page to lead to.

    Files that have not changed since are not read again. What cannot be read is said by the page.
    """
    root = hub.workspace.root
    if not (root / DRAFTS_FILE).is_file() and not pending_drafts(hub.workspace.taxonomy, ()):
        return None
    try:
        states = [(root / name).stat() for name in (TAXONOMY_FILE, DRAFTS_FILE) if (root / name).is_file()]
        return _count_waiting(root, *((state.st_ino, state.st_mtime_ns, state.st_size) for state in states))
    except (ConfigError, OSError):
        return 1


@lru_cache(maxsize=4)
def _count_waiting(root: Path, *_: tuple[int, int, int]) -> int:
    return len(pending_drafts(Workspace(root).taxonomy, load_drafts(root)))


@router.get("/tree/drafts")
def get_drafts(
    request: Request,
    hub: HubNow,
    user: Annotated[ServiceUser, Depends(reader)],
    start: Annotated[int, Query(ge=0, le=100_000)] = 0,
    saved: Annotated[int | None, Query(ge=0, le=100_000)] = None,
) -> Response:
    """All texts that wait, by section."""
    workspace = Workspace(hub.workspace.root)
    taxonomy = workspace.taxonomy
    waiting = pending_drafts(taxonomy, load_drafts(workspace.root))
    titles = _titles(taxonomy)
    order = {name: place for place, name in enumerate(titles)}
    rows = sorted(waiting, key=lambda row: order.get(row.node, len(order)))
    sections = [
        {"id": name, "title": titles.get(name, name), "texts": [_shown(row) for row in some]}
        for name, some in groupby(rows, key=lambda row: row.node)
    ]
    studies = {study.id: study.title for study in workspace.studies}
    return render_page(
        request, "drafts.html.j2", sections=sections[start : start + PAGE], studies=studies, saved=saved,
        waiting=len(waiting), may_accept=user.role.includes(UserRole.owner), start=start,
        more=start + PAGE if start + PAGE < len(sections) else None,
        before=max(0, start - PAGE) if start else None,
        is_older=taxonomy.sha256 != hub.workspace.taxonomy.sha256,
    )  # fmt: skip


@router.post("/tree/drafts/decision")
async def post_decision(request: Request, hub: HubNow, _: Owner) -> Response:
    """The difference that a decision makes, with the button that saves it."""
    form = await _form(request)
    change = await run_in_threadpool(_change, hub, form)
    return render_page(
        request, "draft_difference.html.j2", change=change, form=form, rows=_lines(change.difference),
        texts=[_shown(row) for row in change.decided],
    )  # fmt: skip


@router.post("/tree/drafts/save")
async def post_save(request: Request, hub: HubNow, _: Owner) -> Response:
    """Saves a decision whose difference was shown."""
    form = await _form(request)

    def keep() -> int:
        change = _change(hub, form)
        if change.before != form.get("before"):
            raise _outdated()
        try:
            save(change)
        except Outdated as error:
            raise _outdated() from error
        return len(change.decided)

    return RedirectResponse(f"/tree/drafts?saved={await run_in_threadpool(keep)}", 303)


async def _form(request: Request) -> dict[str, str]:
    async with read_form(request, _FIELDS) as form:
        return dict(form.fields)


def _change(hub: Hub, form: dict[str, str]) -> Change:
    decision = _DECISIONS.get(form.get("decision", ""))
    if decision is None or not form.get("id"):
        raise HttpProblem(
            422,
            "invalid-request",
            "expected an id and a decision, accept or reject; send the page's own form",
        )
    workspace = Workspace(hub.workspace.root)
    name, text = form["id"], form.get("text")
    waiting = pending_drafts(workspace.taxonomy, load_drafts(workspace.root))
    own = next((row for row in waiting if row.id == name), None)
    if own is None and name not in {row.node for row in waiting}:
        raise HttpProblem(
            409,
            "not-waiting",
            f"'{name[:200]}' does not wait for a decision any more; look at the page again",
        )
    is_edited = decision == "accepted" and own is not None and text is not None
    return propose(workspace, [name], decision, text=text if is_edited else None)


def _titles(taxonomy: Taxonomy) -> dict[str, str]:
    """What to call a section, in the order of the page."""
    found = {SURVEY: taxonomy.title, QUESTIONS: "Decision questions"}
    for path, node in all_nodes(taxonomy).items():
        above = path.rpartition("/")[0]
        found[path] = f"{found[above]} › {node.title}" if above else node.title
    return found


def _shown(row: DraftedText) -> dict[str, Any]:
    return {
        "id": row.id,
        "what": _what(row),
        "text": row.text,
        "by": row.by,
        "papers": row.papers,
        "state": row.state,
    }


def _what(row: DraftedText) -> str:
    if row.node != QUESTIONS:
        return _WORDS.get(row.field, row.of)
    question, _, answer = row.of.partition(".")
    return f"Answer “{answer}” to {question}" if answer else f"Question {question}"


def _lines(difference: str) -> list[tuple[str, str]]:
    """Each line of the difference with its kind: added, removed, or the same; its indentation is kept."""
    kinds = {"+": "added", "-": "removed"}
    rows = difference.split("\n")[2:]  # without the two names
    indents = [len(row) - len(row[1:].lstrip(" ")) for row in rows]
    return [
        (kinds.get(row[:1], "same"), row[:indent] + shown(row[indent:]))
        for row, indent in zip(rows, indents, strict=True)
    ]


def _outdated() -> HttpProblem:
    return HttpProblem(
        409,
        "changed-since",
        f"{TAXONOMY_FILE} or the drafts have changed since the difference was shown; nothing was saved: "
        "decide again",
    )
