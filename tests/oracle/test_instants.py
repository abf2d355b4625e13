"""The candidate instants against the slowest oracle of all: an evaluation at every single millisecond."""

import json
import re
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from oracle import OracleChange, recompute, walk
from oracle.drawn_calendar import starts_in
from oracle.drawn_events import draw_stream
from oracle.lines import EPOCH, Rejected, read_line
from oracle.strategies import Case, draw_definition

SEEDS = range(20)


def small_case(seed: int, new_kinds: bool = False) -> Case:
    """Draw a case of a few seconds: all durations are 1 s or 2 s, all bounds in days about as small.

    With the new kinds it begins two seconds before a local midnight.
    """
    random = Random(seed)
    limits = seed % 2 == 0 and not new_kinds
    definition = draw_definition(random, small_limits=limits, features_max=8, segments_max=6, new_kinds=new_kinds)
    text = json.dumps(definition)
    text = re.sub(r'\["\d+[smhd]", "\d+[smhd]"\]', '["2s", "1s"]', text)
    text = re.sub(r'"\d+[smhd]"', lambda _: random.choice(['"1s"', '"2s"']), text)
    text = text.replace("0.0000579", "0.0000145").replace("5.0 / 86400", "1.5 / 86400").replace("0.013", "0.00001")
    text = text.replace("365 ", "0.00001 ").replace("0.31", "0.00002")
    if not new_kinds:
        return Case(json.loads(text), *small_stream(random))
    starts = [one.replace(second=58) for one in starts_in(definition["timezone"])]
    lines, until_ms = small_stream(random, starts=starts, new_kinds=True)
    return Case(json.loads(text), [with_near_dates(line) for line in lines], until_ms + random.choice([0, 2_000]))


def with_near_dates(line: bytes) -> bytes:
    """Put the dates of traits to the midnight that comes, and to a second after the event."""
    try:
        time = EPOCH + timedelta(milliseconds=read_line(line).time_ms)
    except Rejected:
        return line
    near = (time + timedelta(seconds=1)).isoformat(), (time + timedelta(hours=14)).date().isoformat()
    line = re.sub(rb'"signed_up": "[^"]+"', b'"signed_up": "%s"' % near[0].encode(), line)
    return re.sub(rb'"born": "[^"]+"', b'"born": "%s"' % near[1].encode(), line)


def small_stream(random: Random, **options: Any) -> tuple[list[bytes], int]:
    gaps_ms = [0, 1, 250, 700, 999, 1_000, 1_001]
    lines, greatest_ms = draw_stream(random, users_max=1, size_max=9, bad_lines=False, gaps_ms=gaps_ms, **options)
    return lines, greatest_ms + random.choice([0, 1_500])


def each_millisecond(_definition: object, _profile: object, after_ms: int, _until_ms: int) -> int:
    return after_ms + 1


def changes_of(case: Case) -> dict[str, list[OracleChange]]:
    return recompute(case.definition, case.lines, case.until_ms).changes


@pytest.mark.parametrize("new_kinds", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_change_is_missed_between_the_candidates(
    seed: int, new_kinds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = small_case(seed, new_kinds)
    expected = changes_of(case)
    monkeypatch.setattr(walk, "next_instant", each_millisecond)
    assert changes_of(case) == expected


@pytest.mark.parametrize("new_kinds", [False, True])
def test_the_cases_hold_changes_by_time(new_kinds: bool) -> None:
    changes = [changes_of(small_case(seed, new_kinds)) for seed in SEEDS]
    causes = [one.cause for some in changes for user in some.values() for one in user]
    assert causes.count("time") >= 4
