"""Dead letters of the store: how many by reason, and the newest."""

from __future__ import annotations

import msgspec

from livesegments.serve.reading import Reader, shown_time
from livesegments.serve.rows import DeadLetterHead
from livesegments.serve.tallying import ALWAYS

__all__ = ["StoredLetter", "letter_counts", "letters_over_time", "newest_letters"]


class StoredLetter(msgspec.Struct, frozen=True):
    """A dead letter, its place in the store and its user where that could be read."""

    number: int
    user_id: str | None
    received_at: str | None
    letter: DeadLetterHead


_decoder = msgspec.json.Decoder(DeadLetterHead)


def letter_counts(reader: Reader) -> list[tuple[str, int]]:
    """Give how many there were of each reason, most first."""
    rows = reader.all(
        "SELECT reason, letters FROM dead_letter_counts WHERE from_ms = ? ORDER BY letters DESC, reason", [ALWAYS]
    )
    return [(reason, count) for reason, count in rows]


def letters_over_time(reader: Reader, step_ms: int) -> dict[str, list[tuple[str, int]]]:
    """Give how many of each reason came in each step in which any did."""
    rows = reader.all(
        "SELECT reason, from_ms / ?1 * ?1, sum(letters) FROM dead_letter_counts WHERE from_ms > 0 "
        "GROUP BY 1, 2 ORDER BY 1, 2",
        [step_ms],
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for reason, from_ms, count in rows:
        found.setdefault(reason, []).append((shown_time(from_ms) or "", count))
    return found


def newest_letters(reader: Reader, limit: int, reason: str | None = None) -> list[StoredLetter]:
    """Give the newest, of all reasons or of one."""
    rows = reader.all(
        "SELECT number, user_id, received_ms, record FROM dead_letters WHERE ?1 IS NULL OR reason = ?1 "
        "ORDER BY number DESC LIMIT ?2",
        (reason, limit),
    )
    return [StoredLetter(number, user, shown_time(ms), _decoder.decode(record)) for number, user, ms, record in rows]
