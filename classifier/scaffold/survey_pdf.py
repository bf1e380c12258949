"""A survey's PDF -> a `Source`: its numbered headings are the tree, and there are no papers.

What enters: a PDF, read in the sandbox as any other. What leaves: sections. A model's drafts rest on papers,
and a PDF names its papers only in its references, so nothing is drafted from it: headings are all there is.
"""

from __future__ import annotations

import re
from pathlib import Path

from classifier.errors import InputError
from classifier.pdf import PdfReader
from classifier.scaffold.nodes import NamedNode, sections_of
from classifier.scaffold.source import Source
from classifier.scaffold.titles import title_of_file

_NUMBERED = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,4})\.?\s+(?P<title>\S.*)")
_NO_TOPIC = re.compile(
    r"(?:introduction|background|preliminar(?:y|ies)|related (?:work|surveys?)|"
    r"(?:problem )?(?:definitions?|formulation)|"
    r"notations?|overview|scope|method(?:ology)?(?: of (?:this|the) survey)?|literature search|"
    r"discussions?|(?:open )?(?:challenges|problems)|(?:limitations?|future (?:work|directions?|research).*)|"
    r"(?:challenges|discussion|conclusions?|summary|outlook)(?: and .*)?|"
    r"references|bibliography|acknowledge?ments?|appendi(?:x|ces).*|contributions?)",
    re.IGNORECASE,
)
_LEAST = 2


def read_survey_pdf(name: str) -> Source:
    """The survey's headings as a source.

    Raises:
        InputError: It cannot be read, or has no numbered headings of topics.
    """
    with PdfReader() as reader:
        document = reader.read(Path(name))
    top: list[NamedNode] = []
    line: list[NamedNode] = []
    left_out: list[str] = []
    skipped = ""
    for section in document.sections:
        found = _NUMBERED.fullmatch(" ".join(section.title.split()))
        if found is None:
            continue
        number, title = found["number"], found["title"].strip(" .")
        title = title.capitalize() if title.isupper() else title
        if skipped and number.startswith(f"{skipped}."):
            continue
        skipped = ""
        if _NO_TOPIC.fullmatch(title):
            left_out.append(title)
            skipped = number
            continue
        depth = number.count(".")
        node = NamedNode(title)
        line = line[:depth]
        (line[-1].children if line else top).append(node)
        line.append(node)
    if sum(1 + len(node.children) for node in top) < _LEAST:
        raise InputError(
            f"{name}: {len(document.sections)} headings were found, but fewer than {_LEAST} numbered ones of "
            "topics; write the survey's headings as an indented outline, one a line, and give that"
        )
    notices = ["the tree is made of the PDF's headings alone; a PDF brings no papers and no definitions"]
    if left_out:
        notices.append(f"headings that are no topics were left out: {', '.join(left_out)}")
    return Source(
        name=name,
        form="PDF",
        title=document.title or title_of_file(name),
        sections=sections_of(top, name),
        keep_empty=True,
        notices=tuple(notices),
    )
