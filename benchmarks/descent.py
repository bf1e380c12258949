"""Large trees asked about in stages: tokens against one question, and what stages cost in accuracy.

    python benchmarks/descent.py [LIST.md...]

Tokens: generated trees, and the trees that `classifier init` makes of the lists, with real prompts for an
abstract and for a whole paper (an excerpt of 6,000 tokens). "One" is a single question with all leaves,
"stages" the sum of all questions; in brackets the part that is equal for all papers, so that providers may
cache it.

Accuracy: no large model is measured here. A classifier that is real but weak, the offline engine's nearness
of words, is asked leave-one-out about the lists' papers (titles), once about all leaves and once in stages,
as a model would be. Its loss is what errors about the branch cost if branches are read by their texts and
their papers.
"""

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # tests.large_tree: the tree that tests use
from embeddings import made_of

from classifier.engines.descent import descend
from classifier.engines.offline import OfflineEngine
from classifier.model.document import Document
from classifier.model.paper import Paper, PaperFile
from classifier.model.reply import Reply
from classifier.model.study import Study
from classifier.model.task import Prompt, Task
from classifier.pdf.abstracts import document_from_text
from classifier.pipeline import Classifier
from classifier.prompting.excerpt import select_excerpt
from classifier.prompting.prompt import PromptBuilder
from classifier.runs.intervals import wilson_interval
from classifier.survey.answer_schema import labels_of
from classifier.survey.room import Room, label_tokens
from classifier.survey.stages import TreeStage, crowded, first_stage, next_stage
from classifier.survey.workspace import Workspace
from tests.large_tree import tree_of, write_workspace

WIDTHS = ((5, 3, 2, 2, 2, 3), (10, 30), (17, 18), (6, 6, 9), (3, 100))
ABSTRACT = "We measure one thing for a year and report what it does. " * 20
PAPER = "We measure one thing for a year and report what it does, in words that differ. " * 400


def shown(prompts: Sequence[Prompt]) -> str:
    """Tokens of all prompts, and the share of their system parts."""
    system = sum(len(prompt.system) for prompt in prompts) // 4
    total = system + sum(len(prompt.user) for prompt in prompts) // 4
    return f"{total:,} ({system / total:.0%})"


def prompts_of(workspace: Workspace, text: str) -> tuple[tuple[Prompt, ...], tuple[Prompt, ...]]:
    """The prompts for one paper without examples: one question, and stages about the largest branches."""
    paper = Paper(title="On One Thing", abstract=text)
    document = document_from_text(paper)
    excerpt = select_excerpt(document, workspace.taxonomy, 6000)
    whole = PromptBuilder(workspace.taxonomy, workspace.prompt_dir()).build(excerpt, abstract_only=True)
    with Classifier("offline", workspace=workspace, examples="none") as classifier:
        file = PaperFile(ref="x", path=None, source="text", paper=paper)
        return (whole,), classifier.render_prompts(file, document)


def print_tokens(name: str, workspace: Workspace) -> None:
    """A row of the table of tokens."""
    leaves, cells = len(workspace.taxonomy.leaves), []
    for text in (ABSTRACT, PAPER):
        one, stages = prompts_of(workspace, text)
        cells.append(f"{shown(one)} / {shown(stages)}")
    labels = " + ".join(str(len(labels_of(prompt.answer_schema))) for prompt in stages)
    print(f"| {name} | {leaves} | {label_tokens(workspace.taxonomy):,} | {labels} | {' | '.join(cells)} |")


async def answer(workspace: Workspace, study: Study, room: Room) -> Reply:
    """What nearness of words says of one study, which is left out, in one question or in stages."""
    others = [one for one in workspace.studies if one.id != study.id]
    paper = Paper(title=study.title)
    document = Document(title=study.title, abstract=study.title, pages=(), engine="text")

    async def ask(stage: TreeStage) -> tuple[Task, Reply]:
        shown = tuple(found for one in others if (found := stage.study(one)))
        task = Task(paper=paper, document=document, examples=shown)
        return task, await OfflineEngine(stage.taxonomy).answer(task)

    def following(stage: TreeStage, label: str, runner_up: str | None) -> TreeStage | None:
        if stage.decides(label, runner_up):
            return None
        return next_stage(workspace.taxonomy, stage, label, runner_up, room)

    _, reply = await descend(first_stage(workspace.taxonomy, room), ask, following)
    return reply


def rooms_of(workspace: Workspace) -> Iterator[tuple[str, Room]]:
    """One question with all leaves, and the least room in which the tree can be cut."""
    total = len(workspace.taxonomy.labels)
    yield "one question", Room(1_000_000, total)
    rooms = [Room(1_000_000, labels) for labels in range(4, total)]
    least = next((room for room in rooms if not list(crowded(workspace.taxonomy, room))), None)
    if least is not None:
        yield f"stages of at most {least.labels} labels", least


def print_accuracy(name: str, workspace: Workspace) -> None:
    """Accuracy in one question and in stages."""
    for what, room in rooms_of(workspace):
        found = [(asyncio.run(answer(workspace, study, room)).answer, study) for study in workspace.studies]
        right = sum(one.label == study.label for one, study in found)
        second = sum(study.label in (one.label, one.runner_up) for one, study in found)
        low, high = wilson_interval(right, len(found))
        print(
            f"| {name} | {what} | {right / len(found):.2f} [{low:.2f}, {high:.2f}] of {len(found)} | "
            f"{second / len(found):.2f} |"
        )


def main() -> None:
    """Prints both tables."""
    with tempfile.TemporaryDirectory() as scratch:
        lists = {Path(source).parent.name: Path(source) for source in sys.argv[1:]}
        made = {name: made_of(source, Path(scratch, name)) for name, source in lists.items()}
        print("| tree | leaves | their texts | labels asked | abstract: one / stages | paper: one / stages |")
        print("|---|---:|---:|---|---:|---:|")
        for widths in WIDTHS:
            name = " x ".join(map(str, widths))
            print_tokens(name, write_workspace(Path(scratch, name), tree_of(widths)))
        for name, workspace in {**made, "built-in": Workspace()}.items():
            print_tokens(name, workspace)
        print("\n| list | | accuracy | with the runner-up |\n|---|---|---:|---:|")
        for name, workspace in made.items():
            print_accuracy(name, workspace)


if __name__ == "__main__":
    main()
