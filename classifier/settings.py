"""Environment and TOML -> Settings. Unknown keys are rejected, so that a typo is not silently ignored.

What enters, highest priority first: arguments, environment (`CLASSIFIER_*`, and `OPENAI_API_KEY`,
`OPENAI_BASE_URL`), a TOML file (`CLASSIFIER_CONFIG`, else `config.toml` in the user's configuration
directory). A file in the working directory is never read: a downloaded folder could send the key
elsewhere. The key itself comes only from the environment.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_cache_path, user_config_path, user_data_path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from classifier.errors import ConfigError

APP = "survey-classifier"
PREFIX = "CLASSIFIER_"
SERVER = "server:"
"""Begins the setting `embeddings` if a server makes them."""
_CONFIG_VARIABLE = "CLASSIFIER_CONFIG"


class Price(BaseModel):
    """US dollars per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached_input: float | None = Field(default=None, ge=0)


def _known_choice(examples: str) -> str:
    if not re.fullmatch(r"all|none|nearest:[1-9][0-9]{0,2}", examples):
        raise ValueError(f"'{examples}' is not valid; expected all, none or nearest:K with K from 1 to 999")
    return examples


class Settings(BaseSettings):
    """All settings with their defaults. Durations are in seconds; other units are in the names.

    Attributes:
        engine: "auto" is "openai" if a key or base URL is set, else "offline".
        model: Name of the openai engine's model; there is no default.
        api_key_header: The HTTP header that carries the key; None is `api-key` for Azure's hosts, else
            `Authorization`.
        budget_tokens: The excerpt's size, characters / 4.
        examples: "all", "none" or "nearest:K". "all" shows the 8 nearest if all have more tokens than
            `question_tokens`.
        question_tokens, question_labels: The most that one question to a model may contain: tokens
            (characters / 4) of the labels' texts, and labels. About a larger tree, a model is asked in
            stages: the branch first, then the leaves below it (ADR 22).
        embeddings: What the offline engine compares meanings with: "minilm", a folder with model.onnx and
            tokenizer.json, or "server:MODEL" (the texts are sent to the server). None: words only (ADR 21).
        review_below: Labels with less confidence than this go to review.
        batch_requests, batch_bytes: Upper limits of one batch of the provider's Batch API (OpenAI's values).
        batch_poll_s: Seconds between two checks of the batches.
        accept_unmeasured: Do not send a label to review only because its engine was not measured on this
            taxonomy; then `audit_share` of such labels, drawn at random, still go to review.
        accuracy_below: All labels of an engine go to review if its accuracy, as measured on this taxonomy, is
            below this, or not better than that of the most frequent label; with 0, none does.
        calibration: Calibrate confidences with the results of `classifier eval --calibrate`.
        cascade: The engine that is asked first: "offline", or the name of a cheaper model on the same server.
            Only papers with a low confidence are escalated to `model`.
        cascade_below: A paper is escalated if the first engine's confidence is below this. Chosen for
            "offline": the lowest value, in steps of 0.05, at which at most one in twenty of the papers that
            are not escalated has a wrong label (abstracts in natural proportions, cross-validated; ADR 0012).
            Another first engine needs its own value.
        prices: Model name -> price, for models that the price list does not know.
        sources_proxy: The HTTP proxy that papers are fetched through; "environment" takes it from HTTPS_PROXY
            and HTTP_PROXY. None connects directly. A proxy resolves names itself: see ADR 4.
        allow_private: Fetch from private addresses (never needed for arXiv).
        fetch: Fetch papers and lists; if false (`--offline`), only files and the cache are used.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    engine: Literal["auto", "offline", "openai"] = "auto"
    model: str | None = None
    api_key: SecretStr | None = Field(default=None, validation_alias="OPENAI_API_KEY")
    base_url: str | None = Field(default=None, validation_alias="OPENAI_BASE_URL", repr=False)
    api_key_header: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]{1,100}$")
    examples: Annotated[str, AfterValidator(_known_choice)] = "all"
    budget_tokens: int = Field(default=6000, ge=300, le=200_000)
    question_tokens: int = Field(default=16_000, ge=500, le=1_000_000)
    question_labels: int = Field(default=250, ge=10, le=1000)
    embeddings: str | None = Field(default=None, min_length=1)
    review_below: float = Field(default=0.5, ge=0, le=1)
    accept_unmeasured: bool = False
    audit_share: float = Field(default=0.1, ge=0, le=1)
    accuracy_below: float = Field(default=0.5, ge=0, le=1)
    calibration: bool = True
    cascade: str | None = Field(default=None, min_length=1)
    cascade_below: float = Field(default=0.8, ge=0, le=1)
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    max_output_tokens: int = Field(default=4000, ge=256)
    logprobs: bool = True
    timeout_s: float = Field(default=120.0, gt=0)
    batch_requests: int = Field(default=50_000, ge=1)
    batch_bytes: int = Field(default=200_000_000, ge=100_000)
    batch_poll_s: float = Field(default=30.0, gt=0)
    max_attempts: int = Field(default=6, ge=1, le=20)
    prices: Mapping[str, Price] = Field(default_factory=dict)
    contact: str = "survey-classifier (no contact given)"
    arxiv_url: str = "https://export.arxiv.org"
    sources_proxy: str | None = Field(default=None, min_length=1, repr=False)
    allow_private: bool = False
    fetch: bool = True
    fetch_bytes: int = Field(default=100_000_000, ge=1_000)
    workers: int = Field(default=1, ge=1, le=64)
    pdf_wall_s: float = Field(default=90.0, gt=0)
    pdf_memory_mb: int = Field(default=1024, ge=256)
    pdf_pages: int = Field(default=400, ge=1)
    cache_dir: Path = Field(default_factory=lambda: user_cache_path(APP))
    data_dir: Path = Field(default_factory=lambda: user_data_path(APP))

    @property
    def chosen_engine(self) -> Literal["offline", "openai"]:
        """The engine that "auto" selects under these settings."""
        if self.engine != "auto":
            return self.engine
        return "openai" if self.api_key or self.base_url else "offline"

    @property
    def embedding_model(self) -> str | None:
        """The model that a server is asked for embeddings; None if there is none, or a local one."""
        is_asked = self.embeddings is not None and self.embeddings.startswith(SERVER)
        return self.embeddings.removeprefix(SERVER) if is_asked and self.embeddings else None


def first_stage(settings: Settings) -> Settings | None:
    """The settings of a cascade's first engine; None if there is no cascade.

    Raises:
        ConfigError: There is no model to escalate to, or it is the same model.
    """
    name = settings.cascade
    if name is None:
        return None
    if settings.chosen_engine == "offline":
        raise ConfigError(
            f"cascade '{name}' has no model to escalate to, because the engine is offline; "
            "add --engine openai --model NAME, or remove --cascade"
        )
    if name == settings.model:
        raise ConfigError(
            f"cascade '{name}' is the same as the model; expected 'offline' or a cheaper model at "
            f"the same server"
        )
    alone: dict[str, Any] = {"cascade": None}
    return settings.model_copy(
        update=alone | ({"engine": "offline"} if name == "offline" else {"engine": "openai", "model": name})
    )


def embedding_stage(settings: Settings) -> Settings | None:
    """The settings of the offline engine if it asks a server for embeddings in a run; None if none does.

    Raises:
        ConfigError: As `first_stage`.
    """
    stages = (stage for stage in (first_stage(settings), settings) if stage is not None)
    asks = (stage for stage in stages if stage.chosen_engine == "offline" and stage.embedding_model)
    return next(asks, None)


def load_settings(**overrides: Any) -> Settings:
    """Reads the settings; `overrides` that are None are left out.

    Raises:
        ConfigError: An unknown key, a value out of range, or a file that cannot be read.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    _refuse_unknown(given, "argument")
    # An empty variable counts as unset: build systems set empty ones.
    environment = {name.upper() for name, value in os.environ.items() if value}
    ours = {name.removeprefix(PREFIX).lower() for name in environment if name.startswith(PREFIX)}
    _refuse_unknown(dict.fromkeys(sorted(ours - {"config"})), "environment variable", PREFIX)
    from_file = {name: value for name, value in _read_file().items() if _variable(name) not in environment}
    aliases = {"api_key": "OPENAI_API_KEY", "base_url": "OPENAI_BASE_URL"}
    try:
        return Settings(**{aliases.get(name, name): value for name, value in (from_file | given).items()})
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"setting {name}: {said}; see docs/settings.md") from error
    except SettingsError as error:  # a variable that should contain JSON but does not
        raise ConfigError(f"{error}; see docs/settings.md") from error


def _read_file() -> dict[str, Any]:
    chosen = os.environ.get(_CONFIG_VARIABLE)
    path = Path(chosen) if chosen else user_config_path(APP) / "config.toml"
    if not chosen and not path.is_file():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as TOML: {error}") from error
    if "api_key" in values:
        raise ConfigError(f"{path}: keys are not read from files; set OPENAI_API_KEY in the environment")
    _refuse_unknown(values, f"key in {path}")
    return values


def _variable(name: str) -> str:
    return {"base_url": "OPENAI_BASE_URL"}.get(name, f"{PREFIX}{name.upper()}")


def _refuse_unknown(values: Mapping[str, Any], what: str, prefix: str = "") -> None:
    # api_key and base_url are read under their OPENAI_ names; CLASSIFIER_API_KEY would be ignored.
    known = set(Settings.model_fields) - ({"api_key", "base_url"} if prefix else set())
    for name in values:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            shown = f"{prefix}{name.upper()}" if prefix else name
            hint = f"; did you mean {prefix + near[0].upper() if prefix else near[0]}?" if near else "."
            raise ConfigError(f"unknown {what} '{shown}'{hint} Known: {', '.join(sorted(known))}")
