"""A survey of events: names and paths that came, and what each feature of a definition found in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from typing import Any

import msgspec

from livesegments.core.definition import Definition
from livesegments.core.errors import BadEvent
from livesegments.core.events import Event, Reading, decode
from livesegments.core.skipped import PLACEHOLDER_USERS
from livesegments.survey.comparisons import comparisons_of
from livesegments.survey.names import SURVEYED_MAX, wanted_names
from livesegments.survey.paths import Kind, kind_of, paths_of
from livesegments.survey.readers import NUMERIC, Reader, readers_of, readers_of_predictions

__all__ = ["NUMBERS", "PathTally", "ReaderTally", "Survey"]

NUMBERS = frozenset({"revenue", "total", "price", "quantity", "value", "discount", "tax", "shipping"})
"""The fields that are numbers wherever they stand in `properties` and in products."""
_MONEY = NUMBERS - {"quantity"} | {"subtotal", "amount"}
_PATHS_MAX = 5_000  # in all; what comes beyond is counted in `paths_left_out`
_TEXTS_MAX, _LENGTH_MAX = 1_000, 256  # of a path whose values are compared: so many texts, so long


class PathTally:
    """How often a path came with events of one name, with which kinds of values, and one text that is no number.

    Where the definition compares its values with texts, `wanted`, these and the first of the others are counted.
    """

    __slots__ = ("count", "example", "kinds", "texts", "wanted")

    def __init__(self, wanted: Container[str] | None = None) -> None:
        self.count = 0
        self.kinds: Counter[Kind] = Counter()
        self.example: str | None = None
        self.texts: dict[str, int] = {}
        self.wanted = wanted

    def keep(self, text: str) -> None:
        """Count a text, where values are compared with texts and there is room for it."""
        if self.wanted is None:
            return
        if text in self.texts:
            self.texts[text] += 1
        elif text in self.wanted or (len(self.texts) < _TEXTS_MAX and len(text) <= _LENGTH_MAX):
            self.texts[text] = 1


class ReaderTally:
    """What one selection of one feature found."""

    __slots__ = ("accepted", "currencies", "reader", "selected", "valued")

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.selected = 0  # events of these names
        self.accepted = 0  # of them, those for which `where` holds
        self.valued = 0  # of them, those with a value, a number where one is needed
        self.currencies: Counter[str] = Counter()


class Survey:
    """Counts, to be fed with lines; what it keeps is bounded."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.events = 0
        self.dead_letters: Counter[str] = Counter()
        self.names: Counter[str] = Counter()
        self.paths: dict[tuple[str, tuple[str, ...]], PathTally] = {}
        self.paths_left_out = 0
        self.odd_users: Counter[str] = Counter()
        readers, of_predictions = readers_of(definition), readers_of_predictions(definition)
        self.tallies = [ReaderTally(reader) for reader in readers]
        self.comparisons = comparisons_of(definition, [*readers, *of_predictions])
        self._texts: dict[tuple[str, ...], set[str]] = {}  # by path: the texts that its values are compared with
        for one in self.comparisons:
            if isinstance(one.value, str):
                for path in one.paths:
                    self._texts.setdefault(path, set()).add(one.value)
        self._wanted = wanted_names([*readers, *of_predictions])
        self.reading = Reading(refused_users=frozenset(definition.limits.refuse_users))
        self._by_name: dict[tuple[str, str], list[ReaderTally]] = {}

    def add(self, line: bytes) -> None:
        """Count one line; blank lines are no events."""
        line = line.strip()
        if not line:
            return
        self.events += 1
        event: Event | None = None
        try:
            event = decode(line, reading=self.reading)
        except BadEvent as error:
            self.dead_letters[error.reason] += 1
        try:
            raw = msgspec.json.decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return
        if isinstance(raw, dict) and isinstance(raw.get("type"), str):
            self._add(raw, event)

    def read_by(self, event_type: str, name: str) -> list[ReaderTally]:
        """Give the selections that select events of a type and name."""
        found = self._by_name.get((event_type, name))
        if found is None:
            found = [tally for tally in self.tallies if tally.reader.selector.matches(event_type, name)]
            if len(self._by_name) < SURVEYED_MAX:
                self._by_name[event_type, name] = found
        return found

    def _add(self, raw: dict[str, Any], event: Event | None) -> None:
        event_type = raw["type"].lower()
        text = raw.get("event")
        name = text if event_type == "track" and isinstance(text, str) and text else event_type
        if name in self.names or len(self.names) < SURVEYED_MAX or name in self._wanted:
            self.names[name] += 1
        if event is not None and event.user_id in PLACEHOLDER_USERS:
            self.odd_users[event.user_id] += 1
        self._add_paths(name, raw)
        for tally in self.read_by(event_type, name):
            tally.selected += 1
            if event is not None and tally.reader.accepts(event):
                tally.accepted += 1
                self._add_values(tally, event, raw)

    def _add_paths(self, name: str, raw: dict[str, Any]) -> None:
        seen = set()
        for path, value in paths_of(raw):
            tally = self.paths.get((name, path))
            if tally is None:
                if len(self.paths) >= _PATHS_MAX:
                    self.paths_left_out += 1
                    continue
                tally = self.paths[name, path] = PathTally(self._texts.get(path))
            if path not in seen:
                seen.add(path)
                tally.count += 1
            kind = kind_of(value)
            tally.kinds[kind] += 1
            if type(value) is str:
                tally.keep(value)
            if kind == "text" and tally.example is None:
                tally.example = value[:40]

    def _add_values(self, tally: ReaderTally, event: Event, raw: dict[str, Any]) -> None:
        reader = tally.reader
        selection = reader.selection
        if selection is None:  # a trait
            tally.valued += any(value is not None and path == reader.paths[0] for path, value in paths_of(raw))
            return
        if not reader.paths:
            tally.valued += 1
            return
        found = selection.numbers(event) if reader.kind in NUMERIC else selection.values(event)
        if not found:
            return
        tally.valued += 1
        if reader.kind in NUMERIC and any(path[-1] in _MONEY for path in reader.paths):
            properties = raw.get("properties")
            currency = properties.get("currency") if isinstance(properties, dict) else None
            if isinstance(currency, str) and (currency in tally.currencies or len(tally.currencies) < SURVEYED_MAX):
                tally.currencies[currency] += 1
