"""The golden streams: each story's events, definition and end, and the changes that must come of them."""

from __future__ import annotations

from pathlib import Path

import msgspec
from ruamel.yaml import YAML

import livesegments
from livesegments.core.definition import Definition, load_definition
from livesegments.core.times import parse_time

__all__ = ["NAMES", "SHOP", "Story", "story"]

FOLDER = Path(__file__).parent
SHOP = Path(livesegments.__file__).parent / "definitions" / "shop.yaml"
_TOLD = YAML(typ="base", pure=True).load((FOLDER / "stories.yaml").read_text(encoding="utf-8"))
NAMES: list[str] = list(_TOLD)


class Story(msgspec.Struct, frozen=True):
    """One golden stream."""

    name: str
    tells: str
    until_ms: int
    counts: str | None = None

    @property
    def events(self) -> Path:
        return FOLDER / f"{self.name}.jsonl"

    @property
    def lines(self) -> list[bytes]:
        return self.events.read_bytes().splitlines()

    @property
    def changes(self) -> Path:
        return FOLDER / f"{self.name}.changes.jsonl"

    @property
    def definition(self) -> Definition:
        own = FOLDER / f"{self.name}.yaml"
        return load_definition(own if own.exists() else SHOP)


def story(name: str) -> Story:
    """Give a story by name."""
    return Story(name, _TOLD[name]["tells"], parse_time(_TOLD[name]["until"]), _TOLD[name].get("counts"))
