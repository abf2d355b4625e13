"""Odd events and how each is to be read: one file for the Python decoder, the JVM's reader and the oracle."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livesegments.core.times import parse_time

FILE = Path(__file__).parent / "odd_events.jsonl"


@dataclass(frozen=True)
class Reading:
    """One record with what is known beside it, and what must come of it: `reads`, or `dead` (reason, words)."""

    about: str
    raw: bytes
    key: str | None
    record_ms: int | None
    latest_ms: int | None
    refuse: frozenset[str]
    reads: dict[str, Any] | None
    dead: tuple[str, str] | None

    @property
    def time_ms(self) -> int:
        """The time that must be read."""
        assert self.reads is not None
        return parse_time(self.reads["time"])

    @property
    def is_plain(self) -> bool:
        """Whether nothing beside the record matters."""
        return (self.key, self.record_ms, self.latest_ms, self.refuse) == (None, None, None, frozenset())


def _reading(line: str) -> Reading:
    row = json.loads(line)
    return Reading(
        about=row["about"],
        raw=base64.b64decode(row["base64"]) if "base64" in row else row["raw"].encode(),
        key=row.get("key"),
        record_ms=parse_time(row["record"]) if "record" in row else None,
        latest_ms=parse_time(row["latest"]) if "latest" in row else None,
        refuse=frozenset(row.get("refuse", ())),
        reads=row.get("reads"),
        dead=tuple(row["dead"]) if "dead" in row else None,
    )


READINGS = [_reading(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
