"""The promises of step and explain over days_until, days_since_change, followed, unfollowed, bucket together."""

import json
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from core.pair_cases import START_MS
from core.samples import line
from core.test_explain_properties import check_clauses, check_distances, check_next_change, check_times
from core.walks import Walk, check_cached, check_restored, check_timers
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS, format_time
from oracle.strategies import Case

FEATURES: dict[str, Any] = {
    "renewed": {"days_since": {"trait": "renewed"}},
    "birthday": {"days_until": {"trait": "born"}},
    "settled": {"days_since_change": "plan"},
    "quick": {"followed": ["Cart", "Order"], "in": "1h", "by": "cart", "within": "3d"},
    "quick_ever": {"followed": ["Cart", "Order"], "in": "1h", "by": "cart"},
    "left": {"unfollowed": ["Cart", "Order"], "after": "2h", "within": "2d"},
    "left_cart": {"unfollowed": ["Cart", "Order"], "after": "2h", "by": "cart"},
    "again": {"unfollowed": ["Order", "Order"], "after": "1d"},
    "holdout": {"bucket": "holdout"},
    "orders": {"count": "Order"},
    "share": {"value": "quick_ever / orders + left"},
}
CONDITIONS = [
    *("birthday <= {0}", "birthday > {0}", "birthday < orders", "renewed >= -{0}", "settled > {0}", "has(birthday)"),
    *("left >= 1 && holdout < 60", "left_cart == 2", "quick >= 1", "again >= 1", "quick_ever > left", "share > 1"),
]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]


def case_of(seed: int, *, in_order: bool = False) -> Case:
    random = Random(seed)
    segments: dict[str, Any] = {}
    for number, condition in enumerate(CONDITIONS):
        segments[f"s{number}"] = {"when": condition.format(random.choice([0, 0.05, 1, 7, 30]))}
        if random.random() < 0.2:
            segments[f"s{number}"] |= {"min_dwell": "1h", "cooldown": "30m"}
    limits = {"lateness": "1d", "samples": random.choice([3, 128])}
    definition = {"features": FEATURES, "segments": segments, "timezone": random.choice(ZONES), "limits": limits}
    times = [START_MS]
    for _ in range(25):
        times.append(times[-1] + random.choice([0, 1_000, 600_000, 3_600_000, 7_200_000, 40_000_000, 90_000_000]))
    if not in_order:
        times = [time_ms - random.choice([0, 0, 0, 1, 3_600_000, 80_000_000]) for time_ms in times]
    lines = []
    for time_ms in times:
        fields: dict[str, Any] = {"user": random.choice(["u", "v"]), "timestamp": format_time(time_ms)}
        if random.random() < 0.3:
            day = date(2024, 1, 1) + timedelta(days=random.randint(-5, 20))
            traits = {"plan": random.choice(["a", "b", None]), "born": str(day), "renewed": format_time(time_ms)}
            lines.append(line(type="identify", event=None, traits=traits, **fields))
        else:
            cart = random.choice(["x", "y", None])
            lines.append(line(event=random.choice(["Cart", "Order"]), properties={"cart": cart}, **fields))
    return Case(json.loads(json.dumps(definition)), lines, max(times) + random.choice([0, 5 * DAY_MS]))


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(6))
def test_explain_tells_what_the_step_did_and_does_next(seed: int) -> None:
    check_clauses(case_of(seed))
    check_times(case_of(seed))
    check_distances(case_of(seed))
    check_next_change(case_of(seed, in_order=True))


@pytest.mark.parametrize("seed", range(12, 18))
def test_bytes_timers_and_what_is_in_memory_change_nothing(seed: int) -> None:
    case, ordered = case_of(seed), case_of(seed, in_order=True)
    walk = Walk(case)
    check_restored(walk, Engine(walk.engine.definition), case)
    check_timers(Walk(ordered), Walk(ordered), ordered)
    check_cached(Walk(ordered), Engine(walk.engine.definition), ordered, seed)
