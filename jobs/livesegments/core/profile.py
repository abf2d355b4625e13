"""The profile: all that is kept about one user, and its bytes.

The bytes are one version byte, then msgpack of plain data. Feature state is stored under the fingerprint of the
feature's name and content, so that editing the definition touches only the features that were edited.
"""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.times import NEVER

__all__ = ["FORMAT", "NO_TIME", "Profile", "StoredProfile"]

FORMAT = 1
NO_TIME = -1


class StoredProfile(msgspec.Struct, array_like=True, omit_defaults=True):
    """A profile as it is stored, format 1; fields are only ever added at the end."""

    digest: str  # of the definition that it was last evaluated with
    clock_ms: int
    sequence: int
    first_ms: int  # the time of the user's first event, NO_TIME before it and after an erase
    bar_ms: int  # events at or before it were erased, NO_TIME without
    due_ms: int  # nothing changes before this time unless an event comes
    states: dict[int, Any]  # by the feature's fingerprint
    members: dict[str, int] = {}  # segment -> when entered
    left: dict[str, int] = {}  # segment with a cooldown -> when left
    decided: dict[str, int] | list[str] = {}  # fingerprint of a static segment -> when decided against; once a list
    seen: dict[int, int] = {}  # hash of a message id -> the clock when it was applied, oldest first
    clusters: dict[str, Any] = {}  # clustering -> [id, name, model version, the inputs' values then]
    predictions: dict[str, Any] = {}  # prediction -> [value, model version]
    applied_ms: int = NO_TIME  # the clock at the last applied event; kept where there are models
    inputs: dict[str, Any] = {}  # prediction and what is kept -> what its model keeps about the user


def _plain(kept: Any) -> Any:
    return kept.encode()  # what a model keeps is an object while the profile is decoded


_encoder = msgspec.msgpack.Encoder(enc_hook=_plain)
_decoder = msgspec.msgpack.Decoder(StoredProfile)


class Profile:
    """A user's state in memory; changed only by the step."""

    __slots__ = (
        "applied_ms",
        "bar_ms",
        "checked_ms",
        "clock_ms",
        "clusters",
        "decided",
        "due_ms",
        "dues",
        "edited",
        "first_ms",
        "inputs",
        "left",
        "look_ms",
        "members",
        "predictions",
        "seen",
        "sequence",
        "states",
        "user_id",
        "valid_ms",
        "values",
    )

    def __init__(self, user_id: str, features: int) -> None:
        self.user_id = user_id
        self.sequence = 0
        self.bar_ms = NO_TIME
        self.clear(features)

    def clear(self, features: int) -> None:
        """Forget everything but the sequence and the bar."""
        self.clock_ms = NO_TIME
        self.first_ms = NO_TIME
        self.due_ms = NEVER
        self.states: list[Any] = [None] * features
        self.members: dict[str, int] = {}
        self.left: dict[str, int] = {}
        self.decided: dict[str, int] = {}
        self.seen: dict[int, int] = {}
        self.clusters: dict[str, Any] = {}
        self.predictions: dict[str, Any] = {}
        self.applied_ms = NO_TIME
        self.inputs: dict[str, Any] = {}
        self.look_ms = NEVER  # when models decide next if no event comes; not stored
        self.edited = False  # the definition is another one than at the last evaluation
        self.values: list[Any] = []  # of features and segments at the last evaluation, by slot; not stored
        self.valid_ms: list[int] = []  # until when a windowed feature's value holds if no event touches it; not stored
        self.checked_ms = NO_TIME  # how far `dues` was looked at; not stored
        self.dues: list[int] | None = None  # next due time of each trigger, or None where only due_ms is known

    @property
    def empty(self) -> bool:
        """Tell whether no event was ever applied, or none since an erase."""
        return self.first_ms == NO_TIME

    @property
    def erased(self) -> bool:
        """Tell whether the user was erased and has not come back."""
        return self.empty and self.bar_ms != NO_TIME

    @property
    def segments(self) -> list[str]:
        """Give the names of the segments that the user is in, by code point."""
        return sorted(self.members)

    def to_bytes(self, digest: str, fingerprints: list[int]) -> bytes:
        """Encode; `fingerprints` are those of the features by slot."""
        states = {key: state for key, state in zip(fingerprints, self.states, strict=True) if state is not None}
        stored = StoredProfile(
            digest,
            self.clock_ms,
            self.sequence,
            self.first_ms,
            self.bar_ms,
            self.due_ms,
            states,
            self.members,
            self.left,
            self.decided,
            self.seen,
            self.clusters,
            self.predictions,
            self.applied_ms,
            self.inputs,
        )
        return b"\x01" + _encoder.encode(stored)

    @staticmethod
    def from_bytes(user_id: str, content: bytes, digest: str, fingerprints: list[int]) -> Profile:
        """Decode; features that the bytes do not know start empty, those that are gone are dropped."""
        if content[:1] != b"\x01":
            raise ValueError(f"expected a profile of format {FORMAT}, found {content[:1]!r}")
        stored = _decoder.decode(memoryview(content)[1:])
        profile = Profile.__new__(Profile)
        profile.user_id = user_id
        profile.clock_ms = stored.clock_ms
        profile.sequence = stored.sequence
        profile.first_ms = stored.first_ms
        profile.bar_ms = stored.bar_ms
        profile.due_ms = stored.due_ms
        find = stored.states.get
        profile.states = [find(key) for key in fingerprints]
        profile.members = stored.members
        profile.left = stored.left
        decided = stored.decided
        profile.decided = decided if isinstance(decided, dict) else dict.fromkeys(decided, NO_TIME)
        profile.seen = stored.seen
        profile.clusters = stored.clusters
        profile.predictions = stored.predictions
        profile.applied_ms = stored.applied_ms
        profile.inputs = stored.inputs
        profile.look_ms = NEVER
        profile.edited = stored.digest != digest
        profile.values = []
        profile.valid_ms = []
        profile.checked_ms = NO_TIME
        profile.dues = None
        return profile
