"""Text files: what each line names, and which files are no lists at all."""

import codecs

import pytest

from classifier.errors import InputError
from classifier.lists import read_lists
from classifier.model.entries import BrokenEntry, ListEntry


@pytest.fixture
def read(tmp_path):
    """Writes a list and reads it back."""

    def read_text(content: str | bytes, name: str = "a.txt") -> list[ListEntry | BrokenEntry]:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return list(read_lists([str(file)]))

    return read_text


def named(found: list[ListEntry | BrokenEntry]) -> list[str | None]:
    """What each finding names; None for what cannot be used."""
    return [
        (entry.paper.arxiv_id or entry.paper.doi or entry.url or entry.paper.title)
        if isinstance(entry, ListEntry)
        else None
        for entry in found
    ]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("2203.02155, 2305.16291, 2303.11366", ["2203.02155", "2305.16291", "2303.11366"]),
        ("2203.02155 2305.16291", ["2203.02155", "2305.16291"]),
        ("2203.02155\t2305.16291", ["2203.02155", "2305.16291"]),
        ("2203.02155;2305.16291", ["2203.02155", "2305.16291"]),
        ("2203.02155,2305.16291", ["2203.02155", "2305.16291"]),
        ("2203.02155 | 2305.16291 and 2303.11366v2 [cs.LG]", ["2203.02155", "2305.16291", "2303.11366v2"]),
        ("- arXiv: 2203.02155, arXiv:2305.16291", ["2203.02155", "2305.16291"]),
        ("cs/0112017, hep-th/9901001v3 math.GT/0309136", ["cs/0112017", "hep-th/9901001v3", "math/0309136"]),
        ("['2203.02155', '2305.16291']", ["2203.02155", "2305.16291"]),
        ("https://arxiv.org/abs/2203.02155, https://arxiv.org/abs/2305.16291", ["2203.02155", "2305.16291"]),
        ("https://a.b/x.pdf https://a.b/y.pdf", ["https://a.b/x.pdf", "https://a.b/y.pdf"]),
        ("https://a.b/x?i=1,https://a.b/x?i=2", ["https://a.b/x?i=1", "https://a.b/x?i=2"]),
        ("arxiv.org/abs/2203.02155 doi.org/10.9999/abc.1", ["2203.02155", "10.9999/abc.1"]),
        ("10.9999/abc.1, 10.9999/ABC.2", ["10.9999/abc.1", "10.9999/abc.2"]),
        ("10.9999/abc.1,10.9999/abc.2;10.9999/abc.3", ["10.9999/abc.1", "10.9999/abc.2", "10.9999/abc.3"]),
        ("doi:10.9999/abc.1 doi: 10.9999/abc.2", ["10.9999/abc.1", "10.9999/abc.2"]),
        (
            "10.1002/(SICI)1097-4636(199823)43:4<338::AID-JBM16>3.0.CO;2-B",
            ["10.1002/(sici)1097-4636(199823)43:4<338::aid-jbm16>3.0.co;2-b"],
        ),
        ("see 10.9999/abc.1 and (10.9999/abc.2)", ["10.9999/abc.1", "10.9999/abc.2"]),
        ("2203.2155, 2305.16291", [None, "2305.16291"]),
        ("2203.02155/2305.16291", ["2203.02155", "2305.16291"]),
        ("1. 2203.02155 2. 2305.16291", ["2203.02155", "2305.16291"]),
        ("(1) 2203.02155 (2) 2305.16291v2", ["2203.02155", "2305.16291v2"]),
        ("10.9999/2203.02155", ["10.9999/2203.02155"]),
        ("2203.02155 # read next week", ["2203.02155"]),
        ("https://arxiv.org/abs/2203.02155 # read", ["2203.02155"]),
        ("https://hf.co/papers/2203.02155", ["2203.02155"]),
        ("https://www.alphaxiv.org/overview/2203.02155v2", ["2203.02155v2"]),
        ("https://www.semanticscholar.org/arxiv/2203.02155", ["2203.02155"]),
        ("https://api.semanticscholar.org/graph/v1/paper/arXiv:2203.02155", ["2203.02155"]),
        ("https://www.arxiv-vanity.com/papers/2203.02155/", ["2203.02155"]),
        ("https://scirate.com/arxiv/2203.02155", ["2203.02155"]),
        ("https://link.springer.com/content/pdf/10.9999/s10994-5.pdf", ["10.9999/s10994-5"]),
        ("https://www.frontiersin.org/articles/10.9999/fnbot.2021.1/full", ["10.9999/fnbot.2021.1"]),
        (
            "https://www.biorxiv.org/content/10.1101/2020.01.01.123456v1.full.pdf",
            ["10.1101/2020.01.01.123456"],
        ),
        ("https://www.biorxiv.org/content/10.1101/2020.01.01.123456v2", ["10.1101/2020.01.01.123456"]),
        ("https://www.tandfonline.com/doi/full/10.9999/1.2?needAccess=true", ["10.9999/1.2"]),
        ("https://journals.plos.org/plosone/article?id=10.9999/j.1&type=printable", ["10.9999/j.1"]),
    ],
)
def test_several_ids_dois_or_addresses_on_a_line_are_several_entries(line, names, read):
    assert named(read(line)) == names


@pytest.mark.parametrize(
    "line",
    [
        "2203.02155 https://arxiv.org/abs/2203.02155v2",
        "2203.02155, 10.48550/arXiv.2203.02155",
        "https://arxiv.org/abs/2203.02155 https://arxiv.org/pdf/2203.02155",
    ],
)
def test_one_id_in_two_forms_on_a_line_is_one_entry(line, read):
    assert named(read(line)) == ["2203.02155"]


DOI = "10.9999/abc.1"
PROSE = "Muster A, Exempel K. Rewards that a language model writes. J Inv Rob. 2023;5(2):1-10."


@pytest.mark.parametrize(
    ("line", "doi", "arxiv"),
    [
        (f"{PROSE} doi:{DOI}", DOI, None),
        (f"{PROSE} https://doi.org/{DOI}.", DOI, None),
        (f"12. {PROSE} DOI {DOI}", DOI, None),
        (f"[3] A. Muster, “Rewards,” J. Inv. Rob., vol. 5, 2023, doi: {DOI}.", DOI, None),
        ("Muster, A. (2023). Rewards (doi:10.9999/abc(1)2).", "10.9999/abc(1)2", None),
        ("A. Muster, “Rewards,” arXiv preprint arXiv:2203.02155, 2022.", None, "2203.02155"),
        ("A. Muster. Rewards. CoRR abs/2203.02155 (2022)", None, "2203.02155"),
        ("A. Muster. Rewards. CoRR, abs/2203.02155, 2022.", None, "2203.02155"),
        (f"A. Muster, Rewards, arXiv:2203.02155, doi:{DOI}", DOI, "2203.02155"),
        ("Rewards that a language model writes 2203.02155", None, "2203.02155"),
        ("Rewards that a language model writes (arXiv:2203.02155)", None, "2203.02155"),
    ],
)
def test_a_reference_in_prose_is_the_ids_in_it_and_has_no_title(line, doi, arxiv, read):
    [entry] = read(line)
    assert (entry.paper.doi, entry.paper.arxiv_id, entry.paper.title) == (doi, arxiv, None)


@pytest.mark.parametrize(
    ("line", "arxiv", "title"),
    [
        ("2203.02155  Ten Ways of Rewards", "2203.02155", "Ten Ways of Rewards"),
        ("2203.02155: Ten Ways of Rewards", "2203.02155", "Ten Ways of Rewards"),
        ("[12] 2203.02155 [cs.RO] Ten Ways of Rewards", "2203.02155", "Ten Ways of Rewards"),
        (
            "2203.02155 Ten Ways of Rewards https://arxiv.org/abs/2203.02155",
            "2203.02155",
            "Ten Ways of Rewards",
        ),
        ("A study of 2019.12345 things and more", None, "A study of 2019.12345 things and more"),
        ("title: A/B Testing of Words", None, "A/B Testing of Words"),
        ("深度强化学习综述与展望", None, "深度强化学习综述与展望"),
    ],
)
def test_an_id_with_a_title_behind_it_and_a_title_alone_are_one_entry(line, arxiv, title, read):
    [entry] = read(line)
    assert (entry.paper.arxiv_id, entry.paper.title) == (arxiv, title)


def test_several_paths_of_pdfs_on_a_line_are_several_entries(read, tmp_path):
    for name in ("a.pdf", "b.pdf", "c, d.pdf"):
        (tmp_path / name).write_bytes(b"%PDF-1.4")
    assert [entry.file.name for entry in read("a.pdf, b.pdf\nc, d.pdf\n")] == ["a.pdf", "b.pdf", "c, d.pdf"]


UNKNOWN = {
    "ovid": "<1>\nUnique Identifier\n  39990001\nTitle\n  Ward rounds with a model.\nSource\n  J. 5(2):1\n",
    "program": "import os\n\ndef main():\n    value = os.getcwd()\n    print(value)\n\nmain()\n",
    "settings": "[server]\nhost = localhost\nport = 8080\nname = reading list\n",
    "yaml": "server:\n  host: localhost\n  port: 8080\nversion: 3\nname: lists of papers\n",
    "log": "2024-03-01 10:00:01 INFO the server is ready\n2024-03-01 10:00:02 WARN a slow request\n" * 3,
    "numbers": "1,2,3,4\n2,3,4,5\n3,4,5,6\n",
    "cells": "1;Rewards by words;Muster;2020;x\n2;Bridges of steel;Exempel;2021;y\n",
    "prose": "We ask how a language model can write the reward of a robot that tends\n"
    "plants in a greenhouse. To answer this we train several agents, each\n"
    "of which sees another reward, and compare what they have learnt\n"
    "after a week. The results are given in the table below.\n",
    "sentences": "This is the first sentence. It is followed by a second one.\n" * 4,
    "mail": "From: anna@example.org\nTo: karl@example.org\nSubject: the list\n\nHello Karl,\n",
    "passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
    "latex": "\\documentclass{article}\n\\begin{document}\n\\section{On words}\n\\end{document}\n",
    "words": "tram\nferry\nkite\nlever\n",
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["a.txt", "list", "a.list"])
@pytest.mark.parametrize("kind", sorted(UNKNOWN))
def test_a_file_of_no_known_format_is_refused_with_its_first_line(kind, name, end, read):
    content = UNKNOWN[kind].replace("\n", end)
    with pytest.raises(InputError) as caught:
        read(content, name)
    first = UNKNOWN[kind].partition("\n")[0]
    assert f"'{first}'" in caught.value.message
    assert "BibTeX, RIS" in caught.value.message


def test_a_file_of_no_known_format_is_refused_in_utf_16_too(read):
    with pytest.raises(InputError, match="server"):
        read(codecs.BOM_UTF16_LE + UNKNOWN["settings"].encode("utf-16-le"))


@pytest.mark.parametrize(
    "content",
    [
        "attention is all you need\nneural turing machines\nlearning to learn by gradient descent\n",
        "A Survey of Agents: Methods, Data, and More\nBERT: Pre-training of Deep Transformers\n",
        "# only a comment\n\nTree of Thoughts\n",
        "2203.02155\n2305.16291 2303.11366\ntram\n",
        "Is a Picture Worth a Thousand Words?\n\nC++ Code Generation with Models\n",
        "GPT-4 Technical Report\nSurvey: models\nSurvey: agents\n",
        "深度强化学习综述\n语言模型与机器人\n",
    ],
)
def test_a_list_of_titles_or_ids_is_plain_text(content, read):
    assert any(isinstance(entry, ListEntry) for entry in read(content))


def test_lines_that_are_no_titles_are_reported_when_most_are(read):
    found = read("2203.02155\n2305.16291\ntram\n")
    assert [(entry.line, isinstance(entry, BrokenEntry)) for entry in found] == [
        (1, False),
        (2, False),
        (3, True),
    ]


def test_headings_and_rules_between_entries_are_no_entries(read):
    content = "To read:\n====\n2203.02155\n\n* * *\nLater:\n- Attention Is All You Need: A Review\n"
    assert named(read(content)) == ["2203.02155", "Attention Is All You Need: A Review"]


def test_a_sign_in_a_title_is_no_comment(read):
    assert (
        named(read("A Study of C # and Its Users\nTree of Thoughts\n"))[0] == "A Study of C # and Its Users"
    )
