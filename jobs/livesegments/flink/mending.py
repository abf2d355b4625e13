"""The last resort: a profile brought back to where it was before an event that the step could not take.

Between two checkpoints the state holds the profile of the last one; what was done since is done again upon it.
"""

from __future__ import annotations

from collections.abc import Iterable

from livesegments.core.events import Event, decode
from livesegments.core.ingest import reading_of
from livesegments.core.profile import Profile
from livesegments.core.step import Engine
from livesegments.flink.moves import Move, do_move

__all__ = ["Step", "done_again", "without_what_fails"]

Step = tuple[bytes, int | None] | Move | int
"""An event that was applied, as it came, with its record's time where it has none of its own; or what was moved to or
from the profile; or a time (ms) that the profile was advanced to."""


def done_again(engine: Engine, profile: Profile, steps: Iterable[Step]) -> None:
    """Do steps again; their changes are out already."""
    for step in steps:
        if isinstance(step, int):
            engine.advance(profile, step)
        elif isinstance(step, Move):
            do_move(engine, profile, step, reading_of(engine.definition))
        else:
            engine.apply(profile, _event_of(engine, step))


def without_what_fails(
    engine: Engine, profile: Profile, steps: Iterable[Step]
) -> tuple[Profile, list[tuple[bytes, Exception]]]:
    """Do steps again, leaving out the events after which the profile cannot be encoded, and give those.

    What only time brought about up to such an event is out already, and stays done.
    """
    failed: list[tuple[bytes, Exception]] = []
    for step in steps:
        before = engine.snapshot(profile)
        try:
            done_again(engine, profile, (step,))
            engine.snapshot(profile)
        except Exception as error:
            profile = engine.restore(profile.user_id, before)
            if isinstance(step, Move):
                failed += [(raw, error) for raw, _ in step.events]
                engine.advance(profile, step.time_ms)
            elif not isinstance(step, int):
                failed.append((step[0], error))
                engine.advance(profile, _event_of(engine, step).time_ms)
    return profile, failed


def _event_of(engine: Engine, step: tuple[bytes, int | None]) -> Event:
    """Read an event as it was read before; what is left out of it is counted already."""
    raw, record_ms = step
    return decode(raw, record_ms=record_ms, reading=reading_of(engine.definition))
