"""When two records are the same paper."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.model.document import Document
from classifier.model.identity import bare_arxiv_id, bare_doi, same_paper, same_title, title_similarity
from classifier.model.paper import Paper
from classifier.model.study import Study

LONG = "Bridging Large Language Models and Reinforcement Learning in Open Worlds"


@pytest.mark.parametrize(
    ("given_id", "bare"),
    [
        ("2402.01874", "2402.01874"),
        ("2402.01874v3", "2402.01874"),
        (" arXiv:2402.01874v1 [cs.CL] ", "2402.01874"),
        ("https://arxiv.org/abs/2402.01874v2", "2402.01874"),
        ("http://export.arxiv.org/pdf/2402.01874v2.pdf", "2402.01874"),
        ("10.48550/arXiv.2402.01874", "2402.01874"),
        ("0704.0001v1", "0704.0001"),
        ("cs/9901001v2", "cs/9901001"),
        ("hep-th/9901001", "hep-th/9901001"),
        ("math.GT/0309136v1", "math/0309136"),
        ("Attention is all you need", ""),
        ("2402.0187", "2402.0187"),
        ("240.01874", ""),
        ("", ""),
    ],
)
def test_bare_arxiv_id_drops_version_and_prefix(given_id: str, bare: str) -> None:
    assert bare_arxiv_id(given_id) == bare


@pytest.mark.parametrize(
    ("doi", "bare"),
    [
        ("10.1145/3292500.3330701", "10.1145/3292500.3330701"),
        ("https://doi.org/10.1145/ABC.1.", "10.1145/abc.1"),
        ("doi: 10.1145/abc", "10.1145/abc"),
        ("not a doi", ""),
    ],
)
def test_bare_doi_is_lower_case_without_resolver(doi: str, bare: str) -> None:
    assert bare_doi(doi) == bare


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (LONG, LONG.upper() + "."),
        (LONG, LONG.replace(" ", "\n  ")),
        (LONG, LONG.replace("Language", "Lan-\nguage")),
        (LONG, LONG.replace("Language", "Lan\x02\nguage")),
        (LONG, LONG.replace("Worlds", "Wrolds")),
        (LONG, LONG.replace("Models", "Model")),
        (LONG, LONG.replace("in Open", "in the Open")),
        (LONG, "{Bridging} {L}arge \\emph{Language Models} and $Reinforcement$ Learning in Open Worlds"),
        (LONG, f"WorldAdapter: {LONG}"),
        ("Multi-Agent Learning with Talking Robots", "Multiagent learning with talking robots"),
        ("Erdős and Rényi Meet Schrödinger", "Erd\\H{o}s and R\\'enyi meet Schr\\\"{o}dinger"),
        ("$\\pi_0$: A Flow Model for Robots", "π0: A flow model for robots"),
        ("Search & Rescue by Talking Drones", "Search &amp; rescue by talking drones"),
        ("ﬁne-tuning eﬃcient policies", "Fine-Tuning Efficient Policies"),
        ("Don’t Stop Talking", "Don't stop talking"),
        ("Adam", "ADAM."),
    ],
)
def test_titles_that_differ_in_looks_only_are_the_same(a: str, b: str) -> None:
    assert same_title(a, b)
    assert same_title(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (LONG, LONG.replace("in Open", "not in Open")),
        (LONG, LONG.replace("and", "without")),
        (f"{LONG} 2", LONG),
        (f"{LONG} 2", f"{LONG} 3"),
        (f"{LONG}, Part II", f"{LONG}, Part I"),
        (f"{LONG}: A Survey", LONG),
        (f"Part II: {LONG}", LONG),
        (f"Offline {LONG}", f"Online {LONG}"),
        (f"Supervised {LONG}", f"Unsupervised {LONG}"),
        (f"Intrinsic Rewards for {LONG}", f"Extrinsic Rewards for {LONG}"),
        (f"{LONG} for Games", f"{LONG} for Robots"),
        ("Adam", "Adams"),
        ("Text2Reward", "Text2Rewards"),
        ("Reward: A Study", "A Study"),
        ("", ""),
        ("...", "..."),
    ],
)
def test_titles_that_differ_in_meaning_are_different(a: str, b: str) -> None:
    assert not same_title(a, b)
    assert not same_title(b, a)


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_is_symmetric_and_within_bounds(a: str, b: str) -> None:
    assert 0.0 <= title_similarity(a, b) <= 1.0
    assert title_similarity(a, b) == pytest.approx(title_similarity(b, a))


def _study(**known: object) -> Study:
    return Study.model_validate({"id": "s", "label": "a/b", "title": LONG, **known})


@pytest.mark.parametrize(
    "paper",
    [
        Paper(arxiv_id="2402.01874v1"),
        Paper(doi="https://doi.org/10.48550/arXiv.2402.01874"),
        Paper(doi="10.1145/ABC"),
        Paper(title=LONG.lower()),
        Paper(title="An Older Name of the Same Work"),
        Document(pages=(), arxiv_id="2402.01874"),
        _study(arxiv="2402.01874v9", title="Renamed"),
    ],
)
def test_same_paper_by_id_doi_or_any_title(paper: Paper | Study | Document) -> None:
    study = _study(arxiv="2402.01874v2", doi="10.1145/abc", other_titles=("An older name of the same work",))
    assert same_paper(study, paper)
    assert same_paper(paper, study)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (Paper(), Paper()),
        (Paper(arxiv_id=""), Paper(arxiv_id="")),
        (Paper(arxiv_id="2402.01874", title="One"), Paper(arxiv_id="2402.01875", title="Another")),
        (Paper(title="One Thing"), Document(pages=())),
    ],
)
def test_papers_with_nothing_in_common_are_different(a: Paper, b: Paper | Document) -> None:
    assert not same_paper(a, b)
