"""What was skipped is told as a metric, once, and in the row of a shard."""

from __future__ import annotations

import msgspec

from livesegments.core.skipped import Skip
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
