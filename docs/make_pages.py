"""Writes what the documents quote from the program: the command line, screens, shapes, schemas, tables.

    python docs/make_pages.py [--check]

In README.md and docs/*.md these are renewed between their markers:

    <!-- demo --> … <!-- /demo -->                        the screen of the README
    <!-- screen: classifier … --> … <!-- /screen -->      a command's screen, run beside the page's files
    <!-- shape: node --> … <!-- /shape -->                the fields of a record (docs/workspace_schema.py)
    <!-- table:cpu --> … <!-- /table -->                  docs/scale.py

docs/cli.md, docs/images/tree.svg and the three *.schema.json are written whole. With `--check` nothing is
written; the exit code is 1 if a page is stale.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import scale
import typer.main
import workspace_schema
from blocks import prepare

from classifier.cli.app import app

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
DEMO = "classifier classify paper.pdf --engine offline"
PICTURED = "classifier label papers.jsonl --out run --read abstract --engine offline"
"""On the invented summaries of eval/suites/extended.jsonl."""
DEMO_BLOCK = re.compile(r"(?<=<!-- demo -->\n).*?(?=<!-- /demo -->)", re.DOTALL)
SCREEN = re.compile(r"(<!-- screen: ([^\n]+?) -->\n).*?(<!-- /screen -->)", re.DOTALL)
SHAPE = re.compile(r"(<!-- shape: (\w+) -->\n).*?(<!-- /shape -->)", re.DOTALL)


CLI_HEAD = """# Command line

Every command with every option, as `--help` prints it. `make docs` writes this page.

Guides with examples: [Getting started](start.md), [Reading lists](lists.md), [Exports](export.md),
[Evaluation](evaluation.md), [Your own survey](survey.md).
"""


def screen(command: str, page: str = "") -> str:
    """What the command prints in a pipe, 100 columns wide, in a folder with the files that the page shows."""
    with tempfile.TemporaryDirectory() as folder:
        environment = prepare(page, Path(folder))
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def commands() -> Iterator[list[str]]:
    """Every command and group of commands, as words after `classifier`; the empty list first."""

    def walk(command: object, words: list[str]) -> Iterator[list[str]]:
        yield words
        for name, inner in getattr(command, "commands", {}).items():
            if not inner.hidden:
                yield from walk(inner, [*words, name])

    yield from walk(typer.main.get_command(app), [])


def cli_page() -> str:
    """docs/cli.md, whole."""
    parts = [CLI_HEAD]
    for words in commands():
        line = " ".join(["classifier", *words])
        parts.append(f"## {line}\n\n```text\n{screen(f'{line} --help')}\n```\n")
    return "\n".join(parts)


def renewed(page: str) -> str:
    """A page with its screens and shapes as they are today."""
    page = DEMO_BLOCK.sub(lambda _: f"```text\n{screen(DEMO)}\n```\n", page)
    page = SCREEN.sub(lambda found: f"{found[1]}```text\n{screen(found[2], page)}\n```\n{found[3]}", page)
    return SHAPE.sub(lambda found: f"{found[1]}{workspace_schema.table(found[2])}{found[3]}", page)


def picture() -> str:
    """docs/images/tree.svg: the tree of a list of 135 papers, labelled by the offline engine."""
    papers = (ROOT / "eval" / "suites" / "extended.jsonl").read_text(encoding="utf-8")
    command = f"{PICTURED} >&2 && classifier export run --format svg"
    return screen(command, f'```json title="papers.jsonl"\n{papers}```\n') + "\n"


def pages() -> dict[Path, str]:
    """Every file that this program writes, with its text as of today."""
    found = {path: path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *DOCS.glob("*.md")]}
    found[DOCS / "scale.md"] = scale.page()
    found = {path: renewed(text) for path, text in found.items()}
    found[DOCS / "cli.md"] = cli_page()
    found[DOCS / "images" / "tree.svg"] = picture()
    found[DOCS / "taxonomy.schema.json"] = workspace_schema.json_schema("top", "taxonomy.yaml of a workspace")
    found[DOCS / "drafts.schema.json"] = workspace_schema.json_schema("drafts", "drafts.yaml of a workspace")
    found[DOCS / "study.schema.json"] = workspace_schema.json_schema(
        "study", "A line of gold/labels.jsonl or gold/out_of_scope.jsonl"
    )
    return found


def main() -> int:
    """Writes or checks the files; returns the exit code."""
    stale = []
    for path, text in pages().items():
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if "--check" not in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"stale: {', '.join(sorted(stale))}; run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
