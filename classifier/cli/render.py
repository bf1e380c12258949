"""Label -> what a person reads on a terminal.

Titles, quotes and warnings come from hostile files: control characters are taken out before anything
is printed, so that no paper can move the cursor or rewrite the screen.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from classifier.model.label import Evidence, Label
from classifier.pages.screen import draw
from classifier.survey.workspace import Workspace
from classifier.text.characters import shown

if TYPE_CHECKING:
    from classifier.model.task import Prompt

_STATUS = {"out_of_scope": "out of scope", "unplaced": "in scope, but no leaf fits", "failed": "failed"}


def render_label(label: Label, workspace: Workspace, *, colour: bool) -> str:
    """The label as text, at most 100 columns wide; with colour only where asked."""
    below = (Padding(part, (0, 0, 0, 2)) for part in _parts(label, workspace))
    return draw([_heading(label), *below], colour=colour)


def _parts(label: Label, workspace: Workspace) -> Iterator[Text | Table]:
    yield _decision(label)
    if label.evidence:
        yield _evidence(label)
    if label.rationale:
        yield Text(shown(label.rationale))
    for warning in label.warnings:
        style = "yellow" if warning.code in label.review_reasons else "dim"
        yield Text(f"{warning.code}: {shown(warning.message)}", style)
    yield Text(_origin(label, workspace), "dim")


def render_prompt(prompt: Prompt, *, as_json: bool) -> str:
    """The prompt as it would be sent: system part, user part, and (as JSON) the answer schema."""
    if as_json:
        return prompt.model_dump_json()
    schema = json.dumps(prompt.answer_schema, ensure_ascii=False)
    return (
        f"--- system ---\n{_harmless(prompt.system)}\n"
        f"--- user ---\n{_harmless(prompt.user)}\n--- schema ---\n{schema}"
    )


def _harmless(text: str) -> str:
    """The text with its lines as they are, without control and format characters."""
    return "".join(
        char for char in text if char in "\n\t " or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
    )


def _heading(label: Label) -> Text:
    paper = label.paper
    facts = [
        f"arXiv {paper.arxiv_id}" if paper.arxiv_id else "",
        f"{paper.pages} pages" if paper.pages else "",
    ]
    told = ", ".join(fact for fact in facts if fact)
    heading = Text(shown(paper.title or label.ref), "bold")
    return heading.append(f"  ({told})", "dim") if told else heading


def _decision(label: Label) -> Table:
    grid = Table.grid(padding=(0, 2))
    where = " › ".join(label.path) if label.path else _STATUS[label.status]
    if label.scope_reason:
        where += f" ({label.scope_reason})"
    grid.add_row("label", Text(where, "bold green" if label.status == "placed" else "bold"))
    sure = f"{label.confidence:.2f}" if label.confidence is not None else "unknown"
    source = label.provenance.confidence if label.provenance else ""
    grid.add_row("sure", Text(f"{sure} ({source})" if source else sure))
    grid.add_row("runner-up", Text(label.runner_up or "none"))
    if label.secondary:
        grid.add_row("also", Text(", ".join(label.secondary)))
    if label.needs_review:
        grid.add_row("review", Text(f"a person must look: {', '.join(label.review_reasons)}", "bold yellow"))
    else:
        grid.add_row("review", Text("not needed"))
    return grid


def _evidence(label: Label) -> Table:
    grid = Table.grid(padding=(0, 2))
    seen: dict[str, list[Evidence]] = {}
    for item in label.evidence:
        seen.setdefault(" ".join(item.quote.split()), []).append(item)
    for quote, items in seen.items():
        first = items[0]
        page = f"p. {first.page}" if first.page else "absent"
        supports = ", ".join(dict.fromkeys(item.supports for item in items))
        text = Text(f"“{shown(quote)}”", "" if first.page else "red")
        grid.add_row(page, text.append(f"  [{supports}; {first.verdict}]", "dim"))
    return grid


def _origin(label: Label, workspace: Workspace) -> str:
    """Which engine spoke, what it is worth, and what it cost."""
    made = label.provenance
    if made is None:
        return ""
    parts = [f"engine: {made.engine}" + (f" ({shown(made.model)})" if made.model else "")]
    if made.engine == "offline":
        measured = workspace.offline_accuracy
        parts.append(f"a baseline, {measured}" if measured else "a baseline of unmeasured accuracy here")
    else:
        cost = "price unknown" if made.cost_usd is None else f"${made.cost_usd:.4f}"
        cached = f", {made.tokens_cached} cached" if made.tokens_cached else ""
        parts.append(f"{made.tokens_in} tokens in{cached}, {made.tokens_out} out, {cost}")
    if made.first_opinion is not None:
        before = made.first_opinion
        said = f"{before.label}, {before.sureness:.2f} sure" if before.sureness is not None else before.error
        parts.append(f"asked after {before.engine} ({said})")
    return "; ".join(parts)
