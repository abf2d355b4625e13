"""Events that are followed by another one, or not."""

from oracle.definition import Definition, Feature
from oracle.durations import milliseconds
from oracle.profiles import Profile
from oracle.samples import Sample, samples_of
from oracle.selections import by_values


def pairs(definition: Definition, profile: Profile, feature: Feature, now_ms: int) -> int:
    """Count the first events inside the window that were followed, or that were not although `after` is over."""
    firsts, seconds = (
        sorted(samples_of(definition, profile, feature, one), key=lambda one: one.order) for one in feature.what
    )
    inside = [one for one in firsts if feature.window.holds(one.time_ms, now_ms)]
    if feature.kind == "followed":
        found = followed(firsts, seconds, feature)
        return sum(one.order in found for one in inside)
    after_ms = milliseconds(feature.options["after"])
    old = [one for one in inside if now_ms - one.time_ms >= after_ms]
    return sum(not any(is_followed(one, second, feature) for second in seconds) for one in old)


def followed(firsts: list[Sample], seconds: list[Sample], feature: Feature) -> set[tuple[int, int]]:
    """Give the order of each first one that has a second one of its own: the oldest that is still free takes it."""
    in_ms = milliseconds(feature.options["in"])
    taken: set[tuple[int, int]] = set()
    for second in seconds:
        for first in firsts:
            is_near = second.time_ms - first.time_ms < in_ms
            if first.order not in taken and is_near and is_followed(first, second, feature):
                taken.add(first.order)
                break
    return taken


def is_followed(first: Sample, second: Sample, feature: Feature) -> bool:
    """Say whether the second event is later than the first, with an equal value of `by`."""
    if second.order <= first.order:
        return False
    if "by" not in feature.options:
        return True
    one, other = (by_values(sample.applied.event, feature) for sample in (first, second))
    return bool(set(one) & set(other))
