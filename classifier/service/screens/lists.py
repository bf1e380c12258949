"""Pages about lists: upload, report, cost estimate, start, live progress, exports."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.util import find_spec
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from classifier.batch.estimate import CostEstimate
from classifier.batch.ledger.progress import progress_or_problem
from classifier.errors import ClassifierError, StoreError
from classifier.export.render import FORMATS, INTO
from classifier.service.api.common import CURSOR, decode_cursor, encode_cursor, status_view
from classifier.service.api.runs import dollars
from classifier.service.api.uploads import Form, read_form
from classifier.service.desk import get_list, listing_of, take_list
from classifier.service.files import Upload
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import owner, reader
from classifier.service.problems import HttpProblem, problem_of
from classifier.service.running import choose, estimate_run, has_labels, pause, start, take_again
from classifier.service.screens.example import EXAMPLE_FILE, example_list, has_example
from classifier.service.screens.render import render_page, spent_today
from classifier.service.store.runs import StoredRun
from classifier.service.store.users import ServiceUser

router = APIRouter()

_FIELDS = frozenset(("engine", "reading", "max_cost_usd", "example", "private"))
_START_FIELDS = frozenset(("engine", "reading", "max_cost_usd", "retry"))
_SHOWN = 50
FORMAT_WORDS = {
    "jsonl": "labels with all their evidence, for programs",
    "csv": "a table, for a spreadsheet",
    "bibtex": "references with labels as keywords",
    "ris": "references with labels as keywords",
    "csl-json": "references with labels as keywords",
    "parquet": "a table, for data frames",
    "markdown": "a reading list by leaf",
    "table1": "the classes with their studies, in Markdown",
    "tables": "the survey's tables of each class, in Markdown",
    "latex": "the same tables in LaTeX",
    "html": "one page with the tree and all papers",
    "svg": "the tree as a picture",
    "png": "the tree as a picture",
}
"""Format -> what it is for."""
HubNow = Annotated[Hub, Depends(hub_of)]
Reader = Annotated[ServiceUser, Depends(reader)]
Owner = Annotated[ServiceUser, Depends(owner)]
RunId = Annotated[str, Path(max_length=100)]


@router.get("/lists")
def get_lists(
    request: Request, hub: HubNow, _: Reader, cursor: Annotated[str | None, Query(pattern=CURSOR)] = None
) -> Response:
    """The form, and the lists that there are; those of the command line are on the first page."""
    return _lists(request, hub, cursor)


def _lists(
    request: Request,
    hub: Hub,
    cursor: str | None = None,
    status: int = 200,
    problem: HttpProblem | None = None,
) -> Response:
    found = hub.runs.page("list", decode_cursor(cursor), _SHOWN + 1)
    runs = [status_view(hub, run) for run in found[:_SHOWN]]
    others = [
        (volume, progress_or_problem(volume.folder))
        for volume in hub.shelf.volumes()
        if cursor is None and not volume.is_paper and hub.runs.get(volume.id) is None
    ]
    return render_page(
        request, "lists.html.j2", status=status, problem=problem, runs=runs, others=others,
        older=encode_cursor(found[_SHOWN - 1].number) if len(found) > _SHOWN else None, cursor=cursor,
        day=spent_today(request, hub),
    )  # fmt: skip


@router.post("/lists")
async def post_list(request: Request, hub: HubNow, user: Owner) -> Response:
    """Accepts a list and redirects to its page."""
    async with read_form(request, _FIELDS) as form:
        try:
            run = await run_in_threadpool(_take, hub, user, form)
        except (ClassifierError, HttpProblem, OSError) as error:
            problem = problem_of(error)
            return await run_in_threadpool(_lists, request, hub, None, problem.status_code, problem)
    return RedirectResponse(f"/lists/{run.id}", 303)


def _take(hub: Hub, user: ServiceUser, form: Form) -> StoredRun:
    upload, fields = form.upload, form.fields
    if fields.get("example") and has_example(hub.workspace):
        upload = Upload(EXAMPLE_FILE, io.BytesIO(example_list()))
    if upload is None:
        raise HttpProblem(422, "invalid-request", "no file was chosen; choose a list")
    cap = dollars(fields.get("max_cost_usd", ""))
    reading, private = fields.get("reading", "full"), bool(fields.get("private"))
    return take_list(hub, user, upload, fields.get("engine"), reading, cap, private=private)[0]


@router.get("/lists/{run_id}")
def get_one(request: Request, run_id: RunId, hub: HubNow, _: Reader) -> Response:
    """The report of a list, its status, and the possible actions."""
    if hub.runs.get(run_id) is None and (volume := hub.shelf.volume(run_id)) is not None:
        return render_page(
            request,
            "folder.html.j2",
            volume=volume,
            found=progress_or_problem(volume.folder),
            formats=_formats(),
        )
    return _one(request, hub, get_list(hub, run_id))


def _one(
    request: Request, hub: Hub, run: StoredRun, status: int = 200, problem: HttpProblem | None = None,
    estimate: CostEstimate | None = None,
) -> Response:  # fmt: skip
    listing = None
    try:
        listing = listing_of(hub, run)
    except StoreError as error:
        problem = problem or problem_of(error)
    return render_page(
        request, "list.html.j2", status=status, listing=listing, problem=problem, estimate=estimate,
        formats=_formats(), into=_into(run), is_engine_fixed=has_labels(hub, run),
        day=spent_today(request, hub), **_progress(hub, run),
    )  # fmt: skip


def _formats() -> dict[str, str]:
    """All formats that this installation can write, and what they are for."""
    return {name: FORMAT_WORDS[name] for name in FORMATS if name != "parquet" or find_spec("pyarrow")}


def _into(run: StoredRun) -> tuple[str, ...]:
    """Formats in which labels can be written into the uploaded list."""
    ends = {".bib": "bibtex", ".bibtex": "bibtex", ".biblatex": "bibtex", ".ris": "ris", ".json": "csl-json"}
    name = run.task.file or ""
    found = ends.get(name[name.rfind(".") :])
    if name.endswith((".md", ".markdown", ".mkd")):
        return tuple(form for form in INTO if form not in ends.values())
    return (found,) if found else ()


def _progress(hub: Hub, run: StoredRun) -> dict[str, Any]:
    last = hub.events.last(run.id)
    found = progress_or_problem(hub.workshop.folder_of(run))
    return {
        "run": run,
        "now": status_view(hub, run),
        "speed": last.data if last is not None and last.kind == "progress" and run.state.is_active else {},
        "replies": found.spent.replies,
        "unreadable": found.problem,
    }


@router.get("/lists/{run_id}/progress")
def get_progress(request: Request, run_id: RunId, hub: HubNow, _: Reader) -> Response:
    """The part of the page that changes during the run; when the run ends, the page is reloaded."""
    run = get_list(hub, run_id)
    if not run.state.is_active:
        return Response(status_code=200, headers={"HX-Refresh": "true"})
    return render_page(request, "list_progress.html.j2", **_progress(hub, run))


@router.post("/lists/{run_id}/estimate")
async def post_estimate(request: Request, run_id: RunId, hub: HubNow, _: Owner) -> Response:
    """The page with the cost range of what was chosen, or only the range if the page's script asks for it."""
    is_part = "hx-request" in request.headers
    return await _with_choices(request, hub, run_id, _estimated_part if is_part else _estimated_page)


@router.post("/lists/{run_id}/start")
async def post_start(request: Request, run_id: RunId, hub: HubNow, user: Owner) -> Response:
    """Starts, resumes or retries."""

    def begin(hub: Hub, run: StoredRun, fields: dict[str, str]) -> Response:
        start(hub, user, choose(hub, run, _choices(fields)), retry=bool(fields.get("retry")))
        return RedirectResponse(f"/lists/{run_id}", 303)

    return await _with_choices(request, hub, run_id, lambda _, *given: begin(*given))


def _estimated_page(request: Request, hub: Hub, run: StoredRun, fields: dict[str, str]) -> Response:
    chosen = choose(hub, run, _choices(fields))
    return _one(request, hub, chosen, estimate=estimate_run(hub, chosen))


def _estimated_part(request: Request, hub: Hub, run: StoredRun, _: dict[str, str]) -> Response:
    estimate, problem = None, None
    try:
        estimate = estimate_run(hub, run)
    except (ClassifierError, HttpProblem) as error:
        problem = problem_of(error)
    return render_page(request, "list_estimate.html.j2", run=run, estimate=estimate, problem=problem)


def _choices(fields: dict[str, str]) -> dict[str, Any]:
    """What a form says; an empty limit means none, fields that it does not have stay as they are."""
    changes: dict[str, Any] = {name: fields[name] for name in ("engine", "reading") if fields.get(name)}
    if changes.get("reading") not in (None, "full", "abstract"):
        del changes["reading"]
    if "max_cost_usd" in fields:
        changes["max_cost_usd"] = dollars(fields["max_cost_usd"])
    return changes


async def _with_choices(
    request: Request,
    hub: Hub,
    run_id: str,
    act: Callable[[Request, Hub, StoredRun, dict[str, str]], Response],
) -> Response:
    """The answer of `act` to the form's fields, or the page with the error."""
    async with read_form(request, _START_FIELDS) as form:
        fields = form.fields

    def answer() -> Response:
        run = get_list(hub, run_id)
        try:
            return act(request, hub, run, fields)
        except (ClassifierError, HttpProblem) as error:
            problem = problem_of(error)
            return _one(request, hub, run, problem.status_code, problem)

    return await run_in_threadpool(answer)


@router.post("/lists/{run_id}/again")
def post_again(request: Request, run_id: RunId, hub: HubNow, user: Owner) -> Response:
    """The same list as a new one, for another engine."""
    run = get_list(hub, run_id)
    try:
        made = take_again(hub, user, run)
    except (ClassifierError, HttpProblem, OSError) as error:
        problem = problem_of(error)
        return _one(request, hub, run, problem.status_code, problem)
    return RedirectResponse(f"/lists/{made.id}", 303)


@router.post("/lists/{run_id}/pause")
def post_pause(run_id: RunId, hub: HubNow, _: Owner) -> Response:
    """Pauses."""
    pause(hub, get_list(hub, run_id))
    return RedirectResponse(f"/lists/{run_id}", 303)
