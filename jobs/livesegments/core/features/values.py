"""Features that show values as they came: trait, first, last, recent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from livesegments.core.cells import Kept, Listed, TraitValue
from livesegments.core.features.feature import Feature, ProfileView, States
from livesegments.core.selection import Path, Selection

__all__ = ["First", "Last", "Recent", "Trait"]


class Newest(Feature):
    """The value of a cell that keeps [time, value]."""

    is_numeric = False

    def value(self, states: States, now_ms: int, profile: ProfileView) -> Any:
        return None if states[0] is None else states[0][1]

    def source(self, states: Sequence[str]) -> str | None:
        return f"(None if {states[0]} is None else {states[0]}[1])"


class First(Newest):
    """The first value of the oldest event that has one."""

    which: Literal["first", "last"] = "first"

    def __init__(self, name: str, selection: Selection) -> None:
        super().__init__(name, (Kept(selection, self.which),))


class Last(First):
    """The last value of the newest event that has one."""

    which = "last"


class Trait(Newest):
    """The newest value of a trait by event time; a null unsets it. Conditions read no objects."""

    def __init__(self, name: str, path: Path) -> None:
        super().__init__(name, (TraitValue(path),))


class Recent(Feature):
    """The last n values, newest event first, its items in list order."""

    is_numeric = False

    def __init__(self, name: str, selection: Selection, n: int) -> None:
        super().__init__(name, (Listed(selection, n),))
        self.n = n

    def value(self, states: States, now_ms: int, profile: ProfileView) -> list[Any] | None:
        return None if states[0] is None else states[0][1][: self.n]
