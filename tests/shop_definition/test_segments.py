"""The segments of shop.yaml: texts for people, both kinds, and no going to and fro."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import pairwise

import pytest

from livesegments.core.definition import load_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS
from livesegments.shop.generator import generate
from streams.stories import SHOP, story

DEFINITION = load_definition(SHOP)
FIVE = {
    "high_value_high_engagement": "High-Value High-Engagement",
    "frequent_browsers": "Frequent Browsers but Infrequent Buyers",
    "one_time_buyers": "One-Time Buyers",
    "seasonal_shoppers": "Seasonal Shoppers",
    "brand_loyalists": "Brand Loyalists",
}


@pytest.mark.parametrize(("name", "title"), FIVE.items())
def test_each_of_the_five_says_what_it_is_and_what_to_do(name: str, title: str) -> None:
    segment = DEFINITION.segments[name]
    assert segment.title == title
    assert segment.description.endswith(".")
    assert segment.response
    assert segment.exit_when is not None


def test_there_are_static_and_dynamic_segments() -> None:
    static = {name for name, segment in DEFINITION.segments.items() if segment.static}
    assert static == {"joined_on_mobile", "big_first_order"}


def test_one_more_purchase_moves_a_user_and_the_change_says_why() -> None:
    told = story("infrequent_to_moderate")
    changes = [change.detail for change in Replay(Engine(told.definition), told.until_ms).run(told.lines)]
    moved = {change.segment: change for change in changes if change.cause.message_id == "4"}
    assert {name: change.change for name, change in moved.items()} == {
        "moderate_buyer": "entered",
        "infrequent_buyer": "exited",
    }
    clauses = {because.clause: because for because in moved["infrequent_buyer"].because}
    assert clauses["orders_180d < 4"].holds is False
    assert clauses["orders_180d < 4"].values == {"orders_180d": 4}


def test_no_user_goes_to_and_fro() -> None:
    """In a noisy year nobody is in one of the five, or out of it again, for less than a day, or enters it often."""
    replay = Replay(Engine(DEFINITION))
    turns: dict[tuple[str, str], list[int]] = defaultdict(list)
    for change in replay.run(generate(40, 365, 3)):
        if change.detail.segment in FIVE:
            turns[change.detail.user_id, change.detail.segment].append(change.time_ms)
    assert {name for _, name in turns} == set(FIVE)
    for times in turns.values():
        assert all(later - earlier >= DAY_MS for earlier, later in pairwise(times))
        assert len(times) <= 8


def test_every_user_is_in_exactly_one_segment_of_engagement() -> None:
    replay = Replay(Engine(DEFINITION))
    for _ in replay.run(generate(20, 120, 4)):
        pass
    for line in replay.documents():
        members = set(json.loads(line)["segments"])
        assert len(members & {"highly_engaged", "moderately_engaged", "barely_engaged"}) == 1
