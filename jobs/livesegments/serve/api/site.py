"""What all answers share: the store, the definition, the follower and the live changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livesegments.serve.segments import Segments

if TYPE_CHECKING:
    from pathlib import Path

    from livesegments.core.definition import Definition
    from livesegments.serve.api.hub import Hub
    from livesegments.serve.follower import Follower
    from livesegments.serve.reading import Reader

__all__ = ["Site"]


class Site:
    """One server's parts; `events` are a run's events, where they are at hand."""

    def __init__(
        self, reader: Reader, definition: Definition, follower: Follower, hub: Hub, events: Path | None = None
    ) -> None:
        self.reader = reader
        self.definition = definition
        self.follower = follower
        self.hub = hub
        self.events = events
        self.segments = Segments(reader, definition)
