"""The output of `classifier review`: the queue, a paper, agreement, the sample, the flow.

What leaves: text without control characters, or JSON. Titles, quotes and notes are untrusted.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from classifier.cli import exits
from classifier.cli.reviewer import reviewer_of
from classifier.errors import ConfigError
from classifier.text.characters import shown
from classifier.text.counting import count_of, plural

if TYPE_CHECKING:
    from classifier.model.label import Label
    from classifier.review.agreement import ReviewAgreement
    from classifier.review.gold import GoldChange
    from classifier.review.queue import QueueFilter, QueuePlace
    from classifier.review.session import ReviewSession
    from classifier.review.stopping import StoppingAdvice

WIDTH = 100
_ABSTRACT_CHARS = 900


def show_queue(session: ReviewSession, wanted: QueueFilter, *, as_json: bool) -> int:
    """Prints the queue, one line per paper."""
    for number, place in enumerate(session.queue(wanted), 1):
        if as_json:
            print(json.dumps(_as_data(session, place), ensure_ascii=False))
            continue
        print(f"{number:5d}  {place.paper.filed.key}  {place.paper.filed.title}")
        print(f"       {place.sentence}")
    return exits.DONE


def _as_data(session: ReviewSession, place: QueuePlace) -> dict[str, object]:
    paper, row = place.paper, place.paper.filed.row
    visible = paper.shows_machine(session.plan)
    return {
        "key": row.entry.key,
        "title": paper.filed.title,
        "why": place.why.value,
        "sentence": place.sentence,
        "label": paper.machine if visible else None,
        "runner_up": row.label.runner_up if visible else None,
        "confidence": paper.confidence if visible else None,
        "decisions": [made.model_dump() for made in paper.seen_by(session.name, session.plan)],
    }


def paper_in_words(session: ReviewSession, place: QueuePlace, left: int) -> str:
    """A paper as text: why it is in the queue, its quotes, the label and the runner-up."""
    paper, filed = place.paper, place.paper.filed
    lines = [f"[{left} left]  {filed.title}"]
    facts = (filed.short_authors, str(filed.year or ""), filed.key)
    lines += [f"  {', '.join(fact for fact in facts if fact)}", *_wrapped(place.sentence)]
    if filed.abstract:
        lines += ["", *_wrapped(shown(textwrap.shorten(filed.abstract, _ABSTRACT_CHARS, placeholder=" …")))]
    lines.append("")
    if paper.shows_machine(session.plan):
        lines += _label_in_words(session, place, filed.row.label)
    else:
        lines.append("  The engine's label is hidden until both reviewers have decided.")
    for made in paper.seen_by(session.name, session.plan):
        note = f": {shown(made.note)}" if made.note else ""
        lines.append(f"  {shown(made.by)} said {made.label or made.kind}{note}")
    return "\n".join(lines)


def _label_in_words(session: ReviewSession, place: QueuePlace, label: Label) -> Iterator[str]:
    confidence = "unknown" if place.paper.confidence is None else f"{place.paper.confidence:.2f}"
    yield f"  label      {place.paper.machine}  (confidence {confidence})"
    yield from _definition(session, place.paper.machine)
    if label.runner_up:
        yield f"  runner-up  {shown(label.runner_up)}"
        yield from _definition(session, label.runner_up)
    quotes = (
        f"{label.place_of(piece) or 'NOT IN THE PAPER'}: “{shown(piece.quote)}”" for piece in label.evidence
    )
    for quote in dict.fromkeys(quotes):  # one sentence may support several answers
        yield from _wrapped(quote, "    ")
    if label.rationale:
        yield from _wrapped(shown(label.rationale), "    ")


def _definition(session: ReviewSession, label: str) -> list[str]:
    leaf = session.taxonomy.leaves.get(label)
    return _wrapped(shown(leaf.node.definition), "             ") if leaf else []


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def show_agreement(session: ReviewSession, again: Callable[..., str], *, as_json: bool) -> int:
    """Prints the agreement of blind reviewers; `again` as in `run_session`."""
    from classifier.review.agreement import measure_reviewers

    found = measure_reviewers(session.papers, session.taxonomy)
    print(found.model_dump_json() if as_json else "\n".join(_agreement_in_words(found, session, again)))
    return exits.DONE


def _agreement_in_words(
    found: ReviewAgreement, session: ReviewSession, again: Callable[..., str]
) -> Iterator[str]:
    if not found.papers:
        yield "No two reviewers have decided blind on the same paper yet; start with --reviewers A,B"
        return
    yield f"{count_of(found.papers, 'paper')} with two blind decisions; {found.equal} with the same label"
    yield f"Krippendorff's alpha   {_number(found.alpha)}  nominal; missing data allowed"
    yield f"  in the tree          {_number(found.tree_alpha)}  disagreement inside a branch weighs less"
    for pair in (*found.kappas, *found.machine):
        raters = " and ".join(map(shown, pair.raters))
        yield f"Cohen's kappa          {_number(pair.kappa)}  {raters}, n = {pair.n}"
    yield "\nWeights of the second alpha (squared distances in the tree):"
    for first, second, distance in found.weights:
        yield f"  {distance**2:.2f}  {first} and {second}"
    yield "\nBy label: if one reviewer gives it, how often the other does"
    for leaf in found.by_label:
        yield f"  {leaf.specific:.2f}  {leaf.label}  (both {leaf.both}, at least one {leaf.either})"
    yield from _confused_in_words(found)
    if waiting := len(session.conflicts()):
        name = session.name or reviewer_of(session.folder)
        resolve = again(conflicts=True, options={"as": name})
        yield f"\n{count_of(waiting, 'conflict')} {plural(waiting, 'is', 'are')} open: {resolve}"


def _confused_in_words(found: ReviewAgreement) -> Iterator[str]:
    if found.confused:
        yield "\nConfused most:"
    for confused in found.confused:
        yield f"  {confused.count} x  {' and '.join(confused.labels)}"
        for paper in confused.papers:
            yield f"    {paper.title}"
            for name, label, note in paper.said:
                yield f"      {shown(name)}: {label}{f' ({note})' if note else ''}"
            for quote in paper.quotes:
                yield from _wrapped(f"“{quote}”", "      ")


def show_methods(session: ReviewSession, wanted: float, *, as_json: bool) -> int:
    """Prints the accuracy, when to stop, and the paragraph with the source of each number."""
    from classifier.review.agreement import measure_reviewers
    from classifier.review.flow import count_flow
    from classifier.review.methods import write_methods
    from classifier.review.stopping import advise

    advice = advise(session.papers, wanted)
    flow = count_flow(session.folder, session.papers, session.taxonomy)
    agreement = measure_reviewers(session.papers, session.taxonomy) if session.plan.is_double else None
    text = write_methods(session.plan, session.papers, flow, advice, agreement)
    if as_json:
        data = {"stopping": advice.model_dump(), "flow": flow.model_dump(), "methods": text.model_dump()}
        print(json.dumps(data, ensure_ascii=False))
        return exits.DONE
    print("\n".join(_advice_in_words(advice)))
    print(f"\n{textwrap.fill(text.text, WIDTH)}\n\nWhere each number is from:")
    for number in text.numbers:
        print(f"  {number.value:>8}  {number.source}")
    return exits.DONE


def _advice_in_words(advice: StoppingAdvice) -> Iterator[str]:
    found = advice.accuracy
    yield (
        f"Random sample: {found.decided} of {found.sampled} decided; {count_of(found.papers, 'paper')} in all"
    )
    if found.accuracy is not None:
        interval = f"[{_number(found.low)}, {_number(found.high)}]"
        yield f"Accuracy of the engine: {_number(found.accuracy)} {interval} (exact, 95 %)"
    yield f"Labels that nobody looks at are to be right in {advice.wanted:.0%} of cases:"
    for check in advice.checks:
        yes = "enough" if check.is_enough else "not shown"
        yield (
            f"  confidence {check.threshold:.2f} or more: {check.right} of {check.n} right, at least "
            f"{_number(check.low)}: {yes} ({check.undecided} of {count_of(check.above, 'paper')} undecided)"
        )
    if advice.threshold is None:
        left = plural(advice.left, "the last paper", f"all {advice.left} papers")
        yield f"No confidence is enough yet: decide more of the sample, or {left}."
    else:
        more = count_of(advice.left, "more paper")
        yield f"Look at {more}: those with a confidence below {advice.threshold:.2f}."


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3f}"


def write_flow(session: ReviewSession, file: Path) -> int:
    """Writes the flow of papers as SVG or CSV; the run may replace its own earlier file."""
    from classifier.export.own_files import write_own
    from classifier.export.target import encoded
    from classifier.review.flow import count_flow, flow_csv, flow_svg

    counts = count_flow(session.folder, session.papers, session.taxonomy)
    ending = file.suffix.lower()
    if ending not in (".svg", ".csv"):
        raise ConfigError(f"{file}: ends in '{ending}'; expected .svg or .csv")
    tree = session.taxonomy
    parts = flow_csv(counts, tree) if ending == ".csv" else iter([flow_svg(counts, tree)])
    write_own(session.folder, file, encoded(parts), f"flow-{ending[1:]}", force=False)
    print(
        f"classifier: wrote the flow of {count_of(counts.identified, 'entry', 'entries')} to {file}",
        file=sys.stderr,
    )
    return exits.DONE


def gold_in_words(change: GoldChange, *, dry_run: bool) -> str:
    """The result of adding studies, for standard error."""
    verb = "would be added" if dry_run else "added"
    counts = (
        f"{len(change.renewed)} changed, {len(change.known)} "
        f"{plural(len(change.known), 'is', 'are')} there already"
    )
    lines = [f"classifier: {count_of(len(change.added), 'study', 'studies')} {verb}, {counts}"]
    if change.drafted:
        names = ", ".join(change.drafted[:5]) + " …" * (len(change.drafted) > 5)
        lines.append(
            f"classifier: {count_of(len(change.drafted), 'summary', 'summaries')} "
            f"{plural(len(change.drafted), 'is', 'are')} drafted from titles; write your own with "
            f"--summaries FILE.csv: {names}"
        )
    lines += [f"classifier: '{shown(key)}' is left out: {why}" for key, why in change.skipped.items()]
    return "\n".join(lines)
