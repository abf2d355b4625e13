"""How good predictions are of all users at month ends: the users whom a campaign would choose from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
import numpy as np

from livesegments.core.definition import Definition
from livesegments.core.events import Event, Reading
from livesegments.core.ingest import event_of, reading_of
from livesegments.core.replay import Replay
from livesegments.models.book import ModelBook
from livesegments.models.engine import engine_with_models
from livesegments.models.predictions.measures import amount_measures, chance_measures
from livesegments.models.predictions.record import Measures
from livesegments.models.reading import Reader

__all__ = ["MonthEnds", "at_month_ends"]


class MonthEnds(msgspec.Struct, frozen=True, kw_only=True):
    """The measures of all answers at month ends, and of the share or mean of each month for everybody.

    `users` had an answer, `silent` had none; both count a user once a month.
    """

    months: int
    users: int
    silent: int
    measures: Measures
    base: Measures


class _Asked(msgspec.Struct):
    """The answers about all users at one month's end, and what came of them so far."""

    at_ms: int
    answers: dict[str, float]
    silent: int
    outcomes: dict[str, float]


def at_month_ends(
    definition: Definition,
    book: ModelBook,
    lines: Iterable[bytes],
    until_ms: int | None = None,
    reading: Reading | None = None,
) -> dict[str, MonthEnds]:
    """Replay the lines with the models of a book; give the quality of each prediction of `will` or `value`.

    Months end at midnight UTC. Only those count whose horizon the events go beyond.
    """
    terms = reading or reading_of(definition)
    replay = Replay(engine_with_models(definition, book), until_ms, reading=terms)
    readers = {name: Reader(definition, name) for name, spec in definition.predictions.items() if not spec.classes}
    asked: dict[str, list[_Asked]] = {name: [] for name in readers}
    end_ms, greatest_ms = 0, 0
    for line in lines:
        event = event_of(line, terms)
        if event is not None and (until_ms is None or event.time_ms <= until_ms):
            while 0 < end_ms < event.time_ms:
                _ask(replay, end_ms, asked)
                end_ms = _month_after(end_ms)
            end_ms = end_ms or _month_after(event.time_ms)
            greatest_ms = max(greatest_ms, event.time_ms)
            _report(event, readers, asked)
        replay.feed(line)
    return {
        name: told
        for name, reader in readers.items()
        if (told := _measured(asked[name], greatest_ms - reader.spec.horizon_ms, reader.question.asks)) is not None
    }


def _month_after(at_ms: int) -> int:
    day = datetime.fromtimestamp(at_ms / 1_000, UTC)
    after = datetime(day.year + day.month // 12, day.month % 12 + 1, 1, tzinfo=UTC)
    return int(after.timestamp()) * 1_000


def _ask(replay: Replay, at_ms: int, asked: dict[str, list[_Asked]]) -> None:
    found: dict[str, dict[str, float]] = {name: {} for name in asked}
    users = 0
    for user_id in replay.profiles:
        profile = replay.profiles[user_id]
        replay.engine.advance(profile, at_ms)
        users += not profile.empty
        if profile.empty or replay.engine.models is None:
            continue
        answers = replay.engine.models.answers(profile, at_ms)
        for name in asked:
            if name in answers:
                found[name][user_id] = answers[name]
    for name, answers in found.items():
        if answers:
            asked[name].append(_Asked(at_ms, answers, users - len(answers), {}))


def _report(event: Event, readers: dict[str, Reader], asked: dict[str, list[_Asked]]) -> None:
    for name, reader in readers.items():
        if not reader.happened(event):
            continue
        amount = 1.0 if reader.question.asks == "will" else max(reader.amount(event), 0.0)
        for one in asked[name]:
            if one.at_ms < event.time_ms <= one.at_ms + reader.spec.horizon_ms and event.user_id in one.answers:
                before = 0.0 if reader.question.asks == "will" else one.outcomes.get(event.user_id, 0.0)
                one.outcomes[event.user_id] = before + amount


def _measured(asked: list[_Asked], until_ms: int, asks: str) -> MonthEnds | None:
    ripe = [one for one in asked if one.at_ms <= until_ms]
    if not ripe:
        return None
    answers = [np.array(list(one.answers.values())) for one in ripe]
    outcomes = [np.array([one.outcomes.get(user, 0.0) for user in one.answers]) for one in ripe]
    rates = [np.full(len(found), found.mean()) for found in outcomes]
    truth = np.concatenate(outcomes)

    def measures(parts: list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]) -> Measures:
        told = np.concatenate(parts)
        if asks == "value":
            return amount_measures(told, truth)
        return chance_measures(np.stack([1.0 - told, told], axis=1), truth.astype(np.int64))

    return MonthEnds(
        months=len(ripe),
        users=len(truth),
        silent=sum(one.silent for one in ripe),
        measures=measures(answers),
        base=measures(rates),
    )
