"""Predictions in the definition: what is wrong is told all at once, and what is left out has a sensible default."""

import pytest

from livesegments.core.conditions import names
from livesegments.core.definition import Definition, PredictionSpec, parse_definition
from livesegments.core.errors import DefinitionError
from livesegments.core.times import DAY_MS

FEATURES = """\
features:
  orders: {count: Order Completed}
  orders_90d: {count: Order Completed, within: 90d}
  revenue_90d: {sum: Order Completed, of: revenue, within: 90d}
  days_since_order: {days_since: Order Completed}
  brands: {top: Order Completed, of: brand}
  age: {trait: age}
  chance: {prediction: buys}
  doubled: {value: 'chance * 2'}
  basket: {value: 'revenue_90d / orders_90d'}
segments:
  rich: {when: 'revenue_90d > 500'}
"""
BUYS = "predictions:\n  buys: {will: Order Completed, within: 30d"
CLASS = BUYS + "}\n  later: {in: 90d, class: "
WRONG = [
    ("predictions: [a]", 13, "expected a mapping of predictions"),
    ("predictions:\n  buys: yes", 14, "expected a mapping such as {will: Order Completed, within: 30d}"),
    ("predictions:\n  buys: {wil: Order Completed, within: 30d}", 14, 'found "wil"; did you mean "will"?'),
    ("predictions:\n  buys: {will: a, value: b, within: 30d}", 14, "found will, value"),
    ("predictions:\n  buys: {within: 30d}", 14, "found none of them"),
    ("predictions:\n  buys: {will: Order Completed}", 14, "`will` expected `within: DURATION`"),
    (BUYS + ", in: 3d}", 14, 'unknown option of `will` "in"'),
    (BUYS.replace("30d", "30 days") + "}", 14, "expected a duration such as"),
    (BUYS + ", model: logistic_regresion}", 14, 'did you mean "logistic_regression"?'),
    (BUYS + ", features: [ordres]}", 14, 'unknown feature "ordres"; did you mean "orders"?'),
    (BUYS + ", features: [brands]}", 14, '"brands" is never a number'),
    (BUYS + ", features: [doubled]}", 14, '"doubled" is made of "chance", which a model gives'),
    (BUYS + ", features: [orders, orders]}", 14, '"orders" stands there twice'),
    (BUYS + ", features: []}", 14, "expected a list of features"),
    (BUYS + ", model: gru, features: [orders]}", 14, "read by logistic_regression or decision_tree, not by gru"),
    (BUYS + ", events: [page]}", 14, "read by gru or lstm, not by logistic_regression"),
    (BUYS + ", model: gru, events: [a, b, c, d, e, f, g]}", 14, "expected at most 6 kinds of events, found 7"),
    (BUYS + ", where: 'revenue = 3'}", 14, "equality is `==`"),
    (BUYS + ", labels: 3}", 14, "expected a whole number from 10"),
    (BUYS + ", every: often}", 14, "expected a duration such as"),
    (BUYS + "}\n  worth: {value: lifetime_value, horizon: 90d}", 15, "expected customer_lifetime_value"),
    (BUYS + "}\n  worth: {value: customer_lifetime_value, horizon: 90d, model: gru}", 15, "needs the model bg_nbd"),
    (CLASS + "{high: 'revenue_90d > 5'}, model: bg_nbd}", 15, "bg_nbd tells no classes"),
    (CLASS + "[high]}", 15, "expected 1 to 9 classes"),
    (CLASS + "{high: 'revenue_9d > 5'}}", 15, 'unknown feature "revenue_9d"; did you mean "revenue_90d"?'),
    (CLASS + "{high: 'rich'}}", 15, '"rich" is a segment: write its condition'),
    (CLASS + "{high: 'chance > 0.5'}}", 15, '"chance" is made of "chance", which a model gives'),
    (CLASS + "{high: '(orders'}}", 15, "column"),
    (CLASS + "{high: 'days_since_order == 3'}}", 15, "changes with time"),
    (BUYS + "}\n  in: {will: a, within: 1d}", 15, "a word of the condition language"),
    (BUYS + "}\nclusters:\n  buys: {features: [orders], clusters: 2}", 14, "there is a clustering of this name"),
    ("predictions:\n  bys: {will: a, within: 1d}", 8, 'unknown prediction "buys"; did you mean "bys"?'),
]


def problems(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as wrong:
        parse_definition(FEATURES + text, "segments.yaml")
    return [str(problem) for problem in wrong.value.problems]


def good(text: str, features: str = FEATURES) -> Definition:
    return parse_definition(f"{features}{BUYS}}}\n  asked: {{{text}}}\n")


def asked(text: str) -> PredictionSpec:
    return good(text).predictions["asked"]


@pytest.mark.parametrize(("text", "line", "told"), WRONG)
def test_a_mistake_is_told_with_line_and_what_to_do(text: str, line: int, told: str) -> None:
    found = [problem for problem in problems(text) if 'unknown prediction "buys"' not in problem or "did you" in told]
    assert len(found) == 1, found
    assert found[0].startswith(f"segments.yaml:{line} ")
    assert told in found[0]


def test_all_mistakes_are_told_at_once() -> None:
    text = BUYS + ", model: gur, labels: 0}\n  later: {class: {high: 'ordres > 1', low: '('}, in: soon}"
    assert len(problems(text)) == 5


def test_without_features_all_are_read_that_are_always_numbers_and_not_made_of_models() -> None:
    read = ("orders", "orders_90d", "revenue_90d", "days_since_order", "basket")
    assert asked("will: Order Completed, within: 30d").features == read
    assert asked("will: Order Completed, within: 30d, features: [age, orders]").features == ("age", "orders")
    for model in ("gru", "lstm", "bg_nbd"):
        assert asked(f"will: Order Completed, within: 30d, model: {model}").features == ()


def test_each_form_has_its_defaults() -> None:
    will = asked("will: Order Completed, within: 2w")
    assert (will.asks, will.horizon_ms, will.model, will.every_ms, will.labels) == (
        "will", 14 * DAY_MS, "logistic_regression", 7 * DAY_MS, 100,
    )  # fmt: skip
    assert will.title == "Asked"
    value = asked("value: customer_lifetime_value, horizon: 365d")
    assert (value.model, value.every_ms) == ("bg_nbd", 7 * DAY_MS)
    assert value.event is not None
    assert value.event.selector.matches("track", "Order Completed")
    assert value.event.paths == (("revenue",), ("total",))
    told = asked("class: {high: 'revenue_90d > 500', middle: 'revenue_90d > 50'}, in: 90d, model: lstm")
    assert (told.asks, list(told.classes), told.model) == ("class", ["high", "middle"], "lstm")
    assert names(told.classes["high"]) == ("revenue_90d",)
    assert [text for text, _ in told.steps] == ["*"]


def test_texts_do_not_count_and_what_a_prediction_means_does() -> None:
    def marks(text: str, features: str = FEATURES) -> tuple[str, str, str]:
        definition = good(text, features)
        return definition.digest, definition.model_fingerprint("asked"), definition.input_key("asked")

    plain = marks("will: A, within: 30d, model: gru")
    assert marks("will: A, within: 30d, model: gru, title: T, description: D") == plain
    often = marks("will: A, within: 30d, model: gru, every: 1h")
    assert (often[0] != plain[0], often[1:]) == (True, plain[1:])
    longer = marks("will: A, within: 31d, model: gru")
    assert (longer[1] != plain[1], longer[2]) == (True, plain[2])
    assert all(mine != other for mine, other in zip(marks("will: B, within: 30d, model: gru"), plain, strict=True))
    table = marks("will: A, within: 30d, features: [orders_90d]")
    assert marks("will: A, within: 30d, features: [orders_90d]", FEATURES.replace("90d}", "91d}"))[1] != table[1]


def test_bytes_carry_predictions() -> None:
    definition = good("class: {high: 'revenue_90d > 500'}, in: 90d")
    again = Definition.from_bytes(definition.to_bytes())
    assert again.digest == definition.digest
    assert again.predictions["asked"].content == definition.predictions["asked"].content
