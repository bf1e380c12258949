"""Evaluations: runs of `classifier eval`, their reports, two compared, and a labelled list against gold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from classifier.evaluation.comparison import compare_runs
from classifier.evaluation.journal import PREDICTIONS_FILE, read_predictions
from classifier.evaluation.metrics.resampling import wilson
from classifier.evaluation.report.page import render_html
from classifier.service.evaluations import FoundReport, find_evaluations, score_on_gold
from classifier.service.hub import Hub, hub_of
from classifier.service.identity import reader
from classifier.service.problems import HttpProblem
from classifier.service.screens.papers import leaf_titles
from classifier.service.screens.render import render_page
from classifier.service.shelf import Volume
from classifier.service.store.runs import StoredRun
from classifier.service.store.users import ServiceUser
from classifier.text.commands import command_line

router = APIRouter()

HubNow = Annotated[Hub, Depends(hub_of)]
Reader = Annotated[ServiceUser, Depends(reader)]
Id = Annotated[str, Query(max_length=100)]
_MAIN = re.compile(r"<main>(.*)</main>", re.DOTALL)


@router.get("/evaluation")
def get_evaluations(request: Request, hub: HubNow, _: Reader) -> Response:
    """All reports, newest first, and lists that can be scored on gold."""
    lists = [volume for volume in hub.shelf.volumes() if not volume.is_paper and volume.cards]
    named = {volume.id: _named(hub.runs.get(volume.id), volume) for volume in lists}
    return render_page(
        request, "evaluation.html.j2", found=list(find_evaluations(hub).values()), lists=named,
        measuring=_measuring(hub),
    )  # fmt: skip


def _measuring(hub: Hub) -> str:
    """The command that adds a report; other users are not told where the survey's folder is."""
    workspace: str | Path | None = hub.workspace.named
    if workspace is not None and hub.config.needs_login:
        workspace = "SURVEY"
    return command_line("eval", suite="gold", engine="offline", out="DIR/NAME", workspace=workspace)


def _named(run: StoredRun | None, volume: Volume) -> tuple[str, int, str]:
    """Title, papers, and when it was uploaded."""
    return (run.title if run else volume.id), len(volume.cards), (run.created if run else "")


@router.get("/evaluation/compare")
def get_comparison(request: Request, hub: HubNow, _: Reader, a: Id = "", b: Id = "") -> Response:
    """Two runs, item by item."""
    one, other = _get(hub, a), _get(hub, b)
    compared = compare_runs(one.folder, other.folder)
    return render_page(request, "compare.html.j2", one=one, other=other, compared=compared)


@router.get("/evaluation/gold")
def get_gold(request: Request, hub: HubNow, _: Reader, run: Id = "") -> Response:
    """A labelled list against the workspace's gold studies."""
    volume = hub.shelf.volume(run)
    if volume is None:
        raise HttpProblem(404, "no-such-run", "there is no such list; choose one at /evaluation")
    stored = hub.runs.get(run)
    scored = sorted(score_on_gold(hub, volume), key=lambda each: each.is_right)
    return render_page(
        request,
        "gold.html.j2",
        name=stored.title if stored else volume.id,
        run=volume.id,
        scored=scored,
        share=wilson(sum(each.is_right for each in scored), len(scored)),
        leaf_titles=leaf_titles(hub),
        studies=len(hub.workspace.studies),
    )


@router.get("/evaluation/{evaluation_id}")
def get_report(request: Request, evaluation_id: str, hub: HubNow, _: Reader) -> Response:
    """The report inside the service's page; the report's own template has escaped all values."""
    found = _get(hub, evaluation_id)
    file = found.folder / PREDICTIONS_FILE
    predictions = read_predictions(file) if file.is_file() else []
    main = _MAIN.search(render_html(found.report, predictions))
    inside = Markup(main[1] if main else "")  # noqa: S704
    return render_page(request, "report_inside.html.j2", found=found, inside=inside)


def _get(hub: Hub, evaluation_id: str) -> FoundReport:
    found = find_evaluations(hub).get(evaluation_id)
    if found is None:
        raise HttpProblem(404, "no-such-evaluation", "there is no such evaluation; choose one at /evaluation")
    return found
