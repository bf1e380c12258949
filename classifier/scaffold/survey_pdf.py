"""A survey's PDF -> a `Source`: its numbered headings are the tree, and there are no papers.

What enters: a PDF, read in the sandbox as any other. What leaves: sections. Where the survey files its papers
is in its sentences and tables, which take a model to read (`classifier.drafting.survey_pdf`).
"""

from __future__ import annotations

from classifier.errors import InputError
from classifier.scaffold.source import PDF, Source, SourceSection
from classifier.scaffold.survey_text import read_survey
from classifier.scaffold.titles import title_of_file
from classifier.text.counting import count_of

_LEAST, _LEVELS = 2, 2
"""Least number of topics, and the levels of headings that count for it."""


def read_survey_pdf(name: str) -> Source:
    """The survey's headings as a source.

    Raises:
        InputError: It cannot be read, or has no numbered headings of topics.
    """
    survey = read_survey(name)
    topics = [heading for heading in survey.headings if heading.is_topic]
    if sum(len(heading.path) <= _LEVELS for heading in topics) < _LEAST:
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
        sections=tuple(SourceSection(titles=path) for path in dict.fromkeys(h.path for h in topics)),
        keep_empty=True,
        notices=tuple(notices),
    )
