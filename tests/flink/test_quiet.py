"""A live job that is quiet until a time, or until it is told: the Segmenter over crashes, restarts and other times."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from flink.operator_harness import NAMES, Channels, Operator, events_frame, read_rows
from flink.streams import DEFINITION, START_MS
from flink.test_segmenter import (
    END_MS,
    HOUR_MS,
    MARK,
    SECOND,
    changes_by_user,
    channels_of,
    event,
    last_profiles,
    no_wall_clock,
    replayed,
    settings,
    shard_of,
    shop_events,
)
from livesegments.core.definition import parse_definition
from livesegments.core.errors import LivesegmentsError
from livesegments.core.replay import Replay
from livesegments.core.standings import Standing, pack, standings_of
from livesegments.core.step import Engine
from livesegments.core.takeover import TakingOver
from livesegments.core.times import DAY_MS, NEVER, format_time
from livesegments.flink.engines import Takeover
from livesegments.flink.moves import Move
from livesegments.flink.segmenter import SegmenterSettings
from livesegments.flink.store import Entry

__all__ = ["no_wall_clock"]  # a fixture for all tests here too

NEW = parse_definition(
    DEFINITION.text.replace("revenue_3d >= 60", "revenue_3d >= 50")
    .replace("  fans: {when: 'brand_views_2d >= 2'}", "  loyal: {when: 'orders >= 3'}")
    .replace("days_since_order > 1.5", "days_since_order > 1")
)
CUT_MS = START_MS + 6 * DAY_MS


def quiet(until_ms: int, standings: dict[str, Standing] | None = None) -> SegmenterSettings:
    return settings(NEW, takeover=Takeover(quiet_until_ms=until_ms, standings=pack(standings or {})))


def flat(changes: dict[str, list[bytes]]) -> list[bytes]:
    return [record for records in changes.values() for record in records]


def check_union(union: dict[str, list[bytes]]) -> None:
    """Numbers have no gap and none is there twice, and each change goes on from where the one before it ended."""
    for user, records in union.items():
        told = [json.loads(record) for record in records]
        assert [one["id"] for one in told] == [f"{user}:{number}" for number in range(1, len(told) + 1)]
        for before, after in itertools.pairwise(told):
            assert after["data"]["segments_before"] == before["data"]["segments_after"]


@pytest.mark.parametrize("late_timers", [False, True], ids=["thread mode", "process mode"])
@pytest.mark.parametrize("seed", range(4))
def test_a_quiet_job_takes_over_as_the_core_does_whatever_crashes(seed: int, late_timers: bool) -> None:
    events = shop_events(600, 60, seed)
    lines = [raw for _, _, raw in events]
    old, _ = replayed(lines)
    standings = standings_of(flat(old), CUT_MS)
    played = Channels(quiet(CUT_MS, standings), channels_of(events, 3, seed), seed, late_timers=late_timers)
    played.run(crashes=4)
    replay = Replay(TakingOver(NEW, None, CUT_MS, standings), END_MS)
    expected: dict[str, list[bytes]] = {}
    for change in replay.run(lines):
        expected.setdefault(change.detail.user_id, []).append(change.encode())
    found = changes_by_user(played.committed)
    assert found == expected
    assert last_profiles(played.committed) == {json.loads(one)["user_id"]: one for one in replay.documents()}
    assert sum(json.loads(one)["data"]["cause"]["kind"] == "definition" for one in flat(found)) > 20
    before = {
        user: [one for one in records if json.loads(one)["time"] < format_time(CUT_MS)] for user, records in old.items()
    }
    check_union({user: before.get(user, []) + found.get(user, []) for user in {*before, *found}})


def test_who_is_left_alone_is_told_of_when_the_time_comes() -> None:
    """No event and no due time of the user's own is needed."""
    standings = {"u0": Standing(4, {"fans": START_MS})}
    operator = Operator(quiet(START_MS + DAY_MS, standings))
    operator.send("0", events_frame(event("u0", START_MS, 1)))
    operator.send("0", MARK)
    operator.advance(START_MS + DAY_MS - 1)
    assert changes_by_user(operator.rows) == {}
    row = json.loads(last_profiles(operator.rows)["u0"] or b"")
    assert (row["sequence"], row["segments"]) == (4, ["buyers"])  # its own segments, the other job's number
    operator = Operator(quiet(START_MS + DAY_MS, standings), operator.snapshot())
    operator.advance(START_MS + DAY_MS)
    told = [json.loads(one) for one in changes_by_user(operator.rows)["u0"]]
    assert [(one["id"], one["type"].split(".")[2], one["data"]["segment"], one["time"]) for one in told] == [
        ("u0:5", "exited", "fans", format_time(START_MS + DAY_MS)),
        ("u0:6", "entered", "buyers", format_time(START_MS + DAY_MS)),
    ]
    assert told[0]["data"]["dwell_ms"] == DAY_MS
    operator.advance(START_MS + 2 * DAY_MS - HOUR_MS)
    assert len(changes_by_user(operator.rows)["u0"]) == 2


@pytest.mark.parametrize("back_ms", [0, 2 * DAY_MS], ids=["time ahead of all", "time behind some"])
def test_a_job_that_was_never_to_tell_is_told_to_later(back_ms: int) -> None:
    """As when a new job has caught up beside the old one: it goes on from its own state with a time and a baseline."""
    events = shop_events(600, 60, 5)
    half, rest = events[:300], events[300:]
    end_ms = half[-1][1] - back_ms
    old, _ = replayed([raw for _, time_ms, raw in half if time_ms < end_ms])
    old = {
        user: [one for one in records if json.loads(one)["time"] < format_time(end_ms)] for user, records in old.items()
    }
    standings = standings_of(flat(old), NEVER)
    first = Operator(quiet(NEVER))
    feed(first, half)
    assert changes_by_user(first.rows) == {}
    second = Operator(quiet(end_ms + 1, standings), first.snapshot())
    for shard in NAMES:
        second.send(shard, SECOND)
    second.advance(half[-1][1] + 2_000)  # a timer is for a full second
    bridge = changes_by_user(second.rows)
    feed(second, rest)
    third = Operator(settings(NEW), second.snapshot())  # everybody was compared: a job like any other
    third.send("0", MARK)
    third.advance(END_MS)
    found = changes_by_user(second.rows + third.rows)
    check_union({user: old.get(user, []) + found.get(user, []) for user in {*old, *found}})
    told = [json.loads(one)["data"] for one in flat(bridge)]
    assert sum(one["cause"]["kind"] == "definition" for one in told) > 20
    assert {one["cause"]["kind"] for one in told} <= {"definition", "time"}
    members = {user: json.loads(records[-1])["data"]["segments_after"] for user, records in found.items()}
    alone, _ = replayed([raw for _, _, raw in events], NEW)
    expected = {user: json.loads(records[-1])["data"]["segments_after"] for user, records in alone.items()}
    assert {user: inside for user, inside in members.items() if inside} == {
        user: inside for user, inside in expected.items() if inside
    }


def test_once_everybody_was_compared_the_options_may_be_left_out() -> None:
    operator = Operator(quiet(START_MS + DAY_MS, {"u0": Standing(1, {"buyers": START_MS})}))
    operator.send("0", events_frame(event("u0", START_MS, 1)))
    operator.send("0", MARK)
    operator.advance(START_MS + DAY_MS)  # nothing differs
    plain = Operator(settings(NEW), operator.snapshot())
    plain.send("0", events_frame(event("u0", START_MS + 2 * DAY_MS, 2), event("u0", START_MS + 2 * DAY_MS, 3)))
    told = [json.loads(one)["id"] for one in changes_by_user(operator.rows + plain.rows)["u0"]]
    assert told == ["u0:2"]


@pytest.mark.parametrize("until_ms", [NEVER, END_MS])
def test_a_quiet_job_may_not_go_on_as_if_it_had_told(until_ms: int) -> None:
    operator = Operator(quiet(until_ms))
    feed(operator, shop_events(50, 8, 1))
    plain = Operator(settings(NEW), operator.snapshot())
    with pytest.raises(LivesegmentsError, match="required --quiet-until TIME with --baseline"):
        plain.send("0", MARK)
    content = operator.segmenter.engine.snapshot(operator.segmenter.store.get("0", "u0").profile)
    with pytest.raises(LivesegmentsError, match="required --quiet-until"):
        Engine(NEW).restore("u0", content)


def test_an_erase_is_silent_but_the_row_goes() -> None:
    operator = Operator(quiet(NEVER))
    operator.send("0", events_frame(event("u0", START_MS, 1)))
    operator.send("0", MARK)
    assert last_profiles(operator.rows)["u0"]
    erase: Any = {"type": "erase", "userId": "u0", "messageId": "e", "timestamp": format_time(START_MS + 1)}
    operator.send("0", events_frame(json.dumps(erase).encode()))
    operator.send("0", MARK)
    assert last_profiles(operator.rows) == {"u0": None}
    assert changes_by_user(operator.rows) == {}


def test_the_end_of_a_visitor_is_silent_but_kept_and_the_row_goes() -> None:
    operator = Operator(quiet(NEVER))
    operator.send("0", events_frame(event("u0", START_MS, 1)))
    operator.send("0", MARK)
    touched: dict[str, Entry] = {}
    moved = operator.segmenter.mover.move("0", Move(False, START_MS + 1, "ann", ()), "u0", touched)
    assert moved is not None
    assert list(touched) == ["u0"]
    operator.segmenter._move(moved)
    operator.rows += read_rows(operator.segmenter.rows.take())
    assert last_profiles(operator.rows) == {"u0": None}
    assert changes_by_user(operator.rows) == {}


def feed(operator: Operator, events: list[tuple[str, int, bytes]]) -> None:
    for user, time_ms, raw in events:
        operator.send(shard_of(user), events_frame(raw))
        operator.advance(time_ms - 1)
    for shard in NAMES:
        operator.send(shard, SECOND)
        operator.send(shard, MARK)
