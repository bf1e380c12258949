"""The documents are true: what they quote is fresh, every example runs, links lead somewhere."""

import doctest
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from classifier.cli.app import run as cli
from classifier.survey.taxonomy import load_taxonomy
from tests.docs_kit import DOCS, PAGES, ROOT, from_docs

kit = from_docs("blocks")
DECISIONS = sorted((DOCS / "adr").glob("*.md"))
README = ROOT / "README.md"
SHELL = ("sh", "console")
OF_THE_PROJECT = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "taxonomy.yaml", "gold", "eval", "docs")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def run(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


# -- what pages quote ------------------------------------------------------------------------------


def test_what_the_pages_quote_from_the_program_is_fresh():
    done = subprocess.run(
        [sys.executable, DOCS / "make_pages.py", "--check"],
        env={**kit.os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_workspace_of_the_pages_is_valid_under_the_schemas_for_editors(tmp_path):
    kit.prepare(read(DOCS / "survey.md"), tmp_path)
    tree, study = (
        jsonschema.Draft202012Validator(json.loads(read(DOCS / f"{name}.schema.json")))
        for name in ("taxonomy", "study")
    )
    for folder in (ROOT, ROOT / "tests" / "workspaces" / "bridges", tmp_path / "birds"):
        taxonomy = yaml.safe_load(read(folder / "taxonomy.yaml"))
        tree.validate(taxonomy)
        assert not tree.is_valid(taxonomy | {"sha256": "0"}), "the program's own field"
        assert not tree.is_valid({**taxonomy, "tree": [{"id": "a", "title": "A", "definiton": "a slip"}]})
        for file in ("labels", "out_of_scope"):
            for line in read(folder / "gold" / f"{file}.jsonl").splitlines():
                study.validate(json.loads(line))
    assert not study.is_valid({"id": "a", "title": "A"}), "a study without a label"


# -- examples --------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [*PAGES, *DECISIONS], ids=lambda page: page.name)
def test_what_is_not_run_says_why_in_a_known_phrase(page):
    text = read(page)
    found = kit.blocks(text)
    assert {block.reason for block in found} <= {None, *kit.REASONS}
    assert text.count("<!-- not run") == sum(block.reason is not None for block in found), "before a block"
    fences = re.findall(r"^`{3,}", text, re.MULTILINE)
    assert len(fences) == 2 * len(found), "a fence that is not closed, or whose first line is not understood"


def test_there_are_examples_to_run():
    ran = [
        block
        for page in PAGES
        for block in kit.blocks(read(page))
        if block.language in SHELL and block.reason is None
    ]
    assert len(ran) >= 20


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(block.language in SHELL for block in kit.blocks(read(page)))],
    ids=lambda page: page.name,
)
def test_the_shell_examples_of_a_page_run_in_its_order(page, tmp_path):
    environment = kit.prepare(read(page), tmp_path)
    shown = {path.name for path in tmp_path.iterdir()}
    for block in kit.blocks(read(page)):
        if block.language not in SHELL or block.reason is not None:
            continue
        lines = block.text.splitlines()
        if block.language == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        done = run(["bash", "-euo", "pipefail", "-c", "\n".join(lines)], tmp_path, environment)
        assert done.returncode == 0, f"{page.name}:{block.line}: {done.stdout}{done.stderr}"
    made = {path.name for path in tmp_path.iterdir()} - shown
    assert made.isdisjoint(OF_THE_PROJECT), "in a checkout, this would replace the project's own file"


def test_the_nodes_that_own_survey_names_are_those_of_its_example(tmp_path):
    page = read(DOCS / "own-survey.md")
    nodes = re.findall(r"^classifier draft networks ([a-z][^: ]*)", page, re.MULTILINE)
    example = ROOT / "examples/workspaces/small-networks/README.md"
    assert cli(["init", str(tmp_path / "networks"), "--from", str(example), "--offline"]) == 0
    leaves = load_taxonomy(tmp_path / "networks/taxonomy.yaml").leaves
    assert nodes
    assert [node for node in nodes if node not in leaves] == []


@pytest.mark.parametrize(
    ("page", "block"),
    [
        pytest.param(page, block, id=f"{page.name}:{block.line}")
        for page in PAGES
        for block in kit.blocks(read(page))
        if block.language == "python" and block.reason is None
    ],
)
def test_the_python_examples_run(page, block, tmp_path):
    assert not doctest.DocTestParser().get_examples(block.text), "write plain code, not a session"
    environment = kit.prepare(read(page), tmp_path)
    done = run([sys.executable, "-c", block.text], tmp_path, environment)
    assert (done.returncode, done.stderr) == (0, "")


def readme_commands() -> list[str]:
    lines = [
        line
        for block in kit.blocks(read(README))
        if block.language == "console"
        for line in block.text.splitlines()
    ]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ classifier ")]


@pytest.mark.parametrize("command", readme_commands())
def test_the_console_examples_of_the_readme_run(command, tmp_path):
    environment = kit.prepare("", tmp_path)
    done = run(["bash", "-c", command], tmp_path, environment)
    assert done.returncode == 0, f"{command}: {done.stderr}"


def test_the_python_examples_of_the_readme_run(tmp_path):
    environment = kit.prepare("", tmp_path)
    for block in kit.blocks(read(README)):
        if block.language == "python":
            done = run([sys.executable, "-c", block.text], tmp_path, environment)
            assert (done.returncode, done.stderr) == (0, "")


# -- links and words -------------------------------------------------------------------------------


def test_links_between_the_documents_lead_somewhere():
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in [*PAGES, *DECISIONS, README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(page))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_page_is_in_the_navigation_once_and_every_link_of_it_exists():
    def files(nav: object) -> list[str]:
        if isinstance(nav, str):
            return [nav]
        inner = nav.values() if isinstance(nav, dict) else nav
        return [file for part in inner for file in files(part)]

    config = yaml.safe_load(read(ROOT / "mkdocs.yml"))
    assert sorted(files(config["nav"])) == sorted(
        str(page.relative_to(DOCS)) for page in [*PAGES, *DECISIONS]
    ), "add the page to nav in mkdocs.yml"


def test_shell_words_of_the_readme_parse():
    for command in readme_commands():
        assert shlex.split(command)
