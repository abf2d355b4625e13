"""Profiles as bytes: every released format is read for ever, and what cannot be stored as it is comes back whole."""

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.samples import definition, line
from livesegments.core.definition import parse_definition
from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from livesegments.core.profile import Profile
from livesegments.core.step import Engine

STORED = Path(__file__).parent / "stored"
FORMAT_1 = json.loads((STORED / "format_1.json").read_text())
"""Made by version 0.1: profiles of every kind of feature, with panes, erased users and static segments."""

FORMAT_2 = json.loads((STORED / "format_2.json").read_text())
"""Made while sessions were still stored in columns and counts by value with their total."""


def told(engine: Engine, profile: Profile, case: dict[str, Any]) -> list[str]:
    found = []
    for text in case["lines"]:
        try:
            found += [change.encode().decode() for change in engine.apply(profile, decode(text.encode()))[1]]
        except BadEvent as error:
            found.append(error.reason)
    return found + [change.encode().decode() for change in engine.advance(profile, case["until_ms"])]


def document(engine: Engine, profile: Profile) -> Any:
    encoded = engine.document(profile)
    return encoded and json.loads(encoded)


@pytest.mark.parametrize(("stored", "case"), [(each, case) for each in (FORMAT_1, FORMAT_2) for case in each["cases"]])
@pytest.mark.parametrize("again", [False, True])
def test_profiles_of_before_go_on_as_they_would_have(stored: dict[str, Any], case: dict[str, Any], again: bool) -> None:
    engine = Engine(parse_definition(stored["definition"]))
    profile = engine.restore("u", base64.b64decode(case["bytes"]))
    if again:  # read once, and stored as it is now
        profile = engine.restore("u", engine.snapshot(profile))
    assert document(engine, profile) == case["document"]
    assert told(engine, profile, case) == case["changes"]
    assert document(engine, profile) == case["document_after"]


def test_a_static_segment_decided_against_stays_so_also_in_bytes_of_the_first_kind() -> None:
    features, segments = {"events": {"count": "*"}}, {"many": {"when": "events > 1", "kind": "static"}}
    engine = Engine(definition(features, segments))
    profile = engine.restore("u", None)
    engine.apply(profile, decode(line(day=1)))
    [fingerprint] = profile.decided
    assert profile.decided == {fingerprint: profile.clock_ms}
    stored = [
        engine.program.digest,
        profile.clock_ms,
        0,
        profile.first_ms,
        -1,
        profile.due_ms,
        {},
        {},
        {},
        [fingerprint],
    ]
    profile = engine.restore("u", b"\x01" + msgspec.msgpack.encode(stored))  # as it was before it had times
    assert engine.apply(profile, decode(line(day=2)))[1] == []


def test_bytes_of_an_unknown_format_are_refused() -> None:
    engine = Engine(definition({"events": {"count": "*"}}))
    with pytest.raises(ValueError, match="expected a profile of format 1 or 2"):
        engine.restore("u", b"\x03")


def test_sums_beyond_64_bits_are_kept_exactly() -> None:
    features = {
        "spent": {"sum": "*", "of": "products.price"},
        "spent_30d": {"sum": "*", "of": "products.price", "within": "30d"},
    }
    engine = Engine(definition(features))
    profile = engine.restore("u", None)
    products = [{"price": 1e12}] * 20
    for number in range(3):
        engine.apply(profile, decode(line(day=number + 1, properties={"products": products})))
        profile = engine.restore("u", engine.snapshot(profile))
    assert engine.values(profile, profile.clock_ms)[:2] == [6e13, 6e13]
    engine.apply(profile, decode(line(day=9, properties={"products": [{"price": 0.000001}]})))
    engine.restore("u", engine.snapshot(profile))
    spent = engine.program.cell_indexes[engine.program.slots["spent"]][0]
    assert profile.cells[spent] == 6 * 10**19 + 1
