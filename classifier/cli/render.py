"""Label -> text for a terminal.

Titles, quotes and warnings come from hostile files: control characters are removed, so that no paper can move
the cursor or rewrite the screen.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from classifier.model.label import Evidence, Label
from classifier.model.reply import FirstOpinion
from classifier.pages.screen import draw
from classifier.text.characters import shown
from classifier.text.counting import count_of
from classifier.verdict.measured import with_folder

if TYPE_CHECKING:
    from classifier.model.task import Prompt

_STATUS = {"out_of_scope": "out of scope", "unplaced": "in scope, but no leaf fits", "failed": "failed"}


def render_label(
    label: Label, *, name: str | None = None, colour: bool, workspace: Path | None = None
) -> str:
    """The label as text, at most 100 columns wide.

    Args:
        name: Printed before the title, to tell several papers apart.
        colour: Use terminal colours.
        workspace: The folder to name in commands that need one.
    """
    below = (Padding(part, (0, 0, 0, 2)) for part in _parts(label, workspace))
    above = [Text(shown(name), "dim")] if name else []
    return draw([*above, _heading(label), *below], colour=colour)


def _parts(label: Label, workspace: Path | None) -> Iterator[Text | Table]:
    yield _decision(label)
    if label.answers or label.evidence:
        yield Text("")
        yield _grounds(label)
        yield Text("")
    if label.rationale:
        yield Text(shown(label.rationale))
    for warning in label.warnings:
        style = "yellow" if warning.code in label.review_reasons else "dim"
        told = with_folder(warning.message, workspace) if workspace else warning.message
        yield Text(f"{warning.code}: {shown(told)}", style)
    yield Text(_origin(label), "dim")


def render_prompt(prompt: Prompt, *, as_json: bool) -> str:
    """The prompt as it would be sent: system part, user part, and the answer schema as JSON."""
    if as_json:
        return prompt.model_dump_json()
    schema = json.dumps(prompt.answer_schema, ensure_ascii=False)
    return (
        f"--- system ---\n{_harmless(prompt.system)}\n"
        f"--- user ---\n{_harmless(prompt.user)}\n--- schema ---\n{schema}"
    )


def _harmless(text: str) -> str:
    """The text without control and format characters; its lines do not change."""
    return "".join(
        char for char in text if char in "\n\t " or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
    )


def _heading(label: Label) -> Text:
    paper = label.paper
    facts = [
        f"arXiv {paper.arxiv_id}" if paper.arxiv_id else "",
        count_of(paper.pages, "page") if paper.pages else "",
    ]
    facts_shown = ", ".join(fact for fact in facts if fact)
    heading = Text(shown(paper.title or label.ref), "bold")
    return heading.append(f"  ({facts_shown})", "dim") if facts_shown else heading


def _decision(label: Label) -> Table:
    grid = Table.grid(padding=(0, 2))
    where = " › ".join(label.path) if label.path else _STATUS[label.status]
    if label.scope_reason:
        where += f" ({label.scope_reason})"
    grid.add_row("label", Text(where, "bold green" if label.status == "placed" else "bold"))
    grid.add_row("confidence", Text(_confidence(label)))
    grid.add_row("runner-up", Text(label.runner_up or "none"))
    if label.secondary:
        grid.add_row("also", Text(", ".join(label.secondary)))
    if label.needs_review:
        grid.add_row("review", Text(f"needed: {', '.join(label.review_reasons)}", "bold yellow"))
    else:
        grid.add_row("review", Text("not needed"))
    return grid


def _confidence(label: Label) -> str:
    if label.confidence is None:
        return "unknown"
    source = label.provenance.confidence if label.provenance else ""
    measured = label.provenance is not None and label.provenance.accuracy is not None
    notes = ([source] if source else []) + ([] if measured else ["unmeasured"])
    branch = label.branch_confidence
    of_branch = f"; {branch:.2f} for {shown(label.path[0])}" if branch is not None else ""
    noted = f" ({', '.join(notes)})" if notes else ""
    return f"{label.confidence:.2f}{noted}{of_branch}"


def _grounds(label: Label) -> Table:
    """The answers to the decision questions, one per line, each next to the quote that supports it.

    A quote that supports several answers is shown once; answers without a quote are last.
    """
    answers = {item.question: f"{item.question} = {item.answer}" for item in label.answers}
    quoted: dict[str, list[Evidence]] = {}
    for item in label.evidence:
        quoted.setdefault(" ".join(item.quote.split()), []).append(item)
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for quote, items in quoted.items():
        place = label.place_of(items[0])
        supported = dict.fromkeys(answers.pop(i.supports, "") or _again(label, i.supports) for i in items)
        grid.add_row(Text("\n".join(supported)), _quote(quote, items[0], place))
    if answers:
        grid.add_row("without quote", Text(", ".join(answers.values()), "dim"))
    return grid


def _again(label: Label, supports: str) -> str:
    """The first column of an additional quote: its answer again, or `label`."""
    given = next((item.answer for item in label.answers if item.question == supports), None)
    return f"{supports} = {given}" if given else supports


def _quote(quote: str, found: Evidence, place: str | None) -> Text:
    text = Text(f"“{shown(quote)}”")
    if place is None:
        return Text("not in the paper: ", "red").append_text(text)
    text = Text(f"{place.replace('page', 'p.')}  ", "dim").append_text(text)
    return text.append("  (nearly verbatim)", "dim") if found.verdict == "near" else text


def _origin(label: Label) -> str:
    """The engine that answered, its measured accuracy, and what it cost."""
    made = label.provenance
    if made is None:
        return ""
    parts = [f"engine: {made.engine}" + (f" ({shown(made.model)})" if made.model else "")]
    if made.engine == "offline":
        parts.append("a baseline")
    parts.append(label.accuracy_in_words or "not measured on this taxonomy")
    if made.engine != "offline":
        cost = "price unknown" if made.cost_usd is None else f"${made.cost_usd:.4f}"
        cached = f", {made.tokens_cached} cached" if made.tokens_cached else ""
        parts.append(f"{made.tokens_in} tokens in{cached}, {made.tokens_out} out, {cost}")
    if made.first_opinion is not None:
        parts.append(f"escalated from {made.first_opinion.engine} ({_opinion(made.first_opinion)})")
    if made.stages:
        chosen = "; ".join(_choice(one.label, one.confidence) for one in made.stages)
        parts.append(f"asked in {len(made.stages) + 1} stages (first {chosen})")
    return "; ".join(parts)


def _opinion(first: FirstOpinion) -> str:
    if first.label is None:
        return f"no label: {first.error}" if first.error else "no label"
    return _choice(first.label, first.confidence)


def _choice(label: str, confidence: float | None) -> str:
    return f"{label}, confidence {'unknown' if confidence is None else f'{confidence:.2f}'}"
