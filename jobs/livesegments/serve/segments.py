"""Segments: how many are in, who came and went today and over time, joined with the texts of the definition."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from livesegments.core.reasons import Reasons
from livesegments.core.times import TIME_MAX_MS, TIME_MIN_MS, format_time
from livesegments.serve.reading import Reader
from livesegments.serve.replies import SegmentHistory, SegmentList, SegmentReply, SegmentStep
from livesegments.serve.tallying import STEP_MS

if TYPE_CHECKING:
    from livesegments.core.definition import Definition

__all__ = ["STEPS_MAX", "Segments", "Today"]

STEPS_MAX = 2_000
_STEPS_ASKED = 120  # about so many where no step is given
_HOUR_MS = 3_600_000


class Today:
    """The day of the newest change in a time zone: its text, and from when to when in milliseconds."""

    def __init__(self, newest_ms: int, timezone: str) -> None:
        day = datetime.fromtimestamp(newest_ms / 1_000, ZoneInfo(timezone)).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        self.text = day.date().isoformat()
        self.from_ms = int(day.timestamp() * 1_000)
        self.to_ms = int((day + timedelta(days=1)).timestamp() * 1_000)


class Segments:
    """Answers about segments, from the store and the definition in force."""

    def __init__(self, reader: Reader, definition: Definition) -> None:
        self._reader = reader
        self._definition = definition
        self.reasons = Reasons(definition)

    def is_known(self, name: str) -> bool:
        """Tell whether a segment is defined or was named by a change."""
        return name in self._definition.segments or bool(
            self._reader.one("SELECT 1 FROM segments WHERE name = ?", [name])
        )

    def is_defined(self, name: str) -> bool:
        """Tell whether the definition has a segment."""
        return name in self._definition.segments

    def title(self, name: str) -> str:
        """Give a segment's title, else its name."""
        spec = self._definition.segments.get(name)
        return spec.title or name if spec else name

    def all(self) -> SegmentList:
        """Give all segments by name."""
        counts = dict(self._reader.all("SELECT name, members FROM segments"))
        today, users = self.today(), self._reader.users()
        moves = self._moves(today)
        names = sorted(self._definition.segments.keys() | counts.keys())
        replies = [self._reply(name, counts.get(name, 0), users, moves.get(name, (0, 0))) for name in names]
        return SegmentList(segments=replies, users=users, today=None if today is None else today.text)

    def one(self, name: str) -> SegmentReply:
        """Give one segment."""
        found = self._reader.one("SELECT members FROM segments WHERE name = ?", [name])
        moves = self._moves(self.today(), name).get(name, (0, 0))
        return self._reply(name, found[0] if found else 0, self._reader.users(), moves)

    def today(self) -> Today | None:
        """Give the day of the newest change."""
        newest_ms = self._reader.newest_change_ms()
        return None if newest_ms is None else Today(newest_ms, self._definition.timezone)

    def _moves(self, today: Today | None, name: str | None = None) -> dict[str, tuple[int, int]]:
        if today is None:
            return {}
        rows = self._reader.all(
            "SELECT segment, sum(entered), sum(left) FROM activity WHERE from_ms >= ?1 AND from_ms < ?2 "
            "AND (?3 IS NULL OR segment = ?3) GROUP BY segment",
            (today.from_ms, today.to_ms, name),
        )
        return {segment: (entered, left) for segment, entered, left in rows}

    def _reply(self, name: str, members: int, users: int, moves: tuple[int, int]) -> SegmentReply:
        spec = self._definition.segments.get(name)
        return SegmentReply(
            name=name,
            title=spec.title if spec else None,
            description=spec.description if spec else None,
            condition=spec.when.span.source if spec and spec.when is not None else None,
            exit_condition=spec.exit_when.span.source if spec and spec.exit_when is not None else None,
            response=spec.response if spec else None,
            tags=list(spec.tags) if spec else [],
            members=members,
            share=members / users if users else None,
            entered_today=moves[0],
            left_today=moves[1],
        )

    def history(
        self, name: str, from_ms: int | None = None, to_ms: int | None = None, step_ms: int | None = None
    ) -> SegmentHistory:
        """Give a segment over time: from its first change to the newest of all, unless other times are given.

        Raises ValueError for more steps than STEPS_MAX.
        """
        first, last = self._reader.one("SELECT min(from_ms), max(from_ms) FROM activity WHERE segment = ?", [name])
        newest_ms = self._reader.newest_change_ms()
        if from_ms is None:
            from_ms = first if first is not None else newest_ms or 0
        if to_ms is None:
            to_ms = max(newest_ms or 0, last or 0, from_ms) + 1
        from_ms, to_ms = max(from_ms, TIME_MIN_MS), min(to_ms, TIME_MAX_MS)  # no event is outside of it
        step = step_ms or _step_for(to_ms - from_ms)
        from_ms -= from_ms % step
        count = -(-(to_ms - from_ms) // step)
        if count > STEPS_MAX:
            raise ValueError(f"required at most {STEPS_MAX:,} steps, found {count:,}")
        rows = self._reader.all(
            "SELECT (from_ms - ?1) / ?2, sum(entered), sum(left), sum(ended) FROM activity "
            "WHERE segment = ?3 AND from_ms >= ?1 GROUP BY 1",
            (from_ms, step, name),
        )
        moves = {row[0]: row[1:] for row in rows}
        found = self._reader.one("SELECT members FROM segments WHERE name = ?", [name])
        members = found[0] if found else 0
        members -= sum(entered - left - ended for place, (entered, left, ended) in moves.items() if place >= count)
        steps = []
        for place in range(count - 1, -1, -1):
            entered, left, ended = moves.get(place, (0, 0, 0))
            steps.append(SegmentStep(format_time(from_ms + place * step), max(0, members), entered, left, ended))
            members -= entered - left - ended
        return SegmentHistory(name, step // 1_000, steps[::-1])


def _step_for(span_ms: int) -> int:
    """Choose a step that gives a legible number of steps."""
    for step in (STEP_MS, 3 * STEP_MS, _HOUR_MS, 6 * _HOUR_MS, 24 * _HOUR_MS, 168 * _HOUR_MS):
        if span_ms <= step * _STEPS_ASKED:
            return step
    return -(-span_ms // _STEPS_ASKED // (24 * _HOUR_MS)) * 24 * _HOUR_MS
