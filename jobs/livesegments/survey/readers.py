"""What each feature and prediction reads: the one place of the survey that knows how they are built."""

from __future__ import annotations

import msgspec

from livesegments.core.cells import PairCell, Since, TraitCell
from livesegments.core.definition import Definition
from livesegments.core.events import Event
from livesegments.core.items import PRODUCTS
from livesegments.core.selection import Selection, Selector

__all__ = ["AS_THEY_ARE", "NUMERIC", "SINCE", "Reader", "readers_of", "readers_of_predictions"]

SINCE = "since"
"""The kind of a reader of the events that `since` names: they are read, and no value of the feature."""

NUMERIC = frozenset({"sum", "mean", "min", "max", "decayed"})
"""The kinds that read numbers by `of`."""
AS_THEY_ARE = frozenset({"trait", "first", "last"})
"""The kinds that give a value as it came: a text stays a text."""

Path = tuple[str, ...]


class Reader(msgspec.Struct, frozen=True):
    """One selection of one feature: which events, under which condition, and which of their values."""

    feature: str
    kind: str
    selector: Selector
    paths: tuple[Path, ...]  # of `of`, of which the first present counts; those of a trait begin with "traits"
    where_paths: tuple[Path, ...]  # those of `items` too, from the event on
    selection: Selection | None = None
    follows: Selector | None = None  # of the second selection of a pair: the first, without which it is nothing

    def accepts(self, event: Event) -> bool:
        """Tell whether `where` and `items` hold."""
        return self.selection is None or self.selection.accepts(event)


def readers_of(definition: Definition) -> list[Reader]:
    """Give all selections of all features over events, by the features' order."""
    found = []
    for name, spec in definition.features.items():
        if spec.feature is None:
            continue
        cells = spec.feature.cells
        traits = {cell.path for cell in cells if isinstance(cell, TraitCell)}
        found += [Reader(name, "trait", Selector(["identify"]), (("traits", *path),), ()) for path in traits]
        chosen = [selection for cell in cells if not isinstance(cell, TraitCell) for selection in cell.selections]
        selections = {id(selection): selection for selection in chosen}  # a mean has two cells of one
        pairs = {id(cell.pairing.second): cell.pairing for cell in cells if isinstance(cell, PairCell)}
        for key, selection in selections.items():
            paths, where_paths = tuple(selection.paths), tuple(selection.where_paths)
            if selection.items is not None:
                where_paths += tuple((PRODUCTS, *path) for path in selection.items.paths)
            follows = pairs[key].first.selector if key in pairs else None
            found.append(Reader(name, spec.kind, selection.selector, paths, where_paths, selection, follows))
        ends = {id(cell.since): cell.since for cell in spec.feature.kept if isinstance(cell, Since)}
        found += [Reader(name, SINCE, selector, (), (), Selection(selector)) for selector in ends.values()]
    return found


def readers_of_predictions(definition: Definition) -> list[Reader]:
    """Give the same of predictions: the event that is waited for, or a purchase, and those that networks read."""
    found = []
    for name, spec in definition.predictions.items():
        if spec.event is not None:
            where_paths = spec.event.where_paths
            found.append(Reader(name, "prediction", spec.event.selector, (), where_paths, spec.event))
        found += [Reader(name, "prediction", selector, (), ()) for _, selector in spec.steps]
    return found
