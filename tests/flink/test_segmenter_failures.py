"""The Segmenter where the step raises: one dead letter or a passed-over moment, and everything else as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flink.live import event
from flink.operator_harness import Operator, events_frame, tick_frame
from flink.segmenter_runs import MARK, changes_by_user, last_profiles, settings, shop_events
from flink.streams import DEFINITION, START_MS
from livesegments.core.definition import parse_definition
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS
from livesegments.flink import profile_rows
from livesegments.flink.moves import Move


@pytest.fixture(autouse=True)
def no_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profile_rows, "WALL_SECONDS_MIN", -1.0)
    monkeypatch.setattr(profile_rows, "WALL_SECONDS_MAX", -1.0)


class PoisonError(Exception):
    pass


def poison(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """Let an engine raise for events named Poison: half-way through `apply`, or only when the profile is encoded."""
    apply, snapshot = Engine.apply, Engine.snapshot

    def poisoned_apply(self: Engine, profile: Any, event: Any, until_ms: int | None = None) -> Any:
        result = apply(self, profile, event, until_ms)
        if event.event == "Poison":
            profile.inputs["Poison"] = 1
            if method == "apply":
                profile.clock_ms = 0
                raise PoisonError("no such thing")
        return result

    def poisoned_snapshot(self: Engine, profile: Any) -> Any:
        if "Poison" in profile.inputs:
            raise PoisonError("no such thing")
        return snapshot(self, profile)

    monkeypatch.setattr(Engine, "apply", poisoned_apply)
    monkeypatch.setattr(Engine, "snapshot", poisoned_snapshot)


@pytest.mark.parametrize("method", ["apply", "snapshot"])
def test_an_event_that_the_step_cannot_take_is_a_dead_letter_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    timed = shop_events(50, 3, seed=5)
    events = [raw for _, _, raw in timed]
    bad = event("u0", timed[25][1], 999, "Poison")
    with_it, without = Operator(settings()), Operator(settings())
    for raw in events:
        without.send("0", events_frame(raw))
    poison(monkeypatch, method)
    for number, raw in enumerate(events):
        with_it.send("0", events_frame(raw, bad) if number == 25 else events_frame(raw))
        if number % 10 == 0:
            with_it.send("0", MARK)
    with_it.send("0", MARK)
    letters = [json.loads(payload or b"") for table, _, payload in with_it.rows if table == "dead_letters"]
    assert [(letter["reason"], letter["raw"]) for letter in letters] == [("failed", bad.decode())]
    assert "PoisonError: no such thing" in letters[0]["message"]
    monkeypatch.undo()
    without.send("0", MARK)
    assert changes_by_user(with_it.rows) == changes_by_user(without.rows)
    assert with_it.segmenter.tally.counts.dead_letters == {"failed": 1}


def test_a_due_time_that_raises_is_passed_over_until_the_next_event(monkeypatch: pytest.MonkeyPatch) -> None:
    operator = Operator(settings())
    users = ("u0", "u4")
    operator.send("0", events_frame(*(event(user, START_MS + n, 10 * n) for user in users for n in (1, 2))))
    operator.send("0", MARK)
    advance = Engine.advance

    def poisoned(self: Engine, profile: Any, now_ms: int) -> Any:
        changes = advance(self, profile, now_ms)
        if profile.user_id == "u0":
            raise PoisonError("no such time")
        return changes

    monkeypatch.setattr(Engine, "advance", poisoned)
    for _ in range(2):
        operator.advance(START_MS + 20 * DAY_MS)
    monkeypatch.undo()
    assert operator.segmenter.tally.failures == 1
    operator.send("0", MARK)
    restored = Operator(settings(), operator.snapshot())
    restored.send("0", events_frame(*(event(user, START_MS + 20 * DAY_MS, 30) for user in users)))
    by_user = changes_by_user(operator.rows + restored.rows)
    told = {
        user: [
            (json.loads(record)["data"]["segment"], json.loads(record)["data"]["change"]) for record in by_user[user]
        ]
        for user in users
    }
    assert told == {
        "u0": [("buyers", "entered")],
        "u4": [("buyers", "entered"), ("lapsing", "entered"), ("lapsing", "exited")],
    }


def test_a_profile_that_cannot_be_encoded_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    document = Engine.document

    def poisoned(self: Engine, profile: Any, now_ms: int | None = None) -> Any:
        if profile.user_id == "u0":
            raise PoisonError("no such value")
        return document(self, profile, now_ms)

    monkeypatch.setattr(Engine, "document", poisoned)
    operator = Operator(settings())
    operator.send("0", events_frame(event("u0", START_MS, 1), event("u4", START_MS, 2)))
    operator.send("0", MARK)
    assert last_profiles(operator.rows).keys() == {"u4"}
    assert operator.segmenter.tally.failures == 1


def test_what_a_visitor_hands_over_in_vain_is_a_dead_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    def poisoned(*_: Any) -> Any:
        raise PoisonError("no such visitor")

    operator, raws = Operator(settings()), [event("v1", START_MS, 1), event("v1", START_MS + 1, 2)]
    operator.send("0", events_frame(event("u0", START_MS + 2, 3)))
    monkeypatch.setattr(Engine, "inherit", poisoned)
    move = Move(True, START_MS + 2, "v1", tuple((raw, None) for raw in raws))
    assert operator.segmenter.mover.move("0", move, "u0", {}) is None
    monkeypatch.undo()
    operator.send("0", MARK)
    letters = [json.loads(payload or b"") for table, _, payload in operator.rows if table == "dead_letters"]
    assert [(letter["reason"], letter["raw"].encode()) for letter in letters] == [("failed", raw) for raw in raws]
    assert operator.segmenter.tally.failures == 1
    assert len(changes_by_user(operator.rows)["u0"]) == 1


def test_a_user_whom_an_edit_makes_fail_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Operator(settings())
    first.send("0", events_frame(*(event(user, START_MS, number) for number, user in enumerate(("u0", "u4")))))
    first.send("0", MARK)
    edited = parse_definition(DEFINITION.text.replace("  buyers:", "  customers:"))
    second, reconcile = Operator(settings(edited), first.snapshot()), Engine.reconcile

    def poisoned(self: Engine, profile: Any) -> Any:
        if profile.user_id == "u0":
            raise PoisonError("no such segment")
        return reconcile(self, profile)

    monkeypatch.setattr(Engine, "reconcile", poisoned)
    second.send("0", tick_frame(0))
    second.send("0", MARK)
    monkeypatch.undo()
    assert changes_by_user(second.rows).keys() == {"u4"}
    assert second.segmenter.tally.failures == 1
    second.send("0", events_frame(event("u0", START_MS + 1, 9)))  # by then it can be done
    told = [json.loads(record)["data"] for record in changes_by_user(second.rows)["u0"]]
    assert [(one["segment"], one["change"]) for one in told] == [("buyers", "exited"), ("customers", "entered")]
