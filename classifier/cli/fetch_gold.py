"""`classifier fetch-gold`: downloads the gold studies' PDFs into the cache, for `eval` on whole papers."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from typing import TYPE_CHECKING

from classifier.cli import exits
from classifier.cli.options import JsonOption, WorkspaceOption
from classifier.text.counting import count_of

if TYPE_CHECKING:
    from classifier.evaluation.fetched import Fetched
    from classifier.settings import Settings
    from classifier.survey.workspace import Workspace

_STATES = {
    "there": "already downloaded",
    "fetched": "fetched",
    "failed": "failed",
    "no-id": "without arXiv id",
    "skipped": "not tried",
}


def fetch_gold(workspace: WorkspaceOption = None, json: JsonOption = False) -> int:
    """Download the gold studies from arXiv, one request every 3 seconds; skip those that are in the cache."""
    from classifier.settings import load_settings
    from classifier.survey.workspace import Workspace

    try:
        return asyncio.run(_fetch_gold(load_settings(), Workspace(workspace), as_json=json))
    except KeyboardInterrupt:
        print("classifier: interrupted; downloaded files are kept; rerun to resume", file=sys.stderr)
        return exits.INTERRUPTED


async def _fetch_gold(settings: Settings, workspace: Workspace, *, as_json: bool) -> int:
    from classifier.evaluation.fetched import fetch_pdfs
    from classifier.evaluation.suites import gold_suite
    from classifier.sources import Sources

    def show(outcome: Fetched) -> None:
        if as_json:
            print(outcome.model_dump_json(), flush=True)
        else:
            rest = f": {outcome.message}" if outcome.message else ""
            print(f"{outcome.id}: {_STATES[outcome.state]}{rest}", flush=True)

    suite = gold_suite(workspace)
    async with (
        Sources.from_settings(settings) as sources,
        Sources.from_settings(settings, offline=True) as cache,
    ):
        outcomes = await fetch_pdfs(suite, sources, cache, show)
    counts = Counter[str](outcome.state for outcome in outcomes)
    summary = ", ".join(f"{counts[state]} {words}" for state, words in _STATES.items() if counts[state])
    print(
        f"classifier: {count_of(len(outcomes), 'study', 'studies')}: {summary}; cache: {settings.cache_dir}",
        file=sys.stderr,
    )
    if not (counts["failed"] or counts["skipped"]):
        return exits.DONE
    return exits.PARTIAL if counts["there"] or counts["fetched"] else exits.SOURCE
