"""A profile is brought back with its events read as they were read before."""

from __future__ import annotations

from core.samples import definition, line
from livesegments.core.events import decode
from livesegments.core.ingest import reading_of
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, parse_time
from livesegments.flink.mending import Step, done_again, without_what_fails

DEFINITION = definition(
    {"orders": {"count": "Order Completed"}, "plan": {"trait": "plan"}},
    {"buyers": {"when": "orders >= 1"}},
    limits={"refuse_users": ["undefined"]},
)
TIME_MS = parse_time("2024-01-01T00:00:00Z")
BARE = line("ann", event="Order Completed", timestamp=None)
NAMELESS = line("undefined", anonymousId="ann", day=1, event="Order Completed")


def test_record_times_and_refused_ids_are_those_of_before() -> None:
    engine = Engine(DEFINITION)
    once = engine.restore("ann", None)
    reading = reading_of(DEFINITION)
    engine.apply(once, decode(BARE, record_ms=TIME_MS, reading=reading))
    engine.apply(once, decode(NAMELESS, reading=reading))
    engine.advance(once, TIME_MS + 2 * DAY_MS)
    steps: list[Step] = [(BARE, TIME_MS), (NAMELESS, None), TIME_MS + 2 * DAY_MS]
    again = engine.restore("ann", None)
    done_again(engine, again, steps)
    assert engine.snapshot(again) == engine.snapshot(once)
    kept, failed = without_what_fails(engine, engine.restore("ann", None), steps)
    assert failed == []
    assert engine.snapshot(kept) == engine.snapshot(once)


def test_an_event_that_has_only_its_records_time_can_be_left_out() -> None:
    engine = Engine(DEFINITION)
    wrong = line("ann", type="identify", event=None, timestamp=None, traits={"plan": "a"})
    profile = engine.restore("ann", None)
    engine.apply(profile, decode(BARE, record_ms=TIME_MS))

    def refuse(*_: object) -> None:
        raise ValueError("too much")

    apply, engine.apply = engine.apply, refuse  # type: ignore[method-assign,assignment]
    before = engine.snapshot(profile)
    kept, failed = without_what_fails(engine, profile, [(wrong, TIME_MS)])
    engine.apply = apply  # type: ignore[method-assign]
    assert [raw for raw, _ in failed] == [wrong]
    assert engine.snapshot(kept) == before
