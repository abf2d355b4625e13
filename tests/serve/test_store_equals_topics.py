"""Whatever order two topics are read in, and wherever the reader is stopped, the store is what the topics say."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from serve_rows import DAY_MS, START_MS, change, end, profile, tombstone

from livesegments.serve.reading import Reader
from livesegments.serve.rows import Row
from livesegments.serve.store import Store

STEPS = st.lists(
    st.tuples(st.sampled_from(["u", "v"]), st.sampled_from(["a", "b", "write", "erase", "merge", "forget"]))
)


class Topics:
    """Two logs as the job writes them, and what they come to; it forgets the number of a user who ended long ago."""

    def __init__(self, steps: list[tuple[str, str]]) -> None:
        self.changes: list[Row] = []
        self.profiles: list[Row] = []
        self.users: dict[str, list[str]] = {}
        self.kept: dict[str, list[int]] = {}
        self.merged: set[str] = set()
        numbers: dict[str, int] = {}
        now_ms = START_MS
        for user, step in steps:
            now_ms += 1_000
            if step == "write":
                if user in self.users:
                    self.profiles.append(profile(user, numbers[user], self.users[user], now_ms))
                continue
            if step == "forget":
                now_ms += 31 * DAY_MS
                if user not in self.users:
                    numbers.pop(user, None)
                continue
            number = numbers[user] = numbers.get(user, 0) + 1
            if step in ("erase", "merge"):
                self.changes.append(end(user, number, "w" if step == "merge" else None, now_ms))
                self.profiles.append(tombstone(user))
                self.users.pop(user, None)
                self.kept[user] = []
                (self.merged.add if step == "merge" else self.merged.discard)(user)
                continue
            before = self.users.get(user, [])
            after = sorted({*before} ^ {step})
            kind = "entered" if step in after else "exited"
            self.users[user] = after
            self.kept.setdefault(user, []).append(number)
            self.changes.append(change(user, number, step, kind, after, now_ms))
            self.profiles.append(profile(user, number, after, now_ms))
            self.merged.discard(user)


def found(path: Path, *, is_partial: bool = False) -> tuple[dict[str, list[str]], dict[str, list[int]], dict[str, int]]:
    reader = Reader(path)
    users = {user: json.loads(names) for user, names in reader.all("SELECT user_id, segments FROM users")}
    kept: dict[str, list[int]] = {}
    for user, number in reader.all("SELECT user_id, sequence FROM changes ORDER BY user_id, sequence"):
        kept.setdefault(user, []).append(number)
    sizes = dict(reader.all("SELECT name, members FROM segments WHERE members != 0"))
    listed: dict[str, int] = dict(reader.all("SELECT segment, count(*) FROM members GROUP BY segment"))
    assert listed == sizes
    assert reader.users() == len(users)
    assert is_partial or not reader.all("SELECT user_id FROM users WHERE profile IS NULL")
    reader.close()
    return users, kept, sizes


def merge(topics: Topics, choices: list[bool]) -> list[Row]:
    changes, profiles, rows = list(topics.changes), list(topics.profiles), []
    for is_change in choices:
        source = changes if is_change else profiles
        if source:
            rows.append(source.pop(0))
    return rows + changes + profiles


@settings(max_examples=80)
@given(STEPS, st.lists(st.booleans(), max_size=60), st.integers(0, 60), st.integers(1, 7))
def test_any_interleaving_and_any_stop_give_what_the_topics_say(
    steps: list[tuple[str, str]], choices: list[bool], stop: int, size: int
) -> None:
    topics = Topics(steps)
    rows = merge(topics, choices)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        place, is_stopped = 0, False
        store = Store(path)
        while place < len(rows):
            if place >= stop and not is_stopped:
                store.close()
                store, is_stopped = Store(path), True
                place = store.positions().get("all", 0)
            part = rows[place : place + size]
            place += len(part)
            store.apply(part, {"all": place})
        users, kept, sizes = found(path)
        store.close()
    assert users == topics.users
    assert kept == {user: numbers for user, numbers in topics.kept.items() if numbers}
    wanted: dict[str, Any] = {}
    for segments in topics.users.values():
        for name in segments:
            wanted[name] = wanted.get(name, 0) + 1
    assert sizes == wanted


def test_who_was_merged_is_known_by_whom_until_that_user_is_erased(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    store.apply([change("visitor", 1, "a", "entered", ["a"]), end("visitor", 2, "u"), tombstone("visitor")], {})
    reader = Reader(store.path)
    ending = reader.ending("visitor")
    assert ending is not None
    assert ending.merged_into == "u"
    store.apply([profile("u", 1, []), end("u", 2), tombstone("u")], {})
    ending = reader.ending("visitor")
    assert ending is not None
    assert ending.merged_into is None


def test_a_store_that_knows_no_times_of_ends_goes_on(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    store.apply([change("u", 1, "a", "entered", ["a"]), end("u", 2), tombstone("u")], {})
    store.close()
    before = sqlite3.connect(store.path, isolation_level=None)
    for column in ("ended_ms", "back_ms"):
        before.execute(f"ALTER TABLE ended DROP COLUMN {column}")
    before.close()
    store = Store(store.path)
    store.apply([change("u", 1, "a", "entered", ["a"]), change("u", 3, "b", "entered", ["b"])], {})
    assert found(store.path, is_partial=True)[:2] == ({"u": ["b"]}, {"u": [3]})
    store.apply([end("u", 4, time_ms=START_MS), tombstone("u")], {})
    store.apply([change("u", 1, "a", "entered", ["a"], START_MS + 40 * DAY_MS)], {})
    assert found(store.path, is_partial=True)[:2] == ({"u": ["a"]}, {"u": [1]})
    store.close()


def test_nothing_of_a_transaction_that_fails_stays(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    store.apply([change("u", 1, "a", "entered", ["a"])], {"x": 1})
    with pytest.raises(sqlite3.IntegrityError, match="NOT NULL"):
        store.apply([change("u", 2, "b", "entered", ["a", "b"])], {"x": None})  # type: ignore[dict-item]
    assert store.positions() == {"x": 1}
    assert found(store.path, is_partial=True)[0] == {"u": ["a"]}


def test_what_is_unreadable_is_counted_and_passed_over(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    bad = [
        Row("profiles", "u", b"{"),
        Row("changes", "u", b"[]"),
        Row("models", "m", b"7"),
        Row("dead_letters", None, b"x"),
    ]
    store.apply([*bad, profile("u", 1, ["a"])], {})
    assert store.unreadable == {"profiles": 1, "changes": 1, "models": 1, "dead_letters": 1}
    assert found(store.path)[0] == {"u": ["a"]}
