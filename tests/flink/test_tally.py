"""What was skipped, and how old changes are, is told as metrics, once."""

from __future__ import annotations

import time

import msgspec

from core.samples import START, definition, line
from livesegments.core.events import decode
from livesegments.core.skipped import Skip
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS
from livesegments.flink.tally import Tally, TallyRow


class Metrics:
    """Counters by name."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def add_group(self, *_: str) -> Metrics:
        return self

    def counter(self, name: str) -> Counter:
        return Counter(self, name)


class Counter:
    def __init__(self, metrics: Metrics, name: str) -> None:
        self.metrics, self.name = metrics, name

    def inc(self, increase: int) -> None:
        self.metrics.counts[self.name] = self.metrics.counts.get(self.name, 0) + increase


def test_what_was_skipped_is_told_once() -> None:
    metrics = Metrics()
    tally = Tally(metrics)
    tally.skipped.add("Order Completed", "properties.revenue", 2)
    tally.tell()
    tally.tell()
    tally.skipped.add("page", "properties.price", 1)
    tally.skipped.note_user("undefined")
    first = msgspec.json.decode(tally.take(), type=TallyRow)
    assert first.skipped == [Skip("Order Completed", "properties.revenue", 2), Skip("page", "properties.price", 1)]
    assert first.placeholders == {"undefined": 1}
    tally.skipped.add("page", "properties.price", 4)
    second = msgspec.json.decode(tally.take(), type=TallyRow)
    assert (second.skipped, second.placeholders) == ([Skip("page", "properties.price", 4)], {})
    assert metrics.counts == {"skipped": 7}


class Named(Metrics):
    """Counters by the names and labels of their groups."""

    def __init__(self, path: str = "", counts: dict[str, int] | None = None) -> None:
        super().__init__()
        self.path, self.counts = path, {} if counts is None else counts

    def add_group(self, *names: str) -> Metrics:
        return Named(self.path + "=".join(names) + " ", self.counts)

    def counter(self, name: str) -> Counter:
        return Counter(self, self.path + name)


def test_changes_are_counted_by_age_and_cause_in_growing_bounds() -> None:
    metrics = Named()
    tally = Tally(metrics, is_live=True)
    now_ms = time.time_ns() // 1_000_000
    engine = Engine(definition({"events": {"count": "*"}}, {"new": {"when": "events == 1"}}))
    for age_ms in (20_000, 100_000):
        day = (now_ms - age_ms - START.timestamp() * 1_000) / DAY_MS
        tally.emitted(engine.apply(engine.restore("u", None), decode(line(day=day)))[1])
    tally.tell()
    tally.tell()
    told = {name.split("le=")[1]: count for name, count in metrics.counts.items() if "cause=event" in name}
    assert told == {
        "30.0 change_age_bucket": 1,
        "60.0 change_age_bucket": 1,
        "300.0 change_age_bucket": 2,
        "3600.0 change_age_bucket": 2,
        "+Inf change_age_bucket": 2,
    }
