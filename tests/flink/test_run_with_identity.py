"""Visitors become users in the job as they do in replay, whatever runs it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Literal

import pytest

from flink.equal_runs import check
from flink.streams import CLUSTERED, DEFINITION, START_MS, events, learned, replayed
from livesegments.core.definition import parse_definition
from livesegments.core.times import DAY_MS
from livesegments.flink.embedded import EmbeddedFlink

pytestmark = pytest.mark.flink

IDENTITY = "\nidentity: {keep: {events: 6, within: 4d}, links: 5d}\n"
IDENTIFIED = parse_definition(DEFINITION.text + IDENTITY)
CLUSTERED_KNOWN = parse_definition(CLUSTERED.text + IDENTITY)


def with_visitors(lines: list[bytes], seed: int) -> list[bytes]:
    """Give the lines with cookies: some events have one alone, some both ids, some another user's cookie."""
    chance = random.Random(seed)
    found = []
    for line in lines:
        try:
            event = json.loads(line)
            user = event["userId"]
        except (ValueError, KeyError, TypeError, RecursionError):
            found.append(line)
            continue
        cookie = f"c{user}-{chance.randrange(3)}" if chance.random() < 0.9 else f"shared{chance.randrange(5)}"
        kind = chance.random()
        if event["type"] == "alias":
            event["previousId"] = cookie
        elif kind < 0.5:
            del event["userId"]
            event["anonymousId"] = cookie
        elif kind < 0.7:
            event["anonymousId"] = cookie
        found.append(json.dumps(event).encode())
        if chance.random() < 0.03:
            found.append(chance.choice(found[-40:]))
    return found


STREAM = with_visitors(events(5_000, 150, seed=11), seed=5)


def test_stream_shows_every_way_of_moving() -> None:
    changes, counts, documents, _ = replayed(STREAM, IDENTIFIED)
    records = [json.loads(line)["data"] for lines in changes.values() for line in lines]
    assert sum(record["change"] == "merged" for record in records) > 100
    assert sum(record["cause"]["kind"] == "identity" for record in records) > 200
    assert sum(record["change"] == "erased" for record in records) > 10
    assert counts.inherited
    assert counts.inherited > 300
    assert any(len(json.loads(one).get("identities", {}).get("anonymous_ids", ())) > 3 for one in documents)


@pytest.mark.parametrize(("mode", "parallelism"), [("thread", 1), ("thread", 3), ("process", 2)])
def test_run_equals_replay(
    flink: EmbeddedFlink, tmp_path: Path, mode: Literal["thread", "process"], parallelism: int
) -> None:
    check(flink, tmp_path, STREAM, IDENTIFIED, mode=mode, parallelism=parallelism)


def test_until_is_the_end_of_time(flink: EmbeddedFlink, tmp_path: Path) -> None:
    check(flink, tmp_path, STREAM, IDENTIFIED, until_ms=START_MS + 3 * DAY_MS)


def test_models_learn_from_known_users(flink: EmbeddedFlink, tmp_path: Path) -> None:
    models = learned(STREAM, CLUSTERED_KNOWN)
    assert models
    assert models != learned(STREAM, parse_definition(CLUSTERED_KNOWN.text.replace("5d}", "5d, visitors_learn: true}")))
    check(flink, tmp_path, STREAM, CLUSTERED_KNOWN, models=models)
