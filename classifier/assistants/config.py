"""Settings of the server for assistants: folders, network, and what may be changed or spent."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from classifier.errors import ConfigError
from classifier.settings import Settings, load_settings


def _default_folder() -> Path:
    return load_settings().data_dir / "service"


@dataclass(frozen=True, kw_only=True)
class AssistantConfig:
    """The server's settings.

    Attributes:
        folder: Contains run folders, as for `classifier serve`.
        papers: Folders whose PDFs may be classified by path; none allows no path.
        settings: Settings for labelling; by default from the environment and the settings file.
        workspace: A survey's folder; None for the built-in one.
        fetch: Whether arXiv ids, addresses, DOIs and titles may be looked up.
        allow_write: Offer the tools that make changes.
        max_cost_usd: Cap on the total cost of assistants' replies in this folder; None offers no paid model.
        by: The name under which decisions are saved.
    """

    folder: Path = field(default_factory=_default_folder)
    papers: tuple[Path, ...] = ()
    settings: Settings = field(default_factory=load_settings)
    workspace: Path | None = None
    fetch: bool = True
    allow_write: bool = False
    max_cost_usd: float | None = None
    by: str = "assistant"

    def __post_init__(self) -> None:
        """Rejects options without effect, and missing folders.

        Raises:
            ConfigError: A cap without `allow_write`, or a folder of papers that does not exist.
        """
        if self.max_cost_usd is not None and not self.allow_write:
            raise ConfigError("--max-cost has no effect without --allow-write; add it, or remove --max-cost")
        for papers in self.papers:
            if not papers.is_dir():
                raise ConfigError(f"--papers {papers}: not a folder; expected one with PDFs")
        if self.folder.is_file():
            raise ConfigError(f"{self.folder}: is a file; expected a folder of run folders")

    @property
    def has_paid_model(self) -> bool:
        """Whether a paid model may be asked."""
        return (
            self.allow_write
            and self.max_cost_usd is not None
            and self.settings.chosen_engine == "openai"
            and bool(self.settings.model)
        )
