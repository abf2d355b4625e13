"""The latest time that an event of a command over files may have: judged once, for replay and for the job alike."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from livesegments.cli.console import counted, say
from livesegments.cli.inputs import read_lines
from livesegments.core.errors import BadEvent
from livesegments.core.events import decode
from livesegments.core.horizon import HOUR_MS, Gap, gaps_of, goes_back, horizon_ms, is_slip
from livesegments.core.times import DAY_MS, TIME_MAX_MS, TIME_MIN_MS, format_time, time_of_text

if TYPE_CHECKING:
    from livesegments.files import EventLines

__all__ = ["latest_now"]


def latest_now(events: Path | None, until_ms: int | None, *, quiet: bool) -> int:
    """Give the greatest time that an event may have, in milliseconds since the epoch.

    A day after the wall clock; and where a few events lie far behind all others, a day after those others, which is
    said. That reads the events once, for their times only; not with `until_ms`, which says how far they reach, and
    not where `events` is no file or folder: a pipe can be read once only.
    """
    latest_ms = time.time_ns() // 1_000_000 + DAY_MS
    if events is None or until_ms is not None or not (events.is_file() or events.is_dir()):
        return latest_ms
    lines = read_lines(events)
    gap = _wrong_gap(lines, latest_ms, quiet=quiet)
    if gap is None:
        return latest_ms
    say(
        f"{gap.behind:,} of {gap.before + gap.behind:,} events are {gap.days:,.0f} d or more later than all others, "
        f"which end at {format_time(gap.start_ms)}: the clocks that made them are taken for wrong (future_timestamp). "
        "If they are right, say with --until how far the events reach",
        quiet=quiet,
    )
    return horizon_ms(gap)


def _wrong_gap(lines: EventLines, latest_ms: int, *, quiet: bool) -> Gap | None:
    hours: Counter[int] = Counter()
    for time_ms in _times_of(counted(lines, "events looked at", quiet=quiet)):
        if time_ms <= latest_ms:
            hours[time_ms // HOUR_MS] += 1
    for gap in gaps_of(hours):
        if is_slip(gap, hours) or goes_back(gap, _users_of(lines, latest_ms)):
            return gap
    return None


class _Times(msgspec.Struct, rename="camel"):
    timestamp: str
    received_at: str = ""


def _times_of(lines: Iterator[bytes]) -> Iterator[int]:
    """Give the time of each event, that of most of them without reading anything else."""
    read = msgspec.json.Decoder(_Times).decode
    for line in lines:
        try:
            times = read(line)
            time_ms = time_of_text(times.timestamp)
            if times.received_at[:10] >= times.timestamp[:10] or not times.received_at:
                if TIME_MIN_MS <= time_ms < TIME_MAX_MS:
                    yield time_ms
                continue
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass
        try:
            yield decode(line.strip(b"\r\n")).time_ms
        except BadEvent:
            continue


def _users_of(lines: EventLines, latest_ms: int) -> Iterator[tuple[tuple[Path, str], int]]:
    for line in lines:
        try:
            event = decode(line.strip(b"\r\n"))
        except BadEvent:
            continue
        if event.time_ms <= latest_ms:
            yield (lines.file, event.user_id), event.time_ms
