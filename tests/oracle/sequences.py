"""Events that are followed by another one, or not."""

from oracle.definition import Definition, Feature
from oracle.durations import milliseconds
from oracle.profiles import Applied, Profile
from oracle.samples import samples_of
from oracle.selections import by_values, matches, newer


def pairs(definition: Definition, profile: Profile, feature: Feature, now_ms: int) -> int:
    """Count the first events inside the window that were followed, or that were not although `after` is over."""
    firsts, seconds = firsts_of(definition, profile, feature), seconds_of(profile, feature)
    inside = [one for one in firsts if feature.window.holds(one.time_ms, now_ms)]
    if feature.kind == "followed":
        taken = followed(firsts, seconds, feature)
        return sum(one.order in taken for one in inside)
    after_ms = milliseconds(feature.options["after"])
    old = [one for one in inside if now_ms - one.time_ms >= after_ms]
    return sum(not any(is_followed(one, second, feature) for second in seconds) for one in old)


def firsts_of(definition: Definition, profile: Profile, feature: Feature) -> list[Applied]:
    """Give the first events in their order: those that `where` lets through and that have a value of `by`."""
    samples = samples_of(definition, profile, feature, feature.what[0])
    return in_order([sample.applied for sample in samples], feature)


def seconds_of(profile: Profile, feature: Feature) -> list[Applied]:
    """Give the second events in their order; `where` does not ask about them."""
    return in_order([one for one in newer(profile, feature) if matches(one.event, feature.what[1])], feature)


def in_order(events: list[Applied], feature: Feature) -> list[Applied]:
    usable = [one for one in events if "by" not in feature.options or by_values(one.event, feature)]
    return sorted(usable, key=lambda one: one.order)


def followed(firsts: list[Applied], seconds: list[Applied], feature: Feature) -> set[tuple[int, int]]:
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


def is_followed(first: Applied, second: Applied, feature: Feature) -> bool:
    """Say whether the second event is later than the first, with the same values of `by`."""
    if second.order <= first.order:
        return False
    return "by" not in feature.options or by_values(first.event, feature) == by_values(second.event, feature)
