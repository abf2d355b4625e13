"""The learner of all models on predictions: no leakage, true labels, idle users too, nothing lost by a restart."""

import json
import random
from itertools import pairwise
from typing import Any

import pytest

from core.samples import line
from livesegments.core.definition import parse_definition
from livesegments.core.events import decode
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS
from livesegments.models.book import ModelBook
from livesegments.models.learning import ModelLearner
from livesegments.models.passes import learn_models
from livesegments.models.predictions.learner import Learner
from livesegments.models.predictions.model import PredictionModel
from models.prediction_lines import (
    DEFINITION,
    PREDICTIONS,
    START_MS,
    definition,
    rows_of,
    shop_lines,
    text_of,
    whole_pass,
)

LINES = shop_lines()
END_MS = decode(LINES[-1]).time_ms
LIGHT = ("buys", "tree", "alive", "worth", "class_later")


def learners_of(learner: ModelLearner) -> dict[str, Learner]:
    return {name: teacher.learner for name, teacher in learner._predictions.items()}


@pytest.mark.thorough
def test_a_learner_that_skips_the_time_in_which_nothing_is_due_gives_the_same_rows() -> None:
    odd = {name: text.replace("every: 1d", "every: 31h") for name, text in PREDICTIONS.items() if name in LIGHT}
    odd |= {"buys": odd["buys"].replace("5d", "101h"), "class_later": odd["class_later"].replace("6d", "103h")}
    told = parse_definition(text_of(odd))  # labels and versions come due between the moments of asking
    quick, slow = ModelLearner(told), ModelLearner(told)
    skipped = 0
    for raw in LINES:
        skipped += quick._quiet_ms > decode(raw).time_ms
        slow._quiet_ms = -1
        assert quick.feed(decode(raw)) == slow.feed(decode(raw))
    slow._quiet_ms = -1
    slow.advance(END_MS)
    quick.advance(END_MS)
    assert quick.snapshot() == slow.snapshot()
    assert quick.finish() == slow.finish()
    assert skipped > len(LINES) / 2


@pytest.mark.thorough
def test_versions_are_the_same_where_nobody_judges_them() -> None:
    judged, _ = whole_pass()
    assert list(learn_models(DEFINITION, LINES, judged=False)) == [row for row in judged if "quality" not in row.key]


@pytest.mark.thorough
@pytest.mark.parametrize("interval", ["1d", "7d"])
def test_what_features_read_is_learned_in_the_same_way_where_nothing_else_is(interval: str) -> None:
    clusters = f"clusters:\n  c: {{features: [orders, days_since_order], interval: {interval}, warm_up: 20}}\n"
    texts = {name: PREDICTIONS[name] for name in ("buys", "alive", "tree", "long")}
    texts["tree"] = texts["tree"].replace("5d", "2d")  # asks more often than the others: versions may come in between
    told = parse_definition(text_of(texts) + clusters)
    expected = [row for row in learn_models(told, LINES) if "tree" not in row.key and "long" not in row.key]
    found = list(learn_models(told, LINES, unread=False))
    assert found == expected
    assert {row.key.split("/")[1] for row in found} == {"c", "buys", "alive"}


def test_every_prediction_gets_versions_and_tells_its_quality() -> None:
    rows, _ = whole_pass()
    keys = {row.key for row in rows}
    assert keys == {f"predictions/{name}{end}" for name in PREDICTIONS for end in ("", "/quality")}
    assert max(len(row.payload) for row in rows) < 64 * 1024
    for name in PREDICTIONS:
        told = [PredictionModel.decode(row.payload) for row in rows if row.key == f"predictions/{name}"]
        assert [model.version for model in told] == list(range(1, len(told) + 1))
        assert len(told) > 8
        assert all(before.effective_at < after.effective_at for before, after in pairwise(told))
        assert told[-1].effective_at == END_MS
        assert told[-1].definition == DEFINITION.model_fingerprint(name)
    quality = json.loads(next(row.payload for row in reversed(rows) if row.key == "predictions/buys/quality"))
    assert quality["measures"]["auc"] > 0.6
    assert quality["labels"] > 300


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 2])
def test_a_learner_restored_anywhere_publishes_the_same_rows_and_loses_no_label(seed: int) -> None:
    expected, last = whole_pass()
    chance, learner, rows, restored = random.Random(seed), ModelLearner(DEFINITION), [], 0
    for one in LINES:
        rows += learner.feed(decode(one))
        if chance.random() < 0.01:
            content, waiting = learner.snapshot(), [len(told.labels) for told in learners_of(learner).values()]
            learner = ModelLearner(DEFINITION)
            learner.restore(content)
            assert [len(told.labels) for told in learners_of(learner).values()] == waiting
            restored += min(waiting) > 0
    assert (*rows, *learner.finish()) == expected
    assert restored > 3
    assert learner.snapshot() == last


@pytest.mark.thorough
def test_how_often_event_time_is_told_makes_no_difference() -> None:
    expected = rows_of(ModelLearner(definition(*LIGHT)), LINES)
    chance, learner, rows = random.Random(4), ModelLearner(definition(*LIGHT)), []
    events = [decode(one) for one in LINES]
    for event, after in zip(events, [*events[1:], events[-1]], strict=True):
        rows += learner.feed(event)
        for _ in range(chance.choice([0, 0, 1, 3])):
            rows += learner.advance(chance.randint(event.time_ms - 1, max(event.time_ms, after.time_ms) - 1))
    assert rows == expected


def test_labels_mature_while_no_event_comes() -> None:
    learner = ModelLearner(definition("buys"))
    rows_of(learner, LINES)
    waiting = len(learners_of(learner)["buys"].labels)
    assert waiting > 10
    rows = learner.advance(END_MS + 5 * DAY_MS)
    waiting = learners_of(learner)["buys"].labels.snapshot()["waiting"].values()
    assert min(entry[1] for entries in waiting for entry in entries) > END_MS
    assert {row.key for row in rows} == {"predictions/buys", "predictions/buys/quality"}


@pytest.mark.thorough
def test_nothing_later_than_a_question_reaches_its_features_or_the_versions_before() -> None:
    cut_day = 18.5
    cut_ms = START_MS + int(cut_day * DAY_MS)
    past = shop_lines(until_day=cut_day)
    other = [one for one in shop_lines(users=60, seed=9) if decode(one).time_ms >= cut_ms]
    future = [one.replace(b'"m-', b'"other-') for one in other]

    def known(lines: list[bytes]) -> tuple[list[Any], list[Any]]:
        learner = ModelLearner(DEFINITION)
        before = [line for line in lines if decode(line).time_ms < cut_ms]
        rows = rows_of(learner, before) + learner.advance(cut_ms - 1)
        waiting = {name: told.labels.snapshot()["waiting"] for name, told in learners_of(learner).items()}
        asked = [(n, user, e[1], e[3]) for n, users in waiting.items() for user, rows in users.items() for e in rows]
        return [rows, asked], rows_of(learner, lines[len(before) :])

    (truth, then), (changed, then_changed) = known(LINES), known(past + future)
    assert truth == changed
    assert len(truth[1]) > 100
    assert then != then_changed


def test_a_class_is_that_of_the_horizons_last_moment_also_where_time_alone_moves_a_user() -> None:
    told = definition("class_later")
    learner = ModelLearner(told)
    spec, labels = told.predictions["class_later"], []
    inner = learners_of(learner)["class_later"]
    keep = inner._learn
    inner._learn = lambda label: (labels.append(label), keep(label))  # type: ignore[method-assign]
    rows_of(learner, LINES)
    events = [decode(one) for one in LINES]
    engine = Engine(learner.engine.definition)
    wrong, outcomes = 0, set()
    for label in labels[::7]:
        last_ms = label.asked_ms + spec.horizon_ms
        profile = engine.restore("u", None)
        for event in events:
            if event.user_id == label.user and event.time_ms <= last_ms:
                engine.apply(profile, event)
        values = dict(zip(engine.program.slots, engine.values(profile, last_ms), strict=True))
        days = values["days_since_order"]
        right = 0 if values["revenue_7d"] > 60 else 1 if days is not None and days < 4 else 2
        outcomes.add(right)
        wrong += right != label.outcome
    assert len(labels) > 300
    assert outcomes == {0, 1, 2}
    assert wrong == 0


def test_idle_users_are_asked_about_as_often_as_busy_ones() -> None:
    learner = ModelLearner(definition("buys"))
    busy = [line("busy", day=day / 4) for day in range(120)]
    idle = [line("idle", day=0.1)]
    rows_of(learner, sorted([*busy, *idle], key=lambda one: decode(one).time_ms))
    waiting = learners_of(learner)["buys"].labels.snapshot()["waiting"]
    assert [entry[1] for entry in waiting["idle"]] == [entry[1] for entry in waiting["busy"]] != []


def test_an_event_that_comes_late_counts_for_the_labels_of_its_time() -> None:
    learner = ModelLearner(definition("buys"))
    lines = [line(day=1), line(day=6.5), line(day=3.5, event="Order Completed", properties={"revenue": 5})]
    rows_of(learner, lines)
    asked = learners_of(learner)["buys"].labels.snapshot()["waiting"]["u"]
    told = {round((entry[1] - START_MS) / DAY_MS, 2): entry[2] for entry in asked}
    assert {at < 3.5 for at in told} == {True, False}
    assert all(outcome == float(at <= 3.5) for at, outcome in told.items())


@pytest.mark.thorough
def test_an_erased_user_is_nowhere_in_the_learner() -> None:
    learner = ModelLearner(DEFINITION)
    rows_of(learner, shop_lines(until_day=15))
    assert b"user-7" in learner.snapshot()
    rows_of(learner, [line("user-7", day=15, type="erase", event=None)])
    assert learner.snapshot().count(b"user-7") == 1  # the bar, for 30 days
    learner.advance(START_MS + 60 * DAY_MS)
    assert b"user-7" not in learner.snapshot()
    assert b"user-8" in learner.snapshot()


@pytest.mark.thorough
def test_a_learner_that_begins_with_a_book_counts_on_and_answers_until_it_has_learned() -> None:
    half = len(LINES) // 2
    book, first = ModelBook(), ModelLearner(DEFINITION)
    for row in rows_of(first, LINES[:half]):
        book.add(row.payload)
    second = ModelLearner(DEFINITION)
    second.begin(book)
    assert learners_of(second)["buys"].model is not None
    rows = rows_of(second, LINES[half:])
    for name in ("buys", "tree", "gated", "long"):
        after = PredictionModel.decode(next(row.payload for row in rows if row.key == f"predictions/{name}"))
        assert after.version == book.predictions[name].newest.version + 1


def test_an_edited_prediction_begins_anew_with_the_next_version() -> None:
    first = ModelLearner(definition("buys", "alive"))
    rows_of(first, LINES[: len(LINES) // 2])
    edited = parse_definition(text_of({"buys": PREDICTIONS["buys"].replace("5d", "4d"), "alive": PREDICTIONS["alive"]}))
    second = ModelLearner(edited)
    second.restore(first.snapshot())
    old, new = learners_of(first), learners_of(second)
    assert (len(old["alive"].labels), len(old["buys"].labels) > 0) == (len(new["alive"].labels), True)
    assert (len(new["buys"].labels), new["buys"].model) == (0, None)
    assert old["buys"].model is not None
    rows = rows_of(second, LINES[len(LINES) // 2 :])
    after = PredictionModel.decode(next(row.payload for row in rows if row.key == "predictions/buys"))
    assert after.version == old["buys"].model.version + 1


@pytest.mark.thorough
def test_a_bounded_pass_gives_the_rows_of_its_events() -> None:
    told = definition(*LIGHT)
    learner = ModelLearner(told)
    expected = rows_of(learner, LINES) + learner.finish()
    assert list(learn_models(told, LINES)) == expected
