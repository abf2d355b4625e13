"""What a preview tells equals what a script of plain dictionaries counts from the changes that `replay` prints."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import datetime
from statistics import median_low
from typing import Any

import pytest

from livesegments.core.definition import Definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.preview import Preview, PreviewedSegment, Trial, report_of
from preview.shops import lines, new, old

WEEK = 7 * 86_400


@pytest.fixture(scope="module")
def told() -> Preview:
    trial = Trial(Engine(new()), Engine(old()))
    trial.run(lines())
    return report_of(trial)


def printed(definition: Definition) -> tuple[list[Any], dict[str, set[str]]]:
    """Give the changes that a definition alone emits, and who is where in the profiles at the end."""
    replay = Replay(Engine(definition))
    changes = [json.loads(change.encode()) for change in replay.run(lines())]
    documents = [json.loads(document) for document in replay.documents()]
    return changes, {one["user_id"]: set(one["segments"]) for one in documents if "erased" not in one}


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def counted(changes: list[Any], name: str) -> dict[str, Any]:
    """Count one segment from printed changes alone."""
    counts: dict[str, Any] = Counter(entered=0, left=0, erased=0, returns=0)
    stays, causes, days = [], Counter(), defaultdict(Counter)
    inside, left_at, back = {}, {}, set()
    for change in changes:
        data, at = change["data"], seconds(change["time"])
        user, day = data["user_id"], change["time"][:10]
        if data["change"] == "erased":
            if inside.pop(user, None) is not None:
                counts["erased"] += 1
                days[day]["erased"] += 1
        elif data["segment"] != name:
            continue
        elif data["change"] == "entered":
            counts["entered"] += 1
            causes[data["cause"]["kind"]] += 1
            days[day]["entered"] += 1
            inside[user] = at
            if user in left_at and at - left_at[user] <= WEEK:
                counts["returns"] += 1
                back.add(user)
        else:
            counts["left"] += 1
            days[day]["left"] += 1
            left_at[user] = at
            stays.append((at - inside.pop(user)) * 1000)
    return {**counts, "back": len(back), "stays": stays, "causes": causes, "days": days, "inside": set(inside)}


def check(found: PreviewedSegment, changes: list[Any], members: dict[str, set[str]], name: str) -> None:
    script = counted(changes, name)
    inside = script["inside"]
    assert inside == {user for user, segments in members.items() if name in segments}
    assert (found.members.users, found.members.interval) == (len(inside), (len(inside), len(inside)))
    assert found.share == len(inside) / len(members)
    assert (found.entered, found.left, found.erased) == tuple(script[key] for key in ("entered", "left", "erased"))
    assert (found.returns, found.returned) == (script["returns"], script["back"])
    assert found.causes == {kind: count / script["entered"] for kind, count in script["causes"].items()}
    if script["stays"]:
        assert found.median_stay_ms == pytest.approx(median_low(script["stays"]), rel=0.0051)
    check_steps(found, script["days"])
    check_overlaps(found, members, name)


def check_steps(found: PreviewedSegment, days: dict[str, Counter[str]]) -> None:
    """Steps are of one day here: the stream is 40 days long."""
    size, shown = 0, set()
    for step in found.over_time:
        day = days[step.start]
        size += day["entered"] - day["left"] - day["erased"]
        shown.add(step.start)
        assert (step.members, step.entered, step.left, step.erased) == (
            size,
            day["entered"],
            day["left"],
            day["erased"],
        )
    assert shown >= {day for day, counts in days.items() if counts}


def check_overlaps(found: PreviewedSegment, members: dict[str, set[str]], name: str) -> None:
    users = {other: {user for user in members if other in members[user]} for other in set().union(*members.values())}
    own = users.get(name, set())
    expected = {
        other: (len(own & their), len(own & their) / len(own | their))
        for other, their in users.items()
        if other != name and own & their
    }
    assert {one.segment: (one.both, one.jaccard) for one in found.overlaps} == expected


def test_every_figure_of_both_definitions_is_that_of_a_replay_of_each_alone(told: Preview) -> None:
    busy = 0
    for definition, side in ((new(), "new"), (old(), "old")):
        changes, members = printed(definition)
        assert told.users.users == len(members)
        for one in told.segments:
            found = getattr(one, side)
            assert (found is None) is (one.segment not in definition.segments)
            if found is not None:
                check(found, changes, members, one.segment)
                busy += found.entered > 0
    assert busy == 16  # every segment of either was entered by somebody


def test_the_stream_shows_what_is_to_be_counted(told: Preview) -> None:
    sides = [side for one in told.segments for side in (one.new, one.old) if side]
    assert all(any(getattr(side, key) for side in sides) for key in ("erased", "returned", "stays_ended"))
    assert {kind for side in sides for kind in side.causes} == {"event", "time"}
    assert told.events.endswith("1 dead letters (invalid_json 1)")


def test_who_is_in_only_one_is_who_the_profiles_say(told: Preview) -> None:
    before, after = printed(old())[1], printed(new())[1]
    for one in told.segments:
        name = one.segment
        olds = {user for user, segments in before.items() if name in segments}
        news = {user for user, segments in after.items() if name in segments}
        sizes = [count and count.users for count in (one.only_old, one.only_new, one.both)]
        assert sizes == [len(olds - news), len(news - olds), len(olds & news)]
        if one.state in ("changed", "unchanged"):
            assert [user.user_id for user in one.users] == sorted(olds ^ news)[:10]
            assert all((user.user_id in news) is (user.only_in == "new") for user in one.users)
    assert {one.segment: one.state for one in told.segments if one.state != "unchanged"} == {
        **dict.fromkeys(("browsers", "valuable", "lapsing", "lost_value"), "changed"),
        "fresh": "new",
        "retired": "gone",
    }


def test_what_was_not_edited_does_not_differ(told: Preview) -> None:
    assert told.unchanged == ["buyers", "flappers", "mobile"]
    assert told.differ_unchanged == []


def test_the_clause_that_decides_does_not_hold_where_the_user_is_out(told: Preview) -> None:
    one = next(one for one in told.segments if one.segment == "lapsing")
    assert one.users
    for user in one.users:
        assert user.only_in == "new"
        assert [clause.clause for clause in user.decided_by] == ["days_since_order > 10"]
        assert all(clause.holds is False and clause.values["days_since_order"] <= 10 for clause in user.decided_by)
    valuable = next(one for one in told.segments if one.segment == "valuable")
    assert {(clause.part, clause.clause) for user in valuable.users for clause in user.decided_by} == {
        ("exit_when", "revenue_30d < 100")
    }
