"""`classifier classify REF...`: labels on standard output, everything else on standard error."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from classifier.cli import exits
from classifier.cli.options import (
    AcceptUnmeasuredOption,
    BudgetOption,
    CascadeBelowOption,
    CascadeOption,
    EmbeddingsOption,
    EngineName,
    EngineOption,
    ExamplesOption,
    JsonOption,
    ModelOption,
    WorkspaceOption,
    check_options,
)
from classifier.text.commands import command_line

if TYPE_CHECKING:
    from classifier.errors import ClassifierError
    from classifier.pipeline import Classifier


_LISTS = (
    *(".bib", ".bbl", ".ris", ".nbib", ".ciw", ".enw", ".xml", ".csv", ".tsv"),
    *(".json", ".jsonl", ".yaml", ".yml", ".md", ".txt"),
)
"""Endings of reading lists, which people give in a paper's place."""


def classify(
    refs: Annotated[
        list[str],
        typer.Argument(
            metavar="REF...",
            help="PDF path, '-' (a PDF on standard input), arXiv id or URL, a PDF's URL, a DOI, or a title.",
        ),
    ],
    engine: EngineOption = EngineName.auto,
    model: ModelOption = None,
    cascade: CascadeOption = None,
    cascade_below: CascadeBelowOption = None,
    examples: ExamplesOption = None,
    budget: BudgetOption = None,
    embeddings: EmbeddingsOption = None,
    accept_unmeasured: AcceptUnmeasuredOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
    show_prompt: Annotated[
        bool, typer.Option("--show-prompt", help="Print the prompt; send nothing.")
    ] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also fetch from private network addresses.")
    ] = False,
) -> int:
    """Place papers in the taxonomy: leaf, runner-up, quotes with pages, confidence, need for review."""
    from classifier.cli.wait_notice import WaitNotice
    from classifier.pipeline import Classifier

    classifier = Classifier(
        engine.setting,
        workspace=workspace,
        on_wait=WaitNotice(),
        model=model,
        cascade=cascade,
        cascade_below=cascade_below,
        examples=examples,
        budget_tokens=budget,
        embeddings=embeddings,
        allow_private=allow_private or None,
        accept_unmeasured=accept_unmeasured or None,
    )
    check_options(classifier.settings, model=model, cascade_below=cascade_below)
    listed = partial(
        command_line, "label", out=_new_folder(), engine=engine.setting, model=model, workspace=workspace
    )
    try:
        return asyncio.run(_classify_all(classifier, refs, listed, as_json=json, show_prompt=show_prompt))
    except KeyboardInterrupt:
        print("classifier: interrupted", file=sys.stderr)
        return exits.INTERRUPTED


def _new_folder() -> Path:
    """A folder for a run that does not exist yet."""
    return next(path for n in count(1) if not (path := Path("run" if n == 1 else f"run-{n}")).exists())


async def _classify_all(
    classifier: Classifier, refs: list[str], listed: Callable[[str], str], *, as_json: bool, show_prompt: bool
) -> int:
    """Prints the labels; `listed` is a reference -> the command that labels it as a list."""
    from classifier.cli.progress import Progress
    from classifier.errors import ClassifierError, ConfigError

    failures: list[ClassifierError] = []
    async with classifier:
        if not show_prompt:
            _ = classifier.engine  # reports a wrong setting before any file is read
        with Progress(len(refs)) as progress:
            for ref in refs:
                progress.starts(ref)
                try:
                    name = ref if len(refs) > 1 else None
                    text = await _one(classifier, ref, name=name, as_json=as_json, show_prompt=show_prompt)
                except ConfigError:
                    raise
                except ClassifierError as error:
                    failures.append(error)
                    text = _failed(ref, error, listed(ref), as_json=as_json)
                progress.ends()
                progress.write(text)
    if failures and len(refs) > 1:
        return exits.PARTIAL
    return exits.exit_code(failures[0]) if failures else exits.DONE


async def _one(
    classifier: Classifier, ref: str, *, name: str | None, as_json: bool, show_prompt: bool
) -> str:
    if show_prompt:
        from classifier.cli.render import render_prompt

        return render_prompt(await classifier.aprompt(ref), as_json=as_json)
    label = await classifier.aclassify(ref)
    if as_json:
        return label.model_dump_json()
    from classifier.cli.render import render_label

    folder = classifier.workspace.root
    return render_label(label, name=name, colour=sys.stdout.isatty(), workspace=folder)


def _has_bytes(path: Path) -> bool:
    return path.is_file() and path.stat().st_size > 0


def _is(kind: Callable[[Path], bool], ref: str) -> bool:
    try:
        return kind(Path(ref).expanduser())
    except (OSError, ValueError, RuntimeError):  # too long, a NUL character, or no home folder: not a path
        return False


def _failed(ref: str, error: ClassifierError, listed: str, *, as_json: bool) -> str:
    from classifier.errors import BadReference, InputError, NotAPdf
    from classifier.verdict.labelling import failed_label

    # Many messages already start with the file's name.
    named = error.message.lstrip("'").startswith((ref, Path(ref).name)) if ref else True
    told = error.message if named else f"{ref}: {error.message}"
    if isinstance(error, BadReference) and _is(Path.is_dir, ref):
        told += f"; `{listed}` labels all"
    elif isinstance(error, NotAPdf) and _is(_has_bytes, ref) and ref.lower().endswith(_LISTS):
        told += f"; `{listed}` labels a reading list"
    print(f"classifier: {told}", file=sys.stderr)
    for hidden in error.hidden if isinstance(error, InputError) else ():
        text = " ".join(hidden.text.split())
        print(f"classifier: {ref}: page {hidden.page}: hidden text ({hidden.kind}): {text}", file=sys.stderr)
    return failed_label(ref, error).model_dump_json() if as_json else ""
