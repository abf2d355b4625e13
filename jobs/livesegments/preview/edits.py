"""What an edit of a definition means to a running job: what a savepoint keeps, what begins empty, what is evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from livesegments.core.cells import Cell
from livesegments.core.cells.calendar_windows import CalendarCell
from livesegments.core.cells.followed import Followed
from livesegments.core.cells.pairs import PairCell
from livesegments.core.cells.since import Since
from livesegments.core.cells.values import Listed
from livesegments.core.cells.windows import WindowCell
from livesegments.core.definition import Definition
from livesegments.core.explain.words import duration_words
from livesegments.core.features import Cluster, Prediction
from livesegments.core.program import Program

__all__ = ["Edit", "EditedFeature", "EditedModel", "EditedSegment", "Identities", "edit_of"]

Kept = Literal["kept", "short", "part", "empty"]  # from all to nothing
Identities = Callable[[Definition], dict[str, object]]


class EditedFeature(msgspec.Struct, frozen=True, kw_only=True):
    """A feature and what a stored profile has of it.

    `kept`: all that it needs, except of users with more events in a window than `limits.samples`, whose panes go where
    the window is another one. `short`: less than its window or list now holds, until that has filled. `part`: some of
    what it is made of begins empty. `empty`: it begins as for a user without events. `gone`: it is forgotten.
    """

    feature: str
    state: Literal["kept", "short", "part", "empty", "gone"]
    is_new: bool
    note: str = ""


class EditedSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A segment; `incomplete` are the features of its condition that do not have all that they need.

    Of `new`, `gone` and `changed` ones users enter and leave with cause `definition`; of `unchanged` ones only where
    such a feature is incomplete.
    """

    segment: str
    state: Literal["new", "gone", "changed", "unchanged"]
    incomplete: list[str]


class EditedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A clustering or prediction: whether what was learned is kept, or it is learned anew."""

    model: str
    state: Literal["new", "gone", "anew", "kept"]


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """What an edit means; `evaluates` tells whether every user is evaluated once, with cause `definition`.

    `cells` is how much is kept of each user's events under the new definition, `cells_kept` how much of it a savepoint
    of the old one fills. `identity` tells whether visitors become users in only one of them (`new`, `gone`), and
    `ends_learning` whether the old one has models and the new one has none.
    """

    old: str
    new: str
    evaluates: bool
    cells: int
    cells_kept: int
    features: list[EditedFeature]
    segments: list[EditedSegment]
    models: list[EditedModel]
    identity: Literal["new", "gone"] | None = None
    ends_learning: bool = False


def edit_of(old: Definition, new: Definition, identities: Identities) -> Edit:
    """Say what becomes of profiles stored with the old definition under the new one.

    `identities` gives, for each model of a definition, what a learner's snapshot must agree with to be taken over.
    """
    before, after = Program(old), Program(new)
    names = dict(zip(before.cell_names, before.cells, strict=True))
    features = _Features(before, after, names)
    gone = [
        EditedFeature(feature=name, state="gone", is_new=False) for name in old.features if name not in new.features
    ]
    return Edit(
        old=old.file,
        new=new.file,
        evaluates=old.digest != new.digest,
        cells=len(after.cells),
        cells_kept=sum(name in names for name in after.cell_names),
        features=sorted([*features.edited(), *gone], key=lambda one: one.feature),
        segments=_segments(old, new, features.states),
        models=_models(identities(old), identities(new)),
        identity=None if (old.identity is None) == (new.identity is None) else "new" if new.identity else "gone",
        ends_learning=old.has_models and not new.has_models,
    )


class _Features:
    """The state of each feature of the new definition."""

    def __init__(self, before: Program, after: Program, cells: dict[bytes, Cell]) -> None:
        self._old = before.definition
        self._after = after
        self._cells = cells
        self.states: dict[str, tuple[Kept, str]] = {}
        for slot, (name, spec) in enumerate(after.definition.features.items()):  # each after what it names
            parts = [self.states[part] for part in spec.names if part in self.states]
            self.states[name] = _worst(parts) if spec.names else self._state(slot)

    def edited(self) -> list[EditedFeature]:
        """Give the features that are new, that were edited, and that lack something."""
        old, new = self._old, self._after.definition
        found = []
        for name, (state, note) in self.states.items():
            is_new = name not in old.features
            if is_new or state != "kept" or old.fingerprint(name) != new.fingerprint(name):
                found.append(EditedFeature(feature=name, state=state, is_new=is_new, note=note))
        return found

    def _state(self, slot: int) -> tuple[Kept, str]:
        feature = self._after.features[slot]
        if isinstance(feature, Cluster | Prediction):
            return "kept", "what the model says"
        indexes = self._after.cell_indexes[slot]
        held = [self._cells.get(self._after.cell_names[index]) for index in indexes]
        there = [(cell, kept) for cell, kept in zip(feature.cells, held, strict=True) if kept is not None]
        if not held:
            return "kept", "nothing is kept for it: the user's id decides"
        if not there:
            return "empty", ""
        if len(there) < len(held):
            return "part", ""
        return _worst([_reach(cell, kept) for cell, kept in there])


def _reach(cell: Cell, kept: Cell) -> tuple[Kept, str]:
    """Say whether what was kept reaches as far back as a feature's cell does."""
    if isinstance(kept, Since):
        return _reach(cell.inner if isinstance(cell, Since) else cell, kept.inner)
    if isinstance(cell, CalendarCell) and isinstance(kept, CalendarCell) and cell.window.last > kept.window.last:
        return "short", f"last {kept.window.last} of the calendar ({kept.window.unit}) were kept"
    if isinstance(cell, PairCell) and isinstance(kept, PairCell):
        return _reach_of_pairs(cell, kept)
    if isinstance(cell, WindowCell) and isinstance(kept, WindowCell) and cell.fars_ms[0] > kept.fars_ms[0]:
        return "short", f"{duration_words(kept.fars_ms[0])} were kept"
    if isinstance(cell, Listed) and isinstance(kept, Listed) and cell.n > kept.n:
        return "short", f"{kept.n} were kept"
    return "kept", ""


def _reach_of_pairs(cell: PairCell, kept: PairCell) -> tuple[Kept, str]:
    far_ms, kept_ms = cell.far_ms, kept.far_ms
    if isinstance(cell, Followed):
        if far_ms is None:  # a number, which is kept beside every window
            return "kept", ""
        kept_ms = kept.lateness_ms if kept_ms is None else kept_ms
    if kept_ms is None or (far_ms is not None and far_ms <= kept_ms):
        return "kept", ""
    return "short", f"{duration_words(kept_ms)} were kept"


def _worst(states: list[tuple[Kept, str]]) -> tuple[Kept, str]:
    """Give the state of what is made of several: empty where all are, part where some are."""
    kinds = {state for state, _ in states}
    if len(kinds) <= 1:
        return states[0] if states else ("kept", "")
    if kinds & {"empty", "part"}:
        return "part", ""
    return next(state for state in states if state[0] == "short")


def _segments(old: Definition, new: Definition, states: dict[str, tuple[Kept, str]]) -> list[EditedSegment]:
    found = [
        EditedSegment(segment=name, state="gone", incomplete=[]) for name in old.segments if name not in new.segments
    ]
    needs = {name: set(spec.names) for name, spec in new.segments.items()}
    for name in new.segments:  # each after what it names
        needs[name] |= {far for part in needs[name] & needs.keys() for far in needs[part]}
        state: Literal["new", "changed", "unchanged"] = (
            "new"
            if name not in old.segments
            else "unchanged"
            if old.fingerprint(name) == new.fingerprint(name)
            else "changed"
        )
        incomplete = sorted(part for part in needs[name] if part in states and states[part][0] != "kept")
        found.append(EditedSegment(segment=name, state=state, incomplete=incomplete))
    return sorted(found, key=lambda one: one.segment)


def _models(old: dict[str, object], new: dict[str, object]) -> list[EditedModel]:
    return [
        EditedModel(
            model=name,
            state="gone"
            if name not in new
            else "new"
            if name not in old
            else "kept"
            if old[name] == new[name]
            else "anew",
        )
        for name in sorted({*old, *new})
    ]
