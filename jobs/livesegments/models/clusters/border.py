"""When a user who does nothing crosses the border to another cluster: worked out, not looked for.

Between two events most values stand still, and days since something grow by a day a day. |x-a|^2 - |x-b|^2 is linear in
x, so with one value that moves the time of crossing is a closed form; with several it is approached from below.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import copysign, dist, expm1
from typing import Any

from livesegments.core.times import DAY_MS, NEVER
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.scaling import LIMIT, Scaling

__all__ = ["next_crossing"]

STEPS_MAX = 64
LARGEST_LOG = 60.0  # a number of days beyond any calendar

Courses = list[tuple[int, float]]  # of each value that moves: its place in the vector, and its days at now


def next_crossing(
    model: ClusterModel,
    own: int,
    vector: list[float],
    values: Sequence[Any],
    moving: Sequence[int],
    margin: float,
    now_ms: int,
    end_ms: int,
) -> int:
    """Give the first time after now, and before the end (ms), at which an idle user may move; NEVER if there is none.

    `own` is the id of the user's cluster, `values` are those of now in the order of the features, `vector` the same in
    scaled units. Those at the places `moving` grow by a day a day. At the time given it is for `model.place` to say
    where the user is.
    """
    courses = [(place, value) for place in moving if type(value := values[place]) is float or type(value) is int]
    if not courses or own not in model.ids:
        return NEVER
    place, after_ms = model.ids.index(own), 0
    for _ in range(STEPS_MAX):
        after_ms = _not_before(model, place, vector, courses, margin, after_ms)
        if after_ms >= end_ms - now_ms:
            return NEVER
        if len(courses) == 1:
            break
        found = list(values)
        for at, days in courses:
            found[at] = days + after_ms / DAY_MS
        vector = model.scaling.scale(found, minimum=0) or vector  # without a minimum there always is one
        if model.place_of(vector, own, margin).id != own:
            break
    return now_ms + after_ms


def _not_before(
    model: ClusterModel, own: int, vector: list[float], courses: Courses, margin: float, after_ms: int
) -> int:
    """Give a time (ms from now) later than `after_ms` before which a user of the centre `own` stays; NEVER for ever.

    With one value that moves it is the crossing. A border that is passed without a move is that of a centre which is
    not the nearest: it must become the nearest first.
    """
    centres, gaps = model.centres, model.gaps[own]
    squares = [away * away for away in [dist(vector, centre) for centre in centres]]
    found, start, square = NEVER, centres[own], squares[own]
    for place, centre in enumerate(centres):
        if place == own:
            continue
        missing = margin * gaps[place] + squares[place] - square
        a: Sequence[float] = start
        if missing < 0.0:
            least = min(squares)
            missing, a = squares[place] - least, centres[squares.index(least)]
        rising = [(at, days) for at, days in courses if centre[at] > a[at]]
        for at, days in rising:  # one of them brings at least its share
            scaled = vector[at] + missing / (2.0 * (centre[at] - a[at]) * len(rising))
            found = min(found, _reached(model.scaling, at, days, scaled))
    return max(found, after_ms + 1)


def _reached(scaling: Scaling, place: int, days: float, scaled: float) -> int:
    """Give the first time (ms from now) at which a value, so many days at now, is beyond a scaled one."""
    if scaled >= LIMIT:
        return NEVER
    value = scaled * scaling.deviations[place] + scaling.means[place]
    if scaling.logs[place]:
        if value > LARGEST_LOG:
            return NEVER
        value = copysign(expm1(abs(value)), value)
    away_ms = (value - days) * DAY_MS
    return int(away_ms) + 1 if away_ms < 1e15 else NEVER
