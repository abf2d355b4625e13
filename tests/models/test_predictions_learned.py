"""The learner of all models on predictions: no leakage, River's own answers, true labels, nothing lost by a restart."""

import json
import random
from itertools import pairwise
from typing import Any

import pytest
from river import evaluate, linear_model, metrics, optim, preprocessing, tree

from core.samples import line
from livesegments.core.definition import parse_definition
from livesegments.core.events import decode
from livesegments.core.step import Engine
from livesegments.core.times import DAY_MS
from livesegments.models.book import ModelBook
from livesegments.models.learning import ModelLearner
from livesegments.models.passes import learn_models
from livesegments.models.predictions.example import rounded
from livesegments.models.predictions.inputs import Observation
from livesegments.models.predictions.learner import Learner, LearnerOptions
from livesegments.models.predictions.model import PredictionModel
from livesegments.models.predictions.vectors import compress
from models.prediction_lines import (
    DEFINITION,
    PREDICTIONS,
    START_MS,
    definition,
    lessons_of,
    rows_of,
    shop_lines,
    text_of,
)

LINES = shop_lines()
LESSONS = lessons_of(ModelLearner(DEFINITION), LINES)
LIGHT = ("buys", "tree", "alive", "worth", "class_later")


def learners_of(learner: ModelLearner) -> dict[str, Learner]:
    return {name: teacher.learner for name, teacher in learner._predictions.items()}


def test_every_prediction_gets_versions_and_tells_its_quality() -> None:
    rows = [*rows_of(learner := ModelLearner(DEFINITION), LESSONS), *learner.finish()]
    keys = {row.key for row in rows}
    assert keys == {f"predictions/{name}{end}" for name in PREDICTIONS for end in ("", "/quality")}
    assert max(len(row.payload) for row in rows) < 64 * 1024
    for name in PREDICTIONS:
        told = [PredictionModel.decode(row.payload) for row in rows if row.key == f"predictions/{name}"]
        assert [model.version for model in told] == list(range(1, len(told) + 1))
        assert len(told) > 10
        assert all(before.effective_at < after.effective_at for before, after in pairwise(told))
        assert told[-1].effective_at == LESSONS[-1][1].event_ms
        assert told[-1].definition == DEFINITION.model_fingerprint(name)
    quality = json.loads(next(row.payload for row in reversed(rows) if row.key == "predictions/buys/quality"))
    assert quality["measures"]["auc"] > 0.6
    assert quality["labels"] > 300


@pytest.mark.parametrize("seed", [1, 2])
def test_a_learner_restored_anywhere_publishes_the_same_rows_and_loses_no_label(seed: int) -> None:
    whole = ModelLearner(DEFINITION)
    expected = rows_of(whole, LESSONS) + whole.finish()
    chance, learner, rows, restored = random.Random(seed), ModelLearner(DEFINITION), [], 0
    for _, lesson in LESSONS:
        rows += learner.learn(lesson)
        if chance.random() < 0.01:
            content, waiting = learner.snapshot(), [len(told.labels) for told in learners_of(learner).values()]
            learner = ModelLearner(DEFINITION)
            learner.restore(content)
            assert [len(told.labels) for told in learners_of(learner).values()] == waiting
            restored += min(waiting) > 0
    assert rows + learner.finish() == expected
    assert restored > 3
    assert learner.snapshot() == whole.snapshot()


def test_how_often_event_time_is_told_makes_no_difference() -> None:
    expected = rows_of(ModelLearner(definition(*LIGHT)), lessons_of(ModelLearner(definition(*LIGHT)), LINES))
    chance, learner, rows = random.Random(4), ModelLearner(definition(*LIGHT)), []
    taught = lessons_of(learner, LINES)
    for place, (event, lesson) in enumerate(taught):
        rows += learner.learn(lesson)
        after_ms = taught[place + 1][0].time_ms if place + 1 < len(taught) else event.time_ms
        for _ in range(chance.choice([0, 0, 1, 3])):
            rows += learner.advance(chance.randint(event.time_ms, max(event.time_ms, after_ms - 1)))
    assert rows == expected


def test_labels_mature_while_no_event_comes() -> None:
    learner = ModelLearner(definition("buys"))
    rows_of(learner, lessons_of(learner, LINES))
    waiting = len(learners_of(learner)["buys"].labels)
    assert waiting > 10
    rows = learner.advance(LESSONS[-1][1].event_ms + 6 * DAY_MS)
    assert len(learners_of(learner)["buys"].labels) == 0
    assert {row.key for row in rows} == {"predictions/buys", "predictions/buys/quality"}


def test_nothing_later_than_a_question_reaches_its_features_or_the_versions_before() -> None:
    cut_day = 18.5
    cut_ms = START_MS + int(cut_day * DAY_MS)
    past = shop_lines(until_day=cut_day)
    other = [one for one in shop_lines(users=60, seed=9) if decode(one).time_ms >= cut_ms]
    future = [one.replace(b'"m-', b'"other-') for one in other]

    def known(lines: list[bytes]) -> tuple[list[Any], list[Any]]:
        learner = ModelLearner(DEFINITION)
        taught = lessons_of(learner, lines)
        before = [pair for pair in taught if pair[0].time_ms < cut_ms]
        rows = rows_of(learner, before)
        waiting = {name: told.labels.snapshot()["waiting"] for name, told in learners_of(learner).items()}
        asked = [(n, user, e[1], e[3]) for n, users in waiting.items() for user, rows in users.items() for e in rows]
        rest = rows_of(learner, taught[len(before) :])
        return [rows, asked, [pair[1] for pair in before]], rest

    (truth, then), (changed, then_changed) = known(LINES), known(past + future)
    assert truth == changed
    assert len(truth[1]) > 100
    assert then != then_changed


@pytest.mark.parametrize("kind", ["logistic_regression", "decision_tree"])
def test_every_answer_on_the_way_is_that_of_rivers_progressive_validation(kind: str) -> None:
    horizon_ms = 5 * DAY_MS
    told = parse_definition(text_of({"tree": PREDICTIONS["tree"].replace("decision_tree", kind)}))
    learner = ModelLearner(told)
    reader = learner._predictions["tree"]._reader
    answers: list[float] = []

    class Asked(Learner):
        def observe(self, observation: Observation) -> list[float] | None:
            scores = super().observe(observation)
            assert scores is not None
            answers.append(scores[1])
            return scores

    every = LearnerOptions(version_every_ms=0, asks_per_horizon=horizon_ms, label_bytes_max=10**6)
    learner._predictions["tree"].learner = Asked(reader.question, reader.names, every)
    rows_of(learner, lessons_of(learner, LINES))
    predictions = offline(kind, horizon_ms)
    assert len(answers) == len(predictions) == len(LINES) > 700
    assert len(set(answers)) > 20
    assert answers == predictions


def offline(kind: str, horizon_ms: int) -> list[float]:
    """Give River's predictions; features and labels are computed here from the events alone."""
    events = [decode(one) for one in LINES]
    rows, times = [], {}
    for place, asked in enumerate(events):
        mine = [event for event in events[: place + 1] if event.user_id == asked.user_id]
        orders = [event.time_ms for event in mine if event.event == "Order Completed"]
        views = [event.time_ms for event in mine if event.event == "Product Viewed"]
        week = [at_ms for at_ms in orders if asked.time_ms - at_ms < 7 * DAY_MS]
        days = [at_ms for at_ms in views if asked.time_ms - at_ms < 3 * DAY_MS]
        since = (asked.time_ms - orders[-1]) / DAY_MS if orders else 0.0
        vector = [*map(compress, (len(orders), len(week), len(days), since)), float(not orders)]
        row = dict(enumerate(rounded(kind, vector)))  # type: ignore[arg-type]
        times[id(row)] = asked.time_ms
        again = any(
            later.user_id == asked.user_id
            and later.event == "Order Completed"
            and later.time_ms < asked.time_ms + horizon_ms
            for later in events[place + 1 :]
        )
        rows.append((row, again))
    steps = optim.schedulers.InverseScaling(0.05, 0.3)
    model = (
        preprocessing.StandardScaler() | linear_model.LogisticRegression(optim.SGD(steps), intercept_lr=steps)
        if kind == "logistic_regression"
        else tree.HoeffdingTreeClassifier(
            grace_period=100, max_depth=6, leaf_prediction="mc", split_criterion="gini", delta=1e-3, tau=0.1
        )
    )
    steps_told = evaluate.iter_progressive_val_score(
        rows, model, metrics.LogLoss(), moment=lambda row: times[id(row)], delay=horizon_ms, yield_predictions=True
    )
    shares = [step["Prediction"] or {} for step in steps_told]
    return [told.get(True, told.get(1, 0.0)) if sum(told.values()) > 0 else 0.5 for told in shares]


def test_a_class_is_that_of_the_horizons_last_moment_also_where_time_alone_moves_a_user() -> None:
    told = definition("class_later")
    learner = ModelLearner(told)
    spec, labels = told.predictions["class_later"], []
    inner = learners_of(learner)["class_later"]
    keep = inner._learn
    inner._learn = lambda label: (labels.append(label), keep(label))  # type: ignore[method-assign]
    rows_of(learner, lessons_of(learner, LINES))
    events = [decode(one) for one in LINES]
    engine = Engine(learner.engine.definition)
    wrong, outcomes = 0, set()
    for label in labels[::7]:
        last_ms = label.asked_ms + spec.horizon_ms - 1
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


def test_nothing_is_asked_about_an_event_that_came_late_and_it_counts_for_labels() -> None:
    learner = ModelLearner(definition("buys", "class_later"))
    lines = [line(day=1), line(day=3), line(day=2, event="Order Completed", properties={"revenue": 5})]
    rows_of(learner, lessons_of(learner, lines))
    for name, told in learners_of(learner).items():
        waiting = told.labels.snapshot()["waiting"]["u"]
        assert [entry[1] - START_MS for entry in waiting] == [DAY_MS, 3 * DAY_MS]
        assert [entry[2] for entry in waiting] == ([1.0, 0.0] if name == "buys" else [2.0, 2.0])


def test_an_erased_user_is_nowhere_in_the_learner() -> None:
    learner = ModelLearner(DEFINITION)
    erase = line("user-7", day=15, type="erase", event=None)
    before = shop_lines(until_day=15)
    rows_of(learner, lessons_of(learner, before))
    assert b"user-7" in learner.snapshot()
    learner = ModelLearner(DEFINITION)
    rows_of(learner, lessons_of(learner, [*before, erase]))
    assert b"user-7" not in learner.snapshot()
    assert b"user-8" in learner.snapshot()


def test_a_learner_that_begins_with_a_book_counts_on_and_answers_until_it_has_learned() -> None:
    half = len(LESSONS) // 2
    book, first = ModelBook(), ModelLearner(DEFINITION)
    for row in rows_of(first, LESSONS[:half]):
        book.add(row.payload)
    second = ModelLearner(DEFINITION)
    second.begin(book)
    assert learners_of(second)["buys"].model is not None
    rows = rows_of(second, LESSONS[half:])
    for name in ("buys", "tree", "gated", "long"):
        after = PredictionModel.decode(next(row.payload for row in rows if row.key == f"predictions/{name}"))
        assert after.version == book.predictions[name].newest.version + 1


def test_an_edited_prediction_begins_anew_with_the_next_version() -> None:
    first = ModelLearner(definition("buys", "alive"))
    rows_of(first, lessons_of(first, LINES))
    edited = parse_definition(text_of({"buys": PREDICTIONS["buys"].replace("5d", "4d"), "alive": PREDICTIONS["alive"]}))
    second = ModelLearner(edited)
    second.restore(first.snapshot())
    old, new = learners_of(first), learners_of(second)
    assert (len(old["alive"].labels), len(old["buys"].labels) > 0) == (len(new["alive"].labels), True)
    assert (len(new["buys"].labels), new["buys"].model) == (0, None)
    assert old["buys"].model is not None
    rows = rows_of(second, lessons_of(second, LINES))
    after = PredictionModel.decode(next(row.payload for row in rows if row.key == "predictions/buys"))
    assert after.version == old["buys"].model.version + 1


def test_a_bounded_pass_gives_the_rows_of_its_lessons() -> None:
    told = definition(*LIGHT)
    learner = ModelLearner(told)
    expected = rows_of(learner, lessons_of(learner, LINES)) + learner.finish()
    assert list(learn_models(told, LINES)) == expected
