"""What the texts of real papers are worth: tokens of their excerpts, and quotes found again.

    python benchmarks/paper_texts.py DIR [--save FILE]      (DIR/papers/*.pdf)

Quotes are sentences as pypdf gives them, which did not read the paper here; each is looked up as it is, and
with one number or word changed, so that it must be absent. `--save` writes all texts as JSON.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import re
import time
from collections import Counter
from pathlib import Path

import pypdf

from classifier.errors import InputError
from classifier.model.document import Document
from classifier.model.reply import Quote
from classifier.pdf import PdfReader
from classifier.prompting.excerpt import select_excerpt
from classifier.survey.workspace import Workspace
from classifier.text.characters import normalise, sentences
from classifier.verdict.evidence import QuoteIndex

QUOTES = 100
"""Sentences a paper, spread over it."""
LENGTH = range(60, 300)
WORD = re.compile(r"\b[a-z]{5,}\b")
NUMBER = re.compile(r"\b\d{2,3}\b")
REPLACEMENT = "gardener"


def main() -> None:
    """Prints a row for each paper."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("shared", type=Path)
    parser.add_argument("--save", type=Path)
    options = parser.parse_args()
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    taxonomy = Workspace().taxonomy
    totals: Counter[str] = Counter()
    saved = {}
    print(
        f"{'paper':24} {'pages':>5} {'chars':>7} {'tokens':>6} {'sect.':>5} "
        f"{'verbatim':>8} {'near':>5} {'absent':>6} {'changed, found':>14}"
    )
    with PdfReader() as reader:
        for file in sorted((options.shared / "papers").glob("*.pdf")):
            try:
                document = reader.read(file)
            except InputError:
                continue
            excerpt = select_excerpt(document, taxonomy)
            row = look_up(document, sentences_of(file))
            row["tokens"], row["pages"] = excerpt.tokens, len(document.pages)
            row["chars"] = sum(len(page.text) for page in document.pages)
            row["sections"] = len(document.sections)
            totals += row
            print_row(file.name, row)
            saved[file.name] = {
                "title": document.title,
                "abstract": document.abstract,
                "sections": [[section.page, section.title] for section in document.sections],
                "excerpt": [[passage.page, passage.section, passage.text] for passage in excerpt.passages],
                "pages": [page.text for page in document.pages],
            }
    print_row("all", totals)
    if options.save:
        options.save.write_text(json.dumps(saved, ensure_ascii=False, indent=1), encoding="utf-8")


def print_row(name: str, row: Counter[str]) -> None:
    """One line of the table."""
    print(
        f"{name:24} {row['pages']:5} {row['chars']:7} {row['tokens']:6} {row['sections']:5} "
        f"{row['verbatim']:8} {row['near']:5} {row['absent']:6} {row['changed']:14}"
    )


def sentences_of(file: Path) -> list[str]:
    """Sentences of a paper as the other engine reads it."""
    found = []
    for page in pypdf.PdfReader(file).pages:
        text = page.extract_text()
        found += [normalise(text[start:end]) for start, end in sentences(text) if end - start in LENGTH]
    return found[:: max(1, len(found) // QUOTES)][:QUOTES]


def look_up(document: Document, quotes: list[str]) -> Counter[str]:
    """Verdicts on the quotes, and how many changed ones were found all the same."""
    index, dice = QuoteIndex(document), random.Random(7)
    found: Counter[str] = Counter()
    started = time.process_time()
    for text in quotes:
        found[index.check(Quote(quote=text, supports="label")).verdict] += 1
        changed = change(text, dice)
        found["changed"] += index.check(Quote(quote=changed, supports="label")).verdict != "absent"
    found["ms"] = round(1000 * (time.process_time() - started))
    return found


def change(text: str, dice: random.Random) -> str:
    """The text with another number, or with another word if it has none."""
    if numbers := list(NUMBER.finditer(text)):
        at = dice.choice(numbers)
        return f"{text[: at.start()]}{int(at[0]) + 1}{text[at.end() :]}"
    words = list(WORD.finditer(text))
    at = words[len(words) // 2] if words else None
    return (
        f"{text[: at.start()]}{REPLACEMENT}{text[at.end() :]}"
        if at
        else f"{REPLACEMENT} {text} {REPLACEMENT}"
    )


if __name__ == "__main__":
    main()
