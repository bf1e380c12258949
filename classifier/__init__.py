"""Files papers into a survey's taxonomy: one closed label, verified quotes, and a confidence.

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
    from classifier.model.document import Document
    from classifier.model.label import Evidence, Label
    from classifier.model.paper import Paper
    from classifier.model.study import Study
    from classifier.pipeline import Classifier
    from classifier.settings import Settings
    from classifier.survey.taxonomy import Taxonomy
    from classifier.survey.workspace import Workspace

_HOMES = {
    "Classifier": "pipeline",
    "ClassifierError": "errors",
    "Document": "model.document",
    "Engine": "engines.base",
    "Evidence": "model.label",
    "Label": "model.label",
    "Paper": "model.paper",
    "ScriptedEngine": "engines.scripted",
    "Settings": "settings",
    "Study": "model.study",
    "Taxonomy": "survey.taxonomy",
    "Workspace": "survey.workspace",
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
