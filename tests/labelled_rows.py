"""Rows of a labelled list, as tests of exports need them: placed, outside, failed, corrected, hostile."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from classifier.export.filed import Filed, file_rows
from classifier.lists import read_lists
from classifier.model.entries import Correction, ListEntry, Row
from classifier.model.label import Evidence, Label, LabelledPaper, Provenance
from classifier.model.paper import Paper
from classifier.model.record import OUT_OF_SCOPE, Notice
from classifier.survey.taxonomy import Taxonomy
from classifier.survey.workspace import Workspace

SCRIPT = (
    "<script>alert(1)</script></title></style><img src=https://evil.example/x.png onerror=alert(1)> "
    "<!-- /classifier:tree -->"
)
FORMULA = '=HYPERLINK("https://evil.example";"open");+1\t@SUM(1)\n-2'
MARKDOWN = (
    "[click](https://evil.example) ![x](https://evil.example/x.png) `code` | cell **bold** "
    "www.evil.example mailto:a@b.example <b>b</b> &lt; :+1:"
)
TEX = r"\input{/etc/passwd} \write18{rm} $x$ 100% #1 & {open _ ^ ~ \\"
CONTROL = "red\x1b[31m \u202eesrever\u202c \x00 null\r\nER  - \r\nTY  - JOUR\r\n@article{x,\ntitle={y}}"
HOSTILE = {"script": SCRIPT, "formula": FORMULA, "markdown": MARKDOWN, "tex": TEX, "control": CONTROL}


@cache
def taxonomy() -> Taxonomy:
    """The test survey's tree."""
    return Workspace(Path(__file__).parent / "workspaces" / "bridges").taxonomy


def row(key: str, label: str = "", *, correction: Correction | None = None, **facts: Any) -> Row:
    """A row with this label: a leaf id, "out-of-scope", "unplaced" or "failed"; the first leaf where empty.

    `facts` are fields of the paper, or `source`, `line`, `url`, `needs_review`, `quote`, `rationale` and
    `attributes`.
    """
    label = label or next(iter(taxonomy().leaves))
    status = {OUT_OF_SCOPE: "out_of_scope", "unplaced": "unplaced", "failed": "failed"}.get(label, "placed")
    entry = {name: facts.pop(name) for name in ("source", "line", "url") if name in facts}
    said = {name: facts.pop(name) for name in ("needs_review", "rationale", "attributes") if name in facts}
    quote = facts.pop("quote", None)
    paper = Paper(**{"title": f"On {key}", "authors": ("Ada Ng", "Bo Li", "Cy Oz"), "year": 2024} | facts)
    return Row(
        entry=ListEntry(**{"key": key, "source": "list.bib", "line": 1} | entry, paper=paper),
        label=Label(
            ref=key,
            paper=LabelledPaper(title=paper.title, authors=paper.authors, year=paper.year),
            status=status,
            error=Notice(code="needs-ocr", message="a scan; run OCR") if status == "failed" else None,
            leaf=label if status == "placed" else None,
            path=taxonomy().titles(label),
            confidence=None if status == "failed" else 0.875,
            review_reasons=("low-confidence",) if said.get("needs_review") else (),
            evidence=(Evidence(quote=quote, supports="label", page=3, start=0, end=9, verdict="verbatim"),)
            if quote
            else (),
            provenance=Provenance(
                engine="scripted",
                model="m-1",
                taxonomy_sha256="0" * 64,
                confidence="stated",
                classifier_version="0",
                created_at="2026-01-01T00:00:00Z",
            ),
            **{"rationale": "It says so."} | said,
        ),
        correction=correction,
    )


def sample() -> list[Row]:
    """Two papers a leaf; one that is out, unplaced, failed, corrected; and all hostile titles."""
    leaves = list(taxonomy().leaves)
    rows = [
        row(
            f"{leaf.replace('/', '-')}-{n}", leaf, quote=f"quote {n}", arxiv_id=f"2401.0000{n}", year=2020 + n
        )
        for leaf in leaves
        for n in (1, 2)
    ]
    rows += [
        row("outside", OUT_OF_SCOPE),
        row("nowhere", "unplaced", needs_review=True),
        row("broken", "failed"),
    ]
    rows += [
        row(
            "overruled",
            leaves[0],
            quote="an overruled quote",
            correction=Correction(
                key="overruled", label=leaves[1], by="Ada", note="see page 4", at="2026-01-01"
            ),
        )
    ]
    return rows + [
        row(f"hostile-{name}", leaves[-1], authors=(title,), quote=title, rationale=title, title=title)
        for name, title in HOSTILE.items()
    ]


def filed(rows: list[Row] | None = None) -> list[Filed]:
    """The rows, or the sample, with corrections applied."""
    return list(file_rows(sample() if rows is None else rows, taxonomy()))


def rows_of(*lists: Path) -> list[Row]:
    """Rows as a run over these lists leaves them, every entry with the next leaf."""
    leaves = list(taxonomy().leaves)
    found = [entry for entry in read_lists([str(path) for path in lists]) if isinstance(entry, ListEntry)]
    return [
        row(entry.key, leaves[number % len(leaves)]).model_copy(update={"entry": entry})
        for number, entry in enumerate(found)
    ]
