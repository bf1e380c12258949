"""Which studies an engine may not see while an item is scored."""

import asyncio
from pathlib import Path

import pytest

from classifier import Classifier, Paper, ScriptedEngine, Study, Workspace
from classifier.errors import Refused
from classifier.evaluation.protocol import studies_to_leave_out
from classifier.evaluation.records import Suite, SuiteItem

ITEM = {"id": "item", "title": "Weighing Trucks on Old Arches of Stone", "label": "x", "arxiv": "2401.00001"}


def suite(**changes: object) -> Suite:
    return Suite(name="s", sha256="0", items=(SuiteItem.model_validate(ITEM | changes),))


def study(study_id: str, title: str = "Something Else Entirely about Cables", **more: object) -> Study:
    return Study.model_validate({"id": study_id, "title": title, "label": "x"} | more)


@pytest.mark.parametrize(
    ("item", "twin"),
    [
        ({}, study("item", "A Title That Was Changed Later On")),
        ({}, study("t", arxiv="2401.00001v3")),
        ({}, study("t", doi="10.48550/arXiv.2401.00001")),
        ({"doi": "10.1000/ABC"}, study("t", doi="https://doi.org/10.1000/abc")),
        ({}, study("t", "Weighing trucks on old arches of stone")),
        ({}, study("t", "Weighing Truck on Old Arches of Stones")),
        ({}, study("t", other_titles=["Weighing Trucks on Old Arches of Stone"])),
        (
            {"other_titles": ["Lorries over a Vault from Long Ago"]},
            study("t", "Lorries over a Vault from Long Ago"),
        ),
    ],
)
def test_another_file_of_the_scored_paper_is_left_out(item, twin):
    other = study("other", "Cameras over Decks")
    assert studies_to_leave_out(suite(**item), [twin, other], "loo") == {"item": {twin.id}}


def test_a_file_known_only_by_way_of_another_is_left_out_too():
    chain = [
        study("last", "Lorries over a Vault from Long Ago"),
        study(
            "middle",
            "Masonry under Load",
            arxiv="2401.00001",
            other_titles=["Lorries over a Vault from Long Ago"],
        ),
    ]
    assert studies_to_leave_out(suite(), chain, "loo") == {"item": {"last", "middle"}}


def test_holdout_leaves_out_every_study_of_the_suite_for_each_item():
    items = (
        SuiteItem.model_validate(ITEM),
        SuiteItem.model_validate(ITEM | {"id": "b", "title": "Radar", "arxiv": None}),
    )
    studies = [study("x", arxiv="2401.00001"), study("y", "Radar"), study("z", "Fibres in Girders")]
    both = Suite(name="s", sha256="0", items=items)
    assert studies_to_leave_out(both, studies, "holdout") == {"item": {"x", "y"}, "b": {"x", "y"}}
    assert studies_to_leave_out(both, studies, "loo") == {"item": {"x"}, "b": {"y"}}


async def test_tasks_that_run_at_the_same_time_see_each_its_own_studies(bridges: Path):
    workspace = Workspace(bridges)
    every = [item.id for item in workspace.studies]
    engine = ScriptedEngine(workspace.taxonomy, [Refused("no")] * len(every))
    classifier = Classifier(engine, workspace=workspace)

    async def ask(left_out: str) -> None:
        with pytest.raises(Refused):
            await classifier.aclassify_text(
                Paper(title=left_out, abstract="x"), leave_out=frozenset({left_out})
            )

    await asyncio.gather(*map(ask, every))
    found = {task.paper.title: [study.id for study in task.examples] for task in engine.tasks}
    assert found == {left_out: [other for other in every if other != left_out] for left_out in every}
