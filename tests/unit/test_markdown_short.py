"""Titles of one or two words, and sentences about a paper on its own line."""

# ruff: noqa: E501

import pytest

from classifier.lists.lines import ListLine
from classifier.lists.markdown import read_markdown
from classifier.lists.markdown_text import Link, is_paper
from classifier.lists.remarks import remark_in
from classifier.scaffold.filed import Choices
from classifier.scaffold.reading import read_source
from classifier.scaffold.start import start_workspace
from classifier.survey.workspace import Workspace

PDF = "https://example.org/leverage.pdf"


def read(text):
    return list(read_markdown(ListLine(n, line) for n, line in enumerate(text.split("\n"), 1)))


@pytest.mark.parametrize(
    ("line", "title"),
    [
        (f"- [Leverage]({PDF})", "Leverage"),
        (f"- [Lever Nets]({PDF}), ICLR 2024", "Lever Nets"),
        (f"- **[Lever Nets]({PDF})** *Ann Bee et al.*", "Lever Nets"),
        (f"- **Lever Nets** [[paper]({PDF})]", "Lever Nets"),
        (f"1. **Lever Nets.** ICML 2024. [paper]({PDF})", "Lever Nets"),
        (f"- [2024/02] Lever Nets. [[paper]({PDF})] [[code](https://github.com/a/b)]", "Lever Nets"),
        (f"- Leverage ([pdf]({PDF}))", "Leverage"),
        (f"- [The (R)Evolution of Lever Nets: A Survey]({PDF})", "The (R)Evolution of Lever Nets: A Survey"),
        (f"- The (R)Evolution of Lever Nets: A Survey, 2024 [[paper]]({PDF})", "The (R)Evolution of Lever Nets: A Survey"),
        # Labels, people, dates and kinds of texts are no titles.
        (f"- [paper]({PDF})", ""),
        (f"- [ICLR 2024]({PDF})", ""),
        (f"- [Technical Report]({PDF})", ""),
        (f"- [OpenReview]({PDF})", ""),
        (f"- [Bee et al.]({PDF})", ""),
        # With an arXiv id, arXiv has the whole title, and a short one would look like another paper's.
        ("- [Leverage](https://arxiv.org/abs/2401.00001)", ""),
    ],
)  # fmt: skip
def test_a_short_title_is_kept_if_nothing_else_names_the_paper(line, title):
    [raw] = read(f"## A\n{line}\n")
    assert (raw.title, len(raw.urls)) == (title, 1)


def test_a_short_text_below_an_entry_is_not_another_entry():
    [raw] = read(
        f"- A Long Title about Levers [[paper]({PDF})]\n  - Appendix: [Lever Notes](https://example.org/notes.pdf)\n"
    )
    assert (raw.title, len(raw.urls)) == ("A Long Title about Levers", 2)


def test_a_row_of_short_names_is_a_paper_for_each():
    head = "| Task | Data |\n|--|--|\n"
    one, two = "https://arxiv.org/abs/2401.00001", "https://arxiv.org/abs/2401.00002"
    found = read(
        f"{head}| Lifting | [LeverNet]({one}), [Lift]({two}) |\n| Holding | [paper]({one}) [v2]({two}) |\n"
    )
    assert [(raw.line, raw.arxiv) for raw in found] == [(3, "2401.00001"), (3, "2401.00002"), (4, "")]


@pytest.mark.parametrize(
    "url",
    [
        "https://eprint.iacr.org/2023/1234", "https://www.techrxiv.org/articles/preprint/Some/123",
        "https://www.preprints.org/manuscript/202301.0001/v1", "https://www.researchgate.net/publication/336_Title",
        "https://chemrxiv.org/engage/chemrxiv/article-details/60c7", "https://hal.archives-ouvertes.fr/hal-01234567",
        "https://theses.hal.science/tel-01234567v2/document", "https://hal.science/hal-01234567", "https://ssrn.com/abstract=4594466",
        "https://papers.ssrn.com/sol3/papers.cfm?abstract_id=4594466", "https://www.biorxiv.org/content/10.1101/2023.01.01.522222v1",
        "https://dl.acm.org/doi/10.1145/3442188.3445922", "https://dl.acm.org/citation.cfm?id=3220077",
        "https://ieeexplore.ieee.org/document/9857373", "https://link.springer.com/article/10.1007/s10994-021-05961-4",
        "https://www.nature.com/articles/s41586-023-06924-6", "https://www.science.org/doi/10.1126/science.abq1158",
        "https://openreview.net/forum?id=aCPFCDL9QY", "https://aclanthology.org/2023.findings-emnlp.620",
        "https://proceedings.mlr.press/v139/radford21a.html", "https://openaccess.thecvf.com/content/ICCV2023/html/X.html",
        "https://www.semanticscholar.org/paper/Title/61bfd9", "https://api.semanticscholar.org/CorpusID:259",
        "https://huggingface.co/papers/2401.00001", "https://www.alphaxiv.org/overview/2401.00001",
        "https://www.jair.org/index.php/jair/article/view/11222", "https://academic.oup.com/bioinformatics/article/36/4/1234/55",
        "https://www.cell.com/patterns/fulltext/S2666-3899(23)00123-4", "https://pubmed.ncbi.nlm.nih.gov/12345678/",
        "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC1234567/", "https://ceur-ws.org/Vol-3000/paper1.html",
        "https://drops.dagstuhl.de/entities/document/10.4230/LIPIcs.X", "https://distill.pub/2021/gnn-intro/",
        "https://www.isca-archive.org/interspeech_2023/x23_interspeech.html", "https://www.jstor.org/stable/2346178",
        "https://dblp.org/rec/conf/iclr/KipfW17", "https://psyarxiv.com/abcde", "https://example.org/me/paper.pdf?download=1",
    ],
)  # fmt: skip
def test_the_address_of_a_paper_is_known_by_its_host_and_path(url):
    assert is_paper(Link("A Title of Some Length", url, 0, 9))


@pytest.mark.parametrize(
    "url",
    [
        "https://eprint.iacr.org/", "https://eprint.iacr.org/days", "https://www.techrxiv.org/", "https://hal.science/",
        "https://www.researchgate.net/profile/Ann-Bee", "https://www.jstor.org/", "https://pubmed.ncbi.nlm.nih.gov/?term=x",
        "https://www.cell.com/patterns/home", "https://dblp.org/pid/12/345", "https://distill.pub/", "https://ceur-ws.org/",
        "https://openreview.net/group?id=ICLR.cc", "https://aclanthology.org/venues/acl/", "https://dl.acm.org/",
        "https://huggingface.co/papers/date/2025-12-16", "https://huggingface.co/a/model", "https://github.com/a/b",
        "https://a.github.io/project/", "https://drive.google.com/file/d/1EW/view", "https://openai.com/index/a-post/",
        "https://evil-eprint.iacr.org.example/2023/1234", "https://notjstor.org/stable/1",
    ],
)  # fmt: skip
def test_home_pages_profiles_code_and_projects_are_no_papers(url):
    assert not is_paper(Link("A Title of Some Length", url, 0, 9))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"[A Title]({PDF}) - We show that levers lift stones in a garden of any size.", "We show that levers lift stones in a garden of any size."),
        (f"[A Title]({PDF}), NeurIPS 2024. It builds on [LeverNet](https://github.com/a/b) and lifts more stones.", "It builds on LeverNet and lifts more stones."),
        (f"**A Title** [[paper]({PDF})] [[code](https://github.com/a/b)] Lifts stones with small levers and some simple rules", "Lifts stones with small levers and some simple rules"),
        (f"[A Title]({PDF}). Levers lift stones. They lift them in a garden of nearly any size.", "They lift them in a garden of nearly any size."),
        (f"[A Title]({PDF}), Ann Bee, Cy Dee, Eve Fox, Gil Hay, Ida Jay and Ken Lee. NeurIPS 2024.", ""),
        (f"[A Title]({PDF}), Proceedings of the Tenth Conference on Levers in Gardens and Parks, 2024", ""),
        (f"[A Title]({PDF}) A short remark only.", ""),
        (f"[A Title]({PDF}) Please cite this repository if it is of any use to you at all.", ""),
    ],
)  # fmt: skip
def test_a_sentence_of_eight_words_is_a_remark_and_names_and_venues_are_not(line, said):
    assert remark_in(line, "A Title") == said


def test_a_remark_is_the_summary_of_a_study_and_no_abstract(tmp_path):
    said = "It lifts the stones of a garden with a lever that it learned to hold."
    (tmp_path / "README.md").write_text(
        "# Levers\n\n## Gardens\n"
        f"- [Learning to Lift a Lever](https://arxiv.org/abs/2401.00001), ICLR 2024. {said}\n"
        "- [A Crane that Learns](https://arxiv.org/abs/2401.00002)\n"
    )
    source = read_source(str(tmp_path / "README.md"))
    start_workspace(tmp_path / "ws", source, Choices())
    studies = Workspace(tmp_path / "ws").studies
    assert [study.summary for study in studies] == [said, ""]
    assert [paper.entry.paper.abstract for paper in source.papers] == [None, None]  # arXiv is still asked
