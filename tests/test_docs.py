"""The documents are true: every command is described, and every example in them runs."""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.cli.app import app

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


def console_commands() -> list[tuple[str, str]]:
    """The `$ classifier …` lines of every ```console block; those are promised to run offline."""
    return [
        (page.name, line.removeprefix("$ "))
        for page in PAGES
        for block in blocks(page, "console")
        for line in block.splitlines()
        if line.startswith("$ classifier ")
    ]


def test_every_command_is_documented():
    described = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"classifier {name}" in described


def test_what_the_pages_quote_from_the_program_is_fresh():
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "make_pages.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_there_are_examples_to_run():
    assert len(console_commands()) >= 5


@pytest.mark.parametrize(("page", "command"), console_commands())
def test_the_console_examples_run(page, command, tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")  # what they write lands in the test's folder
    arguments = shlex.split(command.split(" | ")[0])[1:]
    done = subprocess.run(
        [sys.executable, "-m", "classifier", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{page}: {command}: {done.stderr}"


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name
)
def test_the_python_examples_run(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    parser = doctest.DocTestParser()
    for number, block in enumerate(blocks(page, "python")):
        assert not parser.get_examples(block), "write plain code, not a session"
        exec(compile(block, f"{page.name}, python block {number}", "exec"), {"__name__": "__main__"})


def test_links_between_the_documents_lead_somewhere():
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
