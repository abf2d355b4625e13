"""The clauses that the page shows count with their `!`, which `because` has without it."""

from types import SimpleNamespace
from typing import Any

import msgspec

from core.samples import definition, line
from livesegments.core.definition import Definition
from livesegments.core.reasons import Reasons
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from livesegments.serve.why import why

FEATURES = {"country": {"trait": "country"}, "views": {"count": "Product Viewed"}}
SEGMENTS = {
    "abroad": {"when": '!(country in ["DE"]) && views > 0', "exit_when": "!(views < 3)"},
    "plain": {"when": "views > 1"},
}


def changes_of(found: Definition) -> list[dict[str, Any]]:
    lines = [line(type="identify", event=None, traits={"country": "CH"}), *(line(day=day) for day in (1, 2, 3))]
    return [msgspec.to_builtins(change.record)["data"] for change in Replay(Engine(found), None).run(lines)]


def test_clauses_of_a_change_are_told_as_they_count() -> None:
    found = definition(FEATURES, SEGMENTS)
    told = [
        (change["segment"], change["change"], [(part["clause"], part["holds"]) for part in Reasons(found).of(change)])
        for change in changes_of(found)
    ]
    assert told == [
        ("abroad", "entered", [('!(country in ["DE"])', True), ("views > 0", True)]),
        ("plain", "entered", [("views > 1", True)]),
        ("abroad", "exited", [("!(views < 3)", True)]),
    ]


def test_a_change_by_another_definition_is_told_as_it_was_written() -> None:
    edited = {"abroad": {"when": 'country in ["DE"] && views > 0', "exit_when": "views < 3"}}
    reasons = Reasons(definition(FEATURES, edited))
    changes = changes_of(definition(FEATURES, SEGMENTS))
    assert [reasons.of(change) for change in changes] == [change["because"] for change in changes]


def test_clauses_of_now_are_told_as_they_count() -> None:
    reader: Any = SimpleNamespace(all=lambda *_: [], one=lambda *_: None)
    document = {"segments": [], "features": {"country": None, "views": 0}}
    told = {one.segment: one.now for one in why(reader, definition(FEATURES, SEGMENTS), "u", document)}
    assert told["abroad"] == [
        {"clause": '!(country in ["DE"])', "holds": True, "values": {"country": None}},
        {"clause": "views > 0", "holds": False, "values": {"views": 0}},
    ]
