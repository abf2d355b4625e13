"""Small made-up shops for the tests of predictions."""

import random
from dataclasses import dataclass
from typing import Any

from livesegments.core.times import DAY_MS
from livesegments.models.predictions.inputs import Observation, user_input
from livesegments.models.predictions.question import TABULAR, Model, Question

START_MS = 10_000 * DAY_MS
HORIZON_MS = 7 * DAY_MS
NAMES = ("events", "mood", "spent")
MARKS = ("mood", "spent")


@dataclass
class Shop:
    """Users who come again sooner the better their mood; a third of the events are purchases."""

    users: int = 40
    days: int = 60
    seed: int = 1
    step_ms: int = DAY_MS // 4  # coarse, so that questions and labels meet at the same time

    def observations(self) -> list[Observation]:
        """Return the shop's observations in time order."""
        chance = random.Random(self.seed)
        moods = [chance.uniform(0.05, 0.6) for _ in range(self.users)]
        counts, spent = [0] * self.users, [0.0] * self.users
        made = []
        for moment in range(self.days * DAY_MS // self.step_ms):
            for user, mood in enumerate(moods):
                if chance.random() > mood * 0.3:
                    continue
                happened = chance.random() < 0.4
                amount = round(chance.uniform(5, 50), 2) if happened else 0.0
                counts[user] += 1
                spent[user] += amount
                felt = mood + chance.gauss(0, 0.1)
                made.append(
                    Observation(
                        user=f"user-{user}",
                        at_ms=START_MS + moment * self.step_ms,
                        vector=(float(counts[user]), felt, spent[user]),
                        marks=(felt, amount),
                        happened=happened,
                        amount=amount,
                        class_number=0 if spent[user] > 100 else 1 if spent[user] > 20 else None,
                    )
                )
        return made


def vector_after(users: dict[str, Any], kind: Model, observation: Observation, now_ms: int = 0) -> list[float]:
    """Return what a model of this kind reads of a user after an event; `users` holds what is kept of each."""
    if kind in TABULAR:  # nothing is kept: each observation brings its own
        users[observation.user] = None
        return list(observation.vector)
    user = users.setdefault(observation.user, user_input(kind))
    user.take(observation.at_ms, observation.marks, observation.happened, observation.amount)
    return user.vector(now_ms)


def question(model: Model = "logistic_regression", asks: str = "will") -> Question:
    """Return a question of this kind over the horizon of the tests."""
    classes = ("high", "middle") if asks == "class" else ()
    return Question(name="tested", asks=asks, horizon_ms=HORIZON_MS, model=model, classes=classes)


def names_for(model: Model) -> tuple[str, ...]:
    """Return the columns (or marks) the shop gives this kind of model."""
    return MARKS if model in ("gru", "lstm") else NAMES
