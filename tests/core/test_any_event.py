"""Nothing that a decoded event holds raises later: in the step, in bytes, in documents or in changes."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.samples import START, definition, line
from core.test_stored_profiles import FORMAT_1
from livesegments.core.definition import parse_definition
from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, format_time

PROPERTY = settings(max_examples=300, suppress_health_check=list(HealthCheck))
ENGINE = Engine(parse_definition(FORMAT_1["definition"]))  # every kind of feature
START_MS = int(START.timestamp() * 1_000)
CHAIN = 300

numbers = st.one_of(
    st.sampled_from([0, -1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, 10**30, -(10**19), 1e12, -1e12, 1e300, 5e-324, 0.1]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)
texts = st.one_of(st.text(max_size=300), st.sampled_from(["", "\0", "\0s", "\U0001f600" * 300, "a" * 5_000]))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)
fields = st.dictionaries(st.sampled_from(["revenue", "brand", "country", "tags", "products"]), values, max_size=4)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from(["track", "page", "identify", "group", "erase", "alias"]))
    record: dict[str, Any] = {
        "type": kind,
        "messageId": draw(st.one_of(st.text(min_size=1, max_size=50), st.sampled_from(["m1", "m2"]))),
        "userId": "u",
        "timestamp": format_time(START_MS + draw(st.integers(0, 40 * DAY_MS))),
        "event": draw(st.sampled_from(["Order Completed", "Product Viewed", "Another", "\U0001f600", "A\0"])),
        "properties": draw(st.one_of(st.none(), fields)),
        "traits": draw(fields),
    }
    return json.dumps(record).encode()


@pytest.mark.thorough
@PROPERTY
@given(st.lists(lines(), min_size=1, max_size=12))
def test_an_event_is_applied_or_a_dead_letter_whatever_it_holds(events: list[bytes]) -> None:
    profile = ENGINE.restore("u", None)
    for raw in events:
        try:
            changes = ENGINE.apply(profile, decode(raw))[1]
        except BadEvent:
            continue
        changes += ENGINE.advance(profile, profile.clock_ms + DAY_MS)
        for change in changes:
            json.loads(change.encode())
        before = ENGINE.document(profile)
        profile = ENGINE.restore("u", ENGINE.snapshot(profile))
        assert ENGINE.document(profile) == before
        assert before is None or json.loads(before)["user_id"] == "u"


def test_many_of_the_greatest_amounts_are_added_up() -> None:
    profile = ENGINE.restore("u", None)
    for number in range(200):
        raw = line(day=number / 50, event="Order Completed", properties={"revenue": 1e12 if number % 3 else -1e12})
        ENGINE.apply(profile, decode(raw))
        profile = ENGINE.restore("u", ENGINE.snapshot(profile))
    values = dict(zip(ENGINE.program.slots, ENGINE.values(profile, profile.clock_ms), strict=True))
    assert values["revenue"] == (133 - 67) * 1e12


def test_a_long_chain_of_values_compiles() -> None:
    """The work is linear: were each name followed anew at each use, this would never end."""
    features: dict[str, Any] = {"f0": {"count": "a"}, "f1": {"count": "b"}}
    features |= {f"f{n}": {"value": f"(f{n - 1} + f{n - 2}) / 2"} for n in range(2, CHAIN)}
    engine = Engine(definition(features, {"last": {"when": f"f{CHAIN - 1} > 0.5"}}))
    profile = engine.restore("u", None)
    changes = engine.apply(profile, decode(line(event="b")))[1]
    assert [change.detail.segment for change in changes] == ["last"]
