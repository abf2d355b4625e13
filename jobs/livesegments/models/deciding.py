"""Deciding each user's clusters and predictions with the models in force: what the step asks of models."""

from __future__ import annotations

from typing import Any, Literal

from livesegments.core.conditions import compile_condition
from livesegments.core.definition import ClusterSpec
from livesegments.core.events import Event
from livesegments.core.inference import ClusterMove, Decision, Weight, first_look, is_read, next_look
from livesegments.core.profile import Membership, Profile
from livesegments.core.program import Inputs, Program, taker_of
from livesegments.core.times import NEVER
from livesegments.models.answering import Answerer
from livesegments.models.book import ModelBook
from livesegments.models.clusters.border import Borders
from livesegments.models.clusters.model import ClusterModel, Place
from livesegments.models.looking import Looks
from livesegments.models.predictions.model import DIGITS

__all__ = ["ModelDecider"]

_NAMES_MAX = 10_000  # event names remembered; names are the user's and without bound


class ModelDecider:
    """Decides clusters and predictions by the versions in a book; `unread` as in `engine_with_models`."""

    def __init__(self, program: Program, book: ModelBook, *, unread: bool = True) -> None:
        self.book = book
        self._clusterings = [_Clustering(program, spec) for _, spec in sorted(program.definition.clusters.items())]
        definition = program.definition
        read = {name for name in definition.predictions if is_read(definition, name)}
        names = sorted(definition.predictions if unread else read)
        self._answerers = {name: Answerer(program, name, book) for name in names}
        self._observers: dict[tuple[str, str | None], list[list[tuple[Answerer, list[float]]]]] = {}
        self._read = [answerer for name, answerer in self._answerers.items() if name in read]
        self._unread = [answerer for name, answerer in self._answerers.items() if name not in read]
        self._exact = exact = [clustering for clustering in self._clusterings if clustering.looks.is_exact]
        self._inputs = self._inputs_of(program, self._clusterings, self._read)
        self._exact_inputs = self._inputs_of(program, exact, [])
        self._first_look_ms = first_look(
            at_predictions=bool(self._read), at_clusters=len(exact) < len(self._clusterings)
        )

    def observe(self, profile: Profile, event: Event) -> None:
        """Take in an event that was applied to the profile."""
        observers = self._observers.get((event.type, event.event))
        if observers is None:
            observers = self._observers_of(event)
        for alike in observers:
            reader = alike[0][0].reader
            happened, amount = reader.happened(event), reader.amount(event)
            for answerer, steps in alike:
                answerer.observe(profile, event, steps, happened, amount)

    def _observers_of(self, event: Event) -> list[list[tuple[Answerer, list[float]]]]:
        """Find who reads events of this one's type and name, those together to whom an event says the same.

        With each answerer go the steps that such an event is to it.
        """
        alike: dict[str, list[tuple[Answerer, list[float]]]] = {}
        for answerer in self._answerers.values():
            reader = answerer.reader
            if reader.is_kept and reader.may_read(event.type, event.event):
                alike.setdefault(reader.event_key, []).append((answerer, reader.steps_of(event)))
        if len(self._observers) >= _NAMES_MAX:
            self._observers.clear()
        observers = self._observers[event.type, event.event] = list(alike.values())
        return observers

    def decide(self, profile: Profile, now_ms: int, *, is_look: bool = False) -> tuple[list[Decision], int]:
        """Bring clusters and predictions up to date with the models in force at now; clusters first, by name.

        Gives what has changed, and when the user is to be looked at if no event comes: a time later than now. A look at
        any other time changes nothing. One that changes nothing leaves a cluster as it was decided before.
        """
        decisions = []
        look_ms = next_look(self._first_look_ms, profile.applied_ms, now_ms)
        is_full = not is_look or next_look(self._first_look_ms, profile.applied_ms, now_ms - 1) == now_ms
        (self._inputs if is_full else self._exact_inputs).update(profile, now_ms)
        for clustering in self._clusterings if is_full else self._exact:
            decision, next_ms = clustering.decide(self.book, profile, now_ms, is_look=is_look)
            if next_ms < look_ms:
                look_ms = next_ms
            if decision is not None:
                decisions.append(decision)
        for answerer in self._read if is_full else ():
            answer = answerer.decide(profile, now_ms)
            if answer is not None:
                decisions.append(answer)
        return decisions, look_ms

    @staticmethod
    def _inputs_of(program: Program, clusterings: list[_Clustering], answerers: list[Answerer]) -> Inputs:
        read = {name for clustering in clusterings for name in clustering.spec.names_read}
        read.update(name for answerer in answerers for name in answerer.reader.spec.features)
        return program.inputs_of(sorted(read))

    def weights(self, profile: Profile, prediction: str, now_ms: int) -> list[Weight]:
        """Give the three features that weighed most in a prediction, greatest first."""
        answerer = self._answerers.get(prediction)
        return [] if answerer is None else answerer.weights(profile, now_ms)

    def answers(self, profile: Profile, now_ms: int) -> dict[str, Any]:
        """Give what the predictions that no feature reads say at now; those that say nothing are left out."""
        found = {answerer.name: answerer.answer(profile, now_ms) for answerer in self._unread}
        return {name: value for name, value in found.items() if value is not None}


class _Clustering:
    """Decides the users' clusters of one clustering."""

    __slots__ = ("_take", "_when", "looks", "name", "spec")

    def __init__(self, program: Program, spec: ClusterSpec) -> None:
        self.spec = spec
        self.name = spec.name
        self.looks = Looks(program, spec)
        self._when = None if spec.when is None else compile_condition(spec.when, program.slots)
        self._take = taker_of(program.slots[name] for name in spec.features)

    def decide(self, book: ModelBook, profile: Profile, now_ms: int, *, is_look: bool) -> tuple[Decision | None, int]:
        """Bring a user's cluster up to date; give the decision if it is another one, and when to look again.

        The values that it reads must be those of now.
        """
        looks, spec, clusters = self.looks, self.spec, profile.clusters
        looks.know(book.clusters.get(self.name))
        phase = looks.succession.phase(profile.user_id) if looks.is_exact else 0
        number = looks.number_at(profile, phase, now_ms)
        if number < 0:
            if not looks.is_exact:
                return None, NEVER
            return None, looks.next_ms(number, phase, profile, now_ms, None, None, may_scan=False)
        assert looks.ahead is not None
        model, borders = looks.succession.models[number], looks.ahead.borders[number]
        found = profile.values
        values = self._take(found)
        numbers, near = borders.read(values)
        held, decision = clusters.get(self.name), None
        is_in = self._when is None or self._when(found) is True
        may_scan = is_look or held is None or held.version < model.version  # who is new or was idle will be so again
        stays = held is not None and is_in and borders.keeps(held.id, numbers, near)
        if not stays:
            vector = borders.vector(numbers) if is_in else None
            place = None if vector is None else model.place_of(vector, None if held is None else held.id, spec.margin)
            stays = held is not None and place is not None and held.id == place.id
            if not stays:
                by_model = False
                if is_look and looks.is_exact:  # where time alone moves users, each moves as soon as it is so
                    by_model = held is not None and looks.is_first(number, profile, phase, now_ms)
                elif held is not None and held.version != model.version:
                    by_model = self._is_moved_by(model, held, borders)
                decision = _assign(clusters, held, place, spec, model, values, by_model=by_model)
                held = clusters.get(self.name)
        if stays and held is not None and not is_look:
            held.version = model.version
            held.values = values
        if not looks.is_exact:
            return decision, NEVER
        own, standing = None if held is None else held.id, looks.standing(borders, values, numbers, near)
        return decision, looks.next_ms(number, phase, profile, now_ms, own, standing, may_scan=may_scan)

    def _is_moved_by(self, model: ClusterModel, held: Membership, borders: Borders) -> bool:
        """Tell whether a version alone moves the user: it would put the values of before elsewhere, too."""
        is_alike = len(held.values) == len(self.spec.features)
        vector = borders.vector(borders.read(held.values)[0]) if is_alike else None
        return vector is None or model.place_of(vector, held.id, self.spec.margin).id != held.id


def _assign(
    clusters: dict[str, Membership],
    held: Membership | None,
    place: Place | None,
    spec: ClusterSpec,
    model: ClusterModel,
    values: tuple[Any, ...],
    *,
    by_model: bool,
) -> Decision | None:
    """Put a user's new cluster into `clusters`, which has `held` so far; give the decision if there is one."""
    after = distance = left = None
    if place is not None:
        identity, after, distance, left = place
        clusters[spec.name] = Membership(identity, after, model.version, values)
        distance = round(distance, DIGITS)
        left = None if left is None else round(left, DIGITS)
    elif held is None:
        return None
    else:
        del clusters[spec.name]
    before = None if held is None else held.name
    moved: Literal["model_moved", "user_moved"] = "model_moved" if by_model else "user_moved"
    move = ClusterMove(before, after, moved, left, distance, dict(zip(spec.features, values, strict=True)))
    return Decision(spec.name, model.version, by_model, move)
