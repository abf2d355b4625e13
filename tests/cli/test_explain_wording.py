"""The words of an explanation, one case per kind of sentence."""

from typing import Any

import msgspec
import pytest

from livesegments.cli.wording import plain, to_flip, value_words
from livesegments.core.explain import Distance, ExplainedClause, FeatureDistance

DAY_MS = 86_400_000
A_OR_TIME = "2 less of `a` ends it; ends by itself in 1 day"


def clause(holds: bool | None, *, flips: Any = None, in_days: float | None = None, **values: Any) -> ExplainedClause:
    distance, unless = None, values.pop("unless", None)
    if "needs" in values:
        needs, beyond = values.pop("needs"), values.pop("beyond", False)
        direction = values.pop("direction", "more" if needs > 0 else "less")
        side, in_feature = values.pop("side", None), None
        if side is None or side in values:
            side = side or next(iter(values))
            in_feature = FeatureDistance(
                feature=side, value=0.0, target=needs, needs=needs, direction=direction, beyond=beyond
            )
        distance = Distance(
            side=side,
            value=0.0,
            target=needs,
            needs=needs,
            direction=direction,
            beyond=beyond,
            in_feature=in_feature,
        )
    in_ms = None if in_days is None else round(in_days * DAY_MS)
    return ExplainedClause(
        unless=unless,
        clause="",
        holds=holds,
        values=values,
        distance=distance,
        flips_at="",
        flips_in_ms=in_ms,
        flips_to=flips,
    )


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (clause(False, orders=1, needs=2.0), "needs 2 more"),
        (clause(True, orders=1, needs=-2.0), "2 less ends it"),
        (clause(True, rate=0.1, needs=0.15, beyond=True), "over 0.15 more ends it"),
        (clause(True, rate=2, needs=0.0, beyond=True, direction="less"), "anything less ends it"),
        (clause(True, orders=1, needs=0.0, direction="any"), "any other value ends it"),
        (clause(False, orders=1, needs=0.0, direction="any"), "needs any other value"),
        (clause(True, orders=1, needs=-1.0, flips=False, in_days=3.4), "1 less ends it; ends by itself in 3.4 days"),
        (clause(False, orders=1, needs=1.0, flips=True, in_days=1), "needs 1 more; met by itself in 1 day"),
        (
            clause(False, carts=0, needs=1.0, flips=True, in_days=1 / 24, unless="Order Completed"),
            "needs 1 more; met by itself in 1 hour unless Order Completed comes",
        ),
        (clause(False, rate=1, flips=None, in_days=1), "has no value by itself in 1 day"),
        (clause(None, rate=None, flips=False, in_days=1), "needs rate; has a value by itself in 1 day"),
        (clause(None, country=None), "needs country"),
        (clause(True, high_value=True), ""),
        (clause(False, a=1, b=1, side="a + b", needs=2.0), "`a + b` needs 2 more"),
        (clause(True, a=1, b=1, side="a + b", needs=-2.0, beyond=True), "over 2 less of `a + b` ends it"),
        (clause(True, a=1, b=1, side="a + b", needs=0.0, direction="any"), "any other value of `a + b` ends it"),
        (clause(False, brands=["x"], side="size(brands)", needs=1.0), "`size(brands)` needs 1 more"),
        (clause(False, a=1, b=3, side="a", needs=2.0), "`a` needs 2 more"),
        (clause(True, a=3, b=1, side="a", needs=-2.0, flips=False, in_days=1), A_OR_TIME),
        (clause(False, days=26.6, needs=3.4, flips=True, in_days=3.4), "3.4 days to go"),
        (clause(True, days=26.6, needs=3.4, flips=False, in_days=3.4), "ends in 3.4 days"),
        (clause(True, days=26.6, needs=5.0, flips=None, in_days=2), "ends in 2 days"),
        (clause(False, days=26.6, needs=5.0, flips=None, in_days=2), "needs 5 days more"),
        (clause(False, days=1.0, needs=9_999.0), "needs 9,999 days more"),
        (clause(True, days=31.0, needs=-1.0), "a new event ends it"),
        (clause(False, days=31.0, needs=-1.0), "needs a new event"),
    ],
)
def test_what_flips_a_clause(told: ExplainedClause, words: str) -> None:
    assert to_flip(told, {"days"}) == words


def test_the_distance_is_told_in_the_feature_and_not_in_the_side() -> None:
    inside = FeatureDistance(feature="o", value=2.0, target=7.0, needs=5.0, direction="more", beyond=False)
    side = Distance(side="10 - o", value=8.0, target=3.0, needs=-5.0, direction="less", beyond=False, in_feature=inside)
    assert to_flip(msgspec.structs.replace(clause(True, o=2), distance=side), set()) == "5 more ends it"


@pytest.mark.parametrize(
    ("holds", "flips_to", "words"),
    [
        (True, False, "needs 1 less; met by itself in 1 day"),
        (False, True, "1 more ends it; ends by itself in 1 day"),
        (None, False, "needs o; met by itself in 1 day"),
    ],
)
def test_a_negated_clause_is_told_as_it_counts(holds: bool | None, flips_to: bool, words: str) -> None:
    needs = {} if holds is None else {"needs": -1.0 if holds else 1.0}
    told = clause(holds, o=None if holds is None else 2, flips=flips_to, in_days=1, **needs)
    counting = msgspec.structs.replace(told, clause="o >= 2", negated=True).as_it_counts
    assert (counting.clause, counting.holds) == ("!(o >= 2)", None if holds is None else not holds)
    assert to_flip(counting, set()) == words
    assert told.as_it_counts == told


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *((None, "-"), (True, "true"), ([], "none"), (["a", 2, None], "a, 2, -"), ({"x": 1}, '{"x":1}')),
        *((1234567, "1,234,567"), (2**60 + 1, "1,152,921,504,606,846,977"), (0.12345, "0.1235"), (4.0, "4")),
        *((0.00001234, "1.23e-05"), (30.000000011574073, "30.00000001"), (-2.5, "-2.5")),
    ],
)
def test_values(value: Any, words: str) -> None:
    assert value_words(value) == words


def test_what_a_terminal_would_act_on_is_escaped() -> None:
    assert plain("a\x1b[2J\nü\u202e") == "a\\x1b[2J\\nü\\u202e"
