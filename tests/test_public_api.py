"""The public names, pinned: adding or removing one is a decision, not an accident."""

import subprocess
import sys

import pytest

import classifier

HEAVY = ("pydantic", "openai", "httpx", "pypdf", "jinja2", "rapidfuzz")
NAMES = [
    "Classifier",
    "ClassifierError",
    "Document",
    "Engine",
    "Evidence",
    "Label",
    "Paper",
    "ScriptedEngine",
    "Settings",
    "Study",
    "Taxonomy",
    "Workspace",
    "__version__",
]


def test_all_lists_exactly_the_public_names():
    assert classifier.__all__ == NAMES
    assert dir(classifier) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_can_be_had_and_is_documented(name):
    value = getattr(classifier, name)
    assert name == "__version__" or value.__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'classify_all'"):
        classifier.classify_all  # noqa: B018


def test_importing_the_package_loads_nothing_heavy():
    code = f"import sys, classifier; print([m for m in {HEAVY} if m in sys.modules])"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from classifier.cli.app import run; run(['--help']); "
        f"print([m for m in {HEAVY} if m in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.splitlines()[-1] == "[]"
