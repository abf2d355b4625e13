"""Random streams of visitors through the job: ids used both ways, shared, linked again, erased, late, sent twice.

Each job run takes many streams in a row, whose ids have nothing in common.
"""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from flink.equal_runs import check
from livesegments.core.definition import parse_definition
from livesegments.flink.embedded import EmbeddedFlink
from oracle.drawn_identity import draw_journeys

pytestmark = pytest.mark.flink

IDS = ("userId", "anonymousId", "previousId", "messageId")
DEFINITION = """
limits: {lateness: LATENESS}
identity: {keep: {events: EVENTS, within: WITHIN}, links: LINKS}
features:
  all: {count: '*'}
  lately: {count: '*', within: 1d}
  newest: {recent: '*', of: category, n: 3}
segments:
  some: {when: 'all >= 2'}
  busy: {when: 'lately >= 3'}
"""
LIMITS = [("200", "30d", "400d", "7d"), ("3", "1d", "2d", "1d"), ("2", "1m", "1m", "1m")]
STREAMS = 100


def journeys(first: int) -> list[bytes]:
    """Give the streams of some seeds, one behind the other, each with ids of its own."""
    lines = []
    for seed in range(first, first + STREAMS):
        random = Random(seed)
        drawn, _ = draw_journeys(random, both_ways=seed % 2 == 0, reused_ids=seed % 5 == 0, size_max=80)
        for line in drawn:
            event = json.loads(line)
            event |= {name: f"{seed}/{event[name]}" for name in IDS if event.get(name)}
            lines.append(json.dumps(event, ensure_ascii=False).encode())
    return lines


@pytest.mark.parametrize("number", range(len(LIMITS)))
def test_run_equals_replay(flink: EmbeddedFlink, tmp_path: Path, number: int) -> None:
    text = DEFINITION
    for name, value in zip(("EVENTS", "WITHIN", "LINKS", "LATENESS"), LIMITS[number], strict=True):
        text = text.replace(name, value)
    memory = {"livesegments.identity.bytes": "2000" if number else "32000000"}  # so little: all goes through the state
    counts, _ = check(flink, tmp_path, journeys(STREAMS * number), parse_definition(text), settings=memory)
    assert counts.inherited


def test_each_applied_event_is_counted_once(flink: EmbeddedFlink, tmp_path: Path) -> None:
    lines = [line for line in journeys(1_000) if b'"erase"' not in line and b'"track"' in line]
    text = DEFINITION.replace("EVENTS", "1000").replace("WITHIN", "400d").replace("LINKS", "400d")
    counts, documents = check(flink, tmp_path, lines, parse_definition(text.replace("LATENESS", "7d")))
    assert counts.inherited
    counted = [json.loads(document).get("features", {"all": 0})["all"] for document in documents]
    assert sum(counted) == counts.applied
