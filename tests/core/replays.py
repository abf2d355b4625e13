"""Running the core in tests: definitions from the oracle's dictionaries, changes in the oracle's shape."""

import json
from typing import Any

from livesegments.core.definition import Definition, parse_definition
from livesegments.core.replay import Replay
from livesegments.core.step import Engine
from oracle import OracleChange, Result
from oracle.strategies import Case

Changes = dict[str, list[OracleChange]]


def definition_of(definition: dict[str, Any]) -> Definition:
    """Build the product's definition from one whose lists of members are inline."""
    plain = json.loads(json.dumps(definition))
    members = {}
    for name, segment in plain.get("segments", {}).items():
        if isinstance(segment.get("members"), list):
            members[name], segment["members"] = segment["members"], name
    return parse_definition(json.dumps(plain), members=members)


def replay(case: Case) -> tuple[Replay, Changes]:
    """Replay a case through the product."""
    run = Replay(Engine(definition_of(case.definition)), case.until_ms)
    changes: Changes = {}
    for change in run.run(case.lines):
        detail, cause = change.detail, change.detail.cause
        changes.setdefault(detail.user_id, []).append(
            OracleChange(
                detail.user_id,
                detail.sequence,
                detail.segment or "",
                detail.change,
                change.time_ms,
                cause.kind,
                cause.message_id,
            )
        )
    return run, changes


def check_equal(case: Case, run: Replay, changes: Changes, result: Result) -> None:
    """Assert that changes, counts, members and all feature values at each user's clock are the oracle's."""
    assert changes == {user: found for user, found in result.changes.items() if found}
    counts = result.counts
    found = run.counts
    assert (found.events, found.applied, found.duplicates, found.ignored) == (
        counts.events,
        counts.applied,
        counts.duplicates,
        counts.ignored,
    )
    assert found.dead_letters == counts.dead_letters
    for user in run.profiles:
        profile = run.profiles[user]
        if profile.empty:
            continue
        assert set(profile.members) == result.members(user)
        values = run.engine.values(profile, profile.clock_ms)
        for name, expected in result.features(user, profile.clock_ms).items():
            value = values[run.engine.program.slots[name]]
            assert is_same(value, expected), (user, name, case.definition["features"][name], value, expected)


def is_same(value: Any, expected: Any) -> bool:
    """Compare two values; averages and decayed sums may differ in the last bits."""
    if isinstance(value, float) and isinstance(expected, float):
        return abs(value - expected) <= 1e-9 * max(1.0, abs(expected))
    return bool(value == expected)
