"""A file's name -> words for a survey that has no title of its own."""

from __future__ import annotations

import re
from pathlib import Path

_GENERAL = re.compile(
    r"(?:readme|index|main|home|list|papers?|paper[-_ ]?list|publications?|references|refs|library|"
    r"bibliography|my[-_ ]?library|exported[-_ ]?items|survey|outline|taxonomy|tree)?",
    re.IGNORECASE,
)
"""Names that say nothing of the subject; the folder's is better."""
_SUFFIXES = re.compile(r"(?:\.[A-Za-z]{1,8}){1,2}$")


def title_of_file(name: str) -> str:
    """The words of a file's name, or of its folder's if the file's are general; may be empty.

    >>> title_of_file("work/Awesome-LLM_Agents/README.md"), title_of_file("bird_song.bib")
    ('Awesome LLM Agents', 'Bird song')
    """
    if name in ("", "-"):
        return ""
    path = Path(name)
    stem = _SUFFIXES.sub("", path.name)
    if _GENERAL.fullmatch(stem):
        stem = _words(path.resolve().parent.name) or stem
    return _words(stem)


def _words(stem: str) -> str:
    words = " ".join(re.sub(r"[-_]+", " ", stem).split())
    return words.capitalize() if words.islower() else words
