"""Promises of contract section 4 that the oracle's readings have to keep."""

from random import Random

import pytest

from oracle import Result, recompute
from oracle.definition import read_definition
from oracle.lines import read_line
from oracle.strategies import Case, case_of
from oracle.walk import Walk

SEEDS = range(30)


def with_timers(case: Case, random: Random) -> Result:
    """Recompute with timers: before a line, users are advanced to times up to that line's, or not."""
    walk = Walk(read_definition(case.definition), case.until_ms)
    for line in case.lines:
        now_ms = read_line(line).time_ms
        now_ms = now_ms if case.until_ms is None else min(now_ms, case.until_ms)
        for profile in walk.profiles.values():
            if random.randrange(2):
                walk.advance(profile, now_ms - random.choice([0, 1, 5_000]))
        walk.outcomes.append(walk.take(line))
    return walk.finish()


@pytest.mark.parametrize("new_kinds", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_in_order_it_does_not_matter_whether_timers_fire(seed: int, new_kinds: bool) -> None:
    options = {"small_limits": seed % 2 == 0, "new_kinds": new_kinds}
    case = case_of(seed, in_order_only=True, reused_ids=True, bad_lines=False, **options)
    expected, found = recompute(case.definition, case.lines, case.until_ms), with_timers(case, Random(seed))
    assert (found.changes, found.outcomes) == (expected.changes, expected.outcomes)


@pytest.mark.parametrize("new_kinds", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_without_memory_late_events_end_where_sorted_ones_do(seed: int, new_kinds: bool) -> None:
    case = case_of(seed, memory=False, bad_lines=False, new_kinds=new_kinds)
    # A redelivery after a day of the clock counts twice, and only out of order: without them.
    lines = [line for line in dict.fromkeys(case.lines) if b'"erase"' not in line]
    result = recompute(case.definition, lines, case.until_ms)
    applied = [line for line, outcome in zip(lines, result.outcomes, strict=True) if outcome == "applied"]
    in_order = recompute(case.definition, sorted(applied, key=lambda line: read_line(line).time_ms), result.until_ms)
    for user in result.changes:
        assert result.members(user) == in_order.members(user)
        assert result.features(user, result.until_ms or 0) == in_order.features(user, result.until_ms or 0)


def test_every_line_is_counted_once() -> None:
    for seed in SEEDS:
        case = case_of(seed, until_may_cut=True, small_limits=seed % 2 == 0)
        result = recompute(case.definition, case.lines, case.until_ms)
        assert result.counts.balanced()
        assert result.counts.events == len(case.lines) - result.outcomes.count(None)


class Unhurried(Random):
    """Fires every timer, in time."""

    def randrange(self, *_: int) -> int:
        return 1

    def choice(self, _: object) -> int:  # type: ignore[override]
        return 0


def test_an_id_is_forgotten_alike_whether_a_timer_moved_the_clock_or_not() -> None:
    """A window slides 24 h after the first event: a timer in time moves the clock there, a late one does not."""
    definition = {
        "features": {"events": {"count": "*", "within": "1d"}},
        "segments": {"some": {"when": "events > 0"}},
        "limits": {"lateness": "1h"},
    }
    page = b'{"type": "page", "messageId": "%s", "userId": "u", "timestamp": "2024-11-%sZ"}'
    lines = [page % (b"a", b"09T00:00:00"), page % (b"b", b"10T00:00:01"), page % (b"a", b"10T00:00:01")]
    for some in (lines, [lines[0], lines[2]]):
        case = Case(definition, some, None)
        assert (
            with_timers(case, Unhurried()).outcomes == recompute(definition, some).outcomes == ["applied"] * len(some)
        )
