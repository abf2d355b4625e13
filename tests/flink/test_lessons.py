"""The log of events: a restored learner goes on as if nothing had happened, and the log stays short."""

from __future__ import annotations

import random

import msgspec
import pytest

from core.samples import START, line
from flink.map_state import MapState
from livesegments.core.definition import Definition, parse_definition
from livesegments.core.events import decode
from livesegments.flink import lessons as lessons_module
from livesegments.flink.due_times import NO_WATERMARK
from livesegments.flink.lessons import Arrived, EventLog
from livesegments.models.clusters.version import Version
from livesegments.models.learning import ModelLearner

DEFINITION = parse_definition("""
version: 1
features:
  orders: {count: Order Completed}
  views: {count: Product Viewed}
clusters:
  habits: {features: [orders, views], clusters: 2, warm_up: 10, interval: 1h}
""")
EDITED = parse_definition(DEFINITION.text.replace("features: [orders, views]", "features: [orders]"))

Call = tuple[list[Arrived], int]
START_MS = int(START.timestamp() * 1000)
HOUR_MS = 3_600_000


class States:
    """What Flink keeps: dicts, with the methods of MapState that the log uses."""

    def __init__(self) -> None:
        self.snapshots, self.entries = MapState(), MapState()

    def log(self, definition: Definition = DEFINITION) -> EventLog:
        """Give a log as a new attempt of the operator makes it."""
        log = EventLog(ModelLearner(definition), self.snapshots, self.entries)
        log.restore()
        return log


def event_at(at_ms: int, user: str, number: int, event: str = "Product Viewed") -> Arrived:
    """Give an event as the operator reads it."""
    raw = line(user, day=(at_ms - START_MS) / (24 * HOUR_MS), event=event, messageId=f"m-{number}")
    found = decode(raw)
    return Arrived(found.time_ms, raw, None, found)


def calls(count: int, seed: int) -> list[Call]:
    """Give calls as the operator makes them: events out of order, some too late, and bare ones that move time on."""
    chance = random.Random(seed)
    found: list[Call] = []
    now_ms, at_ms, number = NO_WATERMARK, START_MS, 0
    for _ in range(count):
        events: list[Arrived] = []
        for _ in range(chance.choice([0, 0, 1, 5, 9])):
            at_ms += chance.randrange(600_000)
            shifted_ms = at_ms - chance.choice([0, 0, 900_000, 15_000_000])
            number += 1
            kind = chance.choice(["Product Viewed", "Order Completed"])
            events.append(event_at(max(shifted_ms, START_MS), f"u{chance.randrange(30)}", number, kind))
        if chance.random() < 0.7 and at_ms > START_MS + HOUR_MS:
            now_ms = max(now_ms, at_ms - chance.randrange(6_000_000))
        found.append((events, now_ms))
    return found


def rows_of(log: EventLog, made: list[Call]) -> list[bytes]:
    return [row.payload for events, now_ms in made for row in log.take(events, now_ms)]


@pytest.mark.parametrize("learned_max", [7, 60, 10_000])
def test_a_restart_between_any_two_calls_changes_nothing(monkeypatch: pytest.MonkeyPatch, learned_max: int) -> None:
    monkeypatch.setattr(lessons_module, "LEARNED_MAX", learned_max)
    made = calls(60, seed=3)
    expected = rows_of(States().log(), made)
    assert len(expected) >= 5
    for place in range(len(made) + 1):
        states = States()
        before = rows_of(states.log(), made[:place])
        assert before + rows_of(states.log(), made[place:]) == expected


def test_restarts_at_every_call_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons_module, "LEARNED_MAX", 20)
    made = calls(80, seed=5)
    states = States()
    found = [row for call in made for row in rows_of(states.log(), [call])]
    assert found == rows_of(States().log(), made)


def test_events_are_learned_in_the_order_of_their_times() -> None:
    made = calls(60, seed=9)
    ordered = sorted((event for events, _ in made for event in events), key=lambda event: event[0])
    late = [(events, NO_WATERMARK) for events, _ in made]  # no time passes until the end
    end = ([], ordered[-1][0])
    assert rows_of(States().log(), [*late, end]) == rows_of(States().log(), [(ordered, end[1])])


def test_the_log_stays_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons_module, "LEARNED_MAX", 50)
    states = States()
    log = states.log()
    for events, now_ms in calls(400, seed=1):
        log.take(events, now_ms)
        assert len(states.entries) < 60
    for more_ms in range(1, 200):
        log.take([], now_ms + more_ms)
    assert len(states.entries) < 60


def test_after_an_edit_the_events_since_the_snapshot_are_learned_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons_module, "LEARNED_MAX", 50)
    states = States()
    before = rows_of(states.log(), calls(100, seed=2))
    assert states.entries
    log = states.log(EDITED)
    rows = [row.payload for row in log._models.finish()]
    after, last = Version.decode(rows[-1]).model, Version.decode(before[-1]).model
    assert after.features == ("orders",)
    assert after.version > last.version


def test_an_event_without_a_time_is_learned_again_at_that_of_its_record() -> None:
    made = calls(40, seed=4)
    timeless = [line(f"u{number}", event="Order Completed", messageId=f"r-{number}") for number in range(40)]
    timeless = [raw.replace(b'"timestamp"', b'"time"') for raw in timeless]
    at_ms = max(one.turn_ms for events, _ in made for one in events) + HOUR_MS
    arrived = [Arrived(at_ms, raw, at_ms, decode(raw, record_ms=at_ms)) for raw in timeless]
    assert all(one.event.time_ms == at_ms for one in arrived)
    made.append((arrived, at_ms - 1))
    end: Call = ([], at_ms + HOUR_MS)
    states = States()
    before = rows_of(states.log(), made)
    after = rows_of(states.log(), [end])
    assert after
    assert before + after == rows_of(States().log(), [*made, end])


def test_an_event_of_a_user_whom_an_edit_refuses_is_learned_no_more() -> None:
    states = States()
    rows_of(states.log(), calls(40, seed=4))
    refusing = parse_definition(DEFINITION.text.replace("features:\n", "limits: {refuse_users: [u1]}\nfeatures:\n", 1))
    assert "u1" in states.log()._models.users._profiles
    assert "u1" not in states.log(refusing)._models.users._profiles


def test_of_a_state_of_before_versions_and_profiles_go_on_and_the_log_is_dropped() -> None:
    states = States()
    log = states.log()
    rows_of(log, calls(60, seed=2))
    clusters = log._models._clusters["habits"]
    assert clusters.model is not None
    old = {"habits": [{}, {"model": msgspec.to_builtins(clusters.model)}]}
    content = msgspec.msgpack.encode([7, 0, msgspec.msgpack.encode([1, old, {}])])
    before = States()
    before.snapshots.put("snapshot", content)
    before.entries.put(1, b"lessons")
    restored = EventLog(ModelLearner(DEFINITION), before.snapshots, before.entries)
    assert restored.restore()
    assert not before.entries
    assert restored._models._clusters["habits"].model == clusters.model
