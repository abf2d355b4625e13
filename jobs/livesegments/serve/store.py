"""The store: rows and the positions after them go into one SQLite file in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from livesegments.core.heads import head_of
from livesegments.models.predictions.record import kind_of
from livesegments.serve.cleaning import Cleaner
from livesegments.serve.people import People
from livesegments.serve.retention import Retention
from livesegments.serve.rows import DeadLetterHead, ProfileHead, Row, change_decoder, time_ms_of
from livesegments.serve.tables import open_to_write, transaction
from livesegments.serve.tallying import Tallies, step_of

__all__ = ["LETTERS_KEPT", "VERSIONS_KEPT", "Store"]

LETTERS_KEPT = 1_000  # of each reason, the newest
VERSIONS_KEPT = 500  # of each model, the newest
_RAW_MAX = 8_192  # characters of a dead letter's text
_profiles = msgspec.json.Decoder(ProfileHead)
_letters = msgspec.json.Decoder(DeadLetterHead)
_encode = msgspec.json.Encoder().encode


class Store:
    """Writes the file; one process at a time."""

    def __init__(self, path: Path, *, anew: bool = False, keep_ms: int | None = None) -> None:
        """Open or make the store; `anew` begins with an empty one, `keep_ms` is how long changes are kept."""
        self.path = path
        if anew:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        self._connection = open_to_write(path)
        self._tallies = Tallies()
        self._retention = Retention(self._connection, keep_ms)
        self._people = People(self._connection, self._tallies, self._retention)
        self._cleaner = Cleaner(self._connection)
        self.rows: Counter[str] = Counter()  # applied, by table
        self.unreadable: Counter[str] = Counter()  # passed over, by table
        self.change_times_ms: list[int] = []  # of the changes in the last transaction

    def positions(self) -> dict[str, int]:
        """Give where to go on in each source."""
        return dict(self._connection.execute("SELECT source, position FROM positions"))

    def apply(self, rows: Sequence[Row], positions: Mapping[str, int]) -> None:
        """Apply rows in their order and note the positions after them: all or nothing."""
        self._people.ended = 0
        self._tallies.clear()  # of a transaction that failed
        self.change_times_ms.clear()
        with transaction(self._connection):
            for row in rows:
                self._apply(row)
            self._tallies.flush(self._connection)
            if self._people.ended:
                self._cleaner.note()
            self._connection.executemany("INSERT OR REPLACE INTO positions VALUES (?, ?)", positions.items())

    def let_go(self) -> None:
        """Let no byte of an erased user stay in the file or in its log; to be called again and again."""
        self._cleaner.step()

    def forget_old(self) -> None:
        """Forget changes that are kept long enough; to be called again and again while the store has all there is."""
        self._retention.step()

    @property
    def has_ended_users(self) -> bool:
        """Tell whether the last transaction took users out."""
        return bool(self._people.ended)

    @property
    def is_clean(self) -> bool:
        """Tell whether nothing deleted is in the file or its log."""
        return not self._cleaner.is_due

    def close(self) -> None:
        """Close the file; its log goes into it."""
        self._connection.close()

    def _apply(self, row: Row) -> None:
        self.rows[row.table] += 1
        try:
            if row.value is None:
                if row.table == "profiles" and row.key is not None:
                    self._people.tombstone(row.key)
                return
            if row.table == "profiles":
                self._profile(row.value)
            elif row.table == "changes":
                head = change_decoder.decode(row.value)
                if self._people.change(head, row.value):
                    self.change_times_ms.append(time_ms_of(head.time) or 0)
            elif row.table == "models":
                self._model(row.value)
            else:
                self._dead_letter(row)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self.unreadable[row.table] += 1

    def _profile(self, value: bytes) -> None:
        head = _profiles.decode(value)
        if head.erased:
            self._people.tombstone(head.user_id)
        else:
            self._people.profile(head, value)

    def _model(self, value: bytes) -> None:
        kind = kind_of(value)
        model = _model_decoder.decode(value)
        named = model.model or model
        name, version = named.clustering or named.name, named.version
        if kind == "prediction_quality":
            version = 0  # the newest counts
        self._connection.execute("INSERT OR REPLACE INTO models VALUES (?, ?, ?, ?)", (kind, name, version, value))
        self._connection.execute(
            "DELETE FROM models WHERE kind = ? AND name = ? AND version <= ?", (kind, name, version - VERSIONS_KEPT)
        )

    def _dead_letter(self, row: Row) -> None:
        assert row.value is not None
        letter = _letters.decode(row.value)
        key = row.key or head_of(letter.raw.encode()).user if letter.raw else row.key
        if letter.reason == "erased" or (key and self._people.was_erased(key)):
            key, letter.raw = None, None
        elif letter.raw is not None and len(letter.raw) > _RAW_MAX:
            letter.raw = letter.raw[:_RAW_MAX]
        received_ms = time_ms_of(letter.received_at) or row.time_ms
        self._tallies.dead_letters[letter.reason, step_of(received_ms or 0)] += 1
        found = self._connection.execute(
            "INSERT INTO dead_letters (reason, user_id, received_ms, record) VALUES (?, ?, ?, ?) RETURNING number",
            (letter.reason, key or None, received_ms, _encode(letter)),
        ).fetchone()
        if found[0] % 100 == 0:
            self._forget_letters(letter.reason)

    def _forget_letters(self, reason: str) -> None:
        self._connection.execute(
            "DELETE FROM dead_letters WHERE reason = ? AND number <= (SELECT number FROM dead_letters "
            "WHERE reason = ? ORDER BY number DESC LIMIT 1 OFFSET ?)",
            (reason, reason, LETTERS_KEPT),
        )


class _Named(msgspec.Struct):
    """What names a model's record, itself or the model inside it."""

    model: _Named | None = None
    name: str = ""
    clustering: str = ""
    version: int = 0


_model_decoder = msgspec.json.Decoder(_Named)
