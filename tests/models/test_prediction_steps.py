"""Predictions in the step: versions in force, causes and weights, looks at idle users, state that fits and lasts."""

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from core.samples import line
from livesegments.cli import main
from livesegments.core.changes import Change, SegmentChange
from livesegments.core.definition import Definition, parse_definition
from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from livesegments.core.inference import is_read
from livesegments.core.replay import Replay
from livesegments.core.times import DAY_MS, NEVER
from livesegments.models.book import ModelBook
from livesegments.models.engine import engine_with_models
from livesegments.models.predictions.model import PredictionModel
from livesegments.models.predictions.purchases import PURCHASE_COLUMNS
from models.prediction_lines import DEFINITION, PREDICTIONS, START_MS, shop_lines, text_of, whole_pass

LINES = shop_lines()
BUSY = """
features:
  orders:  {count: Order Completed}
  orders_9d: {count: Order Completed, within: 9d}
  chance:  {prediction: buys}
  alive:   {prediction: alive}
segments:
  likely:  {when: 'chance >= 0.5'}
  active:  {when: 'alive >= 0.5'}
predictions:
  buys:  {will: Order Completed, within: 30d, features: [orders, orders_9d]}
  alive: {will: Order Completed, within: 30d, model: bg_nbd}
"""


ACTIVE = "  active:  {when: 'alive >= 0.5'}\n"


def book_of(rows: Iterable[bytes]) -> ModelBook:
    book = ModelBook()
    for row in rows:
        book.add(row)
    return book


@pytest.fixture(scope="module")
def rows() -> list[bytes]:
    return [row.payload for row in whole_pass()[0]]


def chance_model(
    definition: Definition, number: int, day: float, weight: float, intercept: float, recent: float = 0.0
) -> bytes:
    """Give a version of `buys`: the log-odds are intercept + weight x ln(1 + orders) + recent x ln(1 + orders_9d)."""
    return PredictionModel(
        name="buys",
        version=number,
        effective_at=START_MS + int(day * DAY_MS),
        asks="will",
        kind="logistic_regression",
        feature_names=("orders", "orders_9d"),
        parameters={
            "means": [0.0, 0.0], "deviations": [1.0, 1.0], "weights": [[weight, recent]], "intercepts": [intercept],
        },
        definition=definition.model_fingerprint("buys"),
    ).encode()  # fmt: skip


def alive_model(definition: Definition, number: int = 1, day: float = 0.0) -> bytes:
    return PredictionModel(
        name="alive",
        version=number,
        effective_at=START_MS + int(day * DAY_MS),
        asks="will",
        kind="bg_nbd",
        feature_names=PURCHASE_COLUMNS,
        parameters={
            "asks": "will", "horizon_days": 30.0, "bg_nbd": [0.5, 5.0, 0.8, 2.5], "gamma_gamma": [],
            "means": [1.0, 5.0, 10.0, 20.0],
        },
        definition=definition.model_fingerprint("alive"),
    ).encode()  # fmt: skip


def changes_of(text: str, models: list[Any], lines: list[bytes], until_day: float | None = None) -> list[Change]:
    definition = parse_definition(text)
    book = book_of(made(definition, *arguments) for made, *arguments in models)
    until_ms = None if until_day is None else START_MS + int(until_day * DAY_MS)
    return list(Replay(engine_with_models(definition, book), until_ms).run(lines))


def told(changes: list[Change]) -> list[tuple[float, str, str, str]]:
    found = []
    for change in changes:
        detail = change.detail
        assert isinstance(detail, SegmentChange)
        found.append(((change.time_ms - START_MS) / DAY_MS, detail.segment or "", detail.change, detail.cause.kind))
    return found


def test_a_crossing_by_an_event_tells_the_event_the_version_and_the_weights() -> None:
    orders = [line(day=day, event="Order Completed", properties={"revenue": 5}) for day in (1, 2, 3)]
    (change,) = changes_of(BUSY, [(chance_model, 3, 0, 2.0, -2.0, -0.1)], orders)
    assert told([change]) == [(2.0, "likely", "entered", "event")]
    detail = change.detail
    assert isinstance(detail, SegmentChange)
    assert detail.model_version == "buys/3"
    weighed = [(weight.prediction, weight.feature) for weight in detail.weights]
    assert weighed == [("buys", "orders"), ("buys", "orders_9d")]
    assert detail.weights[0].weight == pytest.approx(2.0 * 1.0986, abs=1e-3)
    assert detail.because[0].values == {"chance": pytest.approx(0.522, abs=2e-3)}
    assert json.loads(change.encode())["data"]["weights"][1]["weight"] < 0


@pytest.mark.parametrize(
    ("later", "cause"),
    [
        ((chance_model, 2, 1.5, 2.0, 3.0), "model"),  # would have been likely without the second order
        ((chance_model, 2, 1.5, 2.0, -1.99), "event"),  # hardly another model: it was the order
    ],
)
def test_a_crossing_is_by_the_model_where_the_newer_version_made_the_difference(later: Any, cause: str) -> None:
    orders = [line(day=day, event="Order Completed") for day in (1, 2)]
    changes = changes_of(BUSY, [(chance_model, 1, 0, 2.0, -2.0), later], orders)
    assert told(changes) == [(2.0, "likely", "entered", cause)]
    assert changes[0].detail.model_version == "buys/2"


def test_where_the_earlier_version_is_not_known_any_more_it_was_the_model() -> None:
    definition = parse_definition(BUSY)
    first, second = ((chance_model(definition, *given)) for given in ((1, 0, 2.0, -2.0), (2, 0.5, 2.0, 3.0)))
    engine = engine_with_models(definition, book_of([first]))
    profile = engine.restore("u", None)
    assert engine.apply(profile, decode(line(day=1, event="Order Completed")))[1] == []
    engine = engine_with_models(definition, book_of([second]))
    profile = engine.restore("u", engine.snapshot(profile))
    _, changes = engine.apply(profile, decode(line(day=2)))
    assert told(changes) == [(2.0, "likely", "entered", "model")]


def test_a_new_version_reaches_an_idle_user_at_the_next_look() -> None:
    models = [(chance_model, 1, 0, 2.0, -2.0), (chance_model, 2, 2.5, 2.0, 0.0)]
    changes = changes_of(BUSY, models, [line(day=1, event="Order Completed")], until_day=9)
    assert told(changes) == [(3.0, "likely", "entered", "model")]


def test_time_alone_ages_a_prediction_at_the_looks_at_an_idle_user() -> None:
    orders = [line(day=day, event="Order Completed") for day in (1, 2, 3, 4)]
    changes = changes_of(BUSY, [(alive_model,)], orders, until_day=400)
    assert told(changes) == [(1.0, "active", "entered", "event"), (12.0, "active", "exited", "time")]
    assert changes[1].detail.model_version == "alive/1"
    assert "days since the first" in {weight.feature for weight in changes[1].detail.weights}


def test_what_no_feature_reads_is_answered_where_the_profile_is_written_as_of_then() -> None:
    definition = parse_definition(BUSY.replace("  alive:   {prediction: alive}\n", "").replace(ACTIVE, ""))
    engine = engine_with_models(definition, book_of([alive_model(definition)]))
    profile = engine.restore("u", None)
    for day in (1, 2, 3, 4):
        engine.apply(profile, decode(line(day=day, event="Order Completed")))
    assert "alive" not in profile.predictions
    documents = [engine.document(profile, START_MS + day * DAY_MS) for day in (4, 10, 60)]
    answers = [json.loads(document)["predictions"]["alive"] for document in documents if document is not None]
    assert answers == sorted(answers, reverse=True)
    assert len(set(answers)) == 3
    written = engine.document(profile, 0)  # never before the user's clock
    assert written is not None
    assert json.loads(written)["predictions"]["alive"] == answers[0]


def test_without_what_no_feature_reads_nothing_is_kept_for_it_and_the_changes_are_the_same() -> None:
    definition = parse_definition(BUSY.replace("  alive:   {prediction: alive}\n", "").replace(ACTIVE, ""))
    book = book_of([chance_model(definition, 1, 0, 2.0, -2.0), alive_model(definition)])
    whole, part = (Replay(engine_with_models(definition, book, unread=unread)) for unread in (True, False))
    lines = [line(day=day, event="Order Completed") for day in (1, 2, 3, 4)]
    changes = [change.encode() for change in whole.run(lines)]
    assert changes
    assert [change.encode() for change in part.run(lines)] == changes
    assert [[*one.profiles[user].inputs] for one in (whole, part) for user in one.profiles] == [
        [definition.input_key("alive")],
        [],
    ]


@pytest.mark.parametrize(("read", "days"), [("{prediction: buys}", 1), ("{count: Refunded}", None)])
def test_users_are_looked_at_for_the_predictions_that_features_read(read: str, days: int | None) -> None:
    text = BUSY.replace("  alive:   {prediction: alive}\n", "").replace(ACTIVE, "").replace("{prediction: buys}", read)
    engine = engine_with_models(parse_definition(text), ModelBook())
    profile = engine.restore("u", None)
    engine.apply(profile, decode(line(day=1, event="Order Completed")))
    assert profile.look_ms == (NEVER if days is None else START_MS + (1 + days) * DAY_MS)
    again = engine.restore("u", engine.snapshot(profile))
    assert again.look_ms == profile.look_ms


def test_nobody_has_an_answer_before_a_version_or_by_one_of_another_question() -> None:
    orders = [line(day=day, event="Order Completed") for day in (1, 2)]
    assert changes_of(BUSY, [(chance_model, 1, 2.1, 2.0, 3.0)], orders) == []
    definition = parse_definition(BUSY.replace("30d, features", "31d, features"))
    engine = engine_with_models(definition, book_of([chance_model(parse_definition(BUSY), 1, 0, 2.0, 3.0)]))
    assert list(Replay(engine).run(orders)) == []


@pytest.mark.parametrize(
    ("edit", "kept"), [("will: Order Completed, within: 31d", True), ("will: A, within: 30d", False)]
)
def test_what_a_model_keeps_of_a_user_goes_with_an_edit_of_it_and_stays_with_others(edit: str, kept: bool) -> None:
    definition = parse_definition(BUSY)
    engine = engine_with_models(definition, book_of([alive_model(definition)]))
    profile = engine.restore("u", None)
    engine.apply(profile, decode(line(day=1, event="Order Completed")))
    content = engine.snapshot(profile)
    edited = parse_definition(BUSY.replace("alive: {will: Order Completed, within: 30d", f"alive: {{{edit}"))
    engine = engine_with_models(edited, ModelBook())
    again = engine.restore("u", content)
    engine.reconcile(again)
    assert (edited.input_key("alive") in again.inputs, len(again.inputs)) == (kept, int(kept))


def run(
    rows: list[bytes], lines: list[bytes], restored: random.Random | None = None
) -> tuple[list[bytes], list[bytes]]:
    """Give the changes and documents; with a random number generator, profiles are restored from bytes at times."""
    engine = engine_with_models(DEFINITION, book_of(rows))
    replay = Replay(engine)
    changes = []
    for one in lines:
        changes += replay.feed(one)
        if restored is not None and restored.random() < 0.3:
            replay.profiles.flush()
            replay.profiles.decoded.clear()
    changes += replay.finish()
    return [change.encode() for change in changes], list(replay.documents())


@pytest.mark.thorough
def test_profiles_restored_from_bytes_at_any_time_give_the_same_changes_and_answers(rows: list[bytes]) -> None:
    expected = run(rows, LINES)
    assert run(rows, LINES, random.Random(3)) == expected
    kinds = {json.loads(change)["data"]["segment"] for change in expected[0]}
    assert kinds == set(DEFINITION.segments)
    answered = [json.loads(document)["predictions"] for document in expected[1]]
    assert {name for found in answered for name in found} >= {*PREDICTIONS} - {"class_long"}


@pytest.mark.thorough
def test_an_event_that_comes_late_counts_as_in_sorted_input(rows: list[bytes]) -> None:
    chance = random.Random(7)
    late = sorted(LINES, key=lambda one: decode(one).time_ms + chance.random() * DAY_MS * 2)
    whole, shuffled = ([json.loads(document) for document in run(rows, lines)[1]] for lines in (LINES, late))
    assert [one["predictions"] for one in whole] == [one["predictions"] for one in shuffled]


@pytest.mark.thorough
def test_what_predictions_keep_of_a_user_stays_below_1_kib_each(rows: list[bytes]) -> None:
    definition = DEFINITION
    engine = engine_with_models(definition, book_of(rows))
    profile = engine.restore("u", None)
    for number in range(3_000):
        event = "Order Completed" if number % 3 == 0 else "Product Viewed"
        engine.apply(profile, decode(line(day=27 + number / 200, event=event, properties={"revenue": 20 + number % 7})))
    document = engine.document(profile)
    assert document is not None
    assert sorted(json.loads(document)["predictions"]) == sorted(PREDICTIONS)
    content = engine.snapshot(profile)
    again = engine.restore("u", content)
    assert sorted(again.predictions) == sorted(name for name in PREDICTIONS if is_read(definition, name))
    assert sorted(again.inputs) == sorted(definition.input_key(n) for n, s in definition.predictions.items() if s.kept)
    sizes = {key: len(msgspec.msgpack.encode(held)) for key, held in again.inputs.items()}
    assert max(sizes.values()) < 1024
    assert len(msgspec.msgpack.encode(again.predictions)) < 1024


@pytest.mark.thorough
def test_erase_forgets_what_models_keep(rows: list[bytes]) -> None:
    engine = engine_with_models(DEFINITION, book_of(rows))
    profile = engine.restore("u", None)
    engine.apply(profile, decode(line(day=26, event="Order Completed", properties={"revenue": 20})))
    assert profile.inputs
    engine.apply(profile, decode(line(day=26.5, type="erase", event=None)))
    assert (profile.inputs, profile.predictions) == ({}, {})
    with pytest.raises(BadEvent):
        engine.apply(profile, decode(line(day=26)))


@pytest.mark.thorough
def test_replay_with_the_models_of_a_file_is_replay_without(
    tmp_path: Path, rows: list[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(LINES))
    (tmp_path / "segments.yaml").write_text(text_of(PREDICTIONS))
    (tmp_path / "models.jsonl").write_bytes(b"\n".join(rows))

    def replayed(*options: str) -> list[str]:
        arguments = ["replay", str(tmp_path / "events.jsonl"), "--config", str(tmp_path / "segments.yaml"), *options]
        with pytest.raises(SystemExit) as done:
            main([*arguments, "--quiet"])
        assert done.value.code in (0, None)
        return capsys.readouterr().out.splitlines()

    learned = replayed()
    assert learned == replayed("--models", str(tmp_path / "models.jsonl"))
    assert len(learned) > 50
    assert any('"model_version":"buys/' in change for change in learned)
