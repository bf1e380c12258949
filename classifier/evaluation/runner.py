"""Suite + Classifier -> one prediction per item, written to disk as soon as it is made.

What enters: a classifier with any `Engine`, and a suite. What leaves: predictions in the suite's order, with
the item's id. An item that cannot be labelled is a prediction too, with status "failed". What it does not do:
compute scores (`classifier.evaluation.scoring`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from classifier.__about__ import __version__
from classifier.engines.base import Engine
from classifier.errors import ClassifierError, Concern, ModelError, SourceUnavailable
from classifier.evaluation.journal import Journal, is_unreachable, open_journal
from classifier.evaluation.protocol import EvalProtocol, studies_to_leave_out
from classifier.evaluation.records import Prediction, RunFacts, Suite, TextKind
from classifier.evaluation.texts import ItemText, choose_texts
from classifier.model.label import Label
from classifier.model.record import OUT_OF_SCOPE
from classifier.pipeline import Classifier
from classifier.runs.facts import labelling_facts, offline_code_sha256, prompt_sha256, request_facts
from classifier.runs.fingerprint import sha256_of
from classifier.runs.streak import FailureStreak, stop_message
from classifier.runs.workers import work_together
from classifier.text.counting import count_of, plural
from classifier.verdict.labelling import failed_label

OnPrediction = Callable[[Prediction], None]


async def run_suite(
    classifier: Classifier,
    suite: Suite,
    *,
    protocol: EvalProtocol = "loo",
    out: Path,
    concurrency: int = 8,
    text: TextKind | None = None,
    fetch: bool = True,
    resume: bool = True,
    on_progress: OnPrediction | None = None,
) -> list[Prediction]:
    """Labels a suite; the same call resumes an interrupted run.

    Args:
        classifier: For each item, studies are left out of its examples according to the protocol.
        protocol: "loo" leaves out the records of the item's own paper, "holdout" those of all items.
        out: Folder for `run.json` and `predictions.jsonl`.
        concurrency: Number of items classified in parallel.
        text, fetch: See `choose_texts`.
        resume: Keep the predictions that exist.
        on_progress: Called with each prediction, first with the existing ones.

    Returns:
        One prediction per item, in the suite's order.

    Raises:
        ConfigError: Settings or workspace are wrong, or `out` contains another run.
        InputError: An item does not have the wanted text.
        StoreError: A prediction cannot be written.
        ModelError, SourceUnavailable: There was no reply ten times in a row; predictions so far are saved.
    """
    questions = choose_texts(suite, text, fetch=fetch)
    left_out = studies_to_leave_out(suite, classifier.workspace.studies, protocol)
    report = on_progress or (lambda _: None)
    with open_journal(out, fingerprint(classifier, suite, questions, protocol), resume=resume) as journal:
        todo = [question for question in questions if question.item.id not in journal.done]
        for prediction in list(journal.done.values()):
            report(prediction)
        queue, streak = iter(todo), FailureStreak[str]()
        replays = getattr(classifier.engine, "replays", False)  # a replay does not stop after failures

        async def work() -> None:
            for question in queue:
                prediction = await _predict(classifier, question, left_out[question.item.id])
                journal.append(prediction)
                report(prediction)
                if streak.add(prediction.id, prediction.result.error) and not replays:
                    raise _stopped(prediction, journal, len(questions), out)
                await asyncio.sleep(0)  # lets an interrupt arrive even if the engine never waits

        await work_together(work, min(concurrency, len(todo)))
        return journal.finish([item.id for item in suite.items])


def run_facts(
    classifier: Classifier,
    suite: Suite,
    protocol: EvalProtocol,
    *,
    repeat: int = 1,
    calibration: str | None = None,
) -> RunFacts:
    """The run's description for the report."""
    first = classifier.first_engine
    return RunFacts(
        suite=suite.name,
        suite_sha256=suite.sha256,
        protocol=protocol,
        engine=classifier.engine.name,
        model=classifier.engine.model,
        examples=classifier.settings.examples,
        taxonomy_sha256=classifier.workspace.taxonomy.sha256,
        prompt_sha256=prompt_sha256(classifier.settings, classifier.workspace)
        if classifier.engine.needs_prompt
        else None,
        classifier_version=__version__,
        calibration=calibration,
        repeat=repeat,
        cascade=engine_in_words(first) if first else None,
        cascade_below=classifier.settings.cascade_below if first else None,
    )


def engine_in_words(engine: Engine) -> str:
    """Engine and model, e.g. "openai (gpt-x)"."""
    return f"{engine.name} ({engine.model})" if engine.model else engine.name


def fingerprint(
    classifier: Classifier, suite: Suite, questions: Sequence[ItemText], protocol: EvalProtocol
) -> dict[str, Any]:
    """Everything that decides the predictions, by name; a run is resumed only if this is equal."""
    engine, first = classifier.engine, classifier.first_engine
    settings, workspace = classifier.settings, classifier.workspace
    texts = [(question.item.id, question.kind, question.sha256) for question in questions]
    values: dict[str, Any] = {
        "suite": suite.name,
        "suite_sha256": suite.sha256,
        "items": len(questions),
        "texts_sha256": sha256_of([repr(texts).encode()]),
        "protocol": protocol,
        "engine": engine.name,
        "model": engine.model,
        **labelling_facts(settings, workspace, engine.name, engine.model),
        "classifier_version": __version__,
    }
    if first is not None:
        values |= {"cascade": engine_in_words(first), "cascade_below": settings.cascade_below}
    if not all(stage.needs_prompt for stage in (engine, first or engine)):
        values["engine_sha256"] = offline_code_sha256(workspace)
    if engine.needs_prompt:
        replayed = getattr(engine, "replays", False)
        values |= {
            **request_facts(settings),
            "replayed": replayed,
            "prompt_sha256": prompt_sha256(settings, workspace),
        }
    return values


async def _predict(classifier: Classifier, question: ItemText, leave_out: frozenset[str]) -> Prediction:
    """Labels one item; an error about the item or the model becomes a failed prediction."""
    item, attempts, usage = question.item, 0, None
    try:
        label = await question.ask(classifier, leave_out)
    except ClassifierError as error:
        # A used-up quota counts as a failure of the item, so that a replay gives the same predictions.
        if error.concerns is Concern.run and not isinstance(error, ModelError):
            raise
        label, attempts, usage = failed_label(item.id, error), error.attempts, error.usage
    leaf = predicted_label(label)
    return Prediction(
        id=item.id,
        title=item.title,
        label=item.label,
        leaf=leaf,
        correct=leaf == item.label,
        text_kind=question.kind,
        difficulty=item.difficulty,
        contested=item.contested,
        labels=item.labels,
        result=label,
        attempts=attempts,
        usage=usage,
    )


def _stopped(last: Prediction, journal: Journal, total: int, out: Path) -> ClassifierError:
    error = last.result.error
    kind = SourceUnavailable if error and error.code == SourceUnavailable.code else ModelError
    saved = sum(not is_unreachable(prediction) for prediction in journal.done.values())
    told = f"{saved} of {count_of(total, 'item')} {plural(saved, 'is', 'are')} saved in {out}"
    return kind(stop_message(error.message if error else "", told))


def predicted_label(label: Label) -> str | None:
    """A leaf id, "out-of-scope", or None if the paper was not placed."""
    return OUT_OF_SCOPE if label.status == "out_of_scope" else label.leaf
