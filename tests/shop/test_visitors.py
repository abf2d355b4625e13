"""The generated shop with visitors: the same life under cookies, and the truth about them."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from livesegments.core.definition import parse_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.shop.generator import Truth, generate, truth
from shop.contract_check import checked_event

USERS, DAYS, SEED = 120, 60, 11
IDS = ("userId", "anonymousId")


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return list(generate(USERS, DAYS, SEED, visitors=True))


@pytest.fixture(scope="module")
def truths() -> list[Truth]:
    return list(truth(USERS, DAYS, SEED, visitors=True))


def test_only_the_ids_differ_from_the_shop_without_visitors(lines: list[bytes]) -> None:
    def without_ids(line: bytes) -> dict[str, Any]:
        return {name: value for name, value in json.loads(line).items() if name not in IDS}

    plain = list(generate(USERS, DAYS, SEED))
    assert [without_ids(line) for line in lines] == [without_ids(line) for line in plain]
    assert not any(b"anonymousId" in line for line in plain)


def test_every_kind_of_visitor_is_there_and_the_truth_counts_them(lines: list[bytes], truths: list[Truth]) -> None:
    owners = {json.loads(line)["messageId"]: json.loads(line)["userId"] for line in generate(USERS, DAYS, SEED)}
    anonymous: dict[str, set[str]] = defaultdict(set)
    linked: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        event = checked_event(line)
        if "userId" not in event:
            anonymous[owners[event["messageId"]]].add(event["messageId"])
        elif "anonymousId" in event:
            linked[event["anonymousId"]].add(event["userId"])
    assert {row.user: row.anonymous_events for row in truths} == {row.user: len(anonymous[row.user]) for row in truths}
    cookies = {cookie for row in truths for cookie in row.cookies or ()}
    assert linked.keys() < cookies
    assert any(len(users) == 2 for cookie, users in linked.items() if cookie.startswith("home-"))
    assert any(cookie.startswith("p") for cookie in cookies)  # a second device
    assert any(cookie.endswith("-1") and cookie.startswith("m") for cookie in cookies)  # a cookie was deleted
    share = sum(map(len, anonymous.values())) / len(lines)
    assert 0.2 < share < 0.7


def test_users_get_back_most_of_what_they_did_as_visitors(lines: list[bytes]) -> None:
    def events_of_users(identity: str) -> int:
        replay = Replay(Engine(parse_definition(f"features: {{all: {{count: '*'}}}}\n{identity}")))
        for line in lines:
            replay.feed(line)
        documents = map(json.loads, replay.documents())
        return sum(one["features"]["all"] for one in documents if one["user_id"].startswith("user_"))

    everything = len({json.loads(line)["messageId"] for line in lines if b'"identify"' not in line})
    alone, joined = events_of_users(""), events_of_users("identity: {keep: {events: 1000, within: 60d}}")
    assert alone < 0.9 * everything
    assert 0.9 * everything < joined <= everything
