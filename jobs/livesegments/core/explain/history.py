"""One user's events out of an input of many users: other users' lines are not decoded."""

from __future__ import annotations

import difflib
import re
from collections import deque
from collections.abc import Iterable

import msgspec

from livesegments.core.changes import Change
from livesegments.core.errors import BadEvent
from livesegments.core.events import Reading, decode
from livesegments.core.explain.records import BadLine, Inheritance, InheritedEvent
from livesegments.core.identity import Handover, Resolved
from livesegments.core.ingest import Ingest, Moved, event_of
from livesegments.core.step import Engine
from livesegments.core.times import format_time, time_of_text

__all__ = ["History", "near_users"]

KEPT_MAX = 10
_WAITING_MAX = 64
_NEAR_MAX = 2_000
_TIMESTAMP = re.compile(rb'"timestamp"\s*:\s*"([^"]*)"')
_OTHER_TIMES = (b'"originalTimestamp"', b'"sentAt"', b'"receivedAt"')
_EXPONENT = re.compile(rb"[0-9][eE][-+]?[0-9]")


class History:
    """The replay of one user's lines, and the greatest accepted event time of all users."""

    def __init__(
        self, engine: Engine, user_id: str, until_ms: int | None = None, reading: Reading | None = None
    ) -> None:
        self.engine = engine
        self.user_id = user_id
        self.until_ms = until_ms
        self.profile = engine.restore(user_id, None)
        wants = None if engine.definition.identity is None else self._wants
        self._ingest = Ingest(engine, lambda _: self.profile, until_ms, reading, self._refuse, wants)
        self._reading = self._ingest.reading.uncounted()  # for a look that counts nothing
        self.counts = self._ingest.counts
        self.changes: deque[Change] = deque(maxlen=KEPT_MAX)
        self.bad_lines: deque[BadLine] = deque(maxlen=KEPT_MAX)
        self.inherited: list[Inheritance] = []
        self._latest = Latest(self._reading)

    @property
    def now_ms(self) -> int | None:
        """Give the time to explain at: `until`, else the greatest accepted event time; None if there is no event."""
        return self._latest.time_ms if self.until_ms is None else self.until_ms

    def read(self, lines: Iterable[bytes]) -> None:
        """Apply this user's lines in order, then advance the user to the time to explain at.

        Where the definition has `identity:`, all lines are decoded: any visitor may be the user.
        """
        is_of_all = self.engine.definition.identity is not None
        text = self.user_id.encode("utf-8", "surrogatepass")
        is_number = text.removeprefix(b"-").isdigit()
        for line in lines:
            # otherwise every text stands there as it is, and a number as its decimal text
            escaped = b"\\" in line or (is_number and _EXPONENT.search(line) is not None)
            if text in line or escaped or is_of_all:
                self._feed(line.rstrip(b"\r\n"))
            if self.until_ms is None:
                self._latest.note(line, escaped)
        self._latest.settle()
        if self.now_ms is not None:
            self._keep(self.engine.advance(self.profile, self.now_ms))

    def _feed(self, line: bytes) -> None:
        if self._is_of_another(line):
            return
        taken = self._ingest.take(line)
        for moved in self._ingest.moved:
            self._tell(moved)
        if taken is not None:
            self.changes.extend(taken.changes)

    def _wants(self, resolved: Resolved) -> bool:
        return resolved.user_id == self.user_id

    def _tell(self, moved: Moved) -> None:
        self.changes.extend(moved.changes)
        if isinstance(moved.move, Handover) and moved.events:
            events = [
                InheritedEvent(at=format_time(one.time_ms), message_id=one.message_id, type=one.type, event=one.event)
                for one in moved.events
            ]
            at = format_time(moved.move.time_ms)
            self.inherited.append(Inheritance(visitor=moved.move.visitor, at=at, events=events))

    def _is_of_another(self, line: bytes) -> bool:
        try:
            user_id = decode(line, reading=self._reading).user_id
            return user_id != self.user_id and self._ingest.identity is None  # else it may turn out to be the user's
        except BadEvent as error:
            return error.user != self.user_id and not (error.user is None and _names(line, self.user_id))

    def _refuse(self, line: bytes, error: BadEvent) -> None:
        self.bad_lines.append(BadLine(reason=error.reason, message=error.message))

    def _keep(self, changes: list[Change]) -> None:
        self.counts.changes += len(changes)
        self.changes.extend(changes)


def _names(line: bytes, user_id: str) -> bool:
    """Tell whether a line that is no event names the user; in broken JSON, whether the id stands in quotes."""
    try:
        record = msgspec.json.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return msgspec.json.encode(user_id) in line
    return isinstance(record, dict) and str(record.get("userId") or record.get("anonymousId")) == user_id


class Latest:
    """The greatest time of the events that can be accepted, found by decoding few lines.

    The greatest time of all that decode and are no `alias` is that of an accepted event: it is not too late, for no
    clock is beyond it, and the bar of an erase is not beyond it either.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.time_ms: int | None = None
        self._waiting: list[tuple[int, bytes]] = []

    def note(self, line: bytes, escaped: bool) -> None:
        """Look at one line; without escapes, a `timestamp` alone is the event's time, or it is no event."""
        texts = _TIMESTAMP.findall(line)
        if escaped or len(texts) != 1 or line.count(b'"timestamp"') > 1 or any(name in line for name in _OTHER_TIMES):
            self._accept(line)
            return
        try:
            time_ms = time_of_text(texts[0].decode())
        except ValueError:
            self._accept(line)
            return
        if self.time_ms is None or time_ms > self.time_ms:
            self._waiting.append((time_ms, line))
            if len(self._waiting) >= _WAITING_MAX:
                self.settle()

    def settle(self) -> None:
        """Decode waiting lines, the greatest time first, until one is an event."""
        for time_ms, line in sorted(self._waiting, reverse=True):
            if self.time_ms is not None and time_ms <= self.time_ms:
                break
            self._accept(line)
        self._waiting.clear()

    def _accept(self, line: bytes) -> None:
        event = event_of(line, self._reading)
        if event is not None and event.type != "alias":
            self.time_ms = event.time_ms if self.time_ms is None else max(self.time_ms, event.time_ms)


def near_users(lines: Iterable[bytes], user_id: str, reading: Reading | None = None) -> tuple[int, list[str]]:
    """Count the users of an input, decoding all of it, and give up to three whose ids are near."""
    terms = reading or Reading()
    users = {event.user_id for line in lines if (event := event_of(line, terms)) is not None}
    alike = [
        user
        for user in sorted(users)
        if abs(len(user) - len(user_id)) <= 3 and (user[:2] == user_id[:2] or user[-2:] == user_id[-2:])
    ]
    return len(users), difflib.get_close_matches(user_id, alike[:_NEAR_MAX], n=3, cutoff=0.6)
