"""Two simple baselines, shown next to the engine in the same table.

What enters: a suite, the texts that are scored, and the workspace's studies. What leaves: one `System` per
baseline, with the same metrics as the engine. For the centroid, the engine's rule about examples applies: the
scored study, and other records of the same paper, are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from classifier.evaluation.metrics import need_packages
from classifier.evaluation.protocol import EvalProtocol, studies_to_leave_out
from classifier.evaluation.records import Suite, System
from classifier.evaluation.texts import ItemText
from classifier.model.record import OUT_OF_SCOPE
from classifier.model.study import Study
from classifier.survey.taxonomy import Leaf, Taxonomy
from classifier.survey.workspace import Workspace

if TYPE_CHECKING:
    from classifier.evaluation.metrics.cases import Case

MAJORITY = "majority class"
MAJORITY_OF_SUITE = "majority class of the suite"
TFIDF_CENTROID = "TF-IDF centroid"


def run_baselines(
    suite: Suite,
    questions: Sequence[ItemText],
    workspace: Workspace,
    protocol: EvalProtocol,
    *,
    seed: int = 0,
) -> tuple[System, ...]:
    """Both baselines on a suite.

    Args:
        questions: The texts that the engine is asked about, one per item (`choose_texts`). If the text is a
            PDF or an arXiv id, the centroid uses only the title.

    Raises:
        ConfigError: The packages of the extra "eval" are missing.
    """
    need_packages()
    left_out = studies_to_leave_out(suite, workspace.studies, protocol)
    gold = {item.id: item.label for item in suite.items}
    systems = [
        majority_class(gold, workspace.studies, left_out, workspace.taxonomy, seed),
        tfidf_centroid(
            gold, _texts(questions), workspace.studies, left_out, taxonomy=workspace.taxonomy, seed=seed
        ),
    ]
    return tuple(systems)


def majority_class(
    gold: Mapping[str, str],
    studies: Sequence[Study],
    left_out: Mapping[str, frozenset[str]],
    taxonomy: Taxonomy,
    seed: int = 0,
) -> System:
    """The same label for every item: the most frequent one of the studies.

    Studies that are left out for every item do not count (holdout). In leave-one-out all studies count:
    without the scored one, its label would be the rarest on a balanced suite, and the accuracy 0 (ADR 7). If
    no study counts, it is the most frequent label of the suite, and the system's name says so. Of equally
    frequent labels, the first in alphabetical order is used.

    Args:
        gold: Item id -> gold label.
        left_out: Item id -> ids of the studies that are left out.
    """
    from classifier.evaluation.metrics.cases import Case

    never_seen = frozenset.intersection(*left_out.values()) if left_out else frozenset()
    seen = [study.label for study in studies if study.id not in never_seen]
    answer = _most_common(seen or gold.values())
    cases = {item_id: Case(label, answer) for item_id, label in gold.items()}
    return _system(MAJORITY if seen else MAJORITY_OF_SUITE, cases, taxonomy, seed)


def tfidf_centroid(
    gold: Mapping[str, str],
    texts: Mapping[str, str],
    studies: Sequence[Study],
    left_out: Mapping[str, frozenset[str]],
    *,
    taxonomy: Taxonomy,
    seed: int = 0,
) -> System:
    """The label whose mean TF-IDF vector is nearest by cosine; the second nearest is the runner-up.

    The texts of a label are its definition, and the titles and summaries of its studies. Vocabulary and idf
    are computed again for each set of studies that is left out. Source: Rocchio's classifier in the cosine
    form of Han and Karypis 2000 (PKDD); `TfidfVectorizer` of scikit-learn, words and pairs of words, log term
    frequency.

    Args:
        texts: Item id -> the text to classify.
    """
    from classifier.evaluation.metrics.cases import Case

    nearest: dict[str, tuple[str, str | None]] = {}
    for hidden in sorted(set(left_out.values()), key=sorted):
        seen = [study for study in studies if study.id not in hidden]
        ids = [item_id for item_id in gold if left_out[item_id] == hidden]
        nearest |= zip(ids, _nearest_labels([texts[item_id] for item_id in ids], seen, taxonomy), strict=True)
    cases = {item_id: Case(label, *nearest[item_id]) for item_id, label in gold.items()}
    return _system(TFIDF_CENTROID, cases, taxonomy, seed)


def _nearest_labels(
    texts: Sequence[str], studies: Sequence[Study], taxonomy: Taxonomy
) -> list[tuple[str, str | None]]:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    known = [
        *((leaf.id, _definition(leaf)) for leaf in taxonomy.leaves.values()),
        *((OUT_OF_SCOPE, rule.definition) for rule in taxonomy.rules.values()),
        *((study.label, f"{study.title}\n{study.summary}") for study in studies),
    ]
    vectorizer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), stop_words="english")
    vectors = vectorizer.fit_transform([text for _, text in known])
    labels = sorted({label for label, _ in known})
    member = np.array([[own == label for own, _ in known] for label in labels], dtype=np.float64)
    centroids = normalize((member @ vectors) / member.sum(axis=1, keepdims=True))
    similarity = vectorizer.transform(texts) @ centroids.T
    order = np.argsort(-similarity, axis=1, kind="stable")
    return [(labels[row[0]], labels[row[1]] if len(row) > 1 else None) for row in order]


def _definition(leaf: Leaf) -> str:
    return "\n".join((*leaf.titles, leaf.node.settled_definition, *leaf.node.counts))


def _texts(questions: Iterable[ItemText]) -> dict[str, str]:
    return {
        question.item.id: question.item.title
        if question.kind in ("pdf", "arxiv")
        else f"{question.item.title}\n{question.content}"
        for question in questions
    }


def _most_common(labels: Iterable[str]) -> str | None:
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label), default=None)


def _system(name: str, cases: Mapping[str, Case], taxonomy: Taxonomy, seed: int) -> System:
    from classifier.evaluation.metrics.measure import measure

    ordered = [cases[item_id] for item_id in sorted(cases)]
    return System(name=name, is_baseline=True, metrics=measure(ordered, taxonomy, seed, reviews=False))
