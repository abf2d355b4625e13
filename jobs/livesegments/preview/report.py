"""From a trial's counts to what is told of them."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from livesegments.core.definition import SegmentSpec
from livesegments.core.times import DAY_MS, format_time
from livesegments.preview.differing import why_out
from livesegments.preview.overlaps import Overlaps
from livesegments.preview.records import Difference, Differing, Preview, PreviewedSegment, Sampled, State, Step
from livesegments.preview.side import Side
from livesegments.preview.tallies import Tally
from livesegments.preview.trial import Trial

__all__ = ["report_of"]

_STEPS = ((62, 1), (730, 7))  # up to so many days, a step is so many days; beyond, 28


def report_of(trial: Trial) -> Preview:
    """Give all that a trial found; segments by name."""
    old = trial.old
    names = sorted({*trial.new.definition.segments, *(old.definition.segments if old else ())})
    same = set(trial.same())
    overlaps = [
        Overlaps(_masks(trial, place), {name: side.bit(name) for name in side.tallies})
        for place, side in enumerate(trial.sides)
    ]
    segments = [_difference(trial, overlaps, name, name in same) for name in names]
    scaled = trial.sample.scaled
    return Preview(
        definition=trial.new.definition.file,
        against=None if old is None else old.definition.file,
        start=None if trial.start_ms is None else format_time(trial.start_ms),
        end=None if trial.end_ms is None else format_time(trial.end_ms),
        days=_days(trial),
        events=str(trial.counts),
        share=trial.sample.share,
        users=_sampled(trial, trial.users),
        segments=segments,
        unchanged=sorted(same),
        differ_unchanged=[one.segment for one in segments if one.segment in same and _differs(one)],
        flows=[
            (before, after, scaled(users))
            for (before, after), users in sorted(trial.new.flows.items(), key=lambda flow: (-flow[1], flow[0]))
        ],
    )


def _masks(trial: Trial, place: int) -> Counter[int]:
    masks: Counter[int] = Counter()
    for pair, users in trial.members.items():
        masks[pair[place]] += users
    return masks


def _days(trial: Trial) -> float:
    if trial.start_ms is None or trial.end_ms is None:
        return 0.0
    return max(0, trial.end_ms - trial.start_ms) / DAY_MS


def _sampled(trial: Trial, users: int) -> Sampled:
    return Sampled(users=trial.sample.scaled(users), interval=trial.sample.interval(users))


def _difference(trial: Trial, overlaps: list[Overlaps], name: str, is_same: bool) -> Difference:
    specs = [side.definition.segments.get(name) for side in trial.sides]
    sides = [
        None if spec is None else _segment(trial, side, whole, name)
        for side, spec, whole in zip(trial.sides, specs, overlaps, strict=True)
    ]
    spec = specs[0] or specs[-1]
    assert spec is not None
    if trial.old is None:
        return Difference(
            segment=name, title=spec.title, condition=_condition(spec), state="new", new=sides[0]
        )  # fmt: skip
    new_bit, old_bit = trial.new.bit(name), trial.old.bit(name)
    counts = [0, 0, 0, 0]
    for (new, old), users in trial.members.items():
        counts[bool(new & new_bit) + 2 * bool(old & old_bit)] += users
    state: State = "unchanged" if is_same else "gone" if specs[0] is None else "new" if specs[1] is None else "changed"
    return Difference(
        segment=name,
        title=spec.title,
        condition=_condition(spec),
        state=state,
        new=sides[0],
        old=sides[1],
        only_new=_sampled(trial, counts[1]),
        only_old=_sampled(trial, counts[2]),
        both=_sampled(trial, counts[3]),
        users=[_differing(trial, name, user_id) for user_id in trial.differing.get(name, ())],
    )


def _differs(one: Difference) -> bool:
    """Tell whether any figure of a segment differs; what it overlaps with may have been edited."""
    assert one.new is not None
    assert one.old is not None
    moved = [count.users for count in (one.only_new, one.only_old) if count is not None]
    return any(moved) or replace(one.new, overlaps=[]) != replace(one.old, overlaps=[])


def _condition(spec: SegmentSpec) -> str:
    return "a list of members" if spec.when is None else spec.when.span.text


def _segment(trial: Trial, side: Side, overlaps: Overlaps, name: str) -> PreviewedSegment:
    tally, scaled = side.tallies[name], trial.sample.scaled
    members = overlaps.members[name]
    days = _days(trial)
    median_ms = tally.stays.median_ms()
    return PreviewedSegment(
        members=_sampled(trial, members),
        share=members / trial.users if trial.users else 0.0,
        entered=scaled(tally.entered),
        left=scaled(tally.exited),
        erased=scaled(tally.ended),
        entered_per_day=tally.entered / trial.sample.share / days if days else 0.0,
        median_stay_ms=median_ms,
        stays_ended=scaled(tally.stays.ended),
        returns=scaled(tally.returns),
        returned=scaled(tally.returned),
        causes={kind: count / tally.entered for kind, count in sorted(tally.causes.items())},
        clauses={
            clause: scaled(count)
            for clause, count in sorted(tally.clauses.items(), key=lambda told: (-told[1], told[0]))
        },
        over_time=_over_time(trial, tally),
        overlaps=overlaps.of(name, trial.sample),
    )


def _over_time(trial: Trial, tally: Tally) -> list[Step]:
    """Give steps of whole days in UTC, the first of them on the day of the first event."""
    if trial.start_ms is None or trial.end_ms is None:
        return []
    first, last, scaled = trial.start_ms // DAY_MS, trial.end_ms // DAY_MS, trial.sample.scaled
    length = next((step for days, step in _STEPS if last - first < days), 28)
    steps, members = [], 0
    for day in range(first, last + 1, length):
        counts = [tally.days[one] for one in range(day, day + length) if one in tally.days]
        entered, left, erased = (sum(count[index] for count in counts) for index in range(3))
        members += entered - left - erased
        steps.append(
            Step(
                start=format_time(day * DAY_MS)[:10],
                members=scaled(members),
                entered=scaled(entered),
                left=scaled(left),
                erased=scaled(erased),
            )
        )
    return steps


def _differing(trial: Trial, name: str, user_id: str) -> Differing:
    """Say of a user in just one of the two what keeps them out of the other."""
    assert trial.old is not None
    assert trial.end_ms is not None
    is_new = name in trial.new.profile(user_id).members
    inside, outside = (trial.new, trial.old) if is_new else (trial.old, trial.new)
    since_ms = inside.profile(user_id).members[name]
    clauses, note = why_out(outside.engine, outside.profile(user_id), name, trial.end_ms)
    return Differing(
        user_id=user_id,
        only_in="new" if is_new else "old",
        since=format_time(since_ms),
        decided_by=clauses,
        note=note,
    )
