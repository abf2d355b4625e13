"""What the processes of this bench are told, as JSON in their first argument."""

from __future__ import annotations

import msgspec

__all__ = ["JobSettings", "Sending"]


class JobSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine is told."""

    bootstrap: str
    events: str
    changes: str
    group: str  # a name that no other run has
    folder: str  # for state
    partitions: int
    definition: str
    guarantee: str = "at-least-once"
    task_managers: int = 1
    with_profiles: bool = False
    variables: dict[str, str] = {}


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """What to send where; a rate of 0 is as fast as it goes."""

    bootstrap: str
    topic: str
    partitions: int
    file: str
    rate: int = 0
    sent: str = ""
    seconds_max: int = 600
