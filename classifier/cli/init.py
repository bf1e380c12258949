"""`classifier init`: a workspace from a list, an outline, a library, or five answers."""

from __future__ import annotations

import json as json_module
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from classifier.cli import exits
from classifier.cli.init_report import exit_code_of, facts_of, report_of, say_unread, watching
from classifier.cli.options import EngineName, EngineOption, JsonOption, ModelOption, check_options
from classifier.cli.wait_notice import WaitNotice

if TYPE_CHECKING:
    from classifier.scaffold.remote import ListOrigin
    from classifier.scaffold.source import Source
    from classifier.settings import Settings


def _print_guide(wanted: bool) -> None:
    if wanted:
        from classifier.files import read_guide

        print(read_guide("own-survey.md"), end="")
        raise typer.Exit


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new workspace: a new or empty folder.")],
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="FILE|URL",
            help="Markdown list, outline, taxonomy as YAML or JSON, or a library with keywords, groups or "
            "collections; or the address of one, or of a repository. Without it: the address of the last "
            "time, else five questions.",
        ),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            "--by",
            metavar="FIELD",
            help="What of a library's entries becomes the tree: groups, category, tags, keywords, or a "
            "column; a second --by names the level below. Without it, the library decides.",
        ),
    ] = None,
    abstracts: Annotated[
        str | None,
        typer.Option(
            "--abstracts", metavar="LIST", help="Take missing abstracts from this list (any format)."
        ),
    ] = None,
    facets: Annotated[
        Literal["keep", "drop"] | None,
        typer.Option(
            help="Papers of sections that are no topics (surveys, benchmarks, tools, …): keep them in "
            "facets.jsonl (default), or leave them out."
        ),
    ] = None,
    several: Annotated[
        Literal["secondary", "first"] | None,
        typer.Option(
            help="A paper in several leaves: the others are secondary (default), or only the first counts."
        ),
    ] = None,
    branch_papers: Annotated[
        Literal["pile", "leaf"] | None,
        typer.Option(
            help="Papers directly under a branch: report them (default), or add a leaf 'Other' for them."
        ),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers", metavar="FILE", help="Without --from: the five answers as YAML (see docs/survey.md)."
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace files changed by hand since; FILE.bak has what they were."),
    ] = False,
    guide: Annotated[  # noqa: ARG001 - its callback has printed it
        bool,
        typer.Option(
            "--guide", callback=_print_guide, is_eager=True, help="Print 'Your own survey in 20 minutes'."
        ),
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Fetch no abstracts from arXiv, and ask no model.")
    ] = False,
    engine: EngineOption = EngineName.auto,
    model: ModelOption = None,
    max_cost: Annotated[
        float | None,
        typer.Option(min=0, metavar="USD", help="Ask the model for no more drafts than this may cost."),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Make a workspace from your own list: sections become the tree, papers become labelled studies.

    Abstracts that the list does not bring are fetched from arXiv; a language model, if one is configured,
    drafts what the list does not say. Run it again when the list has grown: options that are not given are
    those of the last time. The guide "Your own survey in 20 minutes": classifier init --guide
    """
    import asyncio

    from classifier.drafting.making import InitJob, make_workspace
    from classifier.errors import ConfigError
    from classifier.scaffold.again import options_of
    from classifier.scaffold.source import PDF
    from classifier.settings import load_settings

    if source and answers:
        raise ConfigError("--from and --answers exclude one another; see --help")
    settings = load_settings(engine=engine.setting, model=model, fetch=False if offline else None)
    check_options(settings, model=model, cascade_below=None)
    drafts = settings.chosen_engine == "openai" and (engine is EngineName.openai or bool(settings.model))
    if offline and (model or engine is EngineName.openai):
        raise ConfigError("--offline asks no model; remove it, or remove --model and --engine")
    if max_cost is not None and (offline or not drafts):
        raise ConfigError("--max-cost has no effect: no model is asked; add --model NAME, or remove it")
    choices = {"facets": facets, "several": several, "branch_papers": branch_papers}
    options = options_of(
        folder, {**choices, "by": by}, abstracts
    )  # refuses the folder before anything is read or asked
    given = _read(folder, source, answers, settings, by=options.choices.by)
    job = InitJob(
        root=folder,
        source=given.source,
        choices=options.choices,
        settings=settings,
        abstracts=options.abstracts,
        offline=not settings.fetch,
        drafts=drafts and not offline,
        max_cost_usd=max_cost,
        force=force,
        fetched=given.fetched,
        pdf=given.file if given.source.form == PDF else None,
    )
    try:
        made = asyncio.run(make_workspace(job, watching()))
    except KeyboardInterrupt:
        print(
            "classifier: interrupted; what was fetched and paid for is kept; rerun to resume", file=sys.stderr
        )
        return exits.INTERRUPTED
    if json:
        print(json_module.dumps(facts_of(job, made), ensure_ascii=False))
    else:
        print("\n".join(report_of(job, made, options.kept)))
    say_unread(made.started)
    return exit_code_of(made)


class _Given(NamedTuple):
    """The material, where it was fetched from, and the file that has it."""

    source: Source
    fetched: ListOrigin | None = None
    file: Path | None = None


def _read(
    folder: Path, source: str | None, answers: Path | None, settings: Settings, *, by: tuple[str, ...]
) -> _Given:
    import asyncio

    from classifier.errors import ConfigError
    from classifier.scaffold.reading import read_source
    from classifier.scaffold.remote import origin_of, read_fetched, remembered
    from classifier.sources.forges import is_address
    from classifier.sources.list_files import fetch_list

    if source is None and answers is None and (last := remembered(folder)):
        source = last.address
    if source is None:
        if by:
            raise ConfigError("--by needs a library: --from FILE|URL")
        return _Given(_ask(answers))
    if not is_address(source) or Path(source).exists():
        return _Given(read_source(source, by), file=Path(source))
    file = asyncio.run(fetch_list(source, settings, offline=not settings.fetch, on_wait=WaitNotice()))
    return _Given(read_fetched(file, by), origin_of(file), file.path)


def _ask(answers: Path | None) -> Source:
    from classifier.scaffold.questions import QUESTIONS, read_answers, source_from_answers

    if answers is not None:
        return source_from_answers(read_answers(answers), str(answers))
    given = {}
    for name, question in QUESTIONS.items():
        try:
            given[name] = typer.prompt(question, default="" if name != "topics" else None, show_default=False)
        except typer.Abort:
            if sys.stdin.isatty():
                raise
            from classifier.errors import ConfigError

            raise ConfigError(
                "standard input ended before five answers; expected --from FILE, --answers FILE, or one "
                "answer per line"
            ) from None
    return source_from_answers(given, "")
