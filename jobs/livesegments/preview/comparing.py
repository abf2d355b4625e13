"""Two runs side by side: who is in which segment, from the profiles that they wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.files import EventLines

__all__ = ["ComparedSegment", "Comparison", "compare_runs"]

PROFILES = "profiles"
USERS_MAX = 10


class ComparedSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A segment's members in both runs; `only_first` and `only_second` name ten users each, by code point."""

    segment: str
    first: int
    second: int
    both: int
    only_first: list[str]
    only_second: list[str]


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs: how many users have a profile in each, and each segment of either."""

    users_first: int
    users_second: int
    segments: list[ComparedSegment]


class _Row(msgspec.Struct):
    user_id: str
    segments: list[str] = []
    erased: bool = False


_decode = msgspec.json.Decoder(_Row).decode


def compare_runs(first: Path, second: Path) -> Comparison:
    """Compare the folders of two runs; raises EdgeError for one without profiles."""
    here, there = _members(first), _members(second)
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


def _members(run: Path) -> dict[str, tuple[str, ...]]:
    """Give each user's segments; the last row of a user counts."""
    folder = run / PROFILES
    if not folder.is_dir():
        raise EdgeError(f"{run}: required the folder of a run, found no {PROFILES} in it; see livesegments run")
    found: dict[str, tuple[str, ...]] = {}
    alike: dict[tuple[str, ...], tuple[str, ...]] = {}  # most users share their segments with others
    for row in _rows(folder):
        if row.erased:
            found.pop(row.user_id, None)
        else:
            names = tuple(row.segments)
            found[row.user_id] = alike.setdefault(names, names)
    return found


def _rows(folder: Path) -> Iterable[_Row]:
    for line in EventLines(folder):
        if line.strip():
            try:
                yield _decode(line)
            except msgspec.DecodeError as error:
                message = f"required profiles as `livesegments run` writes them, found: {error}"
                raise EdgeError(f"{folder}: {message}") from None
