"""Plain words: no document, help text, message, docstring, comment or page has a puzzling phrase."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from functools import cache
from pathlib import Path

import pytest

from tests.docs_kit import DOCS, PAGES, ROOT, commands

PUZZLING = {
    "goes on": r"\b(?:go|goes|going|went)\s+on\b(?!\s+(?:to\s+the\s+)?(?:page|standard))",
    "hands on": r"\bhand(?:s|ed|ing)?\s+(?:it\s+|them\s+)?on\b",
    "nothing lost": r"\bnothing\s+(?:is\s+)?(?:lost|paid)\b",
    "mend": r"\bmend(?:s|ed|ing)?\b",
    "anew": r"\banew\b",
    "by itself": r"\bby\s+(?:itself|themselves)\b",
    "wherein": r"\b(?:where(?:in|by|of|from)|thereby|thereof)\b",
    "stands in the way": r"\bstands?\s+in\s+the\s+way\b",
    "is nothing for": r"\bis\s+nothing\s+for\b",
    "be had": r"\b(?:be|been)\s+had\b",
    "a person's word": r"\bperson's\s+word\b",
    "stands in": r"\bstands?\s+(?:in|on|at|beside|behind|below|under)\b",
    "cannot be told": r"\b(?:cannot|can't|could\s+not)\s+be\s+told\b",
    "nothing but": r"\bnothing\s+but\b",
    "once more": r"\bonce\s+more\b",
    "in spite": r"\bin\s+spite\b",
    "under way": r"\bunder\s+way\b",
    "one line a row": (
        r"\b(?:one|an?)\s+(?!is\b|was\b|has\b)\w+\s+a"
        r"\s+(?:line|row|format|pixel|point|module|page|record|item)\b"
    ),
    "of so many": r"\b(?:after|of|in|with)\s+so\s+many\b",
    "where for if": (
        r"\bwhere\s+(?:there\s+(?:is|are|was|were)\b|none\b|nothing\b|nobody\b|absent\b|unknown\b|possible\b"
        r"|needed\b|necessary\b|(?:it|they)\s+(?:(?:is|are)\s+(?:missing|absent|unknown|not)\b|cannot\b"
        r"|(?:does|do|did|can|could|has|have)\s+(?:not|no)\b|fails?\b))"
    ),
}
"""Phrases that readers did not understand at first reading, each with one that does not need a dictionary:
resume, pass, saved, fix, again, automatically, in which, prevents, cannot, is available, correction, is in,
is unknown, only, again, still, running, one line per row, this many, if."""


CODE = sorted((ROOT / "classifier").rglob("*.py"))
TEMPLATES = sorted(path for path in (ROOT / "classifier").rglob("*.j2") if "prompts" not in path.parts)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def pages() -> dict[str, str]:
    documents = [*PAGES, *sorted((DOCS / "adr").glob("*.md")), ROOT / "README.md"]
    return {str(page.relative_to(ROOT)): read(page) for page in documents}


def texts_of_commands() -> dict[str, str]:
    return {
        words: "\n".join(
            [command.help or "", *(getattr(option, "help", None) or "" for option in command.params)]
        )
        for words, command in commands()
    }


def strings(path: Path) -> str:
    """The string constants of several words in a module: messages and all docstrings."""
    return "\n".join(
        node.value
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    )


def comments(path: Path) -> str:
    """The comments of a module; consecutive lines are one text."""
    found = tokenize.generate_tokens(io.StringIO(read(path)).readline)
    return "\n".join(token.string.lstrip("# ") for token in found if token.type == tokenize.COMMENT)


def visible(template: str) -> str:
    """What a template shows, and what it says in comments: without its tags and its expressions."""
    return re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", " ", template, flags=re.DOTALL)


@cache
def texts() -> dict[str, str]:
    """Where a text is -> the text."""
    code = {str(path.relative_to(ROOT)): f"{strings(path)}\n{comments(path)}" for path in CODE}
    templates = {str(path.relative_to(ROOT)): visible(read(path)) for path in TEMPLATES}
    return pages() | texts_of_commands() | code | templates


def test_all_kinds_of_texts_are_searched():
    assert len(CODE) > 300
    assert len(TEMPLATES) > 20
    assert "Skip to content" in texts()["classifier/service/templates/layout.html.j2"]
    assert "Labels one paper." in texts()["classifier/pipeline.py"]
    assert "an escaped brace is a character" in texts()["classifier/lists/bibtex.py"]
    assert "needs a PDF" not in visible("<p title='needs a PDF'>{{ x }}</p>")


def test_no_docstring_is_a_fragment():
    """`Of a title.` below a number makes the reader guess: say "Longest title in characters"."""
    fragments = [
        f"{path.relative_to(ROOT)}: {node.value.value}"
        for path in CODE
        for node in ast.walk(ast.parse(read(path)))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if str(node.value.value).startswith(("Of ", "Those ", "That ", "In the place of "))
    ]
    assert fragments == []


@pytest.mark.parametrize("phrase", PUZZLING)
def test_no_text_has_a_puzzling_phrase(phrase):
    found = [
        f"{name}: {' '.join(match[0].split())}"
        for name, text in texts().items()
        for match in re.finditer(PUZZLING[phrase], text, re.IGNORECASE)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("the same command goes on", "goes on"),
        ("papers go\non to --model", "goes on"),
        ("they are handed on", "hands on"),
        ("a definition needs mending", "mend"),
        ("a label anew", "anew"),
        ("the batch waits by itself", "by itself"),
        ("no PDF can be had", "be had"),
        ("the key stands in the list", "stands in"),
        ("the cost cannot be told", "cannot be told"),
        ("it owns nothing\nbut its folder", "nothing but"),
        ("a run under way", "under way"),
        ("one finding a row", "one line a row"),
        ("after so many pages", "of so many"),
        ("null where there is none", "where for if"),
        ("the default where it is missing", "where for if"),
        ("None where\nunknown", "where for if"),
        ("the abstract is read where they cannot", "where for if"),
    ],
)
def test_the_puzzling_phrases_are_found_in_their_forms(text, phrase):
    assert re.search(PUZZLING[phrase], text)


@pytest.mark.parametrize(
    "text",
    [
        *("recommended", "amendment", "classifier label --out run", "a renewed page"),
        *("a codepoint that stands for another", "a standing order", "you are told the reason"),
        *("one at a time", "one is a line", "so many papers that", "written in one way"),
        *(
            "the folder where the run is",
            "where it was found",
            "where they are cached",
            "the line where it begins",
        ),
    ],
)
def test_ordinary_words_are_not_called_puzzling(text):
    assert not any(re.search(pattern, text) for pattern in PUZZLING.values())
