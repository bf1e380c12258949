"""What one server accepts for one model: the rung of structured output, and parameter names.

    json_schema > json_object with schema > forced tool > prompt only

Roles and streams are adapted too. A `Profile` starts with everything and only gives things up: because the
server's error names them, because requests fail repeatedly without a reason, or because replies ignore them.
`Findings` stores the result on disk, for as long as it can be trusted. It sends nothing.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from classifier.engines.openai.wording import (
    is_unknown,
    is_unwanted,
    names_format,
    names_tools,
    refuses_stream,
    refuses_system_role,
    wants_stream,
)
from classifier.engines.openai.wording import unexplained as unexplained
from classifier.errors import StoreError
from classifier.files import replace_bytes

Rung = Literal["json_schema", "json_object", "tool", "prompt"]
RUNGS: tuple[Rung, ...] = ("json_schema", "json_object", "tool", "prompt")

ANSWER = "answer"
"""Name of the schema, and of the tool that replaces it."""

_DAY_S = 86_400.0
_SPOKEN_S = 30 * _DAY_S
"""How long a finding from the server's own error message is valid; servers are updated about monthly."""
_INFERRED_S = _DAY_S
_LOCK_S = 2.0
"""Seconds to wait for another process that writes the same small file."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wishes:
    """The parameters that requests should have, as far as the server accepts them.

    Attributes:
        temperature: None does not send it.
        logprobs: Whether to ask for token probabilities.
        max_output_tokens: Output limit in tokens for the first request; doubled, at most twice, if the reply
            is cut.
    """

    temperature: float | None = 0.0
    logprobs: bool = True
    max_output_tokens: int = 4000


@dataclass(frozen=True)
class Profile:
    """How requests to one server are built.

    Attributes:
        rung: The kind of structured output.
        limit: The name of the parameter that limits the output.
        temperature, logprobs: Whether the parameter may be sent.
        system: Whether to send a system message; otherwise its text is part of the user message.
        stream: Whether to ask for a stream; "counted" also asks for its usage, which some servers do not
            support.
    """

    rung: Rung = "json_schema"
    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: bool = True
    logprobs: bool = True
    system: bool = True
    stream: Literal["no", "counted", "plain"] = "no"

    @classmethod
    def stored(cls, values: Mapping[str, Any]) -> Profile:
        """A profile from `dataclasses.asdict`; unknown parameters of earlier versions are ignored."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})

    def lower(self) -> Profile | None:
        """The profile with the next lower rung; None on the lowest."""
        below = RUNGS[RUNGS.index(self.rung) + 1 :]
        return replace(self, rung=below[0]) if below else None

    def weaker(self) -> Profile | None:
        """The profile without the next thing to give up, if the server does not say what is wrong."""
        return replace(self, logprobs=False) if self.logprobs else self.lower()

    def merge(self, other: Profile) -> Profile:
        """Both combined: the lower rung, what neither gave up, and the other's limit and stream."""
        return Profile(
            rung=max(self.rung, other.rung, key=RUNGS.index),
            limit=other.limit,
            temperature=self.temperature and other.temperature,
            logprobs=self.logprobs and other.logprobs,
            system=self.system and other.system,
            stream=other.stream,
        )

    def after(self, said: str) -> Profile | None:
        """The profile to use after a rejection; None if its message is about something else.

        Args:
            said: The server's text in lower case.
        """
        if self.system and refuses_system_role(said):  # first: such messages mention tools and formats too
            return replace(self, system=False)
        if stream := self._stream_after(said):
            return replace(self, stream=stream)
        if "logprobs" in said and self.logprobs:
            return replace(self, logprobs=False)
        if is_unwanted(said, "temperature") and self.temperature:
            return replace(self, temperature=False)
        if is_unknown(said, self.limit):
            return replace(
                self, limit="max_tokens" if self.limit != "max_tokens" else "max_completion_tokens"
            )
        if self.rung in ("json_schema", "json_object"):
            return self.lower() if names_format(said) else None
        return self.lower() if self.rung == "tool" and names_tools(said) else None

    def _stream_after(self, said: str) -> Literal["no", "counted", "plain"] | None:
        if self.stream == "no":
            return "counted" if wants_stream(said) else None
        if self.stream == "counted" and is_unwanted(said, "stream_options"):
            return "plain"
        return "no" if refuses_stream(said) else None

    def parameters(self, schema: Mapping[str, Any], max_tokens: int, wishes: Wishes) -> dict[str, Any]:
        """The request's body except model and messages; what the server rejects is left out."""
        body: dict[str, Any] = {self.limit: max_tokens}
        if self.stream != "no":
            body["stream"] = True
        if self.stream == "counted":
            body["stream_options"] = {"include_usage": True}
        if self.temperature and wishes.temperature is not None:
            body["temperature"] = wishes.temperature
        if self.logprobs and wishes.logprobs and self.rung != "tool":  # tool arguments have none
            body |= {"logprobs": True, "top_logprobs": 5}
        return body | _structure(self.rung, dict(schema))

    @property
    def shows_schema(self) -> bool:
        """Whether the prompt must contain the schema too, since the server may not enforce it."""
        return self.rung in ("json_object", "prompt")


def fits(value: object, schema: Mapping[str, Any]) -> bool:
    """Whether a value is valid under a schema of the portable subset.

    An invalid reply proves that the server did not enforce the schema.
    """
    if "anyOf" in schema:
        return any(fits(value, branch) for branch in schema["anyOf"])
    match schema.get("type"):
        case "object":
            members: Mapping[str, Any] = schema["properties"]
            return (
                isinstance(value, dict)
                and value.keys() == members.keys()
                and all(fits(value[name], member) for name, member in members.items())
            )
        case "array":
            return isinstance(value, list) and all(fits(item, schema["items"]) for item in value)
        case "string":
            return isinstance(value, str) and value in schema.get("enum", (value,))
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "null":
            return value is None
    return True


def _structure(rung: Rung, schema: dict[str, Any]) -> dict[str, Any]:
    if rung == "json_schema":
        wanted = {"name": ANSWER, "strict": True, "schema": schema}
        return {"response_format": {"type": "json_schema", "json_schema": wanted}}
    if rung == "json_object":  # llama.cpp reads `schema` here; OpenAI's own servers reject it
        return {"response_format": {"type": "json_object", "schema": schema}}
    if rung == "tool":
        function = {"name": ANSWER, "description": "Gives the answer.", "parameters": schema, "strict": True}
        return {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": ANSWER}},
        }
    return {}


@dataclass(frozen=True)
class _Entry:
    profile: Profile
    until: float


_FILE = TypeAdapter(dict[str, _Entry])


def findings_key(base_url: str, model: str) -> str:
    """The name under which findings about a server and model are stored; the URL has no secrets."""
    return f"{base_url} {model}"


class Findings:
    """Profiles on disk, by server and model. Losing them costs only a few requests, so errors are ignored.

    Args:
        path: A JSON file, created when needed; None stores nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def get(self, key: str) -> Profile | None:
        """The profile of a server and model; None if it is unknown or too old."""
        entry = self._read().get(key)
        return entry.profile if entry and entry.until > time.time() else None

    def keep(self, key: str, profile: Profile, *, spoken: bool) -> None:
        """Stores a profile that led to a reply.

        Args:
            key: Server and model.
            profile: The profile.
            spoken: Whether the server's error messages led to it; an inferred profile is valid for a day
                only.
        """
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{self._path}.lock", timeout=_LOCK_S):
                now = time.time()
                entries = {name: entry for name, entry in self._read().items() if entry.until > now}
                entries[key] = _Entry(profile, now + (_SPOKEN_S if spoken else _INFERRED_S))
                replace_bytes(self._path, (_FILE.dump_json(entries, indent=1),))
        except (OSError, StoreError, Timeout) as error:
            _log.warning("could not save what %s accepts: %s", key, error)

    def _read(self) -> dict[str, _Entry]:
        if self._path is None:
            return {}
        try:
            return _FILE.validate_python(json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, ValidationError, RecursionError) as error:
            _log.warning(
                "%s is not readable and is replaced by a new one: %s", self._path, type(error).__name__
            )
            return {}
