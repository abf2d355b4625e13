"""Streams of one user for tests of features: in any order, and what a list of the events says of them."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from core.samples import definition
from livesegments.core.events import Event, decode
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import format_time

__all__ = ["changes_of", "encoded", "ordered", "values_after", "with_timers"]


def encoded(number: int, name: str, time_ms: int, **properties: Any) -> bytes:
    """Give one event; a name of a type other than track is that type."""
    kind = name if name in ("page", "screen", "identify") else "track"
    record = {"type": kind, "messageId": f"m{number}", "userId": "u", "timestamp": format_time(time_ms)}
    return msgspec.json.encode({**record, "event": name, "properties": properties})


def ordered(lines: list[bytes]) -> list[bytes]:
    """Give the events by time; equal times stay in the order of their arrival."""
    return sorted(lines, key=lambda raw: decode(raw).time_ms)


def values_after(
    features: dict[str, Any],
    lines: list[bytes],
    at_ms: int | None = None,
    chance: random.Random | None = None,
    **sections: Any,
) -> dict[str, Any]:
    """Give the values at the clock, or at a time; with `chance` the profile is stored and restored now and then."""
    engine = Engine(definition(features, **sections))
    profile = engine.restore("u", None)
    for raw in lines:
        event: Event = decode(raw)
        engine.apply(profile, event)
        if chance is not None and chance.random() < 0.3:
            profile = engine.restore("u", engine.snapshot(profile))
        if chance is not None and chance.random() < 0.3:
            engine.values(profile, profile.clock_ms)  # what is read is kept until an event touches it
    found = engine.values(profile, profile.clock_ms if at_ms is None else at_ms)
    return {name: found[engine.program.slots[name]] for name in features}


def changes_of(
    features: dict[str, Any], segments: dict[str, str], lines: list[bytes], until_ms: int, **sections: Any
) -> list[str]:
    """Give the changes of a replay as `entered name 2024-...`."""
    spec = definition(features, {name: {"when": when} for name, when in segments.items()}, **sections)
    return [
        f"{change.detail.change} {change.detail.segment} {format_time(change.time_ms)}"
        for change in Replay(Engine(spec), until_ms).run(lines)
    ]


def with_timers(engine: Engine, lines: list[bytes], until_ms: int, chance: random.Random) -> list[bytes]:
    """Give the changes of one user where most timers fire in time, the profile being stored and restored after each."""
    profile, changes = engine.restore("u", None), []
    for raw in lines:
        event = decode(raw)
        while profile.due_ms < event.time_ms and chance.random() < 0.9:
            changes += engine.advance(profile, profile.due_ms)
            profile = engine.restore("u", engine.snapshot(profile))
        changes += engine.apply(profile, event)[1]
    while profile.due_ms <= until_ms:
        changes += engine.advance(profile, profile.due_ms)
    return [change.encode() for change in changes]
