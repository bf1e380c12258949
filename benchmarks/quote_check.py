"""CPU milliseconds of looking for quotes: `python benchmarks/quote_check.py [PDF]`.

Without a PDF the text is made up: 20 pages of 3,000 characters. Goal: under 20 ms for a made-up
quote of 200 characters on 60 kB, the document once folded.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

from classifier.model.document import Document, Page
from classifier.model.reply import Quote
from classifier.verdict.evidence import QuoteIndex

SYLLABLES = (
    "re",
    "ward",
    "po",
    "li",
    "cy",
    "mo",
    "del",
    "lan",
    "gua",
    "ge",
    "trai",
    "ning",
    "a",
    "gent",
    "sta",
    "te",
)


def made_up_pages(count: int, chars: int) -> list[str]:
    """Pages of made-up words, the same in each run."""
    dice = random.Random(7)
    words = ["".join(dice.choices(SYLLABLES, k=dice.randint(1, 4))) for _ in range(3_000)]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    pages = []
    for _ in range(count):
        text = " ".join(dice.choices(words, weights, k=chars // 4))[:chars]
        pages.append("\n".join(text[at : at + 80] for at in range(0, chars, 80)))
    return pages


def pdf_pages(path: str) -> list[str]:
    """The pages of a PDF, as PDFium gives them."""
    import pypdfium2

    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path)]


def cpu_ms(work: Callable[[], object], repeats: int = 20) -> float:
    """Mean CPU time of a call in milliseconds."""
    started = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - started) / repeats * 1_000


def main() -> None:
    """Prints one line a case."""
    texts = pdf_pages(sys.argv[1]) if len(sys.argv) > 1 else made_up_pages(20, 3_000)
    document = Document(pages=tuple(Page(number=n, text=text) for n, text in enumerate(texts, start=1)))
    dice = random.Random(11)
    words = document.text.split()
    middle = document.pages[len(texts) // 2].text
    verbatim = " ".join(middle.split()[20:50])
    quotes = {
        "made up (words of the paper)": " ".join(dice.choices(words, k=60))[:200],
        "made up (two halves of sentences)": (" ".join(words[900:916]) + " " + " ".join(words[2000:2020]))[
            :200
        ],
        "verbatim": verbatim,
        "near (one letter)": verbatim.replace("e", "c", 1),
        "with an ellipsis": " ".join(words[900:910]) + " ... " + " ".join(words[920:930]),
    }
    print(f"{len(document.pages)} pages, {len(document.text):,} characters")
    first = cpu_ms(lambda: _check(QuoteIndex(document), verbatim), 3)
    print(f"{'first check (folds the text)':36}{first:8.2f} ms")
    index = QuoteIndex(document)
    for name, quote in quotes.items():
        verdict = _check(index, quote)
        print(f"{name:36}{cpu_ms(lambda quote=quote: _check(index, quote)):8.2f} ms  {verdict}")


def _check(index: QuoteIndex, quote: str) -> str:
    return index.check(Quote(quote=quote, supports="label")).verdict


if __name__ == "__main__":
    main()
