"""Identity over drawn streams: nothing counts twice or is lost, a second link moves nothing, erase leaves nothing."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livesegments.core.definition import parse_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import format_time

DAY_MS = 86_400_000
USERS, COOKIES = ("a", "b"), ("x", "y", "z")
EVERYTHING_KEPT = """\
identity: {keep: {events: 1000, within: 400d}, links: 400d}
limits: {lateness: 2d}
features:
  all: {count: '*'}
  text: {recent: '*', of: text, n: 100}
"""
NAMED = st.sampled_from([{"userId": user} for user in USERS])
ANONYMOUS = st.sampled_from([{"anonymousId": cookie} for cookie in COOKIES])
BOTH = st.builds(
    lambda user, cookie: {"userId": user, "anonymousId": cookie}, st.sampled_from(USERS), st.sampled_from(COOKIES)
)
ALIASES = st.builds(
    lambda user, cookie: {"type": "alias", "userId": user, "previousId": cookie},
    st.sampled_from(USERS),
    st.sampled_from(COOKIES),
)
ERASES = st.builds(lambda ids: {"type": "erase", **ids}, st.one_of(NAMED, ANONYMOUS))
EVENTS = st.one_of(NAMED, ANONYMOUS, ANONYMOUS, BOTH, ALIASES)
USED_BOTH_WAYS = st.sampled_from(
    [
        {"anonymousId": "a"},
        {"userId": "b", "anonymousId": "a"},
        {"userId": "x"},
        {"userId": "x", "anonymousId": "y"},
        {"type": "alias", "userId": "b", "previousId": "a"},
    ]
)
MIXED = st.one_of(EVENTS, USED_BOTH_WAYS)
TIMES = st.integers(0, 23).map(lambda hours: hours * DAY_MS // 24)  # so that a copy is always a duplicate


@st.composite
def streams(draw: st.DrawFn, events: st.SearchStrategy[dict[str, Any]] = EVENTS) -> list[dict[str, Any]]:
    """Draw events in no order of time, some of them twice."""
    drawn = [
        {
            "type": "track",
            "event": "Viewed",
            "messageId": f"m{number}",
            "timestamp": format_time(time_ms),
            "properties": {"text": f"t{number}"},
            **event,
        }
        for number, (event, time_ms) in enumerate(draw(st.lists(st.tuples(events, TIMES), min_size=1, max_size=25)))
    ]
    again = draw(st.lists(st.sampled_from(drawn), max_size=4))
    return drawn + again


ENGINE = Engine(parse_definition(EVERYTHING_KEPT))


def replayed(events: list[dict[str, Any]]) -> Replay:
    replay = Replay(ENGINE)
    for event in events:
        replay.feed(json.dumps(event).encode())
    return replay


def texts_of(replay: Replay) -> Counter[str]:
    """Count the texts of all profiles' events."""
    documents = [json.loads(document) for document in replay.documents()]
    return Counter(text for one in documents if "features" in one for text in one["features"]["text"] or ())


@pytest.mark.thorough
@given(st.one_of(streams(), streams(MIXED)))
@settings(max_examples=200)
def test_every_applied_event_is_counted_once(events: list[dict[str, Any]]) -> None:
    replay = replayed(events)
    documents = [json.loads(document) for document in replay.documents()]
    total = sum(one["features"]["all"] for one in documents if "features" in one)
    texts = texts_of(replay)
    assert total == replay.counts.applied == sum(texts.values())
    sent = Counter(one["properties"]["text"] for one in events)
    assert all(count == 1 or sent[text] > 1 for text, count in texts.items())  # a copy may come when a link has moved


@given(streams(), st.sampled_from(USERS), st.sampled_from(COOKIES))
@settings(max_examples=50)
def test_a_second_link_moves_nothing(events: list[dict[str, Any]], user: str, cookie: str) -> None:
    end = format_time(50 * DAY_MS)
    first = {"type": "alias", "userId": user, "previousId": cookie, "messageId": "l1", "timestamp": end}
    second = {**first, "userId": "c", "messageId": "l2"}
    before, after = replayed([*events, first]), replayed([*events, first, second])
    profiles = before.profiles.flush(), after.profiles.flush()
    assert {name: content for name, content in profiles[1].items() if name != "c"} == profiles[0]
    assert after.counts.inherited == before.counts.inherited


@pytest.mark.thorough
@given(st.one_of(streams(st.one_of(EVENTS, EVENTS, EVENTS, ERASES)), streams(MIXED)), st.sampled_from(USERS))
@settings(max_examples=60)
def test_an_erase_leaves_nothing_of_the_user_and_what_the_visitors_were(
    events: list[dict[str, Any]], user: str
) -> None:
    erase = {"type": "erase", "userId": user, "messageId": "e", "timestamp": format_time(50 * DAY_MS)}
    before = replayed(events)
    owned = [one for one in map(json.loads, before.documents()) if one["user_id"] == user and "features" in one]
    replay = replayed([*events, erase])
    content = b"".join(replay.profiles.flush().values())
    of_others = texts_of(before)  # copies that came when a link had moved
    of_others.subtract(text for one in owned for text in one["features"]["text"] or ())
    for one in owned:
        for text in one["features"]["text"] or ():
            if of_others[text]:
                continue
            assert f"t{text[1:]}".encode() + b"\xa0" not in content
            assert text not in texts_of(replay)
    identity = replay._ingest.identity
    assert identity is not None
    visitor = identity._visitors[user]
    assert (user in identity._linked, visitor.user, visitor.kept) == (False, None, [])


@pytest.mark.thorough
@given(streams(st.one_of(MIXED, MIXED, MIXED, ERASES)), st.lists(TIMES, max_size=5))
@settings(max_examples=100)
def test_what_an_erase_refused_is_handed_to_nobody(events: list[dict[str, Any]], late: list[int]) -> None:
    """The id is used both ways: erased as a user, it sends old events as a visitor, and is linked to another user."""
    erase = {"type": "erase", "userId": "a", "messageId": "e", "timestamp": format_time(DAY_MS)}
    refused = [
        {**events[0], "type": "track", "event": "Viewed", "messageId": f"l{number}", "timestamp": format_time(time_ms)}
        for number, time_ms in enumerate(late)
    ]
    for event in refused:
        event.pop("userId", None)
        event["anonymousId"] = "a"
    link = {"type": "alias", "userId": "c", "previousId": "a", "messageId": "l", "timestamp": format_time(2 * DAY_MS)}
    replay = replayed([*events, erase, *refused, link])
    assert "c" not in replay.profiles.flush()
