"""Names in backquotes, dates as texts, and the order of two `days_since`: what they mean and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.samples import definition, line
from livesegments.core.conditions import UNKNOWN, ConditionError, compile_value, names, parse
from livesegments.core.errors import DefinitionError
from livesegments.core.explain import History, explain
from livesegments.core.replay import Replay
from livesegments.core.selection import parse_path, path_text
from livesegments.core.step import Engine
from livesegments.core.times import NEVER, format_time, parse_time

NAMES = [
    ("`Product Name` == 1", ("`Product Name`",)),
    ("`orders` == 1 && orders == 2", ("orders",)),
    ("products.`Brand Name` == `a.b`.c", ("products.`Brand Name`", "`a.b`.c")),
    ("`utm-source` - source == `while`", ("`utm-source`", "source", "while")),
    ("has(`E-Mail`) || size(`ä`) > 1", ("`E-Mail`", "`ä`")),
]


@pytest.mark.parametrize(("text", "expected"), NAMES)
def test_a_name_with_other_signs_stands_in_backquotes(text: str, expected: tuple[str, ...]) -> None:
    assert names(parse(text, paths=True)) == expected


PATHS = [
    ("Product Name", ("Product Name",)),
    ("`Product Name`", ("Product Name",)),
    ("products.`EU.size`.cm", ("products", "EU.size", "cm")),
    ("context.`a b`", ("context", "a b")),
]


@pytest.mark.parametrize(("text", "path"), PATHS)
def test_backquotes_keep_dots_together_in_a_path(text: str, path: tuple[str, ...]) -> None:
    assert parse_path(text) == path
    assert parse_path(path_text(path)) == path


@pytest.mark.parametrize("text", ["", "a.", ".a", "a..b", "`a", "a`b`", "`a`b", "``"])
def test_a_path_with_an_empty_part_or_half_a_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a path"):
        parse_path(text)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a == `b", 6, "closing backquote"),
        ("`` == 1", 1, "closing backquote"),
        ("`a\nb` == 1", 1, "closing backquote"),
        ("while == 1", 1, "as a name it stands in backquotes"),
        ("`a` `b`", 5, "found ``b``"),
        ("dat(a) > 1", 1, "date(x)"),
    ],
)
def test_what_is_no_name_says_where(text: str, column: int, message: str) -> None:
    with pytest.raises(ConditionError, match=re.escape(message)) as caught:
        parse(text)
    assert caught.value.column == column


DATES = [
    ("1970-01-01", 0.0),
    ("1969-12-31", -1.0),
    ("2024-02-29", 19782.0),
    ("2024-3-1", 19783.0),
    ("2024-02-29T12:00:00Z", 19782.5),
    ("2024-02-29 01:00:00+01:00", 19782.0),
    ("2024-02-30", UNKNOWN),
    ("20240229", UNKNOWN),
    ("1709287200", UNKNOWN),
    ("29.02.2024", UNKNOWN),
    ("", UNKNOWN),
    (" 2024-02-29", UNKNOWN),
    (19782, UNKNOWN),
    (None, UNKNOWN),
    (True, UNKNOWN),
    (["2024-02-29"], UNKNOWN),
]


@pytest.mark.parametrize(("value", "days"), DATES)
def test_date_gives_days_since_1970_or_is_unknown(value: Any, days: Any) -> None:
    assert compile_value(parse("date(x)"), {"x": 0})([value]) == days
    if isinstance(value, str):
        assert compile_value(parse(f'date("{value}")'), {})([]) == days


def replayed(features: dict[str, Any], segments: dict[str, str], lines: list[bytes], **sections: Any) -> list[str]:
    spec = definition(features, {name: {"when": when} for name, when in segments.items()}, **sections)
    return [
        f"{change.detail.change} {change.detail.segment} {change.time_ms}" for change in Replay(Engine(spec)).run(lines)
    ]


START_MS = parse_time("2024-01-01T00:00:00Z")


def test_properties_and_traits_with_any_name_can_be_read() -> None:
    features = {
        "hats": {"count": "Bought", "where": '`Product Name` == "Hat"'},
        "paid": {"sum": "Bought", "of": "`Total.EUR`"},
        "signed_up": {"trait": "`Sign-up date`"},
    }
    lines = [
        line(event="Bought", properties={"Product Name": "Hat", "Total.EUR": 9.5}),
        line(event=None, type="identify", day=1, traits={"Sign-up date": "2023-06-30"}),
    ]
    segments = {
        "hat": "hats == 1 && paid == 9.5",
        "early": '`signed_up` != null && date(signed_up) < date("2023-07-01")',
    }
    assert replayed(features, segments, lines) == [
        f"entered hat {START_MS}",
        f"entered early {START_MS + 86_400_000}",
    ]


CART: dict[str, Any] = {
    "cart": {"days_since": "Product Added"},
    "order": {"days_since": "Order Completed"},
    "left": {"value": "has(cart) && (!has(order) || cart < order)"},
}


def test_the_order_of_two_days_since_changes_with_events_only() -> None:
    lines = [
        line(event="Product Added"),
        line(event="Order Completed", day=1),
        line(event="Product Added", day=1),
        line(event="Order Completed", day=0.5),
        line(event="Product Added", day=2),
    ]
    segments = {"abandons": "cart < order", "even": "cart <= order && cart >= order", "by_value": "left"}
    engine = Engine(definition(CART, {name: {"when": when} for name, when in segments.items()}))
    replay = Replay(engine)
    changes = [f"{change.detail.change} {change.detail.segment}" for change in replay.run(lines)]
    assert changes == [
        "entered by_value",
        "exited by_value",
        "entered even",
        "entered abandons",
        "entered by_value",
        "exited even",
    ]
    assert replay.profiles["u"].due_ms == NEVER


def test_what_time_cannot_change_has_no_distance_and_no_time() -> None:
    engine = Engine(definition(CART, {"abandons": {"when": "cart < order && cart > 3"}}))
    history = History(engine, "u", START_MS + 86_400_000)
    history.read([line(event="Product Added"), line(event="Order Completed", day=0.5)])
    found = explain(engine, history.profile, history.now_ms)
    ordered, passed = found.segments[0].when.clauses  # type: ignore[union-attr]
    assert (ordered.holds, ordered.distance, ordered.flips_at) == (False, None, None)
    assert passed.flips_at == "2024-01-04T00:00:00.001Z"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("cart == order", "Write `cart >= 7 && cart < 8` for =="),
        ("cart - order > 1", "two `days_since` against one another"),
        ("cart < order + 1", "numbers on the other side for + - * /"),
        ("cart < pace", "two `days_since` against one another"),
        ('date("2024-13-01") > 1', "expected a date such as 2024-05-01"),
        ("date(orders) > 1", "`date` is for texts such as 2024-05-01"),
        ('orders > "2024-05-01"', 'write `date("2024-05-01")`'),
        ("`order` > 1 && `a b` > 2", 'unknown name "`a b`"'),
        ("`orderss` > 1", 'did you mean "orders"'),
    ],
)
def test_what_cannot_be_said_says_how_to_write_it(condition: str, message: str) -> None:
    features = CART | {"orders": {"count": "Order Completed"}, "pace": {"rate": "Order Completed", "per": "7d"}}
    with pytest.raises(DefinitionError) as caught:
        definition(features, {"s": {"when": condition}})
    assert message in str(caught.value)


def test_a_value_over_time_says_where_the_comparison_belongs() -> None:
    with pytest.raises(DefinitionError, match="write the comparison in the segment"):
        definition(CART | {"late": {"value": "cart > 3"}})


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2024-03-01T10:00:00+05:30", "2024-03-01T04:30:00.000Z"),
        ("2024-03-01T10:00:00.5-03:30", "2024-03-01T13:30:00.500Z"),
        ("2024-03-01T10:00:00.1239Z", "2024-03-01T10:00:00.123Z"),
        ("2024-02-29T23:59:60Z", "2024-03-01T00:00:00.000Z"),
        ("2024-03-01T00:15:00+23:59", "2024-02-29T00:16:00.000Z"),
    ],
)
def test_a_time_of_rfc_3339_is_the_same_with_any_offset(text: str, same: str) -> None:
    assert format_time(parse_time(text)) == same


@pytest.mark.parametrize(
    "clock", ["24:00:00Z", "10:60:00Z", "10:00:61Z", "10:00:00+24:00", "10:00:00+01:60", "10:00:00"]
)
def test_what_is_no_time_of_rfc_3339_is_refused(clock: str) -> None:
    with pytest.raises(ValueError, match="expected an"):
        parse_time(f"2024-03-01T{clock}")
