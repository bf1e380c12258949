"""A small survey as a real PDF, and what a model would say about its parts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import letter
from reportlab.pdfgen.canvas import Canvas

from tests.llm_server import Behaviour, reply
from tests.pdfs import FILLER

TITLE = "Counting Birds in Cities: A Survey"
REFERENCES = (
    "Ada Ode. The city and its birds, an old story. Journal of Towns, 3(1):1-20, 1998.",
    "Bea Lark and Cy Wren. Dawn choruses of small towns. arXiv preprint arXiv:2101.00001, 2021.",
    "Dora Finch, Eli Crow, et al. Listening posts on tall roofs. In Proceedings of Ears, pages 1-9, 2022.",
    "Flo Heron. Telescopes in the park: a year of counts. arXiv preprint arXiv:2203.00002, 2022.",
    "Gil Swift. Pictures from a balcony. In Proceedings of Eyes, pages 10-19, 2023.",
    "Hal Martin. Boxes that swallows like. Journal of Nests, 5(2):7-9, 2020. doi:10.1000/nests.7",
    "Ida Stork. Roofs as cliffs for gulls. Journal of Nests, 6(1):1-4, 2021.",
)
DEFINITION = "All of these studies count birds by what is heard."
PAGES = (
    (
        f"! {TITLE}",
        "Ada One and Ben Two",
        "* Abstract",
        "We review how birds of cities are counted, and where they live in them.",
        "* 1 Introduction",
        "Birds have lived in cities for as long as there are cities [1].",
        *FILLER * 3,
        "* 2 Counting",
        "* 2.1 By Song",
        f"{DEFINITION} A chorus is recorded at dawn [2], or",
        "all night on a roof [3]. An old story tells why [1].",
        "* 2.2 By Sight",
        "Telescopes [4] and cameras on balconies [5] see what is not heard.",
    ),
    (
        "* 3 Homes",
        "Where birds live is told by Table 1, and by nobody else [6, 7].",
        "Table 1: Homes of birds in cities.",
        "Home        Study",
        "Boxes       Martin [6]",
        "Roofs       Stork [7]",
        "* 4 Conclusions",
        "Much remains to be counted, as all studies say [2-5].",
        "* References",
        *(f"[{number}] {text}" for number, text in enumerate(REFERENCES, start=1)),
    ),
)


def write_survey(path: Path, pages: Any = PAGES) -> Path:
    """The survey: lines that begin with "!" are its title, with "*" a heading."""
    canvas = Canvas(str(path), pagesize=letter)
    for lines in pages:
        y = letter[1] - 72
        for line in lines:
            size = {"!": 18, "*": 12}.get(line[0], 10)
            canvas.setFont("Times-Roman" if size == 10 else "Times-Bold", size)
            canvas.drawString(72, y, line[2:] if size > 10 else line)
            y -= 1.6 * size
        canvas.showPage()
    canvas.save()
    return path


def titles() -> dict[str, str]:
    """Mark of a reference -> its title."""
    return {f"R{n}": text.split(". ")[1] for n, text in enumerate(REFERENCES, start=1)}


def group(heading: str, *marks: str, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """A group of a reply."""
    papers = [{"reference": mark, "title": titles()[mark]} for mark in marks]
    return {"heading": heading, "names": list(names), "papers": papers}


ANSWERS = {
    "section 2.1": {"definition": DEFINITION, "groups": [group("H2", "R2", "R3")]},
    "section 2.2": {"definition": None, "groups": [group("H3", "R4", "R5")]},
    "section 3": {"definition": None, "groups": [group("H4", "R6", "R7")]},
    "Table 1": {
        "definition": None,
        "groups": [group("H4", "R6", names=("Boxes",)), group("H4", "R7", names=("Roofs",))],
    },
}
"""Beginning of a part's name -> a careful model's answer about it."""


def part_of(body: dict[str, Any]) -> str:
    """The part that a request is about."""
    asked = next(message["content"] for message in body["messages"] if message["role"] == "user")
    return str(re.findall(r"^Part: (.*?)(?: \(H\d+\))?$", asked, re.MULTILINE)[0])


def careful(body: dict[str, Any]) -> Behaviour:
    """The script of a careful model."""
    part = part_of(body)
    return reply(next(answer for name, answer in ANSWERS.items() if part.startswith(name)))
