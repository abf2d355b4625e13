"""The log of lessons: a restored learner goes on as if nothing had happened, and the log stays short."""

from __future__ import annotations

import random

import pytest

from flink.map_state import MapState
from livesegments.core.definition import Definition, parse_definition
from livesegments.flink import lessons as lessons_module
from livesegments.flink.due_times import NO_WATERMARK
from livesegments.flink.lessons import LessonLog
from livesegments.models.learning import Lesson, ModelLearner

DEFINITION = parse_definition("""
version: 1
features:
  orders: {count: Order Completed}
  views: {count: Product Viewed}
clusters:
  habits: {features: [orders, views], clusters: 2, warm_up: 20, every: 20, interval: 1s}
""")
EDITED = parse_definition(DEFINITION.text.replace("features: [orders, views]", "features: [orders]"))

Call = tuple[list[tuple[int, Lesson]], int]


class States:
    """What Flink keeps: dicts, with the methods of MapState that the log uses."""

    def __init__(self) -> None:
        self.snapshots, self.entries = MapState(), MapState()

    def log(self, definition: Definition = DEFINITION) -> LessonLog:
        """Give a log as a new attempt of the operator makes it."""
        log = LessonLog(ModelLearner(definition), self.snapshots, self.entries)
        log.restore()
        return log


def calls(count: int, seed: int) -> list[Call]:
    """Give calls as the operator makes them: lessons out of order, some too late, and bare ones that move time on."""
    chance = random.Random(seed)
    found: list[Call] = []
    now_ms, at_ms = NO_WATERMARK, 1_000_000
    for _ in range(count):
        lessons = []
        for _ in range(chance.choice([0, 0, 1, 5, 9])):
            at_ms += chance.randrange(200)
            shifted_ms = at_ms - chance.choice([0, 0, 300, 5_000])
            values = [chance.randrange(20), chance.choice([None, chance.randrange(5)])]
            lessons.append((shifted_ms, Lesson(f"u{chance.randrange(9)}", shifted_ms, [values])))
        if chance.random() < 0.7 and at_ms > 1_001_000:
            now_ms = max(now_ms, at_ms - chance.randrange(2_000))
        found.append((lessons, now_ms))
    return found


def rows_of(log: LessonLog, made: list[Call]) -> list[bytes]:
    return [row.payload for lessons, now_ms in made for row in log.take(lessons, now_ms)]


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


def test_lessons_are_learned_in_the_order_of_their_times() -> None:
    made = calls(80, seed=9)
    ordered = sorted((lesson for lessons, _ in made for lesson in lessons), key=lambda lesson: lesson[0])
    late = [(lessons, NO_WATERMARK) for lessons, _ in made]  # no time passes until the end
    end = ([], ordered[-1][0])
    assert rows_of(States().log(), [*late, end]) == rows_of(States().log(), [(ordered, end[1])])


def test_the_log_stays_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons_module, "LEARNED_MAX", 50)
    states = States()
    log = states.log()
    for lessons, now_ms in calls(1_000, seed=1):
        log.take(lessons, now_ms)
        assert len(states.entries) < 60
    for more_ms in range(1, 200):
        log.take([], now_ms + more_ms)
    assert len(states.entries) < 60


def test_an_edit_of_what_is_learned_drops_the_lessons_since_the_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lessons_module, "LEARNED_MAX", 50)
    states = States()
    made = calls(100, seed=2)
    rows_of(states.log(), made)
    assert states.entries
    log = states.log(EDITED)
    assert not states.entries
    lesson = Lesson("u1", made[-1][1] + 1, [[1]])
    assert log.take([(lesson.at_ms, lesson)], lesson.at_ms) == []
