"""Two jobs side by side: who is in which segment, from the profiles that they wrote."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.files import EventLines

__all__ = ["ComparedSegment", "Comparison", "Members", "compare_members", "members_of_run"]

PROFILES = "profiles"
USERS_MAX = 10


class ComparedSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A segment's members in both jobs; `only_first` and `only_second` name ten users each, by code point."""

    segment: str
    first: int
    second: int
    both: int
    only_first: list[str]
    only_second: list[str]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two jobs: how many users have a profile in each, and each segment of either."""

    users_first: int
    users_second: int
    segments: list[ComparedSegment]


class _Row(msgspec.Struct):
    user_id: str
    segments: list[str] = []
    erased: bool = False


_decode = msgspec.json.Decoder(_Row).decode


class Members:
    """Each user's segments, from rows of `profiles` in their order: the last one of a user counts."""

    def __init__(self) -> None:
        self.by_user: dict[str, tuple[str, ...]] = {}
        self._alike: dict[tuple[str, ...], tuple[str, ...]] = {}  # most users share their segments with others

    def add(self, document: bytes, where: str) -> None:
        """Take a row; raises EdgeError, which says where, for what is none."""
        try:
            row = _decode(document)
        except msgspec.DecodeError as error:
            message = f"required profiles as `livesegments run` writes them, found: {error}"
            raise EdgeError(f"{where}: {message}") from None
        if row.erased:
            self.forget(row.user_id)
        else:
            names = tuple(row.segments)
            self.by_user[row.user_id] = self._alike.setdefault(names, names)

    def forget(self, user_id: str) -> None:
        """Take a tombstone."""
        self.by_user.pop(user_id, None)


def compare_members(first: Members, second: Members) -> Comparison:
    """Compare two jobs."""
    here, there = first.by_user, second.by_user
    sizes: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    both: Counter[str] = Counter()
    only: dict[str, tuple[list[str], list[str]]] = {}
    for user_id in sorted(here.keys() | there.keys()):
        one, two = here.get(user_id, ()), there.get(user_id, ())
        sizes[0].update(one)
        sizes[1].update(two)
        both.update(name for name in one if name in two)
        for place, names, others in ((0, one, two), (1, two, one)):
            for name in names:
                users = only.setdefault(name, ([], []))[place]
                if name not in others and len(users) < USERS_MAX:
                    users.append(user_id)
    return Comparison(
        users_first=len(here),
        users_second=len(there),
        segments=[
            ComparedSegment(
                segment=name,
                first=sizes[0][name],
                second=sizes[1][name],
                both=both[name],
                only_first=only[name][0],
                only_second=only[name][1],
            )
            for name in sorted(only)
        ],
    )


def members_of_run(run: Path) -> Members:
    """Read the profiles in the folder of a run; raises EdgeError for one without."""
    folder = run / PROFILES
    if not folder.is_dir():
        raise EdgeError(f"{run}: required the folder of a run, found no {PROFILES} in it; see livesegments run")
    found = Members()
    for line in EventLines(folder):
        if line.strip():
            found.add(line, str(folder))
    return found
