"""The Segmenter between checkpoints: nothing is lost and nothing is there twice, whatever comes in between."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from flink.live import event
from flink.operator_harness import (
    NAMES,
    Channels,
    Operator,
    end_frame,
    events_frame,
    tick_frame,
)
from flink.segmenter_runs import (
    END_MS,
    HOUR_MS,
    MARK,
    SECOND,
    changes_by_user,
    channels_of,
    last_profiles,
    replayed,
    settings,
    shard_of,
    shop_events,
)
from flink.streams import DEFINITION, START_MS
from livesegments.core.definition import parse_definition
from livesegments.core.times import format_time
from livesegments.flink import profile_rows


@pytest.fixture(autouse=True)
def no_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_rows, "WALL_SECONDS_MIN", -1.0)
    monkeypatch.setattr(profile_rows, "WALL_SECONDS_MAX", -1.0)
    monkeypatch.setattr(profile_rows, "BEHIND_SECONDS_MAX", -1.0)


@pytest.mark.parametrize("late_timers", [False, True], ids=["thread mode", "process mode"])
@pytest.mark.parametrize("seed", range(8))
def test_crashes_between_checkpoints_change_nothing(seed: int, late_timers: bool) -> None:
    events = shop_events(600, 60, seed)
    played = Channels(settings(), channels_of(events, 3, seed), seed, late_timers=late_timers)
    played.run(crashes=4)
    changes, documents = replayed([raw for _, _, raw in events])
    assert sum(map(len, changes.values())) > 300
    assert changes_by_user(played.committed) == changes
    assert last_profiles(played.committed) == documents


def test_a_profile_is_written_once_for_all_batches_between_two_marks() -> None:
    operator = Operator(settings())
    for number in range(5):
        operator.send(
            "0", events_frame(event("u0", START_MS + number, number), event("u1", START_MS + number, 10 + number))
        )
    assert operator.state.puts == 0
    operator.send("0", MARK)
    assert operator.state.puts == 2
    operator.send("0", MARK)
    assert operator.state.puts == 2


def test_a_user_with_many_events_is_written_now_and_then() -> None:
    operator = Operator(settings())
    for number in range(40):
        operator.send("0", events_frame(event("u0", START_MS + number, number)))
    assert operator.state.puts == 2
    assert len(operator.segmenter.store.get("0", "u0").steps) == 8


def test_without_a_table_no_profile_is_made() -> None:
    operator = Operator(settings(has_profiles=False))
    engine = operator.segmenter.engine
    engine.document = engine.values = None  # type: ignore[assignment,method-assign]
    operator.send("0", events_frame(event("u0", START_MS, 1)))
    operator.send("0", MARK)
    assert {table for table, _, _ in operator.rows} == {"segment_changes"}
    plain = parse_definition("features: {orders: {count: Order Completed}}\nsegments: {}")
    for has_profiles, timers in ((True, 1), (False, 0)):
        operator = Operator(settings(plain, has_profiles=has_profiles))
        for number in (1, 2):
            operator.send("0", events_frame(event("u0", START_MS + number, number)))
            operator.send("0", MARK)
        assert len(operator.timers) == timers


def test_a_profile_is_written_at_most_once_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_rows, "WALL_SECONDS_MIN", 1e9)
    operator = Operator(settings())
    operator.segmenter.profile_rows._written_at["0"] = -2e9  # type: ignore[union-attr]
    for number in range(3):
        operator.send("0", events_frame(event("u0", START_MS + number * HOUR_MS, number)))
        assert len(last_profiles(operator.rows)) == (number > 0)
        operator.send("0", SECOND)
    profiles = [payload for table, _, payload in operator.rows if table == "profiles"]
    assert [json.loads(payload or b"")["updated_at"] for payload in profiles] == [format_time(START_MS)]
    operator.send("0", MARK)  # the second is not over: the row waits in the state
    restored = Operator(settings(), operator.snapshot())
    monkeypatch.setattr(profile_rows, "WALL_SECONDS_MIN", -1.0)
    restored.send("0", SECOND)
    (payload,) = last_profiles(restored.rows).values()
    assert json.loads(payload or b"")["updated_at"] == format_time(START_MS + 2 * HOUR_MS)
    restored.send("0", MARK)  # now nobody waits
    monkeypatch.setattr(profile_rows, "WALL_SECONDS_MIN", 1e9)
    again = Operator(settings(), restored.snapshot())
    again.send("0", SECOND)
    assert last_profiles(again.rows) == {}


def test_rows_of_profiles_take_a_part_of_the_time_only(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    clocks = SimpleNamespace(monotonic=lambda: now[0], time=lambda: now[0])
    monkeypatch.setattr(profile_rows, "time", clocks)
    monkeypatch.setattr(profile_rows, "WALL_SECONDS_MIN", 0.9)
    monkeypatch.setattr(profile_rows, "WALL_SECONDS_MAX", 10.0)
    monkeypatch.setattr(profile_rows, "BEHIND_SECONDS_MAX", 60.0)
    rows = Operator(settings()).segmenter.profile_rows
    assert rows is not None

    def write(shard: str, seconds_each: float, behind_seconds: int = 0) -> list[str]:
        rows.want(shard, "a")
        rows.want(shard, "b")
        taken = []
        for user in rows.take(shard, int(1_000 * now[0]) - 1_000 * behind_seconds):
            taken.append(user)
            now[0] += seconds_each
        return taken

    assert write("0", 0.05) == ["a", "b"]
    assert write("1", 0.025) == ["a", "b"]
    assert rows.interval_seconds(10.0) == pytest.approx(0.15 * 16)
    now[0] += 2.2
    assert write("0", 0.0) == []
    now[0] += 0.3
    assert write("0", 0.0) == ["a", "b"]
    assert rows.interval_seconds(10.0) == pytest.approx(0.9)  # shard 1 alone takes 0.05 s
    assert write("1", 9.0) == ["a", "b"]
    assert rows.interval_seconds(10.0) == 10.0
    now[0] += 30
    assert write("0", 0.01) == ["a", "b"]
    assert rows.interval_seconds(10.0) == pytest.approx(0.9)  # nothing came for shard 1 lately
    assert write("1", 9.0) == ["a", "b"]
    now[0] += 30  # 48 s after it began
    assert write("1", 0.0, behind_seconds=61) == []  # more than a minute behind
    assert write("1", 0.0, behind_seconds=59) == ["a", "b"]
    now[0] += 1
    assert write("1", 9.0) == ["a", "b"]
    now[0] += 52
    assert write("1", 0.0, behind_seconds=61) == ["a", "b"]


def test_a_tombstone_is_written_at_once_and_no_row_stands_in_for_it() -> None:
    operator = Operator(settings())
    operator.send(
        "0",
        events_frame(
            event("u0", START_MS, 1), event("u0", START_MS + 1, 2, type="erase"), event("u0", START_MS + 2, 3)
        ),
    )
    operator.send("0", MARK)
    tombstone, document = [payload for table, _, payload in operator.rows if table == "profiles"]
    assert tombstone is None
    assert json.loads(document or b"")["features"]["orders"] == 1


def test_an_erased_user_has_one_tombstone() -> None:
    operator = Operator(settings())
    operator.send("0", events_frame(event("u0", START_MS, 1), event("u0", START_MS + 1, 2, type="erase")))
    for _ in range(2):
        operator.send("0", MARK)
    assert [payload for table, _, payload in operator.rows if table == "profiles"] == [None]


@pytest.mark.parametrize("profiles_decoded", [3, 1_000])
def test_a_run_that_ends_writes_each_profile_once(profiles_decoded: int) -> None:
    events = shop_events(300, 30, seed=3)
    operator = Operator(settings(is_bounded=True, until_ms=END_MS, profiles_decoded=profiles_decoded))
    for at in range(0, len(events), 7):
        shards: dict[str, list[bytes]] = {}
        for user, _, raw in events[at : at + 7]:
            shards.setdefault(shard_of(user), []).append(raw)
        for shard, raws in shards.items():
            operator.send(shard, events_frame(*raws))
    if profiles_decoded == 1_000:
        assert operator.state.puts < 20  # users with many events only
    for batcher in range(2):
        for shard in NAMES:
            operator.send(shard, end_frame(batcher, 2, END_MS))
    changes, documents = replayed([raw for _, _, raw in events])
    assert changes_by_user(operator.rows) == changes
    assert last_profiles(operator.rows) == documents
    assert sum(table == "profiles" for table, _, _ in operator.rows) == len(documents)


def test_an_end_is_a_mark() -> None:
    operator = Operator(settings(is_bounded=True))
    operator.send("0", events_frame(event("u0", START_MS, 1)))
    operator.send("0", end_frame(0, 2, START_MS))
    assert operator.state.puts == 1


def test_an_edited_definition_reaches_every_user_once() -> None:
    first = Operator(settings())
    for number in range(10):
        first.send("0", events_frame(event(f"u{number}", START_MS, number)))
    first.send("0", MARK)
    edited = parse_definition(DEFINITION.text.replace("  buyers:", "  customers:"))
    second = Operator(settings(edited), first.snapshot())
    for left in (2, 1, 0):
        second.send("0", tick_frame(left))
    second.send("0", MARK)
    by_definition = changes_by_user(second.rows)
    assert {user: len(records) for user, records in by_definition.items()} == {f"u{n}": 2 for n in range(10)}
    third = Operator(settings(edited), second.snapshot())
    third.send("0", tick_frame(0))
    assert third.rows == []
