"""Every name that a definition mentions is held against the events, each by itself."""

from __future__ import annotations

from typing import Any

import pytest

from core.samples import definition, line
from livesegments.core.definition import Definition
from livesegments.survey import Survey, report_of, slips, slips_line

NAMES = ("Order Completed", "Email Delivered", "Email Opened", "Coupon Applied")
FIELDS = {"properties": {"campaign_id": "c", "revenue": 5, "kind": "a"}}
ORDERS = {"count": "Order Completed"}


def report(of: Definition, *names: str) -> Any:
    survey = Survey(of)
    for name in names:
        survey.add(line(event=name, **FIELDS))
    return report_of(survey)


MISSPELT = pytest.mark.parametrize(
    ("feature", "wrong", "near"),
    [
        ({"count": "Order Completed", "since": "coupon applied"}, "coupon applied", "Coupon Applied"),
        ({"ratio": ["Email Opened", "Email Delivred"]}, "Email Delivred", "Email Delivered"),
        ({"ratio": ["Email Openned", "Email Delivered"]}, "Email Openned", "Email Opened"),
        (
            {"unfollowed": ["Email Delivered", "Coupon Applyed"], "by": "campaign_id", "after": "14d"},
            "Coupon Applyed",
            "Coupon Applied",
        ),
        ({"followed": ["Email Delivered", "Order completed"], "in": "2d"}, "Order completed", "Order Completed"),
        ({"count": ["Order Completed", "Cupon Applied"]}, "Cupon Applied", "Coupon Applied"),
        ({"session": "count", "events": ["Order Compleeted", "Coupon Applied"]}, "Order Compleeted", "Order Completed"),
        ({"count": ["Order Completed", "E-Mail *"]}, "E-Mail *", "Email *"),
        ({"count": ["Order Completed", "Emial *"]}, "Emial *", "Email *"),
        ({"count": ["Order Completed", "coupon*"]}, "coupon*", "Coupon*"),
        ({"mean": ["Order Completed", "Order Complete"], "of": "revenue"}, "Order Complete", None),
        ({"count": ["Order Completed", "page"]}, "page", None),
    ],
)


@MISSPELT
def test_each_name_is_told_by_itself(feature: dict[str, Any], wrong: str, near: str | None) -> None:
    """Where the near name is no name of the definition, it is a finding, whichever of the two is taken for wrong."""
    others = {f"f{number}": {"count": name} for number, name in enumerate(NAMES) if name != near}
    found = report(definition({"f": feature, **others}), *NAMES)
    [never] = found.never_came
    assert never.name == wrong
    assert never.readers[0].startswith("f (")
    told = [(one.kind, {one.name, one.near}) for one in found.findings]
    assert told == ([("name", {wrong, near})] if near else [])


@MISSPELT
def test_a_misspelt_name_is_told_where_the_right_one_is_read_too(
    feature: dict[str, Any], wrong: str, near: str | None
) -> None:
    others = {f"f{number}": {"count": name} for number, name in enumerate(NAMES)}
    found = report(definition({"f": feature, **others}), *NAMES)
    [never] = found.never_came
    assert never.name == wrong
    assert near in (None, never.near)
    assert [(one.kind, one.name, one.near) for one in found.findings] == ([("name", wrong, near)] if near else [])


@pytest.mark.parametrize(
    ("came", "other"),
    [
        ("Subscribed", "Unsubscribed"),
        ("Item Unliked", "Item Liked"),
        ("Course A Done", "Course B Done"),
        ("Step 1 Done", "Step 2 Done"),
    ],
)
def test_a_name_is_not_taken_for_its_opposite_or_its_neighbour(came: str, other: str) -> None:
    features = {"came": {"count": came}, "not": {"count": other}}
    found = report(definition(features), came)
    assert [one.name for one in found.never_came] == [other]
    assert found.findings == ()
    assert slips({came: 5}, definition(features)) == []


def test_what_it_says() -> None:
    [finding] = report(definition({"f": {"ratio": ["Email Opened", "Email Delivred"]}, "g": ORDERS}), *NAMES).findings
    assert finding.message == (
        "'Email Delivred' never came, but is read by f (ratio): did you mean 'Email Delivered', which came once?"
    )
    assert finding.features == ("f",)


def test_names_of_predictions_are_told() -> None:
    buys = {"will": "Order Complted", "within": "30d", "features": ["orders"]}
    steps = {"will": "Order Completed", "within": "30d", "model": "gru", "events": ["Order Completed", "Email Openned"]}
    found = report(definition({"orders": ORDERS}, predictions={"buys": buys, "steps": steps}), *NAMES)
    assert [(one.name, one.readers) for one in found.never_came] == [
        ("Order Complted", ("buys (prediction)",)),
        ("Email Openned", ("steps (prediction)",)),
    ]
    assert [one.near for one in found.findings] == ["Email Opened", "Order Completed"]


def test_a_name_in_two_spellings_in_one_selector_is_no_mistake() -> None:
    found = report(definition({"f": {"count": ["Order Completed", "order_completed"]}}), "Order Completed")
    assert [one.name for one in found.never_came] == ["order_completed"]
    assert found.findings == ()


@pytest.mark.parametrize(
    ("name", "near"),
    [("Order Refundet", "Order Refunded"), ("order_refunded", None), ("Step 2 Done", None), ("Cart Emptied", None)],
)
def test_a_name_of_the_segment_spec_is_near_and_no_finding(name: str, near: str | None) -> None:
    found = report(definition({"f": {"count": [name, "Order Completed"]}}), "Order Completed", "Step 1 Done")
    assert [(one.name, one.near) for one in found.never_came] == [(name, near)]
    assert found.findings == ()


def test_a_beginning_of_the_segment_spec_is_not_taken_for_another() -> None:
    found = report(definition({"f": {"count": "Product *"}}), "Products Searched")
    assert [(one.name, one.near) for one in found.never_came] == [("Product *", None)]
    assert found.findings == ()


def test_an_unread_name_is_told_once_with_the_one_that_never_came() -> None:
    [finding] = report(definition({"f": ORDERS}), "order completed", "order completed").findings
    assert (finding.name, finding.near) == ("order completed", "Order Completed")
    assert finding.message == (
        "'Order Completed' never came, but is read by f (count): did you mean 'order completed', which came 2 times?"
    )


def test_runs_say_it_too() -> None:
    of = definition({"f": {"ratio": ["Email Opened", "Email Delivred"]}, "g": {"count": "Email *"}})
    text = slips_line(slips({"Email Opened": 5, "Email Delivered": 9}, of), "events.jsonl")
    assert text is not None
    assert "'Email Delivred' (never came), did you mean 'Email Delivered'?" in text


def test_of_very_many_names_those_of_the_definition_are_counted() -> None:
    many = [f"E{number}" for number in range(1_100)]
    found = report(definition({"f": {"count": ["Order Completed", "Order Complete", "Cart *"]}}), *many, *NAMES)
    assert [one.name for one in found.never_came] == ["Order Complete"]
