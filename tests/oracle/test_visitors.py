"""Visitors who become users, by hand and by promise."""

import json
from typing import Any

import pytest

from oracle import OracleChange, Result, recompute
from oracle.definition import read_definition
from oracle.strategies import case_of
from oracle.tables import at, text_of
from oracle.visitors import IdentityWalk

Sent = tuple[str, str, dict[str, Any]]
FEATURES = {
    "pages": {"count": "page"},
    "last": {"last": "page", "of": "n"},
    "plan": {"trait": "plan"},
    "days": {"days_since": "page"},
}
SEGMENTS = {"three": {"when": "pages >= 3"}, "quiet": {"when": "days > 2"}}


def run(stream: list[Sent], until: str | None = None, **identity: Any) -> Result:
    """Run over `(time, who, fields)`: who is `x`, `=u` or `x=u`, with `previousId` for an alias."""
    lines = []
    for index, (time, who, fields) in enumerate(stream):
        visitor, _, user = who.partition("=")
        ids = {name: text for name, text in (("anonymousId", visitor), ("userId", user)) if text}
        record = {"type": "page", "messageId": f"m-{index}", "timestamp": "2024-11-" + time + "Z", **ids, **fields}
        lines.append(json.dumps(record).encode())
    definition = {"features": FEATURES, "segments": SEGMENTS, "identity": identity}
    return recompute(definition, lines, None if until is None else at("2024-11-" + until))


def pages(result: Result, user: str) -> int:
    return int(result.features(user, result.until_ms or 0)["pages"])


def told(result: Result, user: str) -> list[tuple[Any, ...]]:
    """Give each change as `(sequence, segment, change, time, cause, other)`."""
    return [short(one) for one in result.changes.get(user, [])]


def short(one: OracleChange) -> tuple[Any, ...]:
    time = text_of(one.time_ms).removeprefix("2024-11-").removesuffix(":00")
    return (one.sequence, one.segment, one.change, time, one.cause, one.other)


EVERYTHING = {"keep": {"events": 200, "within": "9000d"}, "links": "9000d"}
THREE: list[Sent] = [
    ("01T10:00", "x", {"properties": {"n": 1}}),
    ("01T10:01", "x", {"properties": {"n": 2}}),
    ("01T10:02", "x", {"properties": {"n": 3}}),
]


def test_the_first_link_hands_over_before_the_linking_event() -> None:
    result = run([*THREE, ("01T11:00", "x=u", {})])
    assert told(result, "u") == [(1, "three", "entered", "01T10:02", "identity", "x")]
    assert told(result, "x") == [
        (1, "three", "entered", "01T10:02", "event", None),
        (2, "", "merged", "01T11:00", "identity", "u"),
    ]
    assert result.changes["x"][-1].ended == ("three",)
    assert (pages(result, "u"), pages(result, "x")) == (4, 0)
    assert (result.counts.events, result.counts.applied) == (4, 4)
    assert (result.members("u"), result.members("x")) == ({"three"}, set())


def test_both_are_advanced_to_the_link_first() -> None:
    result = run([("01T10:00", "=u", {}), *THREE[:1], ("05T10:00", "x=u", {})])
    assert told(result, "x") == [
        (1, "quiet", "entered", "03T10:00:00.001", "time", None),
        (2, "", "merged", "05T10:00", "identity", "u"),
    ]
    assert told(result, "u") == [
        (1, "quiet", "entered", "03T10:00:00.001", "time", None),
        (2, "quiet", "exited", "05T10:00", "event", None),
        (3, "three", "entered", "05T10:00", "event", None),
    ]


def test_inherited_events_are_put_where_they_belong_and_are_never_too_late() -> None:
    stream = [("01T09:00", "x", {"properties": {"n": 1}}), ("20T10:00", "=u", {"properties": {"n": 2}})]
    result = run([*stream, ("20T11:00", "x=u", {"type": "group"})])
    assert pages(result, "u") == 2
    assert result.features("u", at("2024-11-20T11:00"))["last"] == 2
    later = run([("02T10:00", "x", {"properties": {"n": 2}}), ("01T10:00", "x=u", {"type": "group"})])
    assert told(later, "x")[-1] == (1, "", "merged", "02T10:00", "identity", "u")
    assert later.features("u", at("2024-11-02T10:00"))["days"] == 0


def test_of_equal_times_what_is_inherited_is_newer() -> None:
    stream = [("01T10:00", "x", {"properties": {"n": 1}}), ("01T10:00", "=u", {"properties": {"n": 2}})]
    result = run([*stream, ("01T10:00", "x=u", {"type": "group"})])
    assert result.features("u", at("2024-11-01T10:00"))["last"] == 1


@pytest.mark.parametrize(
    ("keep", "link", "expected"),
    [
        ({"events": 200, "within": "30d"}, "01T11:00", 4),
        ({"events": 2, "within": "30d"}, "01T11:00", 3),
        ({"events": 200, "within": "1h"}, "01T11:00", 3),  # the one of 10:00 is an hour old
        ({"events": 200, "within": "1h"}, "01T11:02", 1),
        ({"events": 200, "within": "1m"}, "01T10:00", 2),  # a late link: by the visitor's clock, 10:02
    ],
)
def test_what_is_kept_of_a_visitor(keep: dict[str, Any], link: str, expected: int) -> None:
    result = run([*THREE, (link, "x=u", {})], keep=keep)
    assert pages(result, "u") == expected
    assert told(result, "x")[-1][2] == "merged"


def test_the_newest_events_are_kept_by_their_time() -> None:
    stream = [THREE[2], THREE[0], THREE[1], ("01T11:00", "x=u", {"type": "group"})]
    result = run(stream, keep={"events": 1})
    assert result.features("u", at("2024-11-01T11:00"))["last"] == 3


def test_events_of_a_linked_visitor_are_the_users() -> None:
    result = run([("01T10:00", "x=u", {}), ("01T10:01", "x", {}), ("01T10:02", "x", {})])
    assert told(result, "u") == [(1, "three", "entered", "01T10:02", "event", None)]
    assert told(result, "x") == []


def test_a_shared_device_follows_who_logged_in_last_and_moves_nothing() -> None:
    stream = [THREE[0], ("01T11:00", "x=u", {}), ("01T11:01", "x", {}), ("01T12:00", "x=v", {}), ("01T12:01", "x", {})]
    result = run(stream)
    assert (pages(result, "u"), pages(result, "v"), pages(result, "x")) == (3, 2, 0)
    late = run([*stream[:4], ("01T11:30", "x=u", {}), ("01T12:01", "x", {})])
    assert (pages(late, "u"), pages(late, "v")) == (4, 2)  # the older link changes nothing
    equal = run([*stream[:4], ("01T12:00", "x=u", {}), ("01T12:01", "x", {})])
    assert (pages(equal, "u"), pages(equal, "v")) == (5, 1)


@pytest.mark.parametrize(
    ("who", "fields", "is_linked"),
    [
        ("=u", {"type": "alias", "previousId": "x"}, True),
        ("x=u", {"type": "alias"}, True),
        ("y=u", {"type": "alias", "previousId": "x"}, True),
        ("x=u", {"type": "alias", "previousId": "y"}, False),
        ("x", {"type": "alias", "previousId": "y"}, False),
        ("=u", {"type": "alias"}, False),
    ],
)
def test_alias_links_and_is_ignored(who: str, fields: dict[str, Any], is_linked: bool) -> None:
    result = run([*THREE, ("01T11:00", who, fields)])
    assert (pages(result, "u"), pages(result, "x")) == ((3, 0) if is_linked else (0, 3))
    assert (result.counts.applied, result.counts.ignored) == (3, 1)


def test_an_event_that_is_late_or_a_duplicate_at_the_user_links_all_the_same() -> None:
    late = run([("20T10:00", "=u", {}), ("10T10:00", "x", {}), ("11T10:00", "x=u", {})])
    assert (pages(late, "u"), pages(late, "x")) == (2, 0)
    assert late.counts.dead_letters == {"too_late": 1}
    again = run([("01T10:00", "=u", {}), ("01T10:01", "x", {}), ("01T10:02", "x=u", {"messageId": "m-0"})])
    assert (pages(again, "u"), pages(again, "x"), again.counts.duplicates) == (2, 0, 1)


def test_a_message_id_is_inherited_once() -> None:
    both = {"messageId": "same"}
    result = run([("01T10:00", "x", both), ("01T10:00", "=u", both), ("01T10:02", "x=u", {"type": "group"})])
    assert pages(result, "u") == 1
    again = run([("01T10:00", "x", both), ("01T10:02", "x=u", {"type": "group"}), ("01T10:00", "x", both)])
    assert (pages(again, "u"), again.counts.duplicates) == (1, 1)


def test_a_link_that_nothing_used_is_forgotten() -> None:
    used: list[Sent] = [("01T11:00", "x=u", {}), ("01T12:59:59.999", "x", {}), ("01T14:59:59.998", "x", {})]
    stream = [*used, ("01T16:59:59.998", "x", {})]
    result = run(stream, keep={"within": "2h"}, links="2h")
    assert (pages(result, "u"), pages(result, "x")) == (3, 1)
    linked = run([THREE[0], *stream, ("01T17:30", "x=v", {})], keep={"within": "2h"}, links="2h")
    assert (pages(linked, "u"), pages(linked, "v"), pages(linked, "x")) == (4, 2, 0)
    assert told(linked, "x") == [
        (1, "", "merged", "01T11:00", "identity", "u"),
        (2, "", "merged", "01T17:30", "identity", "v"),
    ]


def test_erase_of_a_user_forgets_all_links_and_a_late_one_does_not_link_again() -> None:
    erase = ("01T12:00", "=u", {"type": "erase"})
    stream = [THREE[0], ("01T11:00", "x=u", {}), erase, ("01T12:01", "x", {})]
    result = run(stream)
    assert (pages(result, "u"), pages(result, "x")) == (0, 1)
    assert told(result, "u") == [(1, "", "erased", "01T12:00", "erase", None)]
    late = run([*stream, ("01T11:59", "x=u", {}), ("01T12:02", "x", {})])
    assert (pages(late, "u"), pages(late, "x"), late.counts.dead_letters) == (0, 2, {"erased": 1})
    anew = run([*stream, ("01T12:02", "x=u", {})])
    assert (pages(anew, "u"), pages(anew, "x")) == (2, 0)


def test_erase_with_both_ids_takes_what_the_visitor_did_along() -> None:
    result = run([*THREE, ("01T11:00", "x=u", {"type": "erase"})])
    assert told(result, "u") == [
        (1, "three", "entered", "01T10:02", "identity", "x"),
        (2, "", "erased", "01T11:00", "erase", None),
    ]
    assert told(result, "x")[-1] == (2, "", "merged", "01T11:00", "identity", "u")
    assert (pages(result, "u"), pages(result, "x")) == (0, 0)


def test_erase_of_a_visitor_leaves_the_user() -> None:
    stream = [THREE[0], ("01T11:00", "x=u", {}), ("01T12:00", "x", {"type": "erase"}), ("01T12:01", "x", {})]
    result = run([*stream, ("01T11:59", "x", {})])
    assert (pages(result, "u"), pages(result, "x"), result.counts.dead_letters) == (2, 1, {"erased": 1})
    assert told(result, "x") == [
        (1, "", "merged", "01T11:00", "identity", "u"),
        (2, "", "erased", "01T12:00", "erase", None),
    ]
    forgotten = run([*THREE, ("01T10:03", "x", {"type": "erase"}), ("01T11:00", "x=u", {"type": "group"})])
    assert (pages(forgotten, "u"), pages(forgotten, "x")) == (0, 0)
    assert [one[2] for one in told(forgotten, "x")] == ["entered", "erased"]


def test_a_late_link_from_before_a_visitors_erase_does_not_link() -> None:
    stream = [THREE[0], ("01T12:00", "x", {"type": "erase"}), ("01T12:01", "x", {})]
    for who in ("01T12:00", "x=u", {}), ("01T11:00", "x=v", {}):
        late = run([*stream, who, ("01T12:02", "x", {})])
        assert (pages(late, who[1][2:]), pages(late, "x")) == (1, 2)
    linked = run([*stream, ("01T12:00:00.001", "x=u", {}), ("01T12:02", "x", {})])
    assert (pages(linked, "u"), pages(linked, "x")) == (3, 0)


def test_the_bar_of_a_visitor_stays_over_a_merge() -> None:
    stream = [THREE[0], ("01T12:00", "x", {"type": "erase"}), ("01T12:01", "x", {}), ("01T12:02", "x=u", {})]
    back = run([*stream, ("01T12:03", "=u", {"type": "erase"}), ("01T12:00", "x", {}), ("01T12:04", "x", {})])
    assert (pages(back, "x"), back.counts.dead_letters) == (1, {"erased": 1})
    assert [one[:3] for one in told(back, "x")] == [(1, "", "erased"), (2, "", "merged")]


def test_equal_ids_and_events_after_the_end_link_nothing() -> None:
    equal = run([("01T10:00", "u=u", {}), ("01T10:01", "u", {})])
    assert (pages(equal, "u"), told(equal, "u")) == (2, [])
    ended = run([*THREE, ("01T11:00", "x=u", {}), ("01T10:03", "x", {})], until="01T10:30")
    assert (pages(ended, "u"), pages(ended, "x"), ended.counts.ignored) == (0, 4, 1)


def test_an_id_used_as_a_user_does_not_end() -> None:
    result = run([("01T10:00", "x", {}), ("01T10:01", "=x", {}), ("01T11:00", "x=u", {"type": "group"})])
    assert (pages(result, "u"), pages(result, "x"), told(result, "x")) == (0, 2, [])  # it keeps what it did before, too


def test_no_event_is_in_two_profiles_and_none_is_lost() -> None:
    merged = 0
    for seed in range(150):
        case = case_of(seed, identity=True)
        if any(b'"erase"' in line for line in case.lines):
            continue
        walk = IdentityWalk(read_definition(case.definition | {"identity": EVERYTHING}), case.until_ms)
        # A redelivery after a day counts twice at the visitor and is handed over once: without them.
        walk.outcomes = [walk.take(line) for line in dict.fromkeys(case.lines)]
        result = walk.finish()
        assert sum(len(profile.applied) for profile in walk.profiles.values()) == result.counts.applied
        assert result.counts.balanced()
        merged += sum(one.change == "merged" for changes in result.changes.values() for one in changes)
    assert merged > 50
