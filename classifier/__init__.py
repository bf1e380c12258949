"""Files papers into a survey's taxonomy: one closed label, verified quotes, and how sure it is.

    from classifier import Classifier

    with Classifier(engine="offline") as classifier:
        label = classifier.classify("paper.pdf")

The names below are the public API; each is loaded when it is first used, so that importing the
package stays quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from classifier.__about__ import __version__

if TYPE_CHECKING:
    from classifier.engines.base import Engine
    from classifier.engines.scripted import ScriptedEngine
    from classifier.errors import ClassifierError
    from classifier.label import Evidence, Label
    from classifier.pipeline import Classifier
    from classifier.records import Document, Paper, Study
    from classifier.settings import Settings
    from classifier.taxonomy import Taxonomy
    from classifier.workspace import Workspace

_HOMES = {
    "Classifier": "pipeline",
    "ClassifierError": "errors",
    "Document": "records",
    "Engine": "engines.base",
    "Evidence": "label",
    "Label": "label",
    "Paper": "records",
    "ScriptedEngine": "engines.scripted",
    "Settings": "settings",
    "Study": "records",
    "Taxonomy": "taxonomy",
    "Workspace": "workspace",
}

__all__ = [
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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'classifier' has no attribute '{name}'")
    return getattr(import_module(f"classifier.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
