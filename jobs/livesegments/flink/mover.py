"""The Mover: what visitors hand over, and their ends, on profiles in the store."""

from __future__ import annotations

from livesegments.core.changes import Change
from livesegments.core.events import Reading
from livesegments.core.step import Engine
from livesegments.flink.dead_letters import DeadLetters
from livesegments.flink.moves import Move, do_move
from livesegments.flink.store import Entry, ProfileStore
from livesegments.flink.tally import Tally

__all__ = ["Moved", "Mover"]


Moved = tuple[Entry, list[Change], list[bytes]]
"""An entry with its changes, as they are and encoded."""


class Mover:
    """Does moves and counts what was inherited.

    One that fails is left out and counted as a failure, and each event that it brought is a dead letter `failed`.
    """

    def __init__(
        self, engine: Engine, store: ProfileStore, tally: Tally, letters: DeadLetters, reading: Reading
    ) -> None:
        self._engine = engine
        self._store = store
        self._tally = tally
        self._letters = letters
        self._reading = reading

    def move(self, shard: str, move: Move, user_id: str, touched: dict[str, Entry]) -> Moved | None:
        """Give the entry that moved, now among the touched ones, and its changes; None where nothing did."""
        entry = touched.get(user_id) or self._store.get(shard, user_id)
        was_empty = entry.profile.empty
        try:
            put, changes = do_move(self._engine, entry.profile, move, self._reading)
            records = [change.encode() for change in changes]
        except MemoryError:
            raise
        except Exception as error:
            self._tally.failures += 1
            self._store.undo(shard, entry)
            for raw, _ in move.events:
                self._letters.add(raw, error, user_id)
            return None
        if was_empty and entry.profile.empty and not changes:
            return None
        if put:
            self._tally.counts.inherited = (self._tally.counts.inherited or 0) + put
        touched[user_id] = entry
        entry.steps.append(move)
        entry.is_unwritten = True
        return entry, changes, records
