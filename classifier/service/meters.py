"""Metrics for Prometheus: requests by route, their time, waiting work, and cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import Scope

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Meters:
    """One service's meters; nothing is global."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "classifier_requests",
            "Requests by route.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "classifier_request_seconds", "Server time of a request.", ("route",), registry=self._registry
        )

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        """Counts a request by its route, so that clients cannot create new metric labels."""
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "OPTIONS") else "other"
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def watch(self, name: str, words: str, states: Callable[[], Mapping[str, float]]) -> None:
        """Adds a gauge by state; it is read on each request for metrics."""
        self._registry.register(_States(name, words, states))

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self._registry)


class _States(Collector):
    def __init__(self, name: str, words: str, states: Callable[[], Mapping[str, float]]) -> None:
        self._name, self._words, self._states = name, words, states

    def describe(self) -> Iterator[GaugeMetricFamily]:
        yield GaugeMetricFamily(self._name, self._words, labels=("state",))

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(self._name, self._words, labels=("state",))
        for state, value in self._states().items():
            family.add_metric([state], value)
        yield family
