"""Real customers: membership and the exact time of every change are those of the slow recomputation."""

import msgspec
import pytest
from ruamel.yaml import YAML

from cdnow import DEFINITION_FILE, purchases
from core.replays import check_equal, replay
from oracle import recompute
from oracle.strategies import Case


@pytest.mark.thorough
@pytest.mark.parametrize("until_ms", [None, 915_148_800_000])
def test_three_hundred_customers_change_when_the_oracle_says(until_ms: int | None) -> None:
    definition = YAML(typ="safe", pure=True).load(DEFINITION_FILE.read_text())
    lines = purchases(80)
    users = {msgspec.json.decode(line)["userId"] for line in lines}
    assert len(users) > 280
    case = Case(definition, lines, until_ms)
    run, changes = replay(case)
    assert sum(map(len, changes.values())) > 1_000
    assert {change.segment for found in changes.values() for change in found} == set(definition["segments"])
    check_equal(case, run, changes, recompute(case.definition, case.lines, case.until_ms))
