"""`limits.distinct`: how many different values count by themselves; further ones count in the total only."""

from typing import Any

import pytest

from core.samples import definition, line
from livesegments.core.events import decode
from livesegments.core.step import Engine

WINDOWS: list[dict[str, Any]] = [
    {},
    {"within": "30d"},
    {"between": ["30d", "1h"]},
    {"within": {"calendar": "month", "last": 2}},
]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize(
    ("carts", "expected"),
    [
        ([["A", "B", "C"]], (2, ["A", "B"], 1 / 3)),  # all of one event
        ([["A"], ["B"], ["C"]], (2, ["A", "B"], 1 / 3)),
        ([["A"], ["B", "C"], ["C"]], (2, ["A", "B"], 1 / 4)),
        ([["A"], ["B"], ["C", "B", "B"]], (2, ["B", "A"], 3 / 5)),  # what is known goes on counting
        ([["A", "A", "B"], ["A"]], (2, ["A", "B"], 3 / 4)),
    ],
)
def test_values_beyond_the_limit_count_in_totals_only(
    window: dict[str, Any], carts: list[list[str]], expected: tuple[int, list[str], float]
) -> None:
    of = {"of": "products.brand", **window}
    features = {"distinct": {"distinct": "*"} | of, "top": {"top": "*"} | of, "share": {"share": "*"} | of}
    engine = Engine(definition(features, limits={"distinct": 2}))
    profile = engine.restore("u", None)
    for number, brands in enumerate(carts):
        products = [{"brand": brand} for brand in brands]
        engine.apply(profile, decode(line(day=1 + number / 24, properties={"products": products})))
    values = engine.values(profile, profile.clock_ms + 7_200_000)
    assert tuple(values[engine.program.slots[name]] for name in features) == expected


def test_the_limit_holds_where_a_late_event_of_since_has_all_counted_anew() -> None:
    since = {"of": "brand", "since": "Checkout"}
    engine = Engine(
        definition({"distinct": {"distinct": "*"} | since, "share": {"share": "*"} | since}, limits={"distinct": 2})
    )
    profile = engine.restore("u", None)
    for number, brand in enumerate("ABBC"):
        engine.apply(profile, decode(line(day=1 + number, properties={"brand": brand})))
    engine.apply(profile, decode(line(day=0.5, event="Checkout")))
    values = engine.values(profile, profile.clock_ms)
    assert [values[engine.program.slots[name]] for name in ("distinct", "share")] == [2, 2 / 4]
