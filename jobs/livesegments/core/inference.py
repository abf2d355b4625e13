"""What the step asks of models: each user's clusters and predictions at a moment, and what moved.

The models themselves are in livesegments.models; this is all that the core knows of them.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from livesegments.core.definition import Definition
from livesegments.core.events import Event
from livesegments.core.profile import NO_TIME, Profile
from livesegments.core.times import DAY_MS, NEVER

__all__ = ["ClusterMove", "Decider", "Decision", "Weight", "first_look", "is_read", "next_look"]

_FIRST_LOOK_MS = DAY_MS  # a chance goes down with each day of silence
_FIRST_LOOK_AT_CLUSTERS_MS = 4 * DAY_MS  # at 16, newcomers of a young shop stayed in the wrong cluster too long
_LAST_LOOK_MS = 512 * DAY_MS


class ClusterMove(msgspec.Struct, frozen=True):
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
    before: Any = None  # what a prediction said, and says now
    after: Any = None


class Weight(msgspec.Struct, frozen=True, kw_only=True):
    """How much a feature moved a prediction, up (> 0) or down (< 0)."""

    prediction: str
    feature: str
    weight: float


class Decider(Protocol):
    """Decides a user's clusters, and those of the predictions that features read; the others it answers when asked.

    Brings the values of the profile up to date that it reads.
    """

    def observe(self, profile: Profile, event: Event) -> None:
        """Take in an event that was applied to the profile."""

    def decide(self, profile: Profile, now_ms: int, *, is_look: bool = False) -> tuple[list[Decision], int]:
        """Bring clusters and predictions up to date with the models in force at now; clusters first, by name.

        Gives what has changed, and when the user is to be looked at if no event comes: a time later than now. A look at
        any other time changes nothing. One that changes nothing leaves a cluster as it was decided before.
        """

    def weights(self, profile: Profile, prediction: str, now_ms: int) -> list[Weight]:
        """Give the three features that weighed most in a prediction, greatest first."""

    def answers(self, profile: Profile, now_ms: int) -> dict[str, Any]:
        """Give what the predictions that no feature reads say at now; those that say nothing are left out."""


def is_read(definition: Definition, prediction: str) -> bool:
    """Tell whether a feature reads a prediction; what none reads is answered only where the profile is written."""
    specs = definition.features.values()
    return any(spec.kind == "prediction" and spec.content["name"] == prediction for spec in specs)


def first_look(*, at_predictions: bool, at_clusters: bool) -> int:
    """Give how long after their last event (ms) a user is decided anew for the first time; NEVER if nothing is.

    `at_predictions` of which features read one, `at_clusters` whose borders can't be reckoned with.
    """
    if at_predictions:
        return _FIRST_LOOK_MS
    return _FIRST_LOOK_AT_CLUSTERS_MS if at_clusters else NEVER


def next_look(first_ms: int, applied_ms: int, now_ms: int) -> int:
    """Give the first time after now at which an idle user is decided anew.

    That is `first_ms` after their last event, then twice as long and so on, up to 512 days. So a new model version
    reaches users who do nothing, and a prediction goes down with time, at a cost per user that shrinks the longer
    nothing happens.
    """
    if applied_ms == NO_TIME:
        return NEVER
    after_ms = first_ms
    while after_ms <= _LAST_LOOK_MS:
        if applied_ms + after_ms > now_ms:
            return applied_ms + after_ms
        after_ms *= 2
    return NEVER
