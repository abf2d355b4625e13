"""Numbers beside the rows, gathered over a transaction: members, sizes of clusters, comings and goings over time."""

from __future__ import annotations

import sqlite3
from collections import Counter

__all__ = ["ALWAYS", "STEP_MS", "Tallies", "step_of"]

STEP_MS = 300_000
"""The finest step of a history."""
ALWAYS = -1
"""Stands in the place of a step for the total."""


class Tallies:
    """What is to be added to the numbers of the store; `flush` writes it inside the transaction."""

    def __init__(self) -> None:
        self.users = 0
        self.members: Counter[str] = Counter()
        self.clusters: Counter[tuple[str, str]] = Counter()
        self.entered: Counter[tuple[str, int]] = Counter()
        self.left: Counter[tuple[str, int]] = Counter()
        self.ended: Counter[tuple[str, int]] = Counter()
        self.dead_letters: Counter[tuple[str, int]] = Counter()

    def flush(self, connection: sqlite3.Connection) -> None:
        """Add all to the tables and begin again at zero."""
        names = {*self.members, *(name for tally in (self.entered, self.left) for name, _ in tally)}
        entered, left = _by_name(self.entered), _by_name(self.left)
        connection.executemany(
            "INSERT INTO segments VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET members = members + excluded.members, "
            "entered = entered + excluded.entered, left = left + excluded.left",
            [(name, self.members[name], entered[name], left[name]) for name in names],
        )
        connection.executemany(
            "INSERT INTO cluster_sizes VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET users = users + excluded.users",
            [(*key, count) for key, count in self.clusters.items()],
        )
        connection.executemany(
            "INSERT INTO activity VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET entered = entered + "
            "excluded.entered, left = left + excluded.left, ended = ended + excluded.ended",
            [
                (*key, self.entered[key], self.left[key], self.ended[key])
                for key in {**self.entered, **self.left, **self.ended}
            ],
        )
        for (reason, from_ms), count in list(self.dead_letters.items()):
            if from_ms != ALWAYS:
                self.dead_letters[reason, ALWAYS] += count
        connection.executemany(
            "INSERT INTO dead_letter_counts VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET letters = letters + excluded.letters",
            [(*key, count) for key, count in self.dead_letters.items()],
        )
        connection.execute("UPDATE meta SET value = value + ? WHERE name = 'users'", [self.users])
        self.clear()

    def clear(self) -> None:
        """Begin again at zero."""
        self.users = 0
        for tally in (self.members, self.clusters, self.entered, self.left, self.ended, self.dead_letters):
            tally.clear()


def step_of(time_ms: int) -> int:
    """Give the beginning of the step that a time is in."""
    return time_ms - time_ms % STEP_MS


def _by_name(tally: Counter[tuple[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (name, _), count in tally.items():
        found[name] += count
    return found
