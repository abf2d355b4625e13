"""The work that every engine does: our own core, on our own definition. The only file here that calls the core."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from livesegments.core.definition import parse_definition
from livesegments.core.events import decode
from livesegments.core.memory import look_for_cycles_seldom
from livesegments.core.replay import Replay
from livesegments.core.step import Engine

__all__ = ["Work", "replayed"]


class Work:
    """Profiles and the step, as an engine without our job would use them."""

    def __init__(self, definition: str) -> None:
        look_for_cycles_seldom()  # as our own operator does
        self.engine = Engine(parse_definition(definition))

    def restore(self, user_id: str, content: bytes | None) -> Any:
        """Give the profile of the bytes, or a new one."""
        return self.engine.restore(user_id, content)

    def snapshot(self, profile: Any) -> bytes:
        """Give the profile's bytes."""
        content = self.engine.snapshot(profile)
        assert content is not None  # nobody is erased here
        return content

    def changes(self, profile: Any, raw: bytes) -> list[bytes]:
        """Apply one event; give what is to be sent."""
        return [change.encode() for change in self.engine.apply(profile, decode(raw))[1]]


def replayed(definition: str, lines: Iterable[bytes]) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Give replay's changes by id: those that events bring about or bring to light, and those due after them."""
    replay = Replay(Engine(parse_definition(definition)))
    by_event = [change.encode() for line in lines for change in replay.feed(line)]
    by_time = [change.encode() for change in replay.finish()]
    return _by_id(by_event), _by_id(by_time)


class _Named(msgspec.Struct):
    id: str


def _by_id(changes: list[bytes]) -> dict[str, bytes]:
    decoder = msgspec.json.Decoder(_Named)
    return {decoder.decode(change).id: change for change in changes}
