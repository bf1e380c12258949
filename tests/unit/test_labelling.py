import hashlib
from datetime import datetime
from typing import Any

import pytest

from classifier import __version__
from classifier.errors import NoTextError, SchemaMismatch
from classifier.model.document import Document, Page
from classifier.model.label import Evidence, Label
from classifier.model.paper import Paper, PaperFile
from classifier.model.record import OUT_OF_SCOPE, UNPLACED, Notice
from classifier.model.reply import Answer, FirstOpinion, GivenAnswer, Quote, Reply, Usage
from classifier.model.study import Study
from classifier.model.task import Prompt, Task
from classifier.survey.workspace import Workspace
from classifier.verdict.labelling import assemble_label, failed_label, quotes_of
from classifier.verdict.review import Review

ANSWERS = (
    GivenAnswer(question="kind", answer="original"),
    GivenAnswer(question="structure", answer="other", quote="A dam has cracks."),
    GivenAnswer(question="aim", answer="none"),
)
DOCUMENT = Document(
    pages=(Page(number=1, text="A dam has cracks."),),
    title="As Printed",
    arxiv_id="2702.01234",
    doi="10.1/printed",
    page_count=9,
    engine="pypdfium2",
    sandbox="1024 MB",
)
SOUND: dict[str, Any] = {
    "answers": ANSWERS,
    "evidence": (),
    "rationale": "Because.",
    "confidence": 0.8,
    "runner_up": OUT_OF_SCOPE,
    "secondary": ("damage/remote-imaging",),
    "attributes": {"bridge-type": "arch", "rating": None, "damage-kind": "cracks", "network": "4"},
}

NOTHING = Review((), ())


@pytest.fixture
def label(bridges):
    """Assembles a label for one chosen class, with parts of its making replaced."""
    taxonomy = Workspace(bridges).taxonomy

    def assemble(
        chosen: str = "capacity/with-load-test",
        *,
        paper: Paper | None = None,
        document: Document = DOCUMENT,
        reply: dict[str, Any] | None = None,
        prompt: Prompt | None = None,
        examples: tuple[Study, ...] = (),
        evidence: tuple[Evidence, ...] = (),
        review: Review = NOTHING,
    ) -> Label:
        file = PaperFile(ref="dam.pdf", path=None, source="list", paper=paper or Paper(), sha256="ab12")
        answer = Answer(label=chosen, **SOUND)
        return assemble_label(
            taxonomy,
            file,
            Task(paper=file.paper, document=document, examples=examples, prompt=prompt),
            Reply(answer=answer, engine="scripted", **(reply or {})),
            evidence,
            review,
        )

    return assemble


@pytest.mark.parametrize(
    ("chosen", "status", "leaf", "path", "scope_reason", "fields"),
    [
        (
            "capacity/with-load-test",
            "placed",
            "capacity/with-load-test",
            ("Capacity", "With load test"),
            None,
            {"bridge-type": "arch", "rating": None},
        ),
        (
            "damage/remote-imaging",
            "placed",
            "damage/remote-imaging",
            ("Damage", "Remote imaging"),
            None,
            {"damage-kind": "cracks"},
        ),
        # Two rules hold by the answers; the first in the taxonomy's order is the reason.
        (OUT_OF_SCOPE, "out_of_scope", None, (), "not-a-bridge", {}),
        (UNPLACED, "unplaced", None, (), None, {}),
    ],
)
def test_everything_else_follows_from_the_one_chosen_label(
    label, chosen, status, leaf, path, scope_reason, fields
):
    made = label(chosen)
    assert (made.status, made.leaf, made.path, made.scope_reason) == (status, leaf, path, scope_reason)
    assert made.attributes == fields


@pytest.mark.parametrize(
    ("chosen", "shares", "branch"),
    [
        ("capacity/with-load-test", {"capacity/with-load-test": 0.8, "damage/remote-imaging": 0.2}, 0.8),
        (
            "capacity/with-load-test",
            {"capacity/with-load-test": 0.8, "capacity/without-load-test": 0.15},
            0.95,
        ),
        # The stated confidence (0.8) is of another source.
        ("capacity/with-load-test", {"capacity/with-load-test": 0.5}, None),
        ("capacity/with-load-test", {}, None),
        (OUT_OF_SCOPE, {OUT_OF_SCOPE: 0.9, "capacity/with-load-test": 0.1}, None),
        (UNPLACED, {UNPLACED: 1.0}, None),
    ],
)
def test_a_branch_is_as_probable_as_all_its_leaves(label, chosen, shares, branch):
    made = label(chosen, reply={"probabilities": shares})
    assert made.branch_confidence == (branch if branch is None else pytest.approx(branch))
    assert ("branch_confidence" in made.model_dump()) is (branch is not None)


def test_the_answer_is_copied_unchanged(label):
    made = label()
    assert (made.ref, made.runner_up, made.confidence) == ("dam.pdf", OUT_OF_SCOPE, 0.8)
    assert (made.answers, made.rationale) == (ANSWERS, "Because.")
    assert made.secondary == ("damage/remote-imaging",)


@pytest.mark.parametrize("chosen", [OUT_OF_SCOPE, UNPLACED])
def test_a_label_that_is_no_leaf_has_no_further_leaves(label, chosen):
    assert label(chosen).secondary == ()


def test_review_reasons_decide_whether_a_person_must_look(label):
    warning = Notice(code="abstract-only", message="no full text")
    assert not label(review=Review((), (warning,))).needs_review
    made = label(review=Review(("hidden-text",), (warning,)))
    assert (made.needs_review, made.review_reasons, made.warnings) == (True, ("hidden-text",), (warning,))


def test_what_the_source_knows_of_the_paper_goes_before_what_is_printed_on_it(label):
    printed = label().paper
    assert (printed.title, printed.arxiv_id, printed.doi) == ("As Printed", "2702.01234", "10.1/printed")
    known = Paper(
        title="As Listed", authors=("A. Nobody",), year=2031, arxiv_id="2702.99999", doi="10.1/listed"
    )
    listed = label(paper=known).paper
    assert (listed.title, listed.arxiv_id, listed.doi) == ("As Listed", "2702.99999", "10.1/listed")
    assert (listed.authors, listed.year, listed.source, listed.sha256) == (
        ("A. Nobody",),
        2031,
        "list",
        "ab12",
    )


def test_pages_are_those_of_the_file_and_unknown_for_an_abstract(label):
    assert label().paper.pages == 9
    assert label(document=Document(pages=DOCUMENT.pages, abstract_only=True)).paper.pages is None


def test_provenance_tells_how_the_label_came_about(label, bridges):
    raw = '{"label": "…"}'
    reply = {
        "model": "m-1",
        "confidence_source": "logprobs",
        "usage": Usage(tokens_in=10, tokens_out=2, tokens_cached=8, cost_usd=0.25),
        "latency_s": 1.23456,
        "attempts": 2,
        "raw": raw,
    }
    prompt = Prompt(system="s", user="u", answer_schema={}, sha256="c0de")
    study = Study(id="s1", title="T", label=UNPLACED)
    provenance = label(reply=reply, prompt=prompt, examples=(study,)).provenance
    assert provenance is not None
    created = datetime.fromisoformat(provenance.created_at)
    assert created.utcoffset() is not None
    assert provenance.model_dump(exclude={"created_at"}) == {
        "engine": "scripted",
        "model": "m-1",
        "taxonomy_sha256": hashlib.sha256((bridges / "taxonomy.yaml").read_bytes()).hexdigest(),
        "prompt_sha256": "c0de",
        "example_ids": ("s1",),
        "confidence": "logprobs",
        "tokens_in": 10,
        "tokens_out": 2,
        "tokens_cached": 8,
        "cost_usd": 0.25,
        "latency_s": 1.2346,
        "attempts": 2,
        "reply_sha256": hashlib.sha256(raw.encode()).hexdigest(),
        "first_opinion": None,
        "pdf_engine": "pypdfium2",
        "sandbox": "1024 MB",
        "classifier_version": __version__,
    }


def test_without_a_prompt_or_a_reply_there_are_no_hashes_of_them(label):
    provenance = label().provenance
    assert provenance is not None
    assert (provenance.prompt_sha256, provenance.reply_sha256) == (None, None)
    assert provenance.cost_usd is None  # unknown, which is not zero


def test_a_label_survives_the_way_through_json(label):
    made = label(
        evidence=(
            Evidence(
                quote="A dam has cracks.", supports="structure", page=1, start=0, end=17, verdict="verbatim"
            ),
        )
    )
    assert Label.model_validate_json(made.model_dump_json()) == made
    assert "\n" not in made.model_dump_json()


def test_a_label_of_version_0_1_names_the_first_confidence_sureness():
    first = FirstOpinion.model_validate_json('{"engine": "offline", "label": "x", "sureness": 0.3}')
    assert first.confidence == 0.3
    assert FirstOpinion.model_validate_json(first.model_dump_json()) == first


@pytest.mark.parametrize(
    "error", [NoTextError("a scan:\nit needs OCR"), SchemaMismatch("bad", raw="{secret}")]
)
def test_a_failure_is_a_row_too_with_its_code_and_one_line(error):
    row = failed_label("scan.pdf", error)
    assert (row.ref, row.status, row.leaf, row.confidence) == ("scan.pdf", "failed", None, None)
    assert row.error == Notice(code=error.code, message=" ".join(str(error).split()))
    assert not row.needs_review
    assert "secret" not in row.model_dump_json()


def test_quotes_are_those_of_the_evidence_then_of_the_answers_each_pair_once():
    evidence = (
        Quote(quote="A dam.", supports="label"),
        Quote(quote="A dam has cracks.", supports="structure"),
    )
    answer = Answer(**SOUND | {"evidence": (*evidence, evidence[0])}, label=UNPLACED)
    assert quotes_of(answer) == evidence
    assert quotes_of(answer.model_copy(update={"evidence": ()})) == (evidence[1],)


def test_the_same_words_may_support_two_things():
    evidence = (Quote(quote="A dam has cracks.", supports="label"),)
    answer = Answer(**SOUND | {"evidence": evidence}, label=UNPLACED)
    assert [quote.supports for quote in quotes_of(answer)] == ["label", "structure"]
