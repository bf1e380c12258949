"""Runs the offline engine on real and hostile PDFs and checks the results.

    python benchmarks/check_real.py DIR      (DIR/papers and DIR/hostile, each with an index.jsonl)

Exits with 1 if a condition is not met and with 2 if the folder is missing: it never skips.
"""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier import Classifier, ClassifierError, Label
from classifier.errors import EncryptedPdf, NotAPaper, NoTextError
from classifier.model.document import Document
from classifier.model.identity import same_paper
from classifier.model.paper import Paper
from classifier.model.record import OUT_OF_SCOPE
from classifier.pdf import PdfReader
from classifier.text.characters import normalise

MAX_SECONDS = 90.0
MAX_MAIN_MB = 300.0
IN_SCOPE_RIGHT = 4


@dataclass
class Tally:
    """Counts what held and keeps what did not."""

    held: int = 0
    missed: list[str] = field(default_factory=list)

    def check(self, what: str, holds: bool) -> None:
        """Notes one condition."""
        if holds:
            self.held += 1
        else:
            self.missed.append(what)


def main(shared: Path) -> int:
    """Both parts; returns the exit code."""
    for name in ("papers", "hostile"):
        if not (shared / name / "index.jsonl").is_file():
            print(f"{shared / name}: no index.jsonl there; give the folder that holds papers/ and hostile/")
            return 2
    tally = Tally()
    asyncio.run(check_papers(shared / "papers", tally))
    asyncio.run(check_hostile(shared / "hostile", tally))
    check_command_line(shared / "hostile", tally)
    print(f"\n{tally.held} conditions held, {len(tally.missed)} missed")
    for line in tally.missed:
        print(f"  missed: {line}")
    return 1 if tally.missed else 0


async def check_papers(folder: Path, tally: Tally) -> None:
    """Titles, sections, quotes, pages and labels of real papers."""
    print(f"{'paper':24} {'s':>5} {'title':5} {'sect.':>5} {'quotes':>6} {'sure':>5}  label (review reasons)")
    documents: dict[str, Document] = {}
    in_scope_right = 0
    with PdfReader() as reader:
        async with Classifier(engine="offline") as classifier:
            for row in rows(folder):
                file, name = folder / row["file"], row["file"]
                started = time.perf_counter()
                if row["label"] == "not-a-paper":
                    tally.check(f"{name}: refused as not a paper", await refuses(classifier, file, NotAPaper))
                    continue
                label = await classifier.aclassify(str(file))
                seconds = time.perf_counter() - started
                document = documents[name] = reader.read(file)
                title = squeeze(document.title or "") == squeeze(row["title"])
                tally.check(f"{name}: title is '{document.title}'", title)
                tally.check(f"{name}: {len(document.sections)} sections", len(document.sections) >= 3)
                check_quotes(file, label, tally)
                given = label.leaf or (OUT_OF_SCOPE if label.status == "out_of_scope" else label.status)
                if row["label"] == OUT_OF_SCOPE:
                    tally.check(f"{name}: {given} instead of out-of-scope", given == OUT_OF_SCOPE)
                else:
                    in_scope_right += given == row["label"]
                print(
                    f"{name:24} {seconds:5.2f} {'ok' if title else 'WRONG':5} {len(document.sections):5} "
                    f"{len(label.evidence):6} {label.confidence:5.2f}  "
                    f"{given} ({', '.join(label.review_reasons)})"
                )
    tally.check(f"in-scope papers in their leaf: {in_scope_right} of 5", in_scope_right >= IN_SCOPE_RIGHT)
    saves = [printed(documents[name]) for name in ("instructgpt_quartz.pdf", "instructgpt_v1_quartz.pdf")]
    tally.check("the two saves of one paper are recognised as one", same_paper(*saves))


async def check_hostile(folder: Path, tally: Tally) -> None:
    """Every hostile file ends with a label or with one clear line, in time and in little memory."""
    print(f"\n{'hostile file':42} {'s':>6}  outcome")
    expected = {"password": EncryptedPdf, "empty": NoTextError}
    async with Classifier(engine="offline") as classifier:
        for row in rows(folder):
            started = time.perf_counter()
            error: ClassifierError | None = None
            try:
                label = await classifier.aclassify(str(folder / row["file"]))
                outcome = f"{label.status} {label.leaf or ''} {', '.join(label.review_reasons)}"
            except ClassifierError as caught:
                error, outcome = caught, f"{caught.code}: {caught.message}"
            seconds = time.perf_counter() - started
            print(f"{row['file']:42} {seconds:6.2f}  {outcome}")
            tally.check(f"{row['file']}: {seconds:.1f} s", seconds < MAX_SECONDS)
            wanted = expected.get(row["expect"])
            if wanted is not None:
                tally.check(f"{row['file']}: {outcome}", isinstance(error, wanted))
            if row["file"] == "zz_prompt_injection.pdf":
                hidden = getattr(error, "hidden", ())
                tally.check(
                    "hidden order reported with the refusal", isinstance(error, NotAPaper) and bool(hidden)
                )
    # The sandboxed children are counted apart (RUSAGE_CHILDREN).
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"main process at most {peak_mb:.0f} MB")
    tally.check(f"main process {peak_mb:.0f} MB", peak_mb < MAX_MAIN_MB)


def check_command_line(folder: Path, tally: Tally) -> None:
    """The command says one line on standard error for each file that fails, and shows no trace."""
    files = [str(folder / row["file"]) for row in rows(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "classifier", "classify", "--engine", "offline", "--json", *files],
        capture_output=True,
        text=True,
        check=False,
    )
    labels = [json.loads(line) for line in done.stdout.splitlines()]
    failed = sum(label["status"] == "failed" for label in labels)
    refusals = [line for line in done.stderr.splitlines() if "hidden text (" not in line]
    tally.check(f"command line: {len(labels)} rows for {len(files)} files", len(labels) == len(files))
    tally.check("command line: no trace", "Traceback" not in done.stderr)
    tally.check(f"command line: {len(refusals)} lines for {failed} refusals", len(refusals) == failed)
    tally.check(f"command line: exit code {done.returncode}", done.returncode == (6 if failed else 0))


async def refuses(classifier: Classifier, file: Path, kind: type[ClassifierError]) -> bool:
    """Whether the file is refused with an error of this kind."""
    try:
        await classifier.aclassify(str(file))
    except kind as error:
        print(f"{file.name:24} refused: {error.message}")
        return True
    except ClassifierError:
        return False
    return False


def check_quotes(file: Path, label: Label, tally: Tally) -> None:
    """No quote is absent, and pypdf, which did not place them, finds each on the page that is named."""
    from pypdf import PdfReader as OtherEngine

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    other = OtherEngine(file)
    for item in label.evidence:
        if item.page is None:
            tally.check(f"{file.name}: absent quote '{item.quote[:60]}'", False)
            continue
        near = other.pages[item.page - 1 : item.page + 1]  # a sentence may run over to the next page
        text = squeeze("".join(page.extract_text() for page in near))
        words = squeeze(item.quote)
        middle = words[len(words) // 4 : len(words) // 4 + 40]
        tally.check(f"{file.name}: page {item.page} lacks '{item.quote[:60]}'", middle in text)


def printed(document: Document) -> Paper:
    """What is printed on a paper, as metadata."""
    return Paper(title=document.title, arxiv_id=document.arxiv_id, doi=document.doi)


def squeeze(text: str) -> str:
    """Normalised, lower case, letters and digits alone: what must be equal but for case and spacing."""
    return "".join(char for char in normalise(text).casefold() if char.isalnum())


def rows(folder: Path) -> Iterator[dict[str, Any]]:
    """The lines of a folder's index."""
    for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python benchmarks/check_real.py DIR")
    sys.exit(main(Path(sys.argv[1])))
