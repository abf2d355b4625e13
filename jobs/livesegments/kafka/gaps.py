"""Whether a topic of changes has all that it should have: those of each user are numbered 1, 2, 3 ...

Who comes back more than 30 days after an erase or a merge is counted from 1 again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from livesegments.core.changes import ENDS
from livesegments.core.times import NEVER, parse_time
from livesegments.kafka.settings import KafkaSettings
from livesegments.kafka.stored import is_whole, stored_rows, stored_values
from livesegments.kafka.topics import CHANGES, PROFILES
from livesegments.kafka.transactions import Outgoing, open_transactions

__all__ = ["Gaps", "GapsTold", "find_gaps", "missing_records", "send_again"]


class GapsTold(msgspec.Struct, frozen=True, kw_only=True):
    """What was found. Ids are `USER:NUMBER`, in the order of users and numbers."""

    users: int
    changes: int
    repeated: int  # came again with the same id
    late: tuple[str, ...]  # came after a later change of their user
    missing: tuple[str, ...]
    unreadable: int


class _Told(msgspec.Struct):
    user_id: str
    sequence: int


class _Record(msgspec.Struct):
    time: str
    data: _Told
    type: str = ""


class _Row(msgspec.Struct):
    user_id: str
    sequence: int = 0


class Gaps:
    """Takes rows of `profiles`, which name each user's newest change, then all changes in the order of their topic.

    Where the topic no longer has its beginning (`is_whole` is false), a user's first change there may have any number.
    """

    def __init__(self, *, is_whole: bool) -> None:
        self._is_whole = is_whole
        self._rows: dict[str, int] = {}
        self._newest: dict[str, int] = {}
        self._ended_ms: dict[str, int] = {}  # of users who were erased or merged
        self._missing: dict[str, set[int]] = {}
        self._late: list[tuple[str, int]] = []
        self._changes = self._repeated = self._unreadable = 0
        self._row, self._record = msgspec.json.Decoder(_Row).decode, msgspec.json.Decoder(_Record).decode

    def add_row(self, user_id: str, document: bytes | None) -> None:
        """Take a row; of one that is erased nothing is known."""
        try:
            self._rows[user_id] = 0 if document is None else self._row(document).sequence
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._unreadable += 1

    def add_change(self, record: bytes) -> None:
        """Take a change."""
        try:
            told = self._record(record)
            time_ms = parse_time(told.time)
        except (msgspec.MsgspecError, ValueError):
            self._unreadable += 1
            return
        user, number = told.data.user_id, told.data.sequence
        self._changes += 1
        newest = self._newest.get(user)
        if newest is not None and number <= newest and time_ms > self._ended_ms.get(user, NEVER):
            del self._ended_ms[user]
            newest = 0
        if told.type in ENDS:
            self._ended_ms[user] = time_ms
        if newest is None:
            newest = 0 if self._is_whole else number - 1
        if number > newest:
            self._skip(user, newest + 1, number)
            self._newest[user] = number
        elif number in self._missing.get(user, ()):
            self._missing[user].remove(number)
            self._late.append((user, number))
        else:
            self._repeated += 1

    def told(self) -> GapsTold:
        """Give what was found."""
        for user, number in self._rows.items():
            newest = self._newest.get(user, 0 if self._is_whole else number)
            self._skip(user, newest + 1, number + 1)
        missing = ((user, number) for user, numbers in self._missing.items() for number in numbers)
        return GapsTold(
            users=len(self._newest),
            changes=self._changes,
            repeated=self._repeated,
            late=_ids(self._late),
            missing=_ids(missing),
            unreadable=self._unreadable,
        )

    def _skip(self, user: str, first: int, end: int) -> None:
        if first < end:
            self._missing.setdefault(user, set()).update(range(first, end))


def find_gaps(settings: KafkaSettings) -> GapsTold:
    """Read the topics of profiles and of changes to their present ends. Raises EdgeError."""
    changes = settings.topic(CHANGES)
    gaps = Gaps(is_whole=is_whole(settings, changes))
    for user_id, document in stored_rows(settings, settings.topic(PROFILES)):  # first: the job may go on meanwhile
        gaps.add_row(user_id, document)
    for value in stored_values(settings, changes):
        gaps.add_change(value)
    return gaps.told()


def missing_records(told: GapsTold, replayed: Iterable[bytes]) -> Iterator[bytes]:
    """Give, of what `replay` wrote, the changes that are missing. Raises ValueError for a line that is no change."""
    missing = set(told.missing)
    decode = msgspec.json.Decoder(_Record).decode
    for line in replayed:
        record = line.rstrip(b"\n")
        data = decode(record).data
        if f"{data.user_id}:{data.sequence}" in missing:
            yield record


def send_again(settings: KafkaSettings, records: Iterable[bytes]) -> None:
    """Add changes to their topic, all or none. Raises EdgeError."""
    topic = settings.topic(CHANGES)
    decode = msgspec.json.Decoder(_Record).decode
    outgoing = []
    for record in records:
        told = decode(record)
        outgoing.append(Outgoing(topic, told.data.user_id.encode(), record, parse_time(told.time)))
    with open_transactions(settings, f"{topic}-sent-again") as transactions:
        transactions.write(outgoing)


def _ids(found: Iterable[tuple[str, int]]) -> tuple[str, ...]:
    return tuple(f"{user}:{number}" for user, number in sorted(found))
