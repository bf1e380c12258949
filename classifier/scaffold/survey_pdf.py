"""A survey's PDF -> a `Source`: its numbered headings are the tree, and there are no papers.

What enters: a PDF, read in the sandbox as any other. What leaves: sections. Where the survey files its papers
is in its sentences and tables, which take a model to read (`classifier.drafting.survey_pdf`).
"""

from __future__ import annotations

from classifier.errors import InputError
from classifier.scaffold.nodes import NamedNode, sections_of
from classifier.scaffold.source import PDF, Source
from classifier.scaffold.survey_text import SurveyText, read_survey
from classifier.scaffold.titles import title_of_file
from classifier.text.counting import count_of

_LEAST = 2


def read_survey_pdf(name: str) -> Source:
    """The survey's headings as a source.

    Raises:
        InputError: It cannot be read, or has no numbered headings of topics.
    """
    survey = read_survey(name)
    top = _tree(survey)
    if sum(1 + len(node.children) for node in top) < _LEAST:
        raise InputError(
            f"{name}: {count_of(len(survey.document.sections), 'heading')} found, but fewer "
            f"than {_LEAST} numbered "
            "ones of topics; write the survey's headings as an indented outline, one a line, and give that"
        )
    left_out = [heading.title for heading in survey.headings if not heading.is_topic and not heading.level]
    notices = ["the tree is made of the PDF's headings alone; a PDF brings no papers and no definitions"]
    if left_out:
        notices.append(f"headings that are no topics were left out: {', '.join(left_out)}")
    return Source(
        name=name,
        form=PDF,
        title=survey.document.title or title_of_file(name),
        sections=sections_of(top, name),
        keep_empty=True,
        notices=tuple(notices),
    )


def _tree(survey: SurveyText) -> list[NamedNode]:
    top: list[NamedNode] = []
    line: list[NamedNode] = []
    for heading in survey.headings:
        if not heading.is_topic:
            continue
        node = NamedNode(heading.title)
        line = line[: heading.level]
        (line[-1].children if line else top).append(node)
        line.append(node)
    return top
