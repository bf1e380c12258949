"""The summary of `classifier label`: papers by leaf, what needs review, what to type next."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from classifier.cli import exits
from classifier.cli.export_into import CORRECTIONS
from classifier.cli.reviewer import reviewer_of
from classifier.text.commands import command_line
from classifier.text.counting import count_of, plural

if TYPE_CHECKING:
    from classifier.survey.taxonomy import Taxonomy
    from classifier.survey.workspace import Workspace

_PARTS = (
    ("duplicates", "duplicates"),
    ("failed", "failed"),
    ("waiting", "waiting"),
    ("at_provider", "requests at the provider: rerun the same command to collect their answers"),
    ("unusable", "unusable"),
    ("review", "for review"),
    ("corrected", "set by a person"),
)
_ONE = {
    "duplicates": "duplicate",
    "at_provider": "request at the provider: rerun the same command to collect its answer",
}
_SHOWN_ASIDE = 5


def in_words(summary: Mapping[str, Any], out: Path, workspace: Workspace) -> str:
    """The summary in lines."""
    return "\n".join(_lines(summary, out, workspace))


def _lines(summary: Mapping[str, Any], out: Path, workspace: Workspace) -> Iterator[str]:
    from classifier.verdict.measured import with_folder

    totals, spent = summary["totals"], summary["spent"]
    papers = totals["entries"] - totals["duplicates"]
    parts = [f"{totals['labelled']} of {count_of(papers, 'paper')} labelled"]
    counted = ((totals[name], name, word) for name, word in _PARTS if totals[name])
    parts += [f"{count} {plural(count, _ONE.get(name, word), word)}" for count, name, word in counted]
    yield "; ".join(parts)
    if summary["labels"]:
        yield from _tree(summary["labels"], workspace.taxonomy)
    yield from _review(summary["review"])
    if summary["warnings"]:
        yield f"warnings: {', '.join(f'{n} {code}' for code, n in summary['warnings'].items())}"
    if summary["unmeasured"]:
        yield with_folder(summary["unmeasured"], workspace.root)
    if summary["weak_engine"]:
        yield with_folder(summary["weak_engine"], workspace.root)
    yield from _aside(summary["corrections"], out)
    if spent["replies"]:
        cost = "unknown" if spent["cost_usd"] is None else f"${spent['cost_usd']:.4f}"
        yield (
            f"{spent['tokens_in']:,} tokens in ({spent['tokens_cached']:,} cached), "
            f"{spent['tokens_out']:,} out; cost {cost}"
        )
    if totals["unlisted"]:
        yield (
            f"{count_of(totals['unlisted'], 'paper')} of other lists, or beyond --limit, "
            f"{plural(totals['unlisted'], 'is', 'are')} in the ledger but not in "
            "these results; name all lists in one command to include them"
        )
    if summary.get("batches_dropped"):
        yield (
            f"dropped {count_of(summary['batches_dropped'], 'batch', 'batches')} at the provider, which may "
            f"still charge for {plural(summary['batches_dropped'], 'it', 'them')}"
        )
    made = summary["fingerprint"]
    first = f"{made['cascade']}, then " if made.get("cascade") else ""
    yield f"engine: {first}{made['engine']}; results in {out}"
    if totals["labelled"]:
        yield from _next(out, workspace, reviews=bool(totals["review"]))


def _tree(labels: Mapping[str, int], taxonomy: Taxonomy) -> Iterator[str]:
    """Papers by leaf in the tree's order, then those outside it; empty leaves are left out."""
    from classifier.text.characters import shown

    ordered = [label for label in (*taxonomy.leaves, *labels) if label in labels]
    width = len(str(max(labels.values())))
    for label in dict.fromkeys(ordered):
        titles = " > ".join(map(shown, taxonomy.titles(label))) or label
        yield f"  {labels[label]:>{width}}  {titles}"


def _review(review: Mapping[str, Any]) -> Iterator[str]:
    for reason, found in review.items():
        more = found["count"] - len(found["keys"])
        keys = ", ".join(found["keys"])
        yield f"review, {reason} ({found['count']}): {keys}{f' and {more} more' if more else ''}"


def _aside(corrections: Mapping[str, Any], out: Path) -> Iterator[str]:
    aside = corrections["aside"]
    for one in aside[:_SHOWN_ASIDE]:
        yield f"the correction of '{one['key']}' to {one['label']} is kept aside: {one['reason']}"
    more = corrections["kept_aside"] - len(aside[:_SHOWN_ASIDE])
    if more:
        export = command_line("export", out, format=CORRECTIONS)
        yield f"and {count_of(more, 'more correction')}; `{export}` lists all"


def _next(out: Path, workspace: Workspace, *, reviews: bool) -> Iterator[str]:
    """What to type next; the page is in the run's folder, where no other run writes."""
    named = workspace.named
    word = "next"
    if reviews:
        yield f"next: {command_line('review', out, options={'as': reviewer_of(out)}, workspace=named)}"
        word = "then"
    page = out / "labels.html"
    yield f"{word}: {command_line('export', out, format='html', out=page, workspace=named)}"


def say_problems(summary: Mapping[str, Any]) -> None:
    """Prints on standard error why entries have no label, and what to do."""
    stopped = summary["stopped"]
    if summary["interrupted"]:
        print("classifier: interrupted; finished papers are saved; rerun to resume", file=sys.stderr)
        return
    if stopped is not None:
        print(f"classifier: {stopped['message']}", file=sys.stderr)
    if _has_failures(summary):
        print(f"classifier: not labelled: {_reasons(summary['not_labelled'])}", file=sys.stderr)


def _has_failures(summary: Mapping[str, Any]) -> bool:
    """Whether an entry has no label, though its paper may have one under another key."""
    missing = summary["not_labelled"]
    return bool(missing["reasons"] or missing["duplicates"])


def exit_code_of(summary: Mapping[str, Any]) -> int:
    """The exit code: 3 if the lists have no usable entry, 6 if some entries have no label.

    If no paper has a label: 5 if the model's server is the reason; of a single paper, the code of its error.
    """
    from classifier.errors import error_class

    totals, stopped = summary["totals"], summary["stopped"]
    if summary["interrupted"]:
        return exits.INTERRUPTED
    if not (_has_failures(summary) or totals["waiting"] or stopped is not None):
        return exits.DONE
    if not totals["entries"]:
        return exits.BAD_INPUT
    if totals["labelled"]:
        return exits.PARTIAL
    if _is_servers_fault(summary):
        return exits.MODEL
    only = summary["not_labelled"]["only"]
    is_single = totals["entries"] == 1 and not totals["unusable"] and stopped is None
    return exits.exit_code(error_class(only["code"])) if is_single and only else exits.PARTIAL


def _is_servers_fault(summary: Mapping[str, Any]) -> bool:
    from classifier.errors import BudgetSpent, Concern, ModelError, error_class

    codes = [*summary["not_labelled"]["reasons"]]
    stopped = summary["stopped"]
    if stopped is not None:
        codes.append(stopped["code"])
    kinds = [error_class(code) for code in codes if code != "broken-entry"]
    kinds = [kind for kind in kinds if kind.concerns != Concern.paper]
    return bool(kinds) and all(
        issubclass(kind, ModelError) and not issubclass(kind, BudgetSpent) for kind in kinds
    )


def _reasons(missing: Mapping[str, Any]) -> str:
    """The number of entries without a label for each reason, and what to do."""
    from classifier.errors import codes_of

    counted, unreached = missing["reasons"], codes_of(retryable=True)
    told = ", ".join(f"{n} {code}" for code, n in counted.items())
    told += (
        f", {missing['duplicates']} as {plural(missing['duplicates'], 'a duplicate', 'duplicates')} of these"
        * bool(missing["duplicates"])
    )
    if row := missing["only"]:
        names = dict.fromkeys([row["source"], row["key"] or f"line {row['line']}"])
        told = ": ".join(
            [*(name for name in names if not row["message"].startswith(f"{name}: ")), row["message"]]
        )
    told += "; see failed.jsonl"
    told += "; rerun to retry where no server answered" * bool(unreached & counted.keys())
    return told + "; --retry-failed retries all" * bool(counted.keys() - {"broken-entry"} - unreached)
