"""Teaching one prediction: what events and users tell its learner, and when which user is asked about."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from livesegments.core.definition import Definition, PredictionSpec
from livesegments.core.events import Event
from livesegments.core.program import Program, taker_of
from livesegments.core.times import DAY_MS
from livesegments.models.classes import Classes
from livesegments.models.predictions.inputs import Observation
from livesegments.models.predictions.labels import Label
from livesegments.models.predictions.learner import Learner, LearnerOptions, Published
from livesegments.models.predictions.model import PredictionModel
from livesegments.models.predictions.question import UNTAUGHT
from livesegments.models.reading import Reader
from livesegments.models.sample import SampledUsers

__all__ = ["PredictionTeacher", "part_of_a_day", "time_between_questions_ms"]

ASKED_MAX = 64
"""About how many users are asked about at one moment. Each user is asked about equally often, active or not."""

ASKED_TO_JUDGE_MAX = 16
"""The same for a model that learns nothing from the answers: they only tell how good it is."""

NAMES_MAX = 10_000
"""Event names remembered: names are the user's and without bound."""

ASKED_PER_HORIZON = 8
"""About how many questions about one user are open at once, until their horizon ends and their labels are known."""


def part_of_a_day(most_ms: int) -> int:
    """Give the longest of a day, its half, its quarter and so on that is not longer; each is a multiple of the next."""
    part_ms = DAY_MS
    for factor in (2, 3, 5):  # a day has these factors alone
        while part_ms > most_ms and part_ms % factor == 0:
            part_ms //= factor
    return part_ms


def time_between_questions_ms(spec: PredictionSpec) -> int:
    """Give the time between two moments of asking about a prediction, which are its multiples."""
    return part_of_a_day(spec.horizon_ms // ASKED_PER_HORIZON)


class PredictionTeacher:
    """Makes questions about users and their labels, and gives both to the learner of one prediction.

    At each moment of asking, a part of the sampled users comes up, by turns: idle ones as often as busy ones. What is
    asked about a user is what was known at that moment, and the label is what happened within the horizon after it.
    """

    def __init__(
        self, learned: Definition, program: Program, name: str, users: SampledUsers, *, judged: bool = True
    ) -> None:
        reader = self._reader = Reader(learned, name)
        spec = self._spec = reader.spec
        self._users = users
        self._inputs = program.inputs_of(spec.features)
        self._take = taker_of(program.slots[feature] for feature in spec.features)
        self._classes = Classes(program, spec) if spec.classes else None
        self._every_ms = time_between_questions_ms(spec)
        self.identity = [reader.question.definition, spec.seed]
        self._is_asked = judged or spec.model not in UNTAUGHT
        options = LearnerOptions(
            version_every_ms=spec.every_ms, labels_min=spec.labels, seed=spec.seed, is_judged=judged
        )
        self.learner = Learner(reader.question, reader.names, options)
        self._may_read = lru_cache(NAMES_MAX)(reader.may_read)

    def observe(self, event: Event) -> None:
        """Take in an event that was applied."""
        reader = self._reader
        if not self._may_read(event.type, event.event):  # most events
            return
        happened = reader.happened(event)
        if not reader.is_kept:
            if happened:
                self.learner.report(event.user_id, event.time_ms, 1.0)
            return
        amount = reader.amount(event)
        marks = reader.marks(event, happened, amount) if reader.is_recurrent else ()
        if marks is not None:
            self.learner.observe(
                Observation(user=event.user_id, at_ms=event.time_ms, marks=marks, happened=happened, amount=amount)
            )

    def advance(self, now_ms: int) -> list[Published]:
        """Let labels come true up to now, and give the versions and records that are due."""
        return self.learner.advance(now_ms, self._outcome)

    def ask(self, now_ms: int) -> None:
        """Ask about the users whose turn it is; nothing at other times than the moments of asking.

        Nobody asks where a model learns nothing from the answers and is not judged by them.
        """
        if now_ms % self._every_ms or not self._is_asked:
            return
        turns = self._turns(len(self._users))
        turn = now_ms // self._every_ms % turns
        asked: list[tuple[str, list[float] | None]] = []
        for profile in self._users.at_turn(turn, turns):
            if profile.empty:
                continue
            vector = None
            if not self._reader.is_kept:
                profile.move_to(now_ms)
                self._inputs.update(profile, now_ms)
                vector = self._reader.encode(self._take(profile.values))
            asked.append((profile.user_id, vector))
        self.learner.ask_all(asked, now_ms)

    def _turns(self, users: int) -> int:
        """Give how many moments pass from one question about a user to the next: a power of two, so as to last."""
        most = ASKED_TO_JUDGE_MAX if self._spec.model in UNTAUGHT else ASKED_MAX
        least = max(users / most, self._spec.horizon_ms / self._every_ms / ASKED_PER_HORIZON)
        turns = 1
        while turns < least:
            turns *= 2
        return turns

    def _outcome(self, label: Label) -> float:
        """Give what came of a question, at the moment when its horizon ends."""
        if self._classes is None:
            return label.outcome
        due_ms = label.asked_ms + self._spec.horizon_ms
        return float(self._classes.at(self._users.known(label.user), due_ms))

    def snapshot(self) -> dict[str, Any]:
        """Return all that is needed to go on, as plain values."""
        return self.learner.snapshot()

    def restore(self, identity: list[Any], state: dict[str, Any]) -> None:
        """Restore a snapshot. From one of another question only the number of its last version is taken."""
        if identity == self.identity:
            self.learner.restore(state)
        elif state["model"]:
            self.learner.begin(PredictionModel.decode(state["model"]))
