"""Identity: visitors become users, with what is kept of them."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from livesegments.core.definition import Definition, parse_definition
from livesegments.core.errors import DefinitionError
from livesegments.core.explain import Explanation, History, explain
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.core.times import format_time
from livesegments.schemas import RECORDS, json_schema

DAY_MS = 86_400_000
DEFINITION = """\
identity: {keep: {events: 3, within: 30d}, links: 100d}
features:
  all: {count: '*'}
  views: {count: Viewed}
  views_7d: {count: Viewed, within: 7d}
  country: {trait: country}
segments:
  viewers: {when: 'views >= 2'}
  recent: {when: 'views_7d >= 1'}
"""
_numbers = iter(range(1, 1_000_000))


def event(day: float, user: str | None = None, visitor: str | None = None, **more: Any) -> dict[str, Any]:
    """Make a `Viewed` event at a day, by a user, a visitor or both."""
    return {
        "type": "track",
        "event": "Viewed",
        "messageId": f"m{next(_numbers)}",
        "timestamp": format_time(round(day * DAY_MS)),
        **({"userId": user} if user else {}),
        **({"anonymousId": visitor} if visitor else {}),
        **more,
    }


def run(
    events: Iterable[dict[str, Any]], text: str = DEFINITION, until_ms: int | None = None
) -> tuple[Replay, list[dict[str, Any]]]:
    """Replay events; give the replay and its changes as plain data."""
    replay = Replay(Engine(parse_definition(text)), until_ms)
    changes = [json.loads(change.encode()) for change in replay.run(json.dumps(one).encode() for one in events)]
    return replay, changes


def told(changes: list[dict[str, Any]]) -> list[str]:
    """Give changes in short."""
    data = [(change["data"], change["time"][:10]) for change in changes]
    return [
        " ".join(
            [
                day,
                one["user_id"],
                one["change"],
                one["segment"] or one.get("into") or "",
                one["cause"]["kind"],
                one["cause"].get("from", ""),
            ]
        ).strip()
        for one, day in data
    ]


def documents(replay: Replay) -> dict[str, dict[str, Any]]:
    return {one["user_id"]: one for one in map(json.loads, replay.documents())}


def counts(replay: Replay, feature: str = "all") -> dict[str, int]:
    return {user: one["features"][feature] for user, one in documents(replay).items() if "features" in one}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("identity: {keeps: {events: 3}}", 'unknown option of identity "keeps"; did you mean "keep"?'),
        ("identity: {keep: {event: 3}}", 'unknown option of keep "event"; did you mean "events"?'),
        ("identity: {keep: {events: 0}}", "identity.keep.events: expected a whole number from 1"),
        ("identity: {keep: {within: 30 days}}", "identity.keep.within: expected a duration"),
        ("identity: {links: never}", "identity.links: expected a duration"),
        ("identity: {visitors_learn: maybe}", "identity.visitors_learn: expected true or false"),
        ("identity: [a]", "identity: expected a mapping such as"),
        ("identitys: {}", 'did you mean "identity"?'),
        ("identity: {}\nprofile: {identities: {a: null}}", "`identities` is written by livesegments"),
    ],
)
def test_what_is_wrong_is_told_with_a_near_name(text: str, message: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        parse_definition(text)
    assert message in str(raised.value)


def test_without_the_section_nothing_is_known_of_identity() -> None:
    definition: Definition = parse_definition("features: {a: {count: x}}")
    assert definition.identity is None
    assert parse_definition("identity:\nfeatures: {a: {count: x}}").identity is not None


def test_a_visitor_hands_over_at_the_first_link() -> None:
    replay, changes = run([event(1, visitor="v"), event(2, visitor="v"), event(3, "u", "v"), event(4, visitor="v")])
    assert told(changes) == [
        "1970-01-02 v entered recent event",
        "1970-01-03 v entered viewers event",
        "1970-01-03 u entered recent identity v",
        "1970-01-03 u entered viewers identity v",
        "1970-01-04 v merged u identity",
    ]
    merged = changes[-1]
    assert merged["type"] == "livesegments.profile.merged.v1"
    assert (merged["data"]["segments_before"], merged["data"]["segments_after"]) == (["recent", "viewers"], [])
    assert merged["id"] == "v:3"
    assert counts(replay) == {"u": 4}
    assert documents(replay)["v"] == {"user_id": "v", "erased": True}
    assert documents(replay)["u"]["identities"] == {"anonymous_ids": ["v"]}
    assert replay.profiles["u"].first_ms == DAY_MS
    assert "2 inherited from visitors" in str(replay.counts)


def test_a_second_link_moves_nothing_and_is_followed() -> None:
    replay, _ = run([event(1, visitor="v"), event(2, "a", "v"), event(3, "b", "v"), event(4, visitor="v")])
    assert counts(replay) == {"a": 2, "b": 2}


def test_an_older_link_changes_nothing() -> None:
    replay, _ = run([event(3, "a", "v"), event(2, "b", "v"), event(4, visitor="v")])
    assert counts(replay) == {"a": 2, "b": 1}


def test_only_the_newest_events_are_kept_each_id_once() -> None:
    first = event(1, visitor="v")
    replay, _ = run([first, first, *(event(day, visitor="v") for day in (2, 3, 4, 3.5)), event(5, "u", "v")])
    assert counts(replay) == {"u": 4}
    assert replay.profiles["u"].first_ms == 3 * DAY_MS


def test_events_older_than_within_are_not_handed_over() -> None:
    replay, _ = run([event(1, visitor="v"), event(1.001, visitor="v"), event(31, "u", "v")])
    assert counts(replay) == {"u": 2}


def test_inherited_events_are_never_too_late() -> None:
    replay, _ = run([event(1, visitor="v"), event(25, "u"), event(26, "u", "v")])
    assert counts(replay) == {"u": 3}


def test_an_event_that_the_visitor_refused_is_not_handed_over() -> None:
    replay, _ = run([event(20, visitor="v"), event(1, visitor="v"), event(21, "u", "v")])
    assert replay.counts.dead_letters == {"too_late": 1}
    assert counts(replay) == {"u": 2}


def test_a_message_that_the_user_has_is_not_put_twice() -> None:
    same = {"messageId": "same"}
    replay, _ = run([event(1, "u", **same), event(1, visitor="v", **same), event(1.5, "u", "v")])
    assert counts(replay) == {"u": 2}
    later, _ = run([event(1, visitor="v", **same), event(1.5, "u", "v"), event(1, "u", **same)])
    assert later.counts.duplicates == 1
    assert counts(later) == {"u": 2}


def test_alias_links_and_is_counted_as_ignored() -> None:
    alias = event(2, "u", "other", type="alias", previousId="v")
    replay, changes = run([event(1, visitor="v"), alias, event(3, visitor="v"), event(4, visitor="other")])
    assert counts(replay) == {"u": 2, "other": 1}
    assert replay.counts.ignored == 1
    assert "1970-01-03 v merged u identity" in told(changes)


def test_known_users_are_never_merged() -> None:
    alias = event(2, "new", type="alias", previousId="old")
    replay, changes = run([event(1, "old"), alias, event(3, "old")])
    assert counts(replay) == {"old": 2}
    assert not any("merged" in line for line in told(changes))


def test_a_link_that_nothing_used_is_forgotten() -> None:
    replay, changes = run(
        [event(1, "u", "v"), event(50, visitor="v"), event(149, visitor="v"), event(249, visitor="v")]
    )
    assert counts(replay) == {"u": 3, "v": 1}
    assert "1970-09-07 v entered recent event" in told(changes)


def test_numbering_goes_on_when_a_visitor_is_back() -> None:
    erase = event(3, "u", type="erase")
    _, changes = run([event(1, visitor="v"), event(2, "u", "v"), erase, event(4, visitor="v")])
    ids = [change["id"] for change in changes if change["subject"] == "v"]
    assert ids == ["v:1", "v:2", "v:3"]


def test_erase_forgets_links_and_what_is_kept() -> None:
    replay, _ = run([event(1, visitor="v"), event(2, "u", "v"), event(3, "u", type="erase"), event(4, visitor="v")])
    assert counts(replay) == {"v": 1}
    back, _ = run([event(1, visitor="v"), event(2, visitor="v", type="erase"), event(3, "u", "v")])
    assert counts(back) == {"u": 1}


def test_erase_of_a_user_forgets_whom_their_own_id_is_linked_to() -> None:
    """`ann` is a user, and as an anonymous id linked to `bob`; erased, she is a stranger to him."""
    linked = [event(0, "ann"), event(1, "bob", "ann"), event(2, visitor="ann")]
    assert counts(run(linked)[0]) == {"ann": 1, "bob": 2}
    erase = event(3, "ann", type="erase")
    late_link = event(3, "bob", "ann")
    assert counts(run([*linked, erase, late_link, event(4, visitor="ann")])[0]) == {"ann": 1, "bob": 3}


def test_a_cookies_erase_leaves_the_user_of_the_device() -> None:
    erase = event(3, visitor="v", type="erase")
    replay, changes = run([event(1, visitor="v"), event(2, "u", "v"), erase, event(4, visitor="v")])
    assert counts(replay) == {"u": 2, "v": 1}
    assert "1970-01-04 v erased  erase" in told(changes)


def test_an_event_before_the_users_erase_is_not_inherited() -> None:
    erase = event(2, "u", type="erase")
    replay, _ = run([event(1, visitor="v"), event(1, "u"), erase, event(3, visitor="v"), event(4, "u", "v")])
    assert counts(replay) == {"u": 2}


@pytest.mark.parametrize(("days", "number"), [(29, 3), (31, 2)])
def test_what_is_inherited_ends_the_days_that_an_erase_is_remembered(days: int, number: int) -> None:
    """An erase by both ids first hands over what the visitor did `days` after the user's first erase."""
    first, second = event(2, "u", type="erase"), event(3, "u", "v", type="erase")
    _, changes = run([first, event(2 + days, visitor="v"), second])
    erased = [change["data"]["sequence"] for change in changes if change["data"]["change"] == "erased"]
    assert erased == [1, number]  # between them the user entered `recent`


def test_what_is_later_than_until_moves_nothing() -> None:
    replay, _ = run([event(1, visitor="v"), event(5, "u", "v")], until_ms=4 * DAY_MS)
    assert counts(replay) == {"v": 1}


def test_stored_profiles_keep_what_is_known_of_ids() -> None:
    engine = Engine(parse_definition(DEFINITION))
    replay, _ = run([event(1, visitor="v"), event(2, "u", "v")])
    for user_id, content in replay.profiles.flush().items():
        profile = engine.restore(user_id, content)
        assert engine.snapshot(profile) == content
        assert profile.identities == replay.profiles[user_id].identities
    assert engine.restore("v", replay.profiles.flush()["v"]).merged_into == "u"


def test_twenty_ids_are_told_the_newest_first() -> None:
    replay, _ = run([event(1 + number / 100, "u", f"v{number:02}") for number in range(30)])
    assert documents(replay)["u"]["identities"]["anonymous_ids"] == [f"v{number:02}" for number in range(29, 9, -1)]


def explained(user: str, events: list[dict[str, Any]]) -> Explanation:
    history = History(Engine(parse_definition(DEFINITION)), user)
    history.read(json.dumps(one).encode() for one in events)
    now_ms, inherited = history.now_ms, history.inherited
    return explain(history.engine, history.profile, now_ms, counts=history.counts, inherited=inherited)


def test_explain_tells_what_was_inherited_and_who_the_visitor_is() -> None:
    events = [event(1, visitor="v"), event(1, "other", "w"), event(2, "u", "v"), event(3, visitor="v")]
    user, visitor = explained("u", events), explained("v", events)
    assert isinstance(user.inherited, list)
    assert [(one.visitor, one.at[:10], len(one.events)) for one in user.inherited] == [("v", "1970-01-03", 1)]
    assert user.inherited[0].events[0].message_id == events[0]["messageId"]
    assert user.counts.applied == 2
    assert (visitor.state, visitor.merged_into) == ("merged", "u")


def test_records_of_identity_are_as_the_schemas_say() -> None:
    definition = parse_definition(DEFINITION)
    replay, changes = run([event(1, visitor="v"), event(2, "u", "v")])
    records = {record.name: record for record in RECORDS}
    for name, found in (("segment-change.v1", changes), ("profile.v1", [documents(replay)["u"]])):
        validator = Draft202012Validator(json_schema(records[name], definition))
        for one in found:
            validator.validate(one)


def test_what_is_inherited_counts_as_if_the_user_had_done_it_in_time() -> None:
    """Also what is older than `lateness`: it joins sessions, follows, ends what waits, and tells of changes between."""
    features = """\
limits: {lateness: 1h}
features:
  sessions: {session: count}
  followed: {followed: [Added, Bought], in: 1d}
  unfollowed: {unfollowed: [Added, Bought], after: 1d}
  since_change: {days_since_change: plan}
segments: {}
"""

    def plan(value: str) -> dict[str, Any]:
        return {"type": "identify", "traits": {"plan": value}}

    days = [  # day, whether the visitor did it, what
        *((0, False, {}), (0.02, True, {}), (0.04, False, {}), (1, False, {"event": "Added"})),
        *((1.5, True, {"event": "Bought"}), (3, True, {"event": "Added"}), (3.5, False, {"event": "Bought"})),
        *((4, False, plan("a")), (5, True, plan("b")), (6, False, plan("a")), (7, False, plan("a")), (8, False, {})),
    ]
    own, shared = [
        [event(day, *(("", "x") if of_visitor and is_shared else ("ann",)), **more) for day, of_visitor, more in days]
        for is_shared in (False, True)
    ]
    link = event(9, "ann", "x")
    values = []
    for text, events in ((features, own), (features + "identity: {}\n", shared)):
        replay, _ = run([*events, link], text)
        documents = {document["user_id"]: document for document in map(json.loads, replay.documents())}
        values.append(documents["ann"]["features"])
    assert values[0] == values[1]
    assert values[0] == {"sessions": 7, "followed": 2, "unfollowed": 0, "since_change": 3}
