"""Nothing that a user meets is missing in the documents: commands, settings, codes, formats."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import annotated_types
import pytest

import classifier
from classifier import errors
from classifier.cli import exits
from classifier.cli.export import AMENDMENTS, CORRECTIONS, Format
from classifier.evaluation.metrics import TITLES
from classifier.evaluation.suites import SuiteError
from classifier.export.render import FORMATS, INTO
from classifier.lists import READERS
from classifier.model.label import ReviewReason
from classifier.settings import Settings
from classifier.survey.swaps import Swap
from tests.docs_kit import DOCS, PAGES, commands, rows

PACKAGE = Path(classifier.__file__).parent


# -- commands --------------------------------------------------------------------------------------


def section(page: str, heading: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    return text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(("words", "command"), commands(), ids=lambda value: str(value)[:30])
def test_every_option_of_a_command_is_on_the_page_of_the_command_line(words, command):
    described = section("cli.md", words)
    assert described
    names = [
        name
        for parameter in command.params
        if parameter.param_type_name == "option" and not parameter.hidden
        for name in (*parameter.opts, *parameter.secondary_opts)
    ]
    assert [name for name in names if name not in described] == []


def test_every_command_is_in_a_guide():
    guides = "\n".join(page.read_text(encoding="utf-8") for page in PAGES if page.name != "cli.md")
    missing = [
        words
        for words, command in commands()
        if not hasattr(command, "commands") and not re.search(rf"`?{words}\b", guides)
    ]
    assert missing == []


# -- settings --------------------------------------------------------------------------------------


def in_words(field: Any) -> str:
    """A range as the page writes it."""
    low = next((m.ge for m in field.metadata if isinstance(m, annotated_types.Ge)), None)
    high = next((m.le for m in field.metadata if isinstance(m, annotated_types.Le)), None)
    if low is not None and high is not None:
        return f"{low} to {high}"
    if low is not None:
        return f"{low} or more"
    above = next((m.gt for m in field.metadata if isinstance(m, annotated_types.Gt)), None)
    if above is not None:
        return f"over {above}"
    choices = get_args(field.annotation)
    if choices and all(isinstance(choice, str) for choice in choices):
        return ", ".join(f"`{choice}`" for choice in choices)
    return ""


def default_in_words(field: Any) -> str:
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def test_every_setting_is_described_with_its_default_and_range():
    described = rows("settings.md", "## All others")
    described.pop("name")
    assert described.keys() | {"api_key", "base_url"} == Settings.model_fields.keys()
    shown = {name: (cells[0], cells[1]) for name, cells in described.items() if not name.endswith("_dir")}
    shown["examples"] = (shown["examples"][0], "")  # its choices are checked by a pattern
    expected = {
        name: (default_in_words(Settings.model_fields[name]), in_words(Settings.model_fields[name]))
        for name in shown
    }
    assert shown == expected


@pytest.mark.parametrize("name", ["api_key", "base_url"])
def test_key_and_server_are_described_with_their_variable(name):
    cells = rows("settings.md", "## Key and server")[name]
    assert cells[0] == f"`{Settings.model_fields[name].validation_alias}`"


# -- codes -----------------------------------------------------------------------------------------


def made(record: str) -> Iterator[ast.expr]:
    """The `code=` of each call of a record, in the whole package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", None) == record:
                yield from (word.value for word in node.keywords if word.arg == "code")


def constants() -> dict[str, str]:
    """Every module-level name that is assigned a text."""
    return {
        target.id: node.value.value
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }


def codes(record: str) -> set[str]:
    """The codes of a record; `error.code` is left to the test of errors."""
    known, found = constants(), set()
    waiting = list(made(record))
    while waiting:
        code = waiting.pop()
        if isinstance(code, ast.IfExp):
            waiting += [code.body, code.orelse]
        elif isinstance(code, ast.Constant):
            found.add(code.value)
        elif isinstance(code, ast.Name):
            found.add(known[code.id])
        elif ast.unparse(code) == "f'swapped-{swap.what}'":
            found |= {f"swapped-{what}" for what in get_args(get_type_hints(Swap)["what"])}
        else:
            assert ast.unparse(code) == "error.code", f"document {ast.unparse(code)}, and say here how"
    return found


REVIEW = "## Review reasons"
WARNINGS = ("## Warnings", "## Warnings about an entry of a list")


def documented(page: str, *headings: str) -> set[str]:
    return {code for heading in headings for code in rows(page, heading)} - {"code"}


def test_every_review_reason_is_documented():
    assert documented("codes.md", REVIEW) == set(get_args(ReviewReason))


def test_every_warning_is_documented():
    of_entries = documented("exit-codes.md", "## Codes of list entries") - {"broken-entry"}
    assert documented("codes.md", *WARNINGS) | of_entries == codes("Notice") - set(get_args(ReviewReason))


def test_every_finding_of_lint_is_documented():
    assert documented("survey.md", "## What `lint` finds") == codes("Finding")


def test_every_code_says_what_was_seen_and_what_to_do():
    for page, heading in [
        *(("codes.md", heading) for heading in (REVIEW, *WARNINGS)),
        ("survey.md", "## What `lint` finds"),
    ]:
        for code, cells in rows(page, heading).items():
            assert len(cells) == 2, code
            assert all(cells), code


# -- errors and exit codes -------------------------------------------------------------------------


def error_classes() -> dict[str, type[errors.ClassifierError]]:
    def tree(kind: type[errors.ClassifierError]) -> Iterator[type[errors.ClassifierError]]:
        yield kind
        for inner in kind.__subclasses__():
            yield from tree(inner)

    home = errors.__name__
    found = [kind for kind in tree(errors.ClassifierError) if kind.__module__ == home]
    return {kind.code: kind for kind in [*found, SuiteError]}


def test_every_error_code_is_documented_with_its_exit_code_and_whether_a_rerun_asks_again():
    described = rows("exit-codes.md", "## Error codes")
    described.pop("code")
    shown = {code: (int(cells[0]), cells[1] == "yes") for code, cells in described.items()}
    expected = {
        code: (
            next(number for cls, number in [*exits._CODES, (Exception, 1)] if issubclass(kind, cls)),
            kind.is_unanswered(),
        )
        for code, kind in error_classes().items()
    }
    assert shown == expected


def test_every_code_of_an_error_class_in_the_package_is_documented_or_never_stored():
    text = (DOCS / "exit-codes.md").read_text(encoding="utf-8")
    found = {
        code
        for path in PACKAGE.rglob("*.py")
        for code in re.findall(
            r'^    code(?:: ClassVar\[str\])? = "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert len(found) > 20
    assert [code for code in found - {"interrupted"} if f"`{code}`" not in text] == []


def test_every_exit_code_is_documented():
    described = rows("exit-codes.md", "## Exit codes")
    described.pop("exit code")
    known = re.findall(r"^(\d+)  ", exits.__doc__, re.MULTILINE)
    assert list(described) == known
    values = [value for name, value in vars(exits).items() if name.isupper() and isinstance(value, int)]
    assert sorted(values) == sorted(map(int, known))


# -- formats and numbers ---------------------------------------------------------------------------


def test_every_list_format_is_documented():
    described = documented("lists.md", "## Formats") - {"format", "folder of PDFs", "-"}
    assert described == set(READERS)


def test_every_export_format_is_documented_with_whether_it_works_into_a_file():
    described = rows("export.md", "# Exports")
    described.pop("--format")
    shown = {name: bool(cells[1].strip(" |")) for name, cells in described.items()}
    assert shown.keys() == set(get_args(Format)) == {*FORMATS, CORRECTIONS, AMENDMENTS}
    assert {name for name, into in shown.items() if into} == set(INTO)


def test_every_number_of_the_evaluation_report_is_documented():
    assert documented("report.md", "## The numbers") - {"id in `report.json"} == set(TITLES)


def test_every_public_name_is_in_the_reference():
    text = (DOCS / "python.md").read_text(encoding="utf-8")
    names = set(re.findall(r"^::: classifier\.(\w+)$", text, re.MULTILINE))
    assert names - {"errors"} == set(classifier.__all__) - {"__version__"}


def test_the_settings_that_a_page_names_exist():
    for page in PAGES:
        for name in re.findall(r"CLASSIFIER_([A-Z_]+)", page.read_text(encoding="utf-8")):
            assert name == "CONFIG" or name.lower() in Settings.model_fields, f"{page.name}: {name}"
