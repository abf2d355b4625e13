"""What an event costs in the core alone, by definition: no Flink, no Kafka."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.core import lines
from livesegments.core.definition import parse_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine

__all__ = ["Cost", "core_costs"]


class Cost(NamedTuple):
    """Of one definition: CPU us and changes an event, bytes of state a user, seconds to compile it."""

    event_us: float
    changes: float
    user_bytes: float
    compile_seconds: float


def core_costs(definitions: Mapping[str, str], events: int, users: int, runs: int) -> dict[str, Cost]:
    """Run all definitions in turn over the same events; give medians."""
    stream = lines(events, users)[1]
    found: dict[str, list[Cost]] = {name: [] for name in definitions}
    for _ in range(runs):
        for name, definition in definitions.items():
            found[name].append(_cost(definition, stream))
    return {name: Cost(*map(statistics.median, zip(*costs, strict=True))) for name, costs in found.items()}


def _cost(definition: str, stream: Sequence[bytes]) -> Cost:
    start = time.process_time()
    engine = Engine(parse_definition(definition))
    compiled = time.process_time()
    replay = Replay(engine)
    changes = 0
    for line in stream:
        for change in replay.feed(line):
            change.encode()
            changes += 1
    kept = replay.profiles.flush()
    spent = time.process_time() - compiled
    size = sum(map(len, kept.values())) / len(kept)
    return Cost(1e6 * spent / len(stream), changes / len(stream), size, compiled - start)
