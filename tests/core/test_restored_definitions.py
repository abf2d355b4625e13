"""Users that are restored from their bytes for each event get the same changes, whatever the definition is made of."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from livesegments.core.definition import parse_definition
from livesegments.core.memory import Room
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import format_time

START_MS = 1_731_000_000_000
WINDOWS: list[dict[str, Any]] = [
    {},
    {"within": "6h"},
    {"within": "2d"},
    {"within": {"calendar": "day", "last": 2}},
    {"within": "3d", "since": "C"},
    {"between": ["5d", "1d"]},
]
TIMED = ("days_since", "decayed", "rate")


def feature(chance: Random) -> dict[str, Any]:
    events, window = chance.choice(["A", "B", "*"]), chance.choice(WINDOWS)
    kinds: list[Callable[[], dict[str, Any]]] = [
        lambda: {"count": events, **window},
        lambda: {chance.choice(["sum", "max", "min"]): events, "of": "x", **window},
        lambda: {"distinct": events, "of": "k", **window},
        lambda: {"days_since": events},
        lambda: {"decayed": events, "of": "x", "half_life": "1d"},
        lambda: {"session": chance.choice(["count", "pages"]), "gap": "2h", **chance.choice(WINDOWS[:3])},
        lambda: {"rate": events, "per": "1d"},
        lambda: {"followed": ["A", chance.choice(["B", "C"])], "in": "1d", **chance.choice(WINDOWS[:4])},
        lambda: {"unfollowed": ["A", "B"], "after": "1h", **chance.choice(WINDOWS[:4])},
    ]
    return chance.choice(kinds)()


def definition(chance: Random) -> str:
    features = {f"f{number}": feature(chance) for number in range(8)}
    timed = [name for name, kind in features.items() if any(word in kind for word in TIMED)]
    others = [name for name in features if name not in timed]
    for number in range(2 if len(others) > 1 else 0):
        one, two = chance.sample(others, 2)
        features[f"v{number}"] = {"value": chance.choice([f"{one} + {two}", f"{one} > 2 ? {two} : 0"])}
    segments: dict[str, Any] = {}
    for number in range(7):
        signs = {name: chance.choice(["<", ">="] if name in timed else ["<", ">=", "=="]) for name in features}
        named = chance.sample(sorted(features), chance.choice([1, 2]))
        parts = [f"{name} {signs[name]} {chance.choice([0.5, 1, 2, 3, 5])}" for name in named]
        more = chance.choice([{}, {}, {"exit_when": parts[0]}, {"min_dwell": "5h"}, {"cooldown": "9h"}])
        segments[f"s{number}"] = {"when": chance.choice([" && ", " || "]).join(parts), **more}
    limits = {"samples": chance.choice([4, 128]), "lateness": "3d"}
    return json.dumps({"features": features, "segments": segments, "limits": limits})


def lines(chance: Random) -> list[bytes]:
    """Give events of two users, some late, with amounts of either sign."""
    found, time_ms = [], START_MS
    for number in range(120):
        time_ms += int(chance.expovariate(1 / 1.5e6)) if chance.random() > 0.03 else int(chance.random() * 3e8)
        at_ms = time_ms - int(chance.random() * 2e8) if chance.random() < 0.12 else time_ms
        properties = {"x": chance.choice([1, 2, -1, 5.5, 0, -3]), "k": chance.choice("klm")}
        event = {"messageId": f"m{number}", "userId": chance.choice("uv"), "properties": properties}
        event |= {"type": "track", "event": chance.choice("AAABBC"), "timestamp": format_time(at_ms)}
        found.append(json.dumps(event).encode())
    return found


def changes(engine: Engine, given: list[bytes], decoded_max: int) -> dict[str, list[bytes]]:
    replay = Replay(engine)
    replay.profiles.room = Room(decoded_max, 10**9)
    found: dict[str, list[bytes]] = {}
    for change in replay.run(given):
        found.setdefault(change.detail.user_id, []).append(change.encode())
    return found


@pytest.mark.parametrize("seed", range(48))
def test_a_restore_before_each_event_changes_nothing(seed: int) -> None:
    chance = Random(seed)
    engine, given = Engine(parse_definition(definition(chance))), lines(chance)
    kept = changes(engine, given, 10_000)
    assert changes(engine, given, 1) == kept
    assert sum(map(len, kept.values())) > 5
