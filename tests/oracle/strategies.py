"""Hypothesis strategies for whole cases: a definition, a stream of lines and an end. The way in for other tests.

Everything is drawn from a `random.Random`: Hypothesis passes one that it can shrink, and `case_of` takes a seed,
which is many times faster and spreads wider.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from oracle import drawn_calendar, drawn_language
from oracle.drawn_events import draw_stream
from oracle.drawn_features import draw_features
from oracle.drawn_identity import draw_identity, draw_journeys
from oracle.drawn_segments import draw_segments, draw_sharp

__all__ = ["Case", "case_of", "cases", "definitions", "draw_case", "draw_definition", "draw_stream", "streams"]

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]
AFTER_MS = [0, 1, 5_000, 60_000, 86_400_000, *(3 * 86_400_000,) * 5]


@dataclass(frozen=True)
class Case:
    """One input of a bounded run; `definition` can be dumped as YAML as it is (lists of members are inline)."""

    definition: dict[str, Any]
    lines: list[bytes]
    until_ms: int | None


def draw_definition(
    random: Random,
    small_limits: bool = False,
    memory: bool = True,
    features_max: int = 12,
    segments_max: int = 8,
    new_kinds: bool = False,
) -> dict[str, Any]:
    """Draw a definition.

    small_limits: `samples`, `distinct` and `message_ids` of a few, so that panes and totals come into play.
    memory: allow exit_when, min_dwell, cooldown, static and lists of members.
    new_kinds: also the kinds and options of issue 17, in time zones that change their clocks.
    """
    features, drawn = (drawn_language.draw_features if new_kinds else draw_features)(random, features_max)
    limits: dict[str, Any] = {"lateness": random.choice(["7d", "7d", "1d", "1m", "5s"])}
    if small_limits:
        limits |= {name: random.randint(1, 4) for name in ("samples", "distinct", "message_ids")}
    zone = random.choice(list(drawn_calendar.STARTS) if new_kinds else ZONES)
    segments = draw_segments(random, drawn, memory=memory, size_max=segments_max)
    if new_kinds:
        segments |= draw_sharp(random, drawn)
    return {
        "version": 1,
        "timezone": zone,
        "limits": limits,
        "features": features,
        "segments": segments,
    }


def draw_case(
    random: Random,
    small_limits: bool = False,
    memory: bool = True,
    until_may_cut: bool = False,
    new_kinds: bool = False,
    identity: bool = False,
    **stream: Any,
) -> Case:
    """Draw a definition and a stream for it; `stream` are options of `draw_stream`, with identity of `draw_journeys`.

    The end is absent, at the last event, after it, or, with `until_may_cut`, before some events as well.
    """
    definition = draw_definition(random, small_limits=small_limits, memory=memory, new_kinds=new_kinds)
    if new_kinds:
        stream = {"starts": drawn_calendar.starts_in(definition["timezone"]), "new_kinds": True, **stream}
    if identity:
        definition["identity"] = draw_identity(random)
        lines, greatest_ms = draw_journeys(random, **stream)
    else:
        gaps_ms = random.choice([drawn_calendar.GAPS_MS, drawn_calendar.SHORT_GAPS_MS]) if new_kinds else None
        lines, greatest_ms = draw_stream(random, **{"gaps_ms": gaps_ms, **stream})
    ends = [None, *(greatest_ms + after_ms for after_ms in (drawn_calendar.AFTER_MS if new_kinds else AFTER_MS))]
    return Case(definition, lines, random.choice([*ends, *[greatest_ms - 5_000] * 3] if until_may_cut else ends))


def case_of(seed: int, **options: Any) -> Case:
    """Give the case of a seed, without Hypothesis; options as in `draw_case`."""
    return draw_case(Random(seed), **options)


def cases(**options: Any) -> st.SearchStrategy[Case]:
    """Draw cases that shrink; options as in `draw_case`."""
    return st.randoms(use_true_random=False).map(lambda random: draw_case(random, **options))


def definitions(**options: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Draw definitions; options as in `draw_definition`."""
    return st.randoms(use_true_random=False).map(lambda random: draw_definition(random, **options))


def streams(**options: Any) -> st.SearchStrategy[tuple[list[bytes], int]]:
    """Draw streams of lines; options as in `draw_stream`."""
    return st.randoms(use_true_random=False).map(lambda random: draw_stream(random, **options))
