"""`--keep`: old changes go, what they made stays, and none counts twice when it is read again."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest
from serve_rows import DAY_MS, START_MS, change
from serving import serving, write_rows

from livesegments.serve.reading import Reader
from livesegments.serve.retention import Retention
from livesegments.serve.rows import Row
from livesegments.serve.store import Store

OLD = [
    change("u", 1, "vip", "entered", ["vip"], START_MS),
    change("u", 2, "vip", "exited", [], START_MS + DAY_MS - 1),
    change("v", 1, "vip", "entered", ["vip"], START_MS + DAY_MS),
]
NEW = [change("u", 3, "vip", "entered", ["vip"], START_MS + 31 * DAY_MS)]


def sequences(path: Path) -> list[tuple[str, int]]:
    with sqlite3.connect(path) as connection:
        return list(connection.execute("SELECT user_id, sequence FROM changes ORDER BY number"))


def numbers(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as connection:
        tables = ("segments", "members", "activity", "users")
        return [row for table in tables for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]


def test_changes_go_and_what_they_made_stays(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db", keep_ms=30 * DAY_MS)
    store.apply(OLD, {})
    store.forget_old()
    assert len(sequences(store.path)) == 3
    store.apply(NEW, {})
    before = numbers(store.path)
    store._retention._next = 0.0
    store.forget_old()
    assert sequences(store.path) == [("v", 1), ("u", 3)]  # 30 days back to the millisecond
    assert numbers(store.path) == before
    assert Reader(store.path).forgotten_number() == 2


@pytest.mark.parametrize("is_opened_again", [False, True])
def test_a_change_that_is_read_again_counts_once(tmp_path: Path, is_opened_again: bool) -> None:
    store = Store(tmp_path / "store.db", keep_ms=DAY_MS)
    store.apply([*OLD, *NEW], {})
    store.forget_old()
    assert sequences(store.path) == [("u", 3)]
    before = numbers(store.path)
    if is_opened_again:
        store.close()
        store = Store(tmp_path / "store.db")
    store.apply([*OLD, *NEW], {})
    assert numbers(store.path) == before
    assert sequences(store.path) == [("u", 3)]


def test_a_new_user_with_an_old_time_is_taken(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db", keep_ms=DAY_MS)
    store.apply([*OLD, *NEW], {})
    store.forget_old()
    store.apply([change("w", 1, "vip", "entered", ["vip"], START_MS)], {})
    assert sequences(store.path) == [("u", 3), ("w", 1)]


def test_many_go_a_part_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("livesegments.serve.retention._AT_ONCE", 10)
    store = Store(tmp_path / "store.db", keep_ms=DAY_MS)
    rows: list[Row] = [change(f"u{n}", 1, "vip", "entered", ["vip"], START_MS + n) for n in range(25)]
    store.apply([*rows, *NEW], {})
    left = []
    for _ in range(3):
        store.forget_old()
        left.append(len(sequences(store.path)))
    assert left == [16, 6, 1]


def test_without_keep_nothing_goes(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.db")
    store.apply([*OLD, *NEW], {})
    store.forget_old()
    assert len(sequences(store.path)) == 4
    assert isinstance(store._retention, Retention)


def test_a_server_forgets_and_tells_clients_of_streams(tmp_path: Path) -> None:
    out, path = tmp_path / "out", tmp_path / "store.db"
    write_rows(out, [*OLD, *NEW])
    with serving("--out", str(out), "--store", str(path), "--keep", "1d") as server:
        name = Reader(path).name
        deadline = time.monotonic() + 30
        while len(server.client.get("/v1/users/u/changes").json().get("changes", ())) != 1:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert server.client.get("/v1/segments/vip").json()["members"] == 2
        for number, is_lost in ((1, True), (3, False)):
            headers = {"last-event-id": f"{name}-{number}"}
            with server.client.stream("GET", "/v1/changes/stream", headers=headers) as stream:
                lines = stream.iter_lines()
                first = [next(lines) for _ in range(4)]
            assert ("event: reset" in first) is is_lost
