"""Metrics of the server for Prometheus; what the store knows is read when they are asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from livesegments.serve.models import prediction_qualities
from livesegments.serve.tallying import ALWAYS

if TYPE_CHECKING:
    from livesegments.serve.follower import Follower
    from livesegments.serve.reading import Reader

__all__ = ["PREFIX", "Metrics"]

PREFIX = "livesegments_serve_"
_AGES = (0.5, 1, 2, 5, 10, 30, 60, 300, 3_600, 86_400)
_TIMES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5)


class Metrics:
    """All metrics of one server."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self, reader: Reader, follower: Follower) -> None:
        self._reader = reader
        self._follower = follower
        self.open_streams = 0
        self._registry = CollectorRegistry()
        self.change_age = Histogram(
            PREFIX + "change_age_seconds",
            "From a change's event time to its being in the store, while the store has all that there is.",
            buckets=_AGES,
            registry=self._registry,
        )
        self.requests = Histogram(
            PREFIX + "request_seconds",
            "From a request to the beginning of its answer.",
            ["route", "status"],
            buckets=_TIMES,
            registry=self._registry,
        )
        self._registry.register(self)

    def observe_request(self, route: str, status: int, seconds: float) -> None:
        """Note how long a request took."""
        self.requests.labels(route, str(status)).observe(seconds)

    def observe_changes(self, times_ms: list[int]) -> None:
        """Note how old changes were when they came into the store."""
        now = time.time()
        for time_ms in times_ms:
            self.change_age.observe(max(0.0, now - time_ms / 1_000))

    def text(self) -> bytes:
        """Give all metrics in Prometheus' text form."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Give what is known now; called by the registry."""
        yield from self._following()
        yield from self._segments()
        yield from self._dead_letters()
        yield from self._predictions()

    def describe(self) -> list[Metric]:
        """Name nothing ahead: the store is read when it is asked for."""
        return []

    def _following(self) -> Iterator[Metric]:
        standing, store = self._follower.standing(), self._follower.store
        yield _gauge("up", "1 while the follower runs.", float(standing.is_alive))
        yield _gauge("lag_offsets", "Committed records (bytes of a folder) not in the store.", standing.behind or 0)
        yield _gauge("lag_seconds", "How long ago the store last had all that there was.", standing.seconds)
        yield _gauge("open_streams", "Streams of changes that are open.", self.open_streams)
        yield _gauge("users", "Users in the store.", self._reader.users())
        newest_ms = self._reader.newest_change_ms()
        if newest_ms is not None:
            yield _gauge("newest_change_timestamp_seconds", "Event time of the newest change.", newest_ms / 1_000)
        for name, counts in (("rows", store.rows), ("unreadable_rows", store.unreadable)):
            family = CounterMetricFamily(PREFIX + name, "Rows read since the start.", labels=["table"])
            for table, count in dict(counts).items():
                family.add_metric([table], count)
            yield family

    def _segments(self) -> Iterator[Metric]:
        members = GaugeMetricFamily(PREFIX + "segment_members", "Members of a segment.", labels=["segment"])
        changes = CounterMetricFamily(
            PREFIX + "segment_changes", "Users who entered or left.", labels=["segment", "change"]
        )
        newest = GaugeMetricFamily(
            PREFIX + "segment_newest_change_timestamp_seconds",
            "Event time of a segment's newest change.",
            labels=["segment"],
        )
        for name, count, entered, left, newest_ms in self._reader.all(
            "SELECT name, members, entered, left, (SELECT max(time_ms) FROM changes WHERE segment = name) FROM segments"
        ):
            members.add_metric([name], count)
            changes.add_metric([name, "entered"], entered)
            changes.add_metric([name, "exited"], left)
            if newest_ms is not None:
                newest.add_metric([name], newest_ms / 1_000)
        yield from (members, changes, newest)

    def _dead_letters(self) -> Iterator[Metric]:
        family = CounterMetricFamily(PREFIX + "dead_letters", "Dead letters by reason.", labels=["reason"])
        for reason, count in self._reader.all(
            "SELECT reason, letters FROM dead_letter_counts WHERE from_ms = ?", [ALWAYS]
        ):
            family.add_metric([reason], count)
        yield family

    def _predictions(self) -> Iterator[Metric]:
        labels = ["prediction", "measure", "of"]
        measures = GaugeMetricFamily(PREFIX + "prediction_measure", "How good answers were.", labels=labels)
        worse = GaugeMetricFamily(
            PREFIX + "prediction_worse_than_base", "1 while worse than the base rate.", labels=["prediction"]
        )
        for quality in prediction_qualities(self._reader):
            worse.add_metric([quality.name], float(quality.worse_since_ms is not None))
            for of, found in (("model", quality.measures), ("base", quality.base)):
                for name, value in found.items():
                    if value is not None:
                        measures.add_metric([quality.name, name, of], value)
        yield from (measures, worse)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value)
