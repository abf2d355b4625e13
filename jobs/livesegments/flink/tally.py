"""What became of the events, as Flink metrics and for the summary of a bounded run."""

from __future__ import annotations

import time
from typing import Any

import msgspec

from livesegments.core.changes import Change
from livesegments.core.deadletter import REASONS
from livesegments.core.ingest import Counts
from livesegments.core.skipped import Skip, Skipped
from livesegments.flink.freshness import Freshness

__all__ = ["LearnerTally", "Tally", "TallyRow", "add_counts"]


class TallyRow(msgspec.Struct, frozen=True):
    """What one subtask counted up to the end of a shard, and between which wall-clock times."""

    counts: Counts
    began_ms: int
    ended_ms: int
    skipped: list[Skip] = []
    placeholders: dict[str, int] = {}  # events by user id; see core/skipped.py


class Tally:
    """Counts in plain integers; the metrics are told once per batch, as each costs a call into the JVM."""

    def __init__(self, metrics: Any, *, is_live: bool = False) -> None:
        self.counts = Counts()
        self._freshness = Freshness(metrics) if is_live else None  # files are old: how old, tells nothing
        self.skipped = Skipped()
        self.began_ms = 0
        self.failures = 0  # due times passed over and rows of `profiles` left out, because something raised
        self._told_failures = 0
        self._told_skipped = 0
        self._told = Counts()
        self._counters: dict[str, Any] = {}
        self._dead_letters: dict[str, Any] = {}
        self._failures: Any = None
        self._skipped: Any = None
        if metrics is None:  # switched off by python.metric.enabled
            return
        group = metrics.add_group("livesegments")
        for name in ("events", "applied", "duplicates", "ignored", "changes", "forgotten_ids"):
            self._counters[name] = group.counter(name)
        self._failures = group.counter("failures")
        self._skipped = group.counter("skipped")
        for reason in REASONS:
            self._dead_letters[reason] = group.add_group("reason", reason).counter("dead_letters")

    def begin(self) -> None:
        """Take the time of the first batch."""
        if not self.began_ms:
            self.began_ms = time.time_ns() // 1_000_000

    def dead_letter(self, reason: str) -> None:
        """Count a dead letter."""
        letters = self.counts.dead_letters
        letters[reason] = letters.get(reason, 0) + 1

    def emitted(self, changes: list[Change]) -> None:
        """Count changes that go out now."""
        self.counts.changes += len(changes)
        if self._freshness is not None:
            self._freshness.add(changes)

    def tell(self) -> None:
        """Bring the metrics up to date."""
        if self._freshness is not None:
            self._freshness.tell()
        counts, told = self.counts, self._told
        for name, counter in self._counters.items():
            increase = getattr(counts, name) - getattr(told, name)
            if increase:
                counter.inc(increase)
                setattr(told, name, getattr(counts, name))
        if self.failures > self._told_failures and self._failures is not None:
            self._failures.inc(self.failures - self._told_failures)
            self._told_failures = self.failures
        if self.skipped.total > self._told_skipped and self._skipped is not None:
            self._skipped.inc(self.skipped.total - self._told_skipped)
            self._told_skipped = self.skipped.total
        for reason, count in counts.dead_letters.items():
            increase = count - told.dead_letters.get(reason, 0)
            if increase and self._dead_letters:
                self._dead_letters[reason].inc(increase)
            told.dead_letters[reason] = count

    def take(self) -> bytes:
        """Give the counts as a TallyRow in JSON and begin again at zero."""
        self.tell()
        skipped = self.skipped
        row = TallyRow(self.counts, self.began_ms, time.time_ns() // 1_000_000, skipped.most(), skipped.users)
        content = msgspec.json.encode(row)
        self.counts, self._told, self._told_skipped = Counts(), Counts(), 0
        skipped.clear()
        return content


def add_counts(total: Counts, part: Counts) -> None:
    """Add the counts of one shard to a total."""
    total.events += part.events
    total.applied += part.applied
    total.duplicates += part.duplicates
    total.ignored += part.ignored
    total.changes += part.changes
    total.forgotten_ids += part.forgotten_ids
    for reason, count in part.dead_letters.items():
        total.dead_letters[reason] = total.dead_letters.get(reason, 0) + count


class LearnerTally:
    """What the Learner did, as Flink metrics, told once per call."""

    def __init__(self, metrics: Any) -> None:
        self.rows = 0
        self._told: dict[str, int] = {"lessons": 0, "model_rows": 0}
        self._counters: dict[str, Any] = {}
        if metrics is not None:  # switched off by python.metric.enabled
            group = metrics.add_group("livesegments")
            self._counters = {name: group.counter(name) for name in self._told}

    def tell(self, lessons: int) -> None:
        """Bring the metrics up to date with the lessons learned and the rows of segment_models given."""
        for name, count in (("lessons", lessons), ("model_rows", self.rows)):
            increase = count - self._told[name]
            if increase and self._counters:
                self._counters[name].inc(increase)
            self._told[name] = count
