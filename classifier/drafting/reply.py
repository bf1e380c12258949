"""The schema of a drafting reply, and a reply -> drafted texts.

The reply is hostile input: a paper's abstract may have told the model what to write. So every text is one
short line of visible characters without an address, every paper that it names is one of those that were
given, and nothing uses a text before a person accepts it. The schema uses the portable subset of
`classifier.survey.answer_schema`; lengths and counts are checked here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from classifier.drafting.material import DraftTask, question_id
from classifier.drafting.reply_json import MOST_SHOWN, json_of, validated
from classifier.errors import SchemaMismatch
from classifier.survey.answer_schema import strict_object
from classifier.survey.drafts import MAX_CHARS, QUESTIONS, DraftedText
from classifier.text.characters import UNSEEN

MOST_ITEMS = 3
"""Most items of `counts` or `excludes` in one draft; nobody reads longer lists."""
_HIDDEN = re.compile(f"[{UNSEEN}]")
_ADDRESS = re.compile(r"https?:|www\.|\S@\S|\]\(|<\w", re.IGNORECASE)


class _Sentence(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    papers: list[str] = Field(min_length=1)
    text: str


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    ask: _Sentence
    choices: dict[str, _Sentence]


class _DraftReply(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    definition: _Sentence | None = None
    counts: list[_Sentence] = Field(default=[], max_length=MOST_ITEMS)
    excludes: list[_Sentence] = Field(default=[], max_length=MOST_ITEMS)
    scope: _Sentence | None = None
    question: _Question | None = None


def draft_schema(task: DraftTask) -> dict[str, Any]:
    """The JSON Schema of the reply about one section."""
    marks = {"type": "string", "enum": [paper.mark for paper in task.papers]}
    sentence = strict_object(
        {
            "papers": {"type": "array", "items": marks, "description": "The papers that the text rests on."},
            "text": {"type": "string", "description": f"One sentence, at most {MAX_CHARS} characters."},
        }
    )
    several = {"type": "array", "items": sentence, "description": f"At most {MOST_ITEMS}; may be empty."}
    question = strict_object(
        {"ask": sentence, "choices": strict_object({child.id: sentence for child in task.children})}
    )
    kinds = {
        "definition": sentence, "counts": several, "excludes": several, "scope": sentence,
        "question": question,
    }  # fmt: skip
    return strict_object({field: kinds[field] for field in task.fields})


def read_reply(task: DraftTask, text: str, by: str) -> tuple[DraftedText, ...]:
    """The drafted texts of a reply.

    Raises:
        NotJson, SchemaMismatch: It cannot be used; the message says why, and is shown to the model.
    """
    data = json_of(text)
    if not isinstance(data, dict):
        raise SchemaMismatch("expected a JSON object", text)
    for field in task.fields:
        if field not in data:
            raise SchemaMismatch(f"'{field}' is missing", text)
    if extra := sorted(str(key) for key in data.keys() - set(task.fields)):
        raise SchemaMismatch(f"'{extra[0][:MOST_SHOWN]}' was not asked for", text)
    reply = validated(_DraftReply, data, text)
    return tuple(_Reader(task, text, by).rows(reply))


class _Reader:
    def __init__(self, task: DraftTask, raw: str, by: str) -> None:
        self._task, self._raw, self._by = task, raw, by
        self._ids = {paper.mark: paper.id for paper in task.papers}

    def rows(self, reply: _DraftReply) -> Iterator[DraftedText]:
        task = self._task
        for field in ("definition", "scope"):
            if field in task.fields:
                yield self.row(task.path, field, getattr(reply, field))
        for field in ("counts", "excludes"):
            for number, sentence in enumerate(getattr(reply, field)):
                yield self.row(task.path, f"{field}.{number}", sentence)
        if "question" in task.fields:
            yield from self.question(reply.question)

    def row(self, node: str, of: str, sentence: _Sentence | None) -> DraftedText:
        if sentence is None:
            raise self._wrong(f"'{of}' is null; expected a sentence with its papers")
        unknown = [mark for mark in sentence.papers if mark not in self._ids]
        if unknown:
            raise self._wrong(
                f"{of}: no paper '{unknown[0][:MOST_SHOWN]}' was given; expected {', '.join(self._ids)}"
            )
        papers = tuple(dict.fromkeys(self._ids[mark] for mark in sentence.papers))
        return DraftedText(id=f"{node}:{of}", text=self._plain(of, sentence.text), by=self._by, papers=papers)

    def question(self, found: _Question | None) -> list[DraftedText]:
        if found is None:
            raise self._wrong("'question' is null; expected a question with its choices")
        children = [child.id for child in self._task.children]
        if found.choices.keys() != set(children):
            raise self._wrong(f"question.choices: expected exactly the keys {', '.join(children)}")
        name = question_id(self._task.path)
        return [
            self.row(QUESTIONS, name, found.ask),
            *(self.row(QUESTIONS, f"{name}.{child}", found.choices[child]) for child in children),
        ]

    def _plain(self, of: str, text: str) -> str:
        # Half a surrogate pair has no UTF-8 form.
        plain = " ".join(_HIDDEN.sub("", text.encode("utf-8", "replace").decode()).split())
        if not any(char.isalpha() for char in plain):
            raise self._wrong(f"{of}: the text is empty; expected one sentence")
        if len(plain) > MAX_CHARS:
            raise self._wrong(f"{of}: {len(plain)} characters; expected at most {MAX_CHARS}")
        if _ADDRESS.search(plain):
            raise self._wrong(f"{of}: the text has a link, an address or markup; expected plain words")
        return plain

    def _wrong(self, reason: str) -> SchemaMismatch:
        return SchemaMismatch(reason, self._raw)
