"""Who is erased or merged is not in the file any more, in no form."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest
from serve_rows import change, dead_letter, end, profile, tombstone

from livesegments.serve.rows import Row
from livesegments.serve.store import Store


def name(number: int) -> str:
    return f"person-{number * 7_919 % 100_003:06d}-{'x' * (number % 23)}"


def filled(path: Path, count: int) -> Store:
    """Fill a store in an order that splits many pages, with rows that grow, move and go."""
    store, order = Store(path), random.Random(1)
    numbers = list(range(count))
    order.shuffle(numbers)
    for start in range(0, count, 100):
        rows: list[Row] = []
        for number in numbers[start : start + 100]:
            user = name(number)
            rows += [
                change(user, 1, "newsletter", "entered", ["newsletter"], because=[{"clause": user, "values": {}}]),
                profile(user, 1, ["newsletter"], city=f"city of {user}", text="y" * (number % 3_000)),
                change(user, 2, "vip", "entered", ["newsletter", "vip"]),
                dead_letter("invalid_event", f'{{"userId": "{user}"}}'),
            ]
        store.apply(rows, {"all": start})
    return store


def bytes_of(path: Path) -> bytes:
    return b"".join(one.read_bytes() for one in (path, path.with_name(path.name + "-wal")) if one.exists())


@pytest.mark.parametrize("into", [None, "somebody"])
def test_no_byte_of_who_is_erased_or_merged_stays(tmp_path: Path, into: str | None) -> None:
    path = tmp_path / "store.db"
    store = filled(path, 3_000)
    gone = [name(number) for number in range(0, 3_000, 11)]
    for start in range(0, len(gone), 20):
        part = gone[start : start + 20]
        store.apply([row for user in part for row in (end(user, 3, into), tombstone(user))], {"all": start})
    store.let_go()
    assert store.is_clean
    content = bytes_of(path)
    assert [user for user in gone if user.encode() in content] == []
    assert name(1).encode() in content
    store.close()


@pytest.mark.parametrize("user", ["990417", '"990417"', "990417.0", '"990417", "properties": {"revenue": NaN}'])
def test_a_dead_letter_goes_with_its_user_however_the_id_is_written(tmp_path: Path, user: str) -> None:
    path = tmp_path / "store.db"
    store = filled(path, 20)
    store.apply([dead_letter("invalid_event", f'{{"type": "track", "userId": {user}}}')], {})
    assert b"990417" in bytes_of(path)
    store.apply([end("990417", 3), tombstone("990417")], {})
    store.let_go()
    assert b"990417" not in bytes_of(path)
    store.close()


def test_a_reader_who_is_there_only_delays_it(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = filled(path, 200)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM users").fetchone()
    store.apply([end(name(3), 3), tombstone(name(3))], {})
    store.let_go()
    reader.execute("COMMIT")
    reader.close()
    store.let_go()
    assert name(3).encode() not in bytes_of(path)
    store.close()


def test_what_a_killed_process_left_is_let_go_of_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = filled(path, 200)
    store.apply([end(name(3), 3), tombstone(name(3))], {})
    store.close()  # without letting go
    store = Store(path)
    assert not store.is_clean
    store.let_go()
    assert store.is_clean
    assert name(3).encode() not in bytes_of(path)
    store.close()
