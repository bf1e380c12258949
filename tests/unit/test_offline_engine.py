"""The offline engine: valid answers from any workspace, quotes that are in the paper, honest
probabilities."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.engines.base import Engine
from classifier.engines.offline import OfflineEngine
from classifier.engines.offline.decide import label_scores, probabilities
from classifier.engines.offline.reading import read_sentences
from classifier.errors import ConfigError
from classifier.model.document import Document, Page, Section
from classifier.model.paper import Paper
from classifier.model.task import Task
from classifier.survey.workspace import Workspace
from classifier.verdict.evidence import check_quotes
from classifier.verdict.labelling import quotes_of

TITLE = "Tuning a Language Model with Rewards from a Verifier"
ABSTRACT = (
    "Large language models err in arithmetic. We fine-tune a language model with reinforcement learning\n"
    "(GRPO); a verifier pays for correct answers, with-\nout human feedback. Mathematical reasoning improves."
)


def abstract_task(title, abstract, examples=()):
    page = Page(number=1, text=f"{title}\n{abstract}")
    document = Document(pages=(page,), title=title, abstract_only=True, page_count=1)
    return Task(paper=Paper(title=title), document=document, examples=examples)


@pytest.fixture(scope="module")
def engine(builtin):
    return OfflineEngine(builtin.taxonomy, builtin.offline_dir)


@pytest.mark.parametrize("title", ["Rewards from a Verifier for Language Models", "Verified Rewards"])
async def test_a_title_that_is_not_printed_or_too_short_is_never_quoted(engine, title):
    printed = f"{title}\n" if len(title.split()) < 3 else ""
    page = Page(number=1, text=f"{printed}{ABSTRACT}")
    document = Document(pages=(page,), title=title, abstract_only=True, page_count=1)
    reply = await engine.answer(Task(paper=Paper(title=title), document=document, examples=()))
    quotes = quotes_of(reply.answer)
    assert quotes
    assert title not in {quote.quote for quote in quotes}


ADAM = (
    "We introduce a method for first-order optimization of stochastic objectives. We analyze its convergence "
    "and provide a regret bound. Convolutional networks for image classification train faster."
)
CONTROL = "We study deep reinforcement learning for continuous control. An actor critic algorithm walks."
SAID = (
    "We align a chat model with preference data. Our method needs only a classification loss. "
    "It tunes a large language model without reinforcement learning."
)
SIGNS = (
    "We prove regret bounds for tabular reinforcement learning with a policy gradient. Agents walk further."
)


@pytest.mark.parametrize(
    ("title", "abstract", "reason", "quotes"),
    [
        ("A Method for Stochastic Optimization", ADAM, "no-rl", {}),
        ("Walking with Actors and Critics", CONTROL, "no-llm", {}),
        ("Regret Bounds for Tabular Agents", SIGNS, "no-llm", {}),
        (
            "Direct Alignment of Chat Models",
            SAID,
            "no-rl",
            {"rl": "It tunes a large language model without reinforcement learning."},
        ),
        (
            "Walking Robots",
            f"{CONTROL} Unlike others, we use no large language model.",
            "no-llm",
            {"llm": "Unlike others, we use no large language model."},
        ),
    ],
)
async def test_an_absence_is_quoted_only_from_a_sentence_that_states_it(
    engine, builtin, title, abstract, reason, quotes
):
    answer = (await engine.answer(abstract_task(title, abstract, builtin.studies))).answer
    given = {item.question: item for item in answer.answers}
    assert answer.label == "out-of-scope"
    assert builtin.taxonomy.scope_reason({name: item.answer for name, item in given.items()}) == reason
    found = {name: item.quote for name, item in given.items() if item.answer == "absent" and item.quote}
    assert found == quotes
    absent = {name for name, item in given.items() if item.answer == "absent"}
    assert absent
    assert {quote.supports for quote in answer.evidence} & absent <= set(quotes)
    rule = builtin.taxonomy.rules[reason]
    assert f"out-of-scope ({rule.title})" in answer.rationale
    others = {"no-rl": "no language model in sight", "no-llm": "something else than learning by reward"}
    assert others[reason] not in answer.rationale


async def test_answer_is_valid_and_its_quotes_are_in_the_paper(engine, builtin):
    task = abstract_task(TITLE, ABSTRACT, builtin.studies)
    reply = await engine.answer(task)
    answer = reply.answer
    assert isinstance(engine, Engine)
    assert answer.label == "rl4llm/fine-tuning/without-human-feedback"
    assert [item.question for item in answer.answers] == [q.id for q in builtin.taxonomy.questions]
    for item, question in zip(answer.answers, builtin.taxonomy.questions, strict=True):
        assert item.answer in question.answer_ids
    assert 1 <= len(answer.evidence) <= 4
    assert answer.confidence == reply.probabilities[answer.label]
    assert sum(reply.probabilities.values()) == pytest.approx(1)
    assert reply.probabilities.keys() == set(builtin.taxonomy.labels)
    assert (reply.attempts, reply.confidence_source) == (0, "calibrated")
    given = {item.question: item.answer for item in answer.answers}
    assert builtin.taxonomy.contradictions(answer.label, given) == ()
    assert {e.verdict for e in check_quotes(quotes_of(answer), task.document)} == {"verbatim"}


@pytest.mark.parametrize(
    ("title", "abstract", "label"),
    [
        (
            "Bumblebees in Alpine Meadows",
            "We count bumblebees along transects. Numbers fall with height.",
            "out-of-scope",
        ),
        (
            "Learning to Rewrite Prompts",
            "We train a small policy with reinforcement learning to optimize prompts for a frozen LLM.",
            "rl4llm/prompt",
        ),
        (
            "Reward Functions Written by Language Models",
            "We let an LLM generate reward functions for reinforcement learning of robot manipulation.",
            "llm4rl/reward",
        ),
    ],
)
async def test_plain_cases_come_out_right(engine, builtin, title, abstract, label):
    reply = await engine.answer(abstract_task(title, abstract, builtin.studies))
    assert reply.answer.label == label


async def test_out_of_scope_answers_lead_to_a_reason(engine, builtin):
    reply = await engine.answer(abstract_task("Counting Bees", "We count bees in a meadow by hand."))
    given = {item.question: item.answer for item in reply.answer.answers}
    assert builtin.taxonomy.scope_reason(given) is not None


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        ("Call for Papers: RL and Language Models", "We invite submissions on reward design.", "no-research"),
        ("Proceedings of the First RLHF Workshop", "Of 60 submissions 23 were accepted.", "no-research"),
        ("Table of Contents", "1 Reinforcement learning. 2 Large language models. 3 PPO.", "no-research"),
        ("Course Syllabus: RL", "Week 1: bandits. Week 2: policy gradients.", "no-research"),
        # Papers whose titles have such words.
        ("Writing Cover Letters by Reinforcement Learning", ABSTRACT, "original"),
        ("Which Form a Reward Takes", ABSTRACT, "original"),
        ("A Survey of Calls to Language Models in RL", "We survey literature on LLMs in RL.", "review"),
    ],
)
async def test_what_is_no_paper_has_an_answer_and_a_reason_of_its_own(engine, builtin, title, text, kind):
    reply = await engine.answer(abstract_task(title, text, builtin.studies))
    given = {item.question: item.answer for item in reply.answer.answers}
    assert given["kind"] == kind
    assert (builtin.taxonomy.scope_reason(given) == "no-research") == (kind == "no-research")
    assert (reply.answer.label == "out-of-scope") == (kind != "original")


async def test_workspace_without_cues_and_weights_decides_by_definitions_and_examples(bridges):
    workspace = Workspace(bridges)
    engine = OfflineEngine(workspace.taxonomy, workspace.offline_dir)
    right = 0
    for study in workspace.studies:
        others = tuple(other for other in workspace.studies if other.id != study.id)
        reply = await engine.answer(abstract_task(study.title, study.summary, others))
        assert reply.answer.evidence
        assert sum(reply.probabilities.values()) == pytest.approx(1)
        right += reply.answer.label == study.label
    assert right >= 0.8 * len(workspace.studies)
    assert (engine.model, reply.confidence_source) == ("baseline-nearness", "probability")


@pytest.mark.parametrize("text", ["", "   ", "?!", "\x00\ufffd", "a" * 5000])
async def test_text_without_sense_still_gets_an_answer(engine, text):
    page = Page(number=1, text=text)
    task = Task(paper=Paper(), document=Document(pages=(page,), engine="pypdf", page_count=1))
    reply = await engine.answer(task)
    assert reply.answer.label in reply.probabilities


@given(st.dictionaries(st.sampled_from(["damage/remote-imaging", "out-of-scope"]), st.floats(-50, 50)))
def test_probabilities_cover_every_label_and_never_exceed_one(bridges, scores):
    taxonomy = Workspace(bridges).taxonomy
    shares = probabilities(taxonomy, scores)
    assert shares.keys() == set(taxonomy.labels)
    assert all(0 <= share <= 1 for share in shares.values())


def test_label_is_as_likely_as_the_answers_that_lead_to_it(bridges):
    taxonomy = Workspace(bridges).taxonomy
    sure = {
        question.id: {choice.id: 0.0 if n == 0 else -30.0 for n, choice in enumerate(question.choices)}
        for question in taxonomy.questions
    }
    scores = label_scores(taxonomy, sure)
    assert max(scores, key=scores.get) == "capacity/with-load-test"


def test_full_paper_is_read_by_title_abstract_and_lead_only():
    pages = (
        Page(number=1, text="A Title\nAbstract. Bees matter.\n1 Introduction\nWe count bees."),
        Page(number=2, text="2 Related Work\nOthers count wasps.\n3 Conclusion\nBees fell."),
    )
    document = Document(
        pages=pages,
        title="A Title",
        abstract="Bees matter.",
        sections=(
            Section(title="1 Introduction", page=1, start=pages[0].text.index("1 Intro")),
            Section(title="2 Related Work", page=2, start=0),
            Section(title="3 Conclusion", page=2, start=pages[1].text.index("3 Conc")),
        ),
        engine="pypdfium2",
        page_count=2,
    )
    read = [(s.zone, s.quote) for s in read_sentences(Paper(), document)]
    assert read == [
        ("title", "A Title"),
        ("abstract", "Bees matter."),
        ("lead", "We count bees."),
        ("lead", "Bees fell."),
    ]


@pytest.mark.parametrize("text", ["{}", "not json", '{"schema_version": 9}', "[]"])
def test_damaged_weights_are_refused(builtin, tmp_path, text):
    (tmp_path / "model.json").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="retrain or remove"):
        OfflineEngine(builtin.taxonomy, tmp_path)


def test_weights_of_another_taxonomy_are_refused(builtin, bridges, tmp_path):
    (tmp_path / "model.json").write_bytes((builtin.offline_dir / "model.json").read_bytes())
    with pytest.raises(ConfigError, match="not in the taxonomy"):
        OfflineEngine(Workspace(bridges).taxonomy, tmp_path)


def test_prediction_loads_nothing_heavy(builtin):
    """A cold classify pays for the weights only, not for the libraries that trained them."""
    code = (
        "import sys; from classifier.engines.offline import OfflineEngine; "
        "from classifier.survey.workspace import Workspace; w = Workspace(sys.argv[1]); "
        "OfflineEngine(w.taxonomy, w.offline_dir); "
        "print(sorted({'numpy', 'scipy', 'sklearn'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", code, str(builtin.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_a_sentence_that_runs_over_the_end_of_a_page_is_never_quoted(engine):
    """A footer, a stamp and the next page's caption are no sentence of the paper."""
    first = (
        "Introduction\nPlants grow in pots.\n37th Conference on Machines (2023). arXiv:2305.18290 29 Jul 2024"
    )
    second = (
        "Figure 1: A large language model is fine-tuned by reinforcement learning from human feedback."
        "\nPlants grow."
    )
    pages = (Page(number=1, text=first), Page(number=2, text=second))
    sections = (Section(title="Introduction", page=1, start=0),)
    document = Document(pages=pages, title="On Feedback", sections=sections, page_count=2)
    reply = await engine.answer(Task(paper=Paper(title="On Feedback"), document=document))
    quotes = [quote.quote for quote in (*reply.answer.evidence, *reply.answer.answers) if quote.quote]
    assert quotes
    joined = [" ".join(page.text.split()) for page in pages]
    assert all(any(quote in text for text in joined) for quote in quotes)
