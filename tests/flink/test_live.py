"""A live job: time goes on without events, and nothing but events of the past sets it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

import pytest

from flink.live import LiveJob, event
from flink.streams import SUBTASKS, replayed
from livesegments.core.definition import parse_definition
from livesegments.core.times import format_time
from livesegments.flink.embedded import EmbeddedFlink

pytestmark = pytest.mark.flink

START_MS = 1_600_000_000_000  # years ago
DEFINITION = parse_definition("""
version: 1
features:
  orders_2s: {count: Order Completed, within: 2s}
  orders: {count: Order Completed}
segments:
  active: {when: 'orders_2s >= 1'}
  loyal: {when: 'orders >= 3'}
""")


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_a_change_appears_when_it_is_due_without_an_event(
    flink: EmbeddedFlink, tmp_path: Path, mode: Literal["thread", "process"]
) -> None:
    first = [event("u1", START_MS, 1), event("u2", START_MS + 100, 2), b"not json"]
    with LiveJob(flink, tmp_path, DEFINITION, mode=mode, parallelism=2) as job:
        job.feed(*first, event("u3", 4_000_000_000_000, 3))
        changes = job.wait("segment-changes", lambda rows: len(rows) >= 4)
        letters = job.wait("dead-letters", lambda rows: len(rows) >= 2)
        second = event("u1", START_MS + 5_000, 4)
        job.feed(second)
        changes = job.wait("segment-changes", lambda rows: len(rows) >= 6)
    exits = {
        row["subject"]: row["time"]
        for row in changes
        if row["data"]["change"] == "exited" and row["data"]["sequence"] == 2
    }
    assert exits == {"u1": format_time(START_MS + 2_000), "u2": format_time(START_MS + 2_100)}
    assert {letter["reason"] for letter in letters} == {"invalid_json", "future_timestamp"}
    expected, *_ = replayed([*first, second], DEFINITION, until_ms=START_MS + 8_000)
    assert sorted(row["id"] for row in changes) == sorted(
        f"{user}:{n + 1}" for user in expected for n in range(len(expected[user]))
    )


def test_profiles_are_written_on_a_change_and_a_minute_later(flink: EmbeddedFlink, tmp_path: Path) -> None:
    def rows_of_u1(rows: list[dict[str, object]]) -> list[object]:
        return [row["updated_at"] for row in rows if row["user_id"] == "u1"]

    def view(user: str, time_ms: int, number: int) -> bytes:
        return event(user, time_ms, number, "Product Viewed")

    with LiveJob(flink, tmp_path, DEFINITION) as job:
        due = time.monotonic() + 35  # event time goes no faster than the clock: so long from u2's view to the minute
        job.feed(view("u1", START_MS, 1))
        job.wait("profiles", lambda rows: len(rows_of_u1(rows)) == 1)
        job.feed(view("u1", START_MS + 10_000, 2), view("u1", START_MS + 20_000, 3))
        job.feed(view("u2", START_MS + 25_000, 4))
        rows = job.wait("profiles", lambda rows: any(row["user_id"] == "u2" for row in rows))
        assert len(rows_of_u1(rows)) == 1 or time.monotonic() > due
        job.feed(view("u2", START_MS + 60_300, 5))  # the watermark passes a minute
        rows = job.wait("profiles", lambda rows: len(rows_of_u1(rows)) == 2)
    assert rows_of_u1(rows) == [format_time(START_MS), format_time(START_MS + 20_000)]


def test_an_erased_profile_is_deleted_at_once(flink: EmbeddedFlink, tmp_path: Path) -> None:
    definition = parse_definition(DEFINITION.text.replace("within: 2s", "within: 1d"))  # nothing is due meanwhile
    with LiveJob(flink, tmp_path, definition) as job:
        job.feed(event("u1", START_MS, 1))
        job.wait("profiles", lambda rows: len(rows) == 1)
        job.feed(event("u1", START_MS + 100, 2, type="erase"), event("u1", START_MS + 50, 3))
        rows = job.wait("profiles", lambda rows: len(rows) == 2)
        assert rows[-1] == {"user_id": "u1", "erased": True}
        changes = job.wait("segment-changes", lambda rows: len(rows) == 2)
        assert changes[-1]["type"] == "livesegments.profile.erased.v1"
        letters = job.wait("dead-letters", lambda rows: len(rows) == 1)
        assert (letters[0]["reason"], letters[0]["raw"]) == ("erased", None)
        job.feed(event("u1", START_MS + 200, 4))
        changes = job.wait("segment-changes", lambda rows: len(rows) == 3)
        assert changes[-1]["id"] == "u1:3"


@pytest.mark.parametrize("mode", ["thread", "process"])
def test_an_edited_definition_reaches_every_user_and_keeps_their_state(
    flink: EmbeddedFlink, tmp_path: Path, mode: Literal["thread", "process"]
) -> None:
    users = [f"u{number}" for number in range(20)]
    with LiveJob(flink, tmp_path, DEFINITION, mode=mode) as job:
        job.feed(*(event(user, START_MS, number) for number, user in enumerate(users)))
        job.feed(*(event(user, START_MS + 1, 100 + number) for number, user in enumerate(users)))
        job.wait("segment-changes", lambda rows: len(rows) == 40)
        place = job.job.stop_with_savepoint(tmp_path / "savepoints")
    edited = parse_definition(DEFINITION.text.replace("orders >= 3", "orders >= 2").replace("  active:", "  once:"))
    settings = {"execution.state-recovery.path": place}
    with LiveJob(flink, tmp_path, edited, mode=mode, parallelism=SUBTASKS[mode], settings=settings) as job:
        changes = job.wait("segment-changes", lambda rows: len(rows) == 60)
    by_definition = [row for row in changes if row["data"]["cause"]["kind"] == "definition"]
    assert sorted(row["id"] for row in by_definition) == sorted(f"{user}:3" for user in users)
    assert {(row["data"]["segment"], row["data"]["change"]) for row in by_definition} == {("loyal", "entered")}
