"""Settings -> Engine: the table of engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from classifier.engines.base import Engine
from classifier.errors import ConfigError
from classifier.settings import Settings
from classifier.survey.workspace import Workspace

if TYPE_CHECKING:
    from classifier.engines.embeddings.cache import CachedEmbedder
    from classifier.engines.openai import OpenAIEngine
    from classifier.engines.openai.conversation import StructuredModel
    from classifier.engines.openai.retry import Pause, Waits
    from classifier.engines.openai.transport import ChatTransport, Server
    from classifier.waiting import OnWait


def build_engine(
    settings: Settings, workspace: Workspace, *, repair: Callable[[str], str], **more: Any
) -> Engine:
    """Makes the engine that the settings choose; in a cascade, the last one (see `settings.first_stage`).

    Args:
        repair: Turns a validation message into the text that asks the model again.
        more: Further arguments of `build_model`, such as `transport`. For the offline engine's embeddings:
            `on_wait`, `pause` and `embedding_transport`, as for `build_embedder`.

    Raises:
        ConfigError: The openai engine without a model's name.
    """
    transport = more.pop("embedding_transport", None)
    if settings.chosen_engine == "offline":
        from classifier.engines.offline import OfflineEngine

        given = {name: more[name] for name in ("on_wait", "pause") if name in more}
        embedder = build_embedder(settings, transport=transport, **given)
        return OfflineEngine(workspace.taxonomy, workspace.offline_dir, embedder=embedder)
    return build_openai(settings, repair=repair, memory=settings.data_dir / "servers.json", **more)


def build_embedder(
    settings: Settings,
    *,
    transport: ChatTransport | None = None,
    pause: Pause | None = None,
    on_wait: OnWait | None = None,
) -> CachedEmbedder | None:
    """The embedder of the settings; None if they name none. Its model is loaded when it is first used.

    Args:
        transport: Sends requests to a server, if the settings name one; None makes one.
        pause, on_wait: See `classifier.engines.openai.retry.RetryPolicy`.

    Raises:
        ConfigError: The setting has another form, or files or packages are missing.
    """
    if settings.embeddings is None:
        return None
    from classifier.engines.embeddings.build import make_embedder
    from classifier.engines.openai.retry import Pause, RetryPolicy

    retries = RetryPolicy(settings.max_attempts, pause=pause or Pause(), on_wait=on_wait)
    return make_embedder(settings.embeddings, settings, server_from(settings), retries, transport)


def server_from(settings: Settings) -> Server:
    """The server that the settings name."""
    from classifier.engines.openai.transport import Server

    return Server(
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
        base_url=settings.base_url,
        timeout_s=settings.timeout_s,
        api_key_header=settings.api_key_header,
    )


def build_openai(settings: Settings, **more: Any) -> OpenAIEngine:
    """Makes the openai engine of the settings; the arguments are those of `build_model`."""
    from classifier.engines.openai import OpenAIEngine

    return OpenAIEngine(build_model(settings, **more))


def build_model(
    settings: Settings,
    *,
    pause: Pause | None = None,
    waits: Waits | None = None,
    on_wait: OnWait | None = None,
    **more: Any,
) -> StructuredModel:
    """The model of the settings.

    Args:
        pause, waits, on_wait: See `classifier.engines.openai.retry.RetryPolicy`.
        more: Further arguments of `StructuredModel`: repair, transport, profile, memory.

    Raises:
        ConfigError: No model is named, or a setting is wrong.
    """
    if not settings.model:
        raise ConfigError(
            "the openai engine needs a model; give --model NAME or set CLASSIFIER_MODEL "
            "(or choose --engine offline, which needs neither key nor model)"
        )
    from classifier.engines.openai.conversation import StructuredModel
    from classifier.engines.openai.ladder import Wishes
    from classifier.engines.openai.retry import Pause, RetryPolicy, Waits

    return StructuredModel(
        model=settings.model,
        server=server_from(settings),
        wishes=Wishes(settings.temperature, settings.logprobs, settings.max_output_tokens),
        retries=RetryPolicy(settings.max_attempts, waits or Waits(), pause or Pause(), on_wait),
        prices=settings.prices,
        **more,
    )
