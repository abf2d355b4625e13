"""Odd events are read as the corpus says, by the decoder and by the oracle; damage never raises anything else."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.odd_events import damaged, messages
from core.samples import definition, line
from livesegments.core.errors import BadEvent
from livesegments.core.events import Event, decode
from livesegments.core.events import Reading as Terms
from livesegments.core.replay import Replay
from livesegments.core.selection import Selection, Selector
from livesegments.core.skipped import SKIPPED_MAX, Skip, Skipped
from livesegments.core.step import Engine
from livesegments.core.times import NEVER
from oracle.lines import Rejected, read_line
from readings.cases import READINGS, Reading

REASONS = {"too_large", "invalid_json", "invalid_event", "missing_user", "key_mismatch", "future_timestamp"}


def test_the_corpus_is_large_and_has_both_kinds() -> None:
    assert len(READINGS) >= 280
    assert sum(reading.dead is not None for reading in READINGS) >= 90


def read(reading: Reading, skipped: Skipped | None = None) -> Event:
    latest_ms = NEVER if reading.latest_ms is None else reading.latest_ms
    terms = Terms(latest_ms=latest_ms, refused_users=reading.refuse, skipped=skipped)
    return decode(reading.raw, key=reading.key, record_ms=reading.record_ms, reading=terms)


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.about)
def test_an_odd_event_is_read_as_meant(reading: Reading) -> None:
    if reading.dead is not None:
        with pytest.raises(BadEvent) as refused:
            read(reading)
        assert refused.value.reason == reading.dead[0]
        assert reading.dead[1] in refused.value.message
        assert len(refused.value.message) < 300
        return
    assert reading.reads is not None
    skipped = Skipped()
    event = read(reading, skipped)
    expected = dict(reading.reads)
    assert (event.user_id, event.time_ms) == (expected.pop("user"), reading.time_ms)
    assert sorted(skip.path for skip in skipped.most()) == expected.pop("skipped", [])
    assert skipped.users == dict.fromkeys([expected.pop("told")] if "told" in expected else [], 1)
    del expected["time"]
    expected.pop("ignored", None)
    if expected.get("message_id") == "auto":
        assert len(event.message_id) == len("auto-") + 32
        assert decode(reading.raw.strip()).message_id == event.message_id
        del expected["message_id"]
    assert {name: getattr(event, name) for name in expected} == expected


@pytest.mark.parametrize("reading", [one for one in READINGS if one.is_plain], ids=lambda reading: reading.about)
def test_the_oracle_reads_the_corpus_alike(reading: Reading) -> None:
    if reading.dead is not None:
        with pytest.raises(Rejected) as rejected:
            read_line(reading.raw)
        assert rejected.value.reason == reading.dead[0]
        return
    assert reading.reads is not None
    found = read_line(reading.raw)
    assert (found.user, found.time_ms) == (reading.reads["user"], reading.time_ms)


@pytest.mark.thorough
@settings(max_examples=1500)
@given(raw=st.one_of(messages(), damaged()))
@example(raw=b"\x00")
@example(raw=b'{"type": "track", "timestamp": ' + b"9" * 400 + b"}")
def test_damage_gives_an_event_or_a_dead_letter_as_the_oracle_says(raw: bytes) -> None:
    try:
        expected = read_line(raw)
    except Rejected:
        with pytest.raises(BadEvent) as refused:
            decode(raw)
        assert refused.value.reason in REASONS
        return
    event = decode(raw)
    assert (expected.type, expected.user, expected.time_ms) == (event.type, event.user_id, event.time_ms)
    assert expected.message_id == event.message_id


def test_the_corpus_in_a_replay_loses_nothing_and_features_read_it() -> None:
    features = {
        "orders": {"count": "Order Completed"},
        "spent": {"sum": "*", "of": ["revenue", "total", "products.price"]},
        "ids": {"distinct": "*", "of": "order_id"},
    }
    replay = Replay(Engine(definition(features, {"any": {"when": "spent > 0"}})))
    list(replay.run(reading.raw for reading in READINGS))
    list(replay.documents())
    counts = replay.counts
    assert counts.events == len(READINGS)
    assert counts.events == counts.applied + counts.duplicates + counts.ignored + sum(counts.dead_letters.values())


FEATURES = {
    "orders": {"count": "*", "where": "value > 1"},
    "spent": {"sum": "*", "of": ["revenue", "total", "products.price"], "within": "7d"},
    "most": {"max": "*", "of": "other"},
    "seen": {"recent": "*", "of": ["other", "products"]},
    "kinds": {"top": "*", "of": ["other", "products.a"]},
    "plan": {"trait": "a"},
}


@pytest.mark.thorough
@settings(max_examples=200)
@given(lines=st.lists(st.one_of(messages(), damaged()), max_size=8))
def test_damage_never_stops_a_replay(lines: list[bytes]) -> None:
    replay = Replay(Engine(definition(FEATURES, {"any": {"when": "spent > 0"}})))
    list(replay.run(lines))
    list(replay.documents())
    replay.profiles.flush()
    counts = replay.counts
    assert counts.events == sum(not raw.isspace() and raw != b"" for raw in lines)
    assert counts.events == counts.applied + counts.duplicates + counts.ignored + sum(counts.dead_letters.values())


def selection(*paths: str) -> Selection:
    return Selection(Selector(["*"]), [tuple(path.split(".")) for path in paths])


def test_a_number_as_a_text_counts_and_an_empty_one_falls_through() -> None:
    event = decode(line(properties={"points": "12.5", "left": "", "right": 3, "flag": True, "words": "12 EUR"}))
    assert selection("points").numbers(event) == [12.5]
    assert selection("left", "right").numbers(event) == [3.0]
    assert selection("words", "right").numbers(event) == []
    assert selection("flag").numbers(event) == []


ODD_POINTS = [None, "", "3.5", "x", True, 4, 2e12, [1.5, [2, None]], {"amount": 1}, {}, [], 10**30]


@pytest.mark.parametrize("odd", ODD_POINTS)
def test_a_field_of_products_is_read_alike_by_the_fast_way_and_by_the_slow_one(odd: object) -> None:
    """A field of another list is never read the fast way, and must give the same."""
    items = [{"points": 9.5, "brand": "a"}, {"points": odd}, {"brand": "b"}, {"points": 1}]
    for some in (items, items[:1], items[1:2], [items[0], items[3]], [items[0], items[1]], []):
        event = decode(line(properties={"products": some, "things": some}))
        fast, slow = selection("products.points"), selection("things.points")
        assert fast.numbers(event) == slow.numbers(event)
        assert fast.scalars(event) == slow.scalars(event)
        assert fast.values(event) == slow.values(event)
    assert selection("products.points").values(decode(line(properties={"products": items[:1]}))) == [9.5]


def test_ids_of_64_bits_are_values_and_only_numbers_are_bounded() -> None:
    ids = [6_600_000_000_011, 2**63 - 1, 2**64 - 1, -(2**63)]
    event = decode(line(properties={"products": [{"id": one} for one in [*ids, 2**64, 10**30]], "spent": 2e12}))
    assert selection("products.id").scalars(event) == ids
    assert selection("spent").scalars(event) == [2e12]
    assert selection("spent").numbers(event) == []


def test_an_event_counts_once_for_a_path_however_many_features_read_it() -> None:
    skipped = Skipped()
    for number in range(3):
        event = decode(
            line(properties={"revenue": "$5", "score": [True, "x"], "id": 10**30}, context={"a": {}}),
            reading=Terms(skipped=skipped),
        )
        for _ in range(number):
            assert selection("revenue").numbers(event) == selection("score").numbers(event) == []
            assert selection("context.a").scalars(event) == selection("id").scalars(event) == []
    assert skipped.most() == [
        Skip("Product Viewed", "properties.revenue", 3),
        Skip("Product Viewed", "context.a", 2),
        Skip("Product Viewed", "properties.id", 2),
        Skip("Product Viewed", "properties.score", 2),
    ]


def test_an_event_that_is_refused_counts_nothing() -> None:
    skipped = Skipped()
    with pytest.raises(BadEvent):
        decode(line(user=None, properties={"revenue": "$5"}), reading=Terms(skipped=skipped))
    assert not skipped


def test_names_are_bounded_and_frequent_ones_are_kept() -> None:
    skipped = Skipped()
    for number in range(3_000):
        skipped.add(f"name {number}", "properties.revenue", 1)
        skipped.add("Order Completed", "properties.revenue", 1)
    assert len(skipped.counts) == SKIPPED_MAX
    assert skipped.total == 6_000
    assert skipped.most()[0] == Skip("Order Completed", "properties.revenue", 3_000)


def test_counts_of_several_tasks_are_added() -> None:
    left, right = Skipped(), Skipped()
    left.add("a", "traits", 2)
    right.add("a", "traits", 3)
    right.note_user("undefined")
    left.merge(right.most(), right.users.items())
    assert (left.most(), left.users, left.total) == ([Skip("a", "traits", 5)], {"undefined": 1}, 5)


def test_refused_users_are_read_from_the_limits() -> None:
    limits = json.loads('{"refuse_users": ["undefined", null, "undefined"]}')
    assert definition({}, limits=limits).limits.refuse_users == ("undefined", "null")


def test_ids_of_64_bits_outlive_a_snapshot() -> None:
    ids = [6_600_000_000_011, 2**63 - 1, 2**64 - 1, -(2**63)]
    features = {
        kind: {kind: "Order Completed", "of": "products.id"} for kind in ("first", "last", "recent", "distinct", "top")
    }
    features["seen"] = {"trait": "id"}
    features["named"] = {"count": "Order Completed", "where": f"{ids[0]} in products.id"}
    engine = Engine(definition(features))
    profile = engine.restore("u", None)
    engine.apply(profile, decode(line(type="identify", traits={"id": ids[2]})))
    engine.apply(
        profile, decode(line(event="Order Completed", properties={"products": [{"id": one} for one in [*ids, 2**64]]}))
    )
    restored = engine.restore("u", engine.snapshot(profile))
    values = dict(zip(sorted(features), engine.values(restored, restored.clock_ms), strict=False))
    top = values.pop("top")
    assert values == {
        "first": ids[0],
        "last": ids[3],
        "recent": ids,
        "distinct": 4,
        "seen": ids[2],
        "named": 1,
    }
    assert len(top) == 3
    assert set(top) < set(ids)
