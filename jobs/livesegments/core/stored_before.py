"""Profiles of format 1, as version 0.1 stored them: each feature had a state of its own."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec

from livesegments.core.cells import Cell, Listed, Part, Periods, Sessions, Tallied, TallyWindow, WindowCell
from livesegments.core.clock import NO_TIME
from livesegments.core.definition import FeatureSpec
from livesegments.core.profile import Answer, Membership, Profile
from livesegments.core.program import Program
from livesegments.core.seen import SeenIds

__all__ = ["read_format_1"]


class StoredProfile(msgspec.Struct, array_like=True):
    """A profile as it was stored, format 1."""

    digest: str
    clock_ms: int
    sequence: int
    first_ms: int
    bar_ms: int
    due_ms: int
    states: dict[int, Any]  # by the feature's fingerprint
    members: dict[str, int] = {}
    left: dict[str, int] = {}
    decided: dict[str, int] | list[str] = {}
    seen: dict[int, int] = {}
    clusters: dict[str, Membership] = {}
    predictions: dict[str, Answer] = {}
    applied_ms: int = NO_TIME
    inputs: dict[str, Any] = {}


_decoder = msgspec.msgpack.Decoder(StoredProfile)


def read_format_1(user_id: str, content: bytes, program: Program) -> Profile:
    """Give the profile of the bytes; a cell takes the state of the first feature that had it."""
    stored = _decoder.decode(memoryview(content)[1:])
    profile = Profile(user_id, _cells(stored.states, program))
    program.begin_clock(profile, stored.members)
    profile.due_ms = stored.due_ms
    profile.clock_ms, profile.sequence = stored.clock_ms, stored.sequence
    profile.first_ms, profile.bar_ms = stored.first_ms, stored.bar_ms
    profile.members, profile.left = stored.members, stored.left
    decided = stored.decided
    profile.decided = decided if isinstance(decided, dict) else dict.fromkeys(decided, NO_TIME)
    profile.seen = SeenIds(b"".join(key.to_bytes(8, "big") for key in stored.seen))
    profile.seen.clocks_ms.extend(stored.seen.values())
    profile.clusters, profile.predictions = stored.clusters, stored.predictions
    profile.applied_ms, profile.inputs = stored.applied_ms, stored.inputs
    profile.edited = stored.digest != program.digest
    return profile


def _cells(states: dict[int, Any], program: Program) -> list[Any]:
    cells = program.empty_cells()
    taken: set[int] = set()
    shared: dict[int, list[tuple[int, Any]]] = {}  # window cells: (far_ms, the state of a feature's own series)
    for slot, spec in enumerate(program.definition.features.values()):
        state = states.get(_fingerprint(spec))
        if state is None:
            continue
        feature, indexes = program.features[slot], program.cell_indexes[slot]
        for index, found in zip(indexes, _parts(program, indexes, state), strict=True):
            cell = program.cells[index]
            if isinstance(cell, WindowCell):
                if found is not None:
                    shared.setdefault(index, []).append((feature.window.far_ms, found))  # type: ignore[attr-defined]
            elif found is not None and (index not in taken or _is_longer(cell, found, cells[index])):
                taken.add(index)
                cells[index] = _held(cell, found)
    for index, series in shared.items():
        cell = program.cells[index]
        assert isinstance(cell, WindowCell)
        cells[index] = _windows(cell, series)
    return cells


def _parts(program: Program, indexes: tuple[int, ...], state: Any) -> list[Any]:
    """Give the part of a feature's state that each of its cells takes."""
    if len(indexes) == 1:
        number = program.cells[indexes[0]].is_number
        return [state[0] if number and type(state) is list else state]
    return list(state)  # ratio: [first, second], mean over the lifetime: [millionths, numbers]


def _held(cell: Cell, state: Any) -> Any:
    """Give the state of a cell that no window is shared in."""
    if isinstance(cell, TallyWindow):
        in_panes, times, counts, totals = state
        keys = list(dict.fromkeys(key for tally in counts for key in tally))
        numbers = {key: number for number, key in enumerate(keys)}
        entries = [{numbers[key]: count for key, count in tally.items()} for tally in counts]
        return cell.thaw([bool(in_panes), times, totals, keys, entries])
    if isinstance(cell, Sessions | Tallied):
        return cell.thaw(state)
    if isinstance(cell, Part):
        return [state[0].get(cell.value_key, 0), state[1]]
    if isinstance(cell, Periods):
        return state[0]
    return state[0] if cell.is_number and type(state) is list else state


def _is_longer(cell: Cell, found: Any, taken: Any) -> bool:
    """Tell whether a list of values is longer than that of another feature over the same values."""
    return isinstance(cell, Listed) and len(found[1]) > len(taken[1])


def _windows(cell: WindowCell, found: list[tuple[int, Any]]) -> Any:
    """Give the state of windows that share their exact events: the longest exact one has them all."""
    panes: dict[int, list[Any]] = {}
    exact: list[Any] = [[], *([] for _ in cell.columns)]
    for far_ms, state in sorted(
        found, key=lambda pair: (pair[0], len(pair[1]))
    ):  # a sum kept fewer columns than a mean
        in_panes, times, *columns = state
        ones = [1] * len(times)
        counts = columns.pop(0) if cell.name == "count" else ones
        if _is_peak(cell):
            counts = [sum(tally.values()) for tally in columns[0]]
        columns += [ones] * (len(cell.columns) - len(columns))
        if in_panes:
            panes[far_ms] = [times, counts, *columns]
        elif _is_peak(cell):
            exact = [times, [next(iter(tally)) for tally in columns[0]]]
        else:
            exact = [times, *columns]
    return [panes or None, *exact] if panes or exact[0] else None


def _is_peak(cell: WindowCell) -> bool:
    return any(column.lift is not None for column in cell.columns)


def _fingerprint(spec: FeatureSpec) -> int:
    """Give the 32 bits that stood for the name and content of a feature."""
    text = json.dumps([spec.name, spec.content], sort_keys=True, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
