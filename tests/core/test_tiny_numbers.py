"""What decays crosses a constant at its exact time, however small the constant and however great the sum."""

from __future__ import annotations

import operator

import pytest

from core.test_due_times import START_MS, engine_of, event
from livesegments.core.features.elapsed import Decayed
from livesegments.core.step import Engine
from livesegments.core.times import NEVER

OPERATORS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
DECAYED = {"decayed": "Paid", "of": "revenue", "half_life": "1s"}


def first_time(amounts: list[float], compared: str, constant: float) -> int:
    """Give the first time after the last event at which the comparison has another answer, by the cell's own sum."""
    program = engine_of(DECAYED).program
    decayed = program.features[program.slots["f"]]
    assert isinstance(decayed, Decayed)
    weights = decayed.weights
    times = [START_MS + number * 100 for number in range(len(amounts))]
    state = [0, 0.0, times, amounts]

    def answer(time_ms: int) -> bool:
        return bool(OPERATORS[compared](weights.total(state, time_ms), constant))

    low, high = times[-1], times[-1] + 3_000_000
    assert answer(low) != answer(high)
    while high - low > 1:
        middle = (low + high) // 2
        if answer(middle) == answer(low):
            low = middle
        else:
            high = middle
    return high


def due(engine: Engine, amounts: list[float]) -> tuple[int, int]:
    profile = engine.restore("u", None)
    for number, amount in enumerate(amounts):
        engine.apply(profile, event("Paid", number * 100, revenue=amount))
    trigger = engine.program.triggers[0]
    return trigger.not_before_ms(profile, profile.clock_ms), trigger.due_ms(profile, profile.clock_ms)


@pytest.mark.parametrize("compared", OPERATORS)
@pytest.mark.parametrize("amounts", [[100.0], [1e12], [1.0, 2.0, 3.0, 1e-9], [1e-3] * 12], ids=str)
@pytest.mark.parametrize(
    "constant",
    [1e-6, 1e-99, 1e-101, 1e-150, 1e-250, 1e-269, 1e-271, 1e-299, 1e-301, 1e-307, 3e-310, 1e-320, 1e-323, 5e-324],
)
def test_a_decayed_sum_crosses_a_tiny_constant_in_time(constant: float, amounts: list[float], compared: str) -> None:
    expected = first_time(amounts, compared, constant)
    not_before_ms, due_ms = due(engine_of(DECAYED, f"f {compared} {constant!r}"), amounts)
    assert due_ms == expected
    assert not_before_ms <= expected


@pytest.mark.parametrize("compared", OPERATORS)
@pytest.mark.parametrize("constant", [-1e-99, -1e-250, -1e-301, -5e-324])
def test_what_was_paid_back_crosses_too(constant: float, compared: str) -> None:
    amounts = [-100.0, -1.0]
    expected = first_time(amounts, compared, constant)
    not_before_ms, due_ms = due(engine_of(DECAYED, f"f {compared} {constant!r}"), amounts)
    assert (due_ms, not_before_ms <= expected) == (expected, True)


@pytest.mark.parametrize("constant", [1e-250, 5e-324])
def test_on_the_other_side_of_0_nothing_crosses(constant: float) -> None:
    for amount, other in ((-100.0, constant), (100.0, -constant)):
        assert due(engine_of(DECAYED, f"f > {other!r}"), [amount]) == (NEVER, NEVER)
