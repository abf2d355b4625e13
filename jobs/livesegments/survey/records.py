"""What a survey tells: one record for each thing that looks wrong, never came, never matched or was skipped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

__all__ = ["Finding", "NeverCame", "NeverMatched", "Skipped", "some"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that looks wrong, as a sentence, and what it is about."""

    kind: Literal["name", "path", "value", "number", "currency", "user"]
    message: str
    name: str = ""
    path: str = ""
    near: str | None = None
    features: tuple[str, ...] = ()


class NeverCame(msgspec.Struct, frozen=True, kw_only=True):
    """A name in the definition of which no event came, what reads it, and the name that may have been meant."""

    name: str
    readers: tuple[str, ...]
    near: str | None = None


class NeverMatched(msgspec.Struct, frozen=True, kw_only=True):
    """A feature that found nothing, why, and the name or path that may have been meant."""

    feature: str
    reason: str
    near: str | None = None


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """Values that are no numbers where numbers are wanted."""

    name: str
    path: str
    values: int
    example: str


def some(texts: Sequence[str]) -> str:
    """Give the first three of some texts, and how many more there are.

    >>> some(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    return ", ".join(texts[:3]) + (f" and {len(texts) - 3:,} more" if len(texts) > 3 else "")
