"""A profile as bytes: one version byte, then msgpack of plain data.

Format 2. Cells are stored in the order of the definition, numbers first, and `layout` names them by four bytes each, so
that the same definition reads them by position, and an edited one finds by name those that it still has.
"""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.cells.frozen import BIG, whole_number
from livesegments.core.clock import NO_TIME
from livesegments.core.profile import Answer, Identities, Membership, Profile
from livesegments.core.program import Program
from livesegments.core.seen import SeenIds
from livesegments.core.stored_before import read_format_1

__all__ = ["FORMAT", "decode_profile", "encode_profile"]

FORMAT = 2
_NAME_BYTES = 4


class StoredProfile(msgspec.Struct, array_like=True, gc=False):
    """A profile as it is stored, format 2; fields are only ever added at the end."""

    digest: str  # of the definition that it was last evaluated with
    clock_ms: int
    sequence: int
    first_ms: int  # the time of the user's first event, NO_TIME before it and after an erase
    bar_ms: int  # events at or before it were erased, NO_TIME without
    due_ms: int  # nothing changes before this time unless an event comes
    layout: bytes  # the names of the cells: the numbers, then the others
    numbers: list[Any]  # the states of cells that are plain numbers
    others: list[msgspec.Raw]  # the states of the other cells
    members: dict[str, int]  # segment -> when entered
    left: dict[str, int]  # segment with a cooldown -> when left
    decided: dict[str, int]  # fingerprint of a static segment -> when decided against
    seen: bytes  # hashes of the message ids applied lately, oldest first
    seen_at: bytes  # the clock at which each was applied
    clusters: dict[str, Membership] = {}
    predictions: dict[str, Answer] = {}
    applied_ms: int = NO_TIME  # the clock at the last applied event; kept where there are models
    inputs: dict[str, Any] = {}  # prediction and what is kept -> what its model keeps about the user


class StoredWithIdentities(StoredProfile, array_like=True, gc=False):
    """The same where something is known of the user's ids; without it not a byte more is stored."""

    identities: Identities | None = None


def _plain(kept: Any) -> Any:
    return kept.encode()  # what a model keeps is an object while the profile is decoded


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_decoder = msgspec.msgpack.Decoder(StoredWithIdentities, ext_hook=whole_number)


def encode_profile(profile: Profile, program: Program) -> bytes:
    """Give the profile's bytes."""
    cells, count = profile.cells, program.number_cells
    others = cells[count:]
    for index, cell in program.reshaped:
        state = cells[index]
        if state is not None and not profile.frozen >> index & 1:
            others[index - count] = cell.freeze(state)
    stored = StoredProfile(
        program.digest,
        profile.clock_ms,
        profile.sequence,
        profile.first_ms,
        profile.bar_ms,
        profile.due_ms,
        program.layout,
        cells[:count],
        others,
        profile.members,
        profile.left,
        profile.decided,
        profile.seen.hashes,  # type: ignore[arg-type]  # encoded as bytes are
        profile.seen.stored_clocks(),
        profile.clusters,
        profile.predictions,
        profile.applied_ms,
        profile.inputs,
    )
    if profile.identities is not None:
        stored = StoredWithIdentities(*msgspec.structs.astuple(stored), profile.identities)  # type: ignore[call-arg]
    try:
        return b"\x02" + _encoder.encode(stored)
    except OverflowError:  # a sum beyond 64 bits
        stored.numbers = _boxed(stored.numbers)
        stored.others = _boxed(stored.others)
        stored.inputs = _boxed(
            {key: kept if type(kept) is list else _plain(kept) for key, kept in profile.inputs.items()}
        )
        return b"\x02" + _encoder.encode(stored)


def _boxed(value: Any) -> Any:
    """Give plain data with integers beyond 64 bits as extensions."""
    if type(value) is int:
        return value if -(2**63) <= value < 2**64 else msgspec.msgpack.Ext(BIG, str(value).encode())
    if type(value) is list or type(value) is tuple:
        return [_boxed(item) for item in value]
    if type(value) is dict:
        return {key: _boxed(item) for key, item in value.items()}
    return value


def decode_profile(user_id: str, content: bytes, program: Program) -> Profile:
    """Give the profile of the bytes; cells that they do not have start empty, those that are gone are dropped.

    Raises ValueError for bytes of a format that this version does not read.
    """
    if content[:1] == b"\x01":
        return read_format_1(user_id, content, program)
    if content[:1] != b"\x02":
        raise ValueError(f"expected a profile of format 1 or {FORMAT}, found {content[:1]!r}")
    stored = _decoder.decode(memoryview(content)[1:])
    profile = Profile.__new__(Profile)
    profile.user_id = user_id
    profile.clock_ms = stored.clock_ms
    profile.sequence = stored.sequence
    profile.first_ms = stored.first_ms
    profile.bar_ms = stored.bar_ms
    profile.members = stored.members
    profile.left = stored.left
    profile.decided = stored.decided
    profile.seen = SeenIds(stored.seen, stored.seen_at)
    profile.clusters = stored.clusters
    profile.predictions = stored.predictions
    profile.applied_ms = stored.applied_ms
    profile.inputs = stored.inputs
    profile.identities = stored.identities
    profile.edited = stored.digest != program.digest
    if stored.layout == program.layout:
        profile.cells = stored.numbers + stored.others
        profile.frozen = program.other_cells
    else:
        _find_cells(profile, stored, program)
    program.begin_clock(profile, stored.members)
    profile.due_ms = stored.due_ms
    return profile


def _find_cells(profile: Profile, stored: StoredProfile, program: Program) -> None:
    """Take over by name those cells that the definition still has."""
    names = [stored.layout[at : at + _NAME_BYTES] for at in range(0, len(stored.layout), _NAME_BYTES)]
    found = dict(zip(names, [*stored.numbers, *stored.others], strict=True))
    profile.cells, profile.frozen = program.empty_cells(), 0
    for index, (name, cell) in enumerate(zip(program.cell_names, program.cells, strict=True)):
        if name not in found:
            continue
        profile.cells[index] = found[name]
        if not cell.is_number:
            profile.frozen |= 1 << index
