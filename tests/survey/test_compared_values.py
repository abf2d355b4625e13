"""Values of events that conditions compare with something else: another spelling, or another kind of value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from core.samples import definition, line
from livesegments.survey import Survey, report_of, values

LAST = {"last": "Order Completed", "of": "store"}


def findings(
    features: dict[str, Any], segments: dict[str, Any], orders: Sequence[dict[str, Any]], **sections: Any
) -> list[Any]:
    survey = Survey(definition(features, segments, **sections))
    for order in orders:
        survey.add(line(event="Order Completed", properties=order))
    return list(report_of(survey).findings)


def orders(*stores: Any) -> list[dict[str, Any]]:
    return [{"store": store, "products": [{"department": store}]} for store in stores]


@pytest.mark.parametrize(
    ("features", "segments"),
    [
        ({"f": LAST}, {"s": {"when": 'f == "Store 330"'}}),
        ({"f": LAST}, {"s": {"when": 'f in ["Store 330", "store 1"]'}}),
        ({"f": LAST}, {"s": {"when": 'f == "store 1"', "exit_when": 'f == "Store 330"'}}),
        ({"f": {"recent": "Order Completed", "of": "store"}}, {"s": {"when": '"Store 330" in f'}}),
        ({"f": {"top": "Order Completed", "of": "store"}}, {"s": {"when": '"store_330" in f'}}),
        ({"f": LAST, "v": {"value": 'f == "Störe-330" ? 1 : 0'}}, {}),
        ({"f": {"count": "Order Completed", "where": 'store == "Store 330"'}}, {}),
        ({"f": {"count": "Order Completed", "items": 'department == "STORE 330"'}}, {}),
        ({"f": {"share": "Order Completed", "of": "store", "equals": "Store 330"}}, {}),
    ],
)
def test_a_text_in_another_spelling_is_told(features: dict[str, Any], segments: dict[str, Any]) -> None:
    [finding] = findings(features, segments, orders("store 330", "store 330", "store 331", "store 1"))
    assert (finding.kind, finding.near) == ("value", "store 330")
    assert 'did you mean "store 330", which came 2 times?' in finding.message


@pytest.mark.parametrize(
    "condition",
    [
        'f == "store 332"',  # another value
        'f == "store 330"',  # it came
        'f in ["Store 330", "store 330"]',  # both are named
        'f == "Store 330" || f == "store 330"',
        'f < "Store 330"',  # an order
        'f != "Store 330"',  # that only leaves out
    ],
)
def test_other_texts_are_no_mistakes(condition: str) -> None:
    assert findings({"f": LAST}, {"s": {"when": condition}}, orders("store 330", "store 1")) == []


def test_a_blank_is_no_other_spelling_of_nothing() -> None:
    assert findings({"f": LAST}, {"s": {"when": 'f == ""'}}, orders(" ")) == []
    assert findings({"f": LAST}, {"s": {"when": 'f == " "'}}, orders("\t")) == []


def test_two_readers_do_not_speak_for_each_other() -> None:
    [finding] = findings({"f": LAST}, {"s": {"when": "f == 42"}, "t": {"when": 'f == "42"'}}, orders("42"))
    assert finding.kind == "value"
    assert finding.message.startswith("store of Order Completed: 1 value is a text, but s compares f with a number")


def test_the_most_frequent_of_several_spellings_is_near() -> None:
    many = orders("store-330", "STORE 330", "STORE 330", "store 330")
    [finding] = findings({"f": LAST}, {"s": {"when": 'f == "Store 330"'}}, many)
    assert finding.near == "STORE 330"


def test_each_text_is_made_plain_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not once for each value that it is held against: that would be a million times here."""
    made = []
    plain = values._plain
    monkeypatch.setattr(values, "_plain", lambda text: made.append(text) or plain(text))
    listed = ", ".join(f'"S {number}"' for number in range(1_000))
    found = findings(
        {"f": LAST}, {"s": {"when": f"f in [{listed}]"}}, orders(*(f"s {number}" for number in range(999)))
    )
    assert len(found) == 999
    assert len(made) == 1_999


def test_what_it_says_of_items() -> None:
    dep = {"count": "Order Completed", "items": 'department == "produce"'}
    [finding] = findings({"dep": dep}, {}, orders("PRODUCE", "Meat"))
    assert finding.message == (
        'products.department of Order Completed: "produce" never came, but dep compares department with it: '
        'did you mean "PRODUCE", which came once?'
    )


def test_the_value_counts_also_behind_a_thousand_others() -> None:
    many = orders(*(f"store {number}" for number in range(1_200)), "Store 7")
    assert findings({"f": LAST}, {"s": {"when": 'f == "Store 7"'}}, many) == []


@pytest.mark.parametrize(
    ("features", "condition", "stores", "message"),
    [
        ({"f": LAST}, "f > 3", ["a"], "store of Order Completed: 1 value is a text, but s compares f with a number"),
        ({"f": LAST}, "f in [1, 2]", ["a"], "1 value is a text, but s compares f with a number"),
        ({"f": {"recent": "Order Completed", "of": "store"}}, "330 in f", ["a"], "s compares f with a number"),
        ({"f": {"count": "Order Completed", "where": "store == 330"}}, "f > 1", ["a"], "f compares store with a"),
        ({"f": {"count": "Order Completed", "items": "department > 3"}}, "f > 1", ["a"], "products.department of"),
        ({"f": LAST}, "f == 3", [3, "4"], "1 value is a text, but s compares f with a number"),
        ({"f": LAST}, 'f > "45"', [45, 46], '2 values are numbers, but s compares f with the text "45": write 45 with'),
        ({"f": LAST}, 'f == "45"', [45, "a"], '1 value is a number, but s compares f with the text "45": write 45 w'),
        ({"f": LAST}, 'f == "x"', [45, 46], '2 values are numbers, but s compares f with the text "x"'),
        ({"f": LAST}, 'f == "true"', [True], '1 value is true or false, but s compares f with the text "true": write'),
        ({"f": LAST}, "f == true", ["true"], '1 value is a text, but s asks whether f is true, and the text "true" is'),
        ({"f": LAST}, "f > 3", ["a"], "with a number: a text never compares with a number"),
        ({"f": LAST}, 'f == "{x}"', [45], 'but s compares f with the text "{x}"'),
        ({"f": LAST}, 'f == true || f == "true"', [True, True], None),
        ({"f": LAST}, 'f == true || f == "true"', ["true"], None),
        ({"f": LAST}, 'f || f in ["true", "yes"]', ["yes", "no"], None),
        ({"f": LAST}, 'f == 42 || f == "42"', [42], None),
        ({"f": LAST}, 'f == 42 || f == "42"', ["42"], None),
        ({"f": LAST}, 'f == true || f == "42"', [42], '1 value is a number, but s compares f with the text "42"'),
        ({"f": LAST}, 'f != "N/A" && f > 5', [4, 6], None),
        ({"f": LAST}, 'f != "N/A" && f > 5', [4, "N/A"], None),
        ({"f": LAST}, 'f != "N/A" && f > 5', ["6", "N/A"], "1 value is a text, but s compares f with a number"),
        ({"f": {"count": "Order Completed", "where": 'store != "N/A" && store > 5'}}, "f > 1", [4, 6], None),
        ({"f": LAST}, 'f == "" || f > 5', ["6"], "1 value is a text, but s compares f with a number"),
        ({"f": LAST}, "f != 42", ["a"], None),
        ({"f": LAST}, "f == 42", [42, "XL"], None),
        ({"f": LAST}, 'f == "XL"', [42, "L"], None),
        ({"f": LAST}, 'f == "42"', [42, "42"], None),
        ({"f": LAST}, 'f != ""', [42], None),
        ({"f": LAST}, "has(f)", ["a"], None),
    ],
)
def test_another_kind_of_value_is_told(
    features: dict[str, Any], condition: str, stores: list[Any], message: str | None
) -> None:
    found = findings(features, {"s": {"when": condition}}, orders(*stores))
    assert len(found) == (message is not None)
    assert message is None or message in found[0].message


def test_one_complaint_about_a_path_does_not_hide_another() -> None:
    features = {"f": LAST, "stores": {"sum": "Order Completed", "of": "store"}}
    segments = {"s": {"when": "f > 3"}, "t": {"when": 'f == "A"'}}
    told = [one.message for one in findings(features, segments, orders("a"))]
    assert [text.split(", ")[0] for text in told] == [
        "store of Order Completed: 1 value is no number",
        "store of Order Completed: 1 value is a text",
        'store of Order Completed: "A" never came',
    ]


def test_conditions_of_models_are_read_too() -> None:
    clusters = {"c": {"features": ["orders"], "when": 'f == "A"'}}
    predictions = {"p": {"class": {"x": 'f == "A"'}, "in": "30d", "features": ["orders"]}}
    features = {"f": LAST, "orders": {"count": "Order Completed"}}
    found = findings(features, {}, orders("a"), clusters=clusters, predictions=predictions)
    assert [one.message.split("but ")[1][:10] for one in found] == ["c compares", "p compares"]
    wait = {"p": {"will": "Order Completed", "within": "30d", "where": 'store == "A"', "features": ["orders"]}}
    [finding] = findings(features, {}, orders("a"), predictions=wait)
    assert finding.features == ("p",)
