"""Ledger and run -> the parts of run.json."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from classifier.__about__ import __version__
from classifier.batch.job import Job
from classifier.batch.ledger.ledger import Ledger
from classifier.batch.run import Run
from classifier.batch.tally import RunTally
from classifier.runs.facts import server_of
from classifier.settings import Settings


def shown_settings(settings: Settings) -> dict[str, Any]:
    """The settings without secrets and without paths of this machine."""
    hidden = {"api_key", "base_url", "sources_proxy", "cache_dir", "data_dir"}
    server = server_of(settings) if settings.chosen_engine == "openai" else None
    return settings.model_dump(mode="json", exclude=hidden) | {"base_url": server}


def request_settings(job: Job, settings: Settings) -> dict[str, Any]:
    """The lists, version and settings of the run."""
    return {
        "schema_version": 1,
        "classifier_version": __version__,
        "sources": list(job.sources),
        "runner": job.runner,
        "settings": shown_settings(settings),
    }


def findings(ledger: Ledger, tally: RunTally) -> dict[str, Any]:
    """The progress of the list, its labels, and the cost of all replies.

    Papers count once, by their correction if there is one; see `RunTally`.
    """
    counts, spent = ledger.counts(), ledger.spent()
    return {
        "totals": {
            "entries": counts.total,
            "labelled": tally.labelled,
            "duplicates": tally.duplicates,
            "failed": tally.failed,
            "waiting": max(0, counts.waiting - tally.decided),
            "at_provider": ledger.requests.out_count(),
            "unusable": counts.broken,
            "unlisted": ledger.unlisted(),
            "review": tally.review,
            "corrected": tally.corrected,
        },
        "spent": {
            "replies": spent.replies,
            "tokens_in": spent.tokens_in,
            "tokens_out": spent.tokens_out,
            "tokens_cached": spent.tokens_cached,
            "cost_usd": None if spent.unpriced else round(spent.cost_usd, 6),
        },
        **tally.as_dict(),
    }


def outcome_totals(run: Run) -> dict[str, Any]:
    """How the run ended, and how fast it was."""
    throttle = run.throttle
    return {
        "stopped": None
        if run.stopped is None
        else {"code": run.stopped.code, "message": run.stopped.message},
        "interrupted": run.interrupted,
        "batches_dropped": run.dropped,
        "labelled_now": run.progress.labelled,
        "per_second": round(run.progress.per_second, 3),
        "requests": throttle.requests if throttle else 0,
        "most_at_once": throttle.most_at_once if throttle else 0,
    }


def now() -> str:
    """The current time to the second, UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
