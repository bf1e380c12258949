"""The parts of a running service, created once and used by all request handlers."""

from __future__ import annotations

import shutil
from typing import Any, NamedTuple

from starlette.requests import Request

from classifier.errors import ConfigError
from classifier.pdf import PdfLimits, PdfReader
from classifier.service.config import ServiceConfig
from classifier.service.identity import Identity
from classifier.service.measuring import RecentMeasurements
from classifier.service.meters import Meters
from classifier.service.problems import HttpProblem
from classifier.service.review_rooms import ReviewRooms
from classifier.service.seen_shelf import SeenShelf
from classifier.service.shelf import Shelf
from classifier.service.store.decisions import Decisions
from classifier.service.store.deletions import Deletions
from classifier.service.store.events import Events
from classifier.service.store.money import Money
from classifier.service.store.privacy import Privacy
from classifier.service.store.runs import Runs
from classifier.service.store.schema import ServiceDatabase
from classifier.service.store.users import ServiceUser, Users
from classifier.service.tasks import Dispatcher
from classifier.service.workshop import Workshop
from classifier.survey.workspace import Workspace


class Hub(NamedTuple):
    """The parts of a service; `kept_pages` holds pages until a paper changes.

    `hub_of` gives each request a hub whose `runs` and `shelf` have only what its user may see.
    """

    config: ServiceConfig
    workspace: Workspace
    users: Users
    runs: Runs
    events: Events
    money: Money
    decisions: Decisions
    privacy: Privacy
    deletions: Deletions
    measurements: RecentMeasurements
    reviews: ReviewRooms
    shelf: Shelf | SeenShelf
    workshop: Workshop
    dispatcher: Dispatcher
    identity: Identity
    meters: Meters
    pictures: PdfReader
    kept_pages: dict[Any, str]
    database: ServiceDatabase

    def start(self) -> None:
        """Starts the workers, and queues all runs that should run."""
        self.database.keep_open()
        if not self.config.dispatch:
            return
        self.workshop.settle_after_kill()
        self.dispatcher.start()

    def stop(self) -> None:
        """Pauses active runs, and ends the workers."""
        self.workshop.stop()
        if self.config.dispatch:
            self.dispatcher.stop()
        self.pictures.close()
        self.reviews.stop()
        self.database.close()


def build_hub(config: ServiceConfig) -> Hub:
    """Opens the folder.

    Raises:
        ConfigError: The workspace is wrong.
        StoreError: The folder cannot be used.
    """
    workspace = Workspace(config.workspace)
    database = ServiceDatabase(config.folder)
    users, runs, events, money = Users(database), Runs(database), Events(database), Money(database)
    measurements = RecentMeasurements(workspace, config.settings)
    shelf = Shelf(config.folder, workspace.taxonomy, measurements)
    workshop = Workshop(config, workspace, runs, events, money, shelf)
    workers = {"list": config.runs_at_once, "paper": config.papers_at_once}

    def unfinished() -> list[tuple[str, str]]:
        return [(run.kind, run.id) for run in runs.unfinished() if not workshop.is_active(run.id)]

    meters = Meters()
    meters.watch("classifier_runs", "Lists and single papers by state.", lambda: {**runs.counts()})
    meters.watch("classifier_in_work", "Runs in work.", lambda: {"running": workshop.active})
    settings = config.settings
    limits = PdfLimits(wall_s=settings.pdf_wall_s, memory_bytes=settings.pdf_memory_mb * 2**20)
    return Hub(
        config=config,
        workspace=workspace,
        users=users,
        runs=runs,
        events=events,
        money=money,
        decisions=Decisions(database),
        privacy=Privacy(database),
        deletions=Deletions(database),
        measurements=measurements,
        reviews=ReviewRooms(workspace.taxonomy, measurements),
        shelf=shelf,
        workshop=workshop,
        dispatcher=Dispatcher(config.folder, workshop.continue_run, unfinished, workers),
        identity=Identity(config, users),
        meters=meters,
        pictures=PdfReader(workers=1, limits=limits),
        kept_pages={},
        database=database,
    )


def hub_of(request: Request) -> Hub:
    """The hub of the service that answers this request, with the runs that its user may see.

    A run that is private to others is missing from it, as if it did not exist: every page, answer, count and
    stream that is made from this hub leaves it out.
    """
    hub: Hub = request.app.state.hub
    if not hub.config.needs_login or not isinstance(hub.shelf, Shelf):
        return hub  # everyone who reaches the service is the same user
    user: ServiceUser | None = request.scope.get("classifier.user")
    viewer = user.name if user is not None else ""
    return hub._replace(runs=hub.runs.seen_by(viewer), shelf=SeenShelf(hub.shelf, hub.privacy, viewer))


def engines_of(hub: Hub) -> dict[str, str]:
    """The available engines with their display names; the one chosen in the settings comes first."""
    settings = hub.config.settings
    found = {"offline": "offline baseline (no key, no cost; less accurate)"}
    if settings.embedding_model is not None:
        found["offline"] = f"offline baseline with {settings.embedding_model} (may cost money; less accurate)"
    if settings.model and (settings.api_key or settings.base_url):
        found["openai"] = f"{settings.model} (language model, may cost money)"
    preferred = settings.chosen_engine
    return {name: found[name] for name in sorted(found, key=lambda name: name != preferred)}


def check_engine(hub: Hub, engine: str | None) -> str:
    """The chosen engine, or the default one.

    Raises:
        ConfigError: It is not configured.
    """
    known = engines_of(hub)
    if engine is None or engine == "":
        return next(iter(known))
    if engine not in known:
        raise ConfigError(
            f"the engine '{engine}' is not set up here; expected {' or '.join(known)} (openai needs "
            "OPENAI_API_KEY or OPENAI_BASE_URL, and CLASSIFIER_MODEL, where the service was started)"
        )
    return engine


def hidden_runs(hub: Hub) -> frozenset[str]:
    """The runs and folders that the user of this hub may not see."""
    return hub.shelf.hidden() if isinstance(hub.shelf, SeenShelf) else frozenset()


def check_can_hide(hub: Hub) -> None:
    """Whether runs can be private here.

    Raises:
        HttpProblem: Nobody logs in (409).
    """
    if not hub.config.needs_login:
        raise HttpProblem(
            409,
            "nobody-logs-in",
            "nobody logs in here, so everyone is the same user and nothing can be private; start the service "
            "with --require-login and add users with --add-user",
        )


def free_bytes(hub: Hub) -> int:
    """Free bytes on the disk of the service's folder."""
    return shutil.disk_usage(hub.config.folder).free
