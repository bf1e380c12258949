"""A small taxonomy, a task and a right answer, for tests of engines that talk to a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from classifier.engines.openai import OpenAIEngine
from classifier.engines.openai.conversation import StructuredModel
from classifier.engines.openai.ladder import Wishes
from classifier.engines.openai.retry import RetryPolicy, Waits
from classifier.engines.openai.transport import Server
from classifier.model.document import Document, Page
from classifier.model.paper import Paper
from classifier.model.task import Prompt, Task
from classifier.survey.answer_schema import answer_schema
from classifier.survey.taxonomy import Taxonomy

TAXONOMY = Taxonomy.model_validate(
    {
        "schema_version": 1,
        "id": "bread",
        "title": "Bread",
        "definition": "Studies of bread.",
        "questions": [
            {
                "id": "leaven",
                "ask": "What raises the dough?",
                "choices": [{"id": "yeast", "means": "Yeast."}, {"id": "sour", "means": "Sourdough."}],
            }
        ],
        "tree": [
            {
                "id": "wheat",
                "title": "Wheat",
                "definition": "Of wheat.",
                "children": [
                    {
                        "id": "pan",
                        "title": "Pan",
                        "definition": "In a pan.",
                        "answers": {"leaven": ["yeast"]},
                    },
                    {
                        "id": "hearth",
                        "title": "Hearth",
                        "definition": "On a hearth.",
                        "answers": {"leaven": ["sour"]},
                    },
                ],
            },
            {"id": "rye", "title": "Rye", "definition": "Of rye.", "answers": {"leaven": ["sour"]}},
        ],
        "scope": {"definition": "Other foods.", "rules": []},
    }
)

SCHEMA = answer_schema(TAXONOMY)

PROMPT = Prompt(system="File the study. " * 20, user="We bake. " * 20, answer_schema=SCHEMA, sha256="0" * 64)

TASK = Task(
    paper=Paper(title="On bread"),
    document=Document(pages=(Page(number=1, text="We bake."),)),
    prompt=PROMPT,
)


def answer(**changes: Any) -> dict[str, Any]:
    """A reply that is right except for the changes."""
    return {
        "answers": {"leaven": {"answer": "yeast", "quote": "We bake."}},
        "evidence": [{"quote": "We bake.", "supports": "label"}],
        "rationale": "It rises by yeast in a pan.",
        "label": "wheat/pan",
        "runner_up": "rye",
        "secondary": [],
        "confidence": 0.7,
        **changes,
    }


def engine_options(**flat: Any) -> dict[str, Any]:
    """Arguments of `StructuredModel` from single values by name."""
    groups = {
        "server": (Server, {"api_key", "base_url", "timeout_s", "http_client", "api_key_header"}),
        "wishes": (Wishes, {"temperature", "logprobs", "max_output_tokens"}),
        "retries": (RetryPolicy, {"attempts", "waits", "pause", "on_wait"}),
    }
    flat = {("attempts" if name == "max_attempts" else name): value for name, value in flat.items()}
    made = {
        name: kind(**{n: flat.pop(n) for n in names & flat.keys()}) for name, (kind, names) in groups.items()
    }
    return made | flat


@asynccontextmanager
async def engine(url: str | None, **options: Any) -> AsyncIterator[OpenAIEngine]:
    """An engine with short waits, closed afterwards."""
    given: dict[str, Any] = {
        "model": "fake",
        "api_key": "sk-secret-0123456789",
        "base_url": url,
        "timeout_s": 60.0,
        "max_attempts": 4,
        "waits": Waits(first_s=0.01, longest_s=0.02, total_s=2.0),
        **options,
    }
    made = OpenAIEngine(StructuredModel(**engine_options(**given)))
    try:
        yield made
    finally:
        await made.aclose()
