"""The candidate instants against the slowest oracle of all: an evaluation at every single millisecond."""

import json
import re
from random import Random

import pytest

from oracle import OracleChange, recomputation, recompute
from oracle.drawn_events import draw_stream
from oracle.strategies import Case, draw_definition

SEEDS = range(16)


def small_case(seed: int) -> Case:
    """Draw a case of a few seconds: all durations are 1 s or 2 s, all bounds in days about as small."""
    random = Random(seed)
    text = json.dumps(draw_definition(random, small_limits=seed % 2 == 0, features_max=8, segments_max=6))
    text = re.sub(r'\["\d+[smhd]", "\d+[smhd]"\]', '["2s", "1s"]', text)
    text = re.sub(r'"\d+[smhd]"', lambda _: random.choice(['"1s"', '"2s"']), text)
    text = text.replace("0.0000579", "0.0000145").replace("5.0 / 86400", "1.5 / 86400").replace("0.013", "0.00001")
    return Case(json.loads(text), *small_stream(random))


def small_stream(random: Random) -> tuple[list[bytes], int]:
    gaps_ms = [0, 1, 250, 700, 999, 1_000, 1_001]
    lines, greatest_ms = draw_stream(random, users_max=1, size_max=9, bad_lines=False, gaps_ms=gaps_ms)
    return lines, greatest_ms + random.choice([0, 1_500])


def each_millisecond(_definition: object, _profile: object, after_ms: int, _until_ms: int) -> int:
    return after_ms + 1


def changes_of(case: Case) -> dict[str, list[OracleChange]]:
    return recompute(case.definition, case.lines, case.until_ms).changes


@pytest.mark.parametrize("seed", SEEDS)
def test_no_change_is_missed_between_the_candidates(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = small_case(seed)
    expected = changes_of(case)
    monkeypatch.setattr(recomputation, "next_instant", each_millisecond)
    assert changes_of(case) == expected


def test_the_cases_hold_changes_by_time() -> None:
    causes = [one.cause for seed in SEEDS for some in changes_of(small_case(seed)).values() for one in some]
    assert causes.count("time") >= 4
