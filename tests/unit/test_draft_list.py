"""survey-draft.yaml, which a model's answers become."""

import pytest
import yaml

from classifier.drafting.survey_pdf.draft_list import (
    SURVEY_DRAFT,
    build_draft_list,
    draft_list_text,
    write_draft_list,
)
from classifier.errors import StoreError
from classifier.model.document import Document, Page
from classifier.scaffold.survey_text import SurveyText


@pytest.mark.parametrize("name", ["a.pdf", "a\nchildren: [x]\n.pdf", "a\r b.pdf", "a\udcff.pdf", "a{b}.pdf"])
@pytest.mark.parametrize("by", ["model", "model\nscope: x"])
def test_names_of_files_and_models_stay_in_the_comment(tmp_path, name, by):
    survey = SurveyText(name, Document(title="Birds", pages=(Page(number=1, text="Words."),)))
    text = draft_list_text(survey, build_draft_list(survey, (), ()), by=by, folder=tmp_path)
    assert write_draft_list(tmp_path, text)
    assert write_draft_list(tmp_path, text)  # as drafted, so it may be replaced
    written = (tmp_path / SURVEY_DRAFT).read_text(encoding="utf-8")
    assert yaml.safe_load(written) == {"title": "Birds", "children": []}


def test_a_draft_that_cannot_be_read_is_not_replaced(tmp_path):
    (tmp_path / SURVEY_DRAFT).mkdir()
    with pytest.raises(StoreError, match="cannot read"):
        write_draft_list(tmp_path, "title: Birds\n")
