"""What the step asks of models: each user's clusters and predictions at a moment, and what moved.

The models themselves are in livesegments.models; this is all that the core knows of them.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from livesegments.core.events import Event
from livesegments.core.profile import NO_TIME, Profile
from livesegments.core.times import DAY_MS, NEVER

__all__ = ["ClusterMove", "Decider", "Decision", "Weight", "next_look"]

_LOOKS = 10  # the last one is 512 days after the user's last event


class ClusterMove(msgspec.Struct, frozen=True, kw_only=True):
    """A user came into another cluster; None stands for none. Distances are in the model's scaled units."""

    before: str | None
    after: str | None
    moved: Literal["user_moved", "model_moved"]
    distance_before: float | None = None
    distance_after: float | None = None
    values: dict[str, Any] = {}


class Decision(msgspec.Struct, frozen=True):
    """A cluster or prediction of the user has another value than before, by a version of a model."""

    name: str
    version: int
    by_model: bool = False  # what the user did would not have changed it
    move: ClusterMove | None = None  # None: a prediction


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """How much a feature moved a prediction, up (> 0) or down (< 0)."""

    prediction: str
    feature: str
    weight: float


class Decider(Protocol):
    """Decides a user's clusters and predictions; brings those of `profile.values` up to date that it reads."""

    def observe(self, profile: Profile, event: Event) -> None:
        """Take in an event that was applied to the profile."""

    def decide(self, profile: Profile, now_ms: int) -> list[Decision]:
        """Bring clusters and predictions up to date with the models in force at now; clusters first, by name."""

    def weights(self, profile: Profile, prediction: str, now_ms: int) -> list[Weight]:
        """Give the three features that weighed most in a prediction, greatest first."""


def next_look(applied_ms: int, now_ms: int) -> int:
    """Give the first time after now at which an idle user is decided anew: 1, 2, 4, 8 ... days after their last event.

    So a new model version reaches users who do nothing, and a prediction goes down with time, at a cost per user that
    shrinks the longer nothing happens.
    """
    if applied_ms == NO_TIME:
        return NEVER
    after_ms = DAY_MS
    for _ in range(_LOOKS):
        if applied_ms + after_ms > now_ms:
            return applied_ms + after_ms
        after_ms *= 2
    return NEVER
