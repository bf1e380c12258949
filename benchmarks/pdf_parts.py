"""Measures what the parts of the PDF stage cost, in one process and without the sandbox.

    python benchmarks/pdf_parts.py DIR [--runs 5]      (DIR/*.pdf)

CPU seconds for all files, the median of the runs. A part includes the parts below it that it calls.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pypdfium2

from classifier.pdf import pdfium_text, reading
from classifier.pdf.hidden import check, proof, suspects

PARTS: tuple[tuple[str, ModuleType, str], ...] = (
    ("hidden text", pdfium_text, "check_page"),
    ("  pass over the objects", check, "read_scene"),
    ("  signs", check, "find_suspects"),
    ("    text alone, rendered small", suspects, "text_mask"),
    ("  proofs", check, "prove"),
    ("    rendered with and without", proof, "render"),
    ("  heaped letters", check, "piled_objects"),
    ("  text upon text", check, "stacked_texts"),
    ("  cut", check, "cut"),
    ("cleaning", pdfium_text, "clean"),
    ("codes of TeX's fonts", pdfium_text, "decode_tex"),
    ("line numbers", pdfium_text, "find_candidates"),
    ("type sizes on page 1", pdfium_text, "measure_lines"),
    ("sections", reading, "find_sections"),
)


def main() -> None:
    """Prints a row for each part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    files = sorted(given.folder.glob("*.pdf"))
    gc.set_threshold(50_000, 20, 20)  # as the worker does
    bare = statistics.median(read_bare(files) for _ in range(given.runs))
    spent: Counter[str] = Counter()
    whole = statistics.median(read_whole(files) for _ in range(given.runs))
    for name, module, function in PARTS:
        setattr(module, function, timed(name, getattr(module, function), spent))
    runs = []
    for _ in range(given.runs):
        spent.clear()
        read_whole(files)
        runs.append(dict(spent))
    print(f"{'all, without the parts being timed':36} {whole:6.3f}")
    print(f"{'pages loaded, text taken (bare)':36} {bare:6.3f}")
    for name, _, _ in PARTS:
        print(f"{name:36} {statistics.median(run.get(name, 0.0) for run in runs):6.3f}")


def read_bare(files: list[Path]) -> float:
    """CPU seconds for the text of all pages and nothing else."""
    started = time.process_time()
    for file in files:
        document = pypdfium2.PdfDocument(file)
        for page in document:
            page.get_textpage().get_text_range()
    return time.process_time() - started


def read_whole(files: list[Path]) -> float:
    """CPU seconds for what a worker does with the files."""
    started = time.process_time()
    for file in files:
        json.dumps(pdfium_text.read(str(file), reading.Budget(1000, 10**7, 1000)).to_reply())
    return time.process_time() - started


def timed(name: str, function: Callable[..., Any], spent: Counter[str]) -> Callable[..., Any]:
    """The function, its CPU seconds added up under a name."""

    def call(*arguments: Any, **options: Any) -> Any:
        started = time.process_time()
        try:
            return function(*arguments, **options)
        finally:
            spent[name] += time.process_time() - started

    return call


if __name__ == "__main__":
    main()
