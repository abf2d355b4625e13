"""Events may have any name: each is counted under it, however odd it is, and however many there are."""

from __future__ import annotations

import json
import linecache

import pytest

from core.samples import definition, line
from livesegments.core.events import decode
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from readings.cases import READINGS

NAMES = sorted(
    {
        event.event
        for reading in READINGS
        if reading.reads is not None and reading.is_plain and (event := decode(reading.raw)).type == "track"
        if event.event is not None
    }
)


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:40])
def test_an_odd_name_is_counted_like_any_other(name: str) -> None:
    engine = Engine(definition({"named": {"count": [name]}, "all": {"count": "*"}}, {"met": {"when": "named == 2"}}))
    replay = Replay(engine)
    changes = list(replay.run([line(event=name), line(event=name), line(event="other")]))
    assert len(changes) == 1
    (document,) = replay.documents()
    assert json.loads(document)["features"] == {"named": 2, "all": 3}


def test_a_name_for_each_event_leaves_no_more_behind_than_is_bounded() -> None:
    replay = Replay(Engine(definition({"all": {"count": "*"}})))
    for number in range(1_500):
        replay.feed(line(event=f"Viewed {number}"))
    shown = [file for file in linecache.cache if "Viewed" in file]
    assert 0 < len(shown) <= 1_000
    assert replay.counts.applied == 1_500
