"""The instants at which time alone could change something for one user."""

from collections.abc import Iterator

from oracle.decisions import lookup_at
from oracle.definition import Definition, Feature
from oracle.durations import milliseconds
from oracle.evaluation import evaluate
from oracle.expressions import Node
from oracle.profiles import Profile
from oracle.samples import samples_of
from oracle.traits import turns
from oracle.windows import CalendarWindow


def next_instant(definition: Definition, profile: Profile, after_ms: int, until_ms: int) -> int | None:
    """Give the first instant in (after, until] at which anything could change; nothing changes before it."""
    edges = [edge for edge in all_edges(definition, profile) if after_ms < edge <= until_ms]
    edges += calendar_edges(definition, profile, after_ms, until_ms)
    edge_ms = min(edges, default=None)
    quiet_until_ms = until_ms if edge_ms is None else edge_ms - 1
    crossing_ms = first_crossing(definition, profile, after_ms, quiet_until_ms)
    return edge_ms if crossing_ms is None else crossing_ms


def all_edges(definition: Definition, profile: Profile) -> Iterator[int]:
    """Give every time at which a window slides over an event, or a dwell or cooldown ends."""
    if "edges" not in profile.remembered:
        edges = (feature_edges(definition, profile, feature) for feature in definition.features.values())
        profile.remembered["edges"] = sorted({edge for some in edges for edge in some})
    yield from profile.remembered["edges"]
    for segment in definition.segments:
        if segment.name in profile.entered_ms:
            yield profile.entered_ms[segment.name] + segment.min_dwell_ms
        if segment.name in profile.left_ms:
            yield profile.left_ms[segment.name] + segment.cooldown_ms


def feature_edges(definition: Definition, profile: Profile, feature: Feature) -> Iterator[int]:
    if feature.is_over_traits or feature.kind in ("value", "cluster", "prediction", "bucket"):
        return
    if feature.kind == "session":
        places = [one.time_ms for one in profile.applied]
    else:
        samples = [samples_of(definition, profile, feature, selection) for selection in feature.selections]
        places = [one.place_ms for some in samples for one in some]
    yield from (edge for place in places for edge in feature.window.edges_ms(place))
    if feature.kind == "unfollowed":
        yield from (place + milliseconds(feature.options["after"]) for place in places)


def calendar_edges(definition: Definition, profile: Profile, after_ms: int, until_ms: int) -> list[int]:
    """Give the moments in (after, until] at which the day of an anniversary, or a period that a rate is over, turns."""
    edges: list[int] = []
    for feature in definition.features.values():
        if feature.kind == "days_until":
            edges += turns(definition, profile, feature, after_ms, until_ms)
        if feature.kind == "rate" and isinstance(feature.window, CalendarWindow):
            edges += feature.window.turns_ms(after_ms, until_ms)
    return [edge for edge in edges if after_ms < edge <= until_ms]


def first_crossing(definition: Definition, profile: Profile, after_ms: int, until_ms: int) -> int | None:
    """Give the first millisecond in (after, until] at which a clause that time moves answers differently.

    Between two edges each such clause is monotone, so bisection finds its crossing. A clause may stand on a `value`
    that has a clause of its own, so the search goes on before each crossing found until none is left.
    """
    crossing_ms: int | None = None
    while True:
        answers = (bisect(definition, profile, clause, after_ms, until_ms) for clause in definition.timed_clauses)
        found = [answer for answer in answers if answer is not None]
        if not found:
            return crossing_ms
        crossing_ms = min(found)
        until_ms = crossing_ms - 1


def bisect(definition: Definition, profile: Profile, clause: Node, after_ms: int, until_ms: int) -> int | None:
    def answer(now_ms: int) -> object:
        return evaluate(clause, lookup_at(definition, profile, now_ms))

    if until_ms <= after_ms:
        return None
    before = answer(after_ms)
    if answer(until_ms) is before:
        return None
    low, high = after_ms, until_ms
    while high - low > 1:
        middle = (low + high) // 2
        if answer(middle) is before:
            low = middle
        else:
            high = middle
    return high
