"""The events and values that one feature is about, with the place each has in the feature's window."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oracle.definition import Definition, Feature
from oracle.profiles import Applied, Profile
from oracle.selections import matches, newer, of_values, passes
from oracle.windows import CalendarWindow, Window

NUMBER_KINDS = ("sum", "mean", "min", "max", "decayed")
LIMITED_KINDS = ("distinct", "top", "share")


@dataclass(frozen=True)
class Sample:
    """One event of a feature: `place_ms` is its time, or the end of its pane; `tracked` are values within the limit."""

    applied: Applied
    values: list[Any]
    place_ms: int
    tracked: list[Any]

    @property
    def time_ms(self) -> int:
        return self.applied.time_ms

    @property
    def order(self) -> tuple[int, int]:
        return self.applied.time_ms, self.applied.arrival


def samples_of(definition: Definition, profile: Profile, feature: Feature, selection: Any) -> list[Sample]:
    """Give all samples of a selection in order of arrival; remembered until another event is applied."""
    key = (feature.name, repr(selection))
    if key not in profile.remembered:
        profile.remembered[key] = collect(definition, profile, feature, selection)
    return list(profile.remembered[key])


def collect(definition: Definition, profile: Profile, feature: Feature, selection: Any) -> list[Sample]:
    chosen = [one for one in newer(profile, feature) if matches(one.event, selection) and passes(one.event, feature)]
    values = [values_of(feature, one) for one in chosen]
    kept = [(one, found) for one, found in zip(chosen, values, strict=True) if found]
    places = place_all([one for one, _ in kept], feature.window, definition.samples)
    samples = [Sample(one, found, place, found) for (one, found), place in zip(kept, places, strict=True)]
    return limit_values(samples, feature, definition.distinct) if feature.kind in LIMITED_KINDS else samples


def values_of(feature: Feature, one: Applied) -> list[Any]:
    """Give the values of `of` that the feature can use; without `of` an event weighs 1."""
    if feature.paths is None:
        return [1.0]
    is_number: Callable[[Any], bool] = lambda value: isinstance(value, float)  # noqa: E731
    if feature.kind not in NUMBER_KINDS:
        return of_values(one.event, feature)
    return [value for value in of_values(one.event, feature, numbers=True) if is_number(value)]


def place_all(arrived: list[Applied], window: Window | CalendarWindow, samples_max: int) -> list[int]:
    """Put each event at its own time, or at the end of a pane while its window holds too many."""
    if window.outer_ms is None:
        return [one.time_ms for one in arrived]
    width_ms = -(-window.outer_ms // samples_max)
    places: list[int] = []
    held: list[int] = []
    in_panes = False
    for one in arrived:
        held = [place for place in held if one.clock_ms - place < window.outer_ms]
        in_panes = bool(held) and in_panes
        place = one.time_ms
        if one.clock_ms - one.time_ms < window.outer_ms:
            in_panes = in_panes or len(held) >= samples_max
            place = (one.time_ms // width_ms + 1) * width_ms if in_panes else one.time_ms
            held.append(place)
        places.append(place)
    return places


def limit_values(samples: list[Sample], feature: Feature, distinct_max: int) -> list[Sample]:
    """Leave out of `tracked` each value that was new while as many as allowed were in the window already."""
    if "equals" in feature.options:
        return samples
    limited: list[Sample] = []
    for sample in samples:
        clock_ms = sample.applied.clock_ms
        known = {identity(value) for held in limited if is_held(held, feature, clock_ms) for value in held.tracked}
        tracked = []
        for value in sample.values if is_held(sample, feature, clock_ms) else []:
            if identity(value) in known or len(known) < distinct_max:
                known.add(identity(value))
                tracked.append(value)
        limited.append(Sample(sample.applied, sample.values, sample.place_ms, tracked))
    return limited


def is_held(sample: Sample, feature: Feature, clock_ms: int) -> bool:
    outer_ms = feature.window.outer_ms
    return outer_ms is None or clock_ms - sample.place_ms < outer_ms


def identity(value: Any) -> tuple[str, Any]:
    """Tell values apart as CEL does: true is not 1, "1" is not 1."""
    return type(value).__name__, value
