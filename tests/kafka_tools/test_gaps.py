"""Which changes are missing, of what users' numbers and profiles tell; no broker."""

from __future__ import annotations

import json

import pytest

from livesegments.kafka.gaps import Gaps, missing_records


def change(user: str, sequence: int, day: int = 1, kind: str = "segment.entered") -> bytes:
    data = {"user_id": user, "sequence": sequence, "segment": "vip", "change": "entered"}
    record = {"id": f"{user}:{sequence}", "type": f"livesegments.{kind}.v1", "time": f"2024-01-{day:02}T00:00:00.000Z"}
    return json.dumps(record | {"data": data}).encode()


def row(user: str, sequence: int) -> bytes:
    return json.dumps({"user_id": user, "sequence": sequence}).encode()


def gaps(ids: str, rows: dict[str, int | None] | None = None, *, is_whole: bool = True) -> Gaps:
    found = Gaps(is_whole=is_whole)
    for user, number in (rows or {}).items():
        found.add_row(user, None if number is None else row(user, number))
    for each in ids.split():
        user, _, text = each.rpartition(":")
        found.add_change(change(user, int(text)))
    return found


@pytest.mark.parametrize(
    ("ids", "rows", "missing", "late", "repeated"),
    [
        ("a:1 b:1 a:2 b:2", {}, "", "", 0),
        ("a:1 a:4", {}, "a:2 a:3", "", 0),
        ("a:1 a:4 a:3", {}, "a:2", "a:3", 0),
        ("a:1 a:2 a:1 a:2 a:3", {}, "", "", 2),  # as a job sends that began anew
        ("a:2", {}, "a:1", "", 0),
        ("a:1", {"a": 3}, "a:2 a:3", "", 0),
        ("", {"a": 1}, "a:1", "", 0),
        ("a:1 a:2", {"a": 1}, "", "", 0),  # rows of profiles come seldomer than changes
        ("a:1 a:2", {"a": None}, "", "", 0),
        ("x:y:1 x:y:3", {}, "x:y:2", "", 0),
    ],
)
def test_what_is_missing_is_told(ids: str, rows: dict[str, int | None], missing: str, late: str, repeated: int) -> None:
    told = gaps(ids, rows).told()
    assert (told.missing, told.late, told.repeated) == (tuple(missing.split()), tuple(late.split()), repeated)


def test_what_was_deleted_with_age_is_not_missing() -> None:
    told = gaps("a:7 a:8 b:3 b:5", {"a": 8, "gone": 12}, is_whole=False).told()
    assert told.missing == ("b:4",)


def test_the_missing_changes_come_from_replay() -> None:
    told = gaps("a:1 a:3").told()
    assert list(missing_records(told, [change("a", number) + b"\n" for number in (1, 2, 3)])) == [change("a", 2)]


def test_what_cannot_be_read_is_counted() -> None:
    found = gaps("a:1")
    found.add_change(b"no json")
    found.add_row("a", b"\xff")
    assert found.told().unreadable == 2


@pytest.mark.parametrize("end", ["profile.erased", "profile.merged"])
def test_who_comes_back_long_after_the_end_is_counted_from_1_again(end: str) -> None:
    found = Gaps(is_whole=True)
    found.add_row("a", row("a", 3))
    for one in (change("a", 1), change("a", 2), change("a", 3, 2, end), change("a", 3, 2, end)):
        found.add_change(one)  # the end came again
    for number in (1, 3):
        found.add_change(change("a", number, 30))
    assert (found.told().missing, found.told().repeated) == (("a:2",), 1)
