"""Reading the `segments` section."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from livesegments.core.conditions import Node, canonical, names
from livesegments.core.definition.document import Document, Path, describe
from livesegments.core.definition.options import read_condition, read_duration, read_label, read_text

__all__ = ["MembersReader", "SegmentSpec", "read_segment"]

MembersReader = Callable[[str], Sequence[str]]  # raises OSError or ValueError with what to do
_KEYS = ("when", "exit_when", "min_dwell", "cooldown", "kind", "members", "title", "description", "response", "tags")
_MEMORY = ("exit_when", "min_dwell", "cooldown")


class SegmentSpec(msgspec.Struct, kw_only=True):
    """A segment as defined."""

    name: str
    when: Node | None = None
    exit_when: Node | None = None
    min_dwell_ms: int = 0
    cooldown_ms: int = 0
    static: bool = False
    members: frozenset[str] | None = None
    title: str = ""
    description: str = ""
    response: str = ""
    tags: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Give each name of both conditions once, in the order of its first use."""
        nodes = (node for node in (self.when, self.exit_when) if node is not None)
        return tuple(dict.fromkeys(name for node in nodes for name in names(node)))

    @property
    def content(self) -> dict[str, Any]:
        """Give what decides who is a member, without the texts for people."""
        return {
            "when": self.when and canonical(self.when),
            "exit_when": self.exit_when and canonical(self.exit_when),
            "min_dwell": self.min_dwell_ms,
            "cooldown": self.cooldown_ms,
            "static": self.static,
            "members": sorted(self.members) if self.members is not None else None,
        }


def read_segment(document: Document, name: str, value: Any, read_members: MembersReader) -> SegmentSpec:
    """Read one segment; mistakes are noted in the document."""
    path: Path = ("segments", name)
    if not isinstance(value, dict):
        document.problem(path, f"expected a mapping such as {{when: 'orders == 1'}}, found {describe(value)}")
        return SegmentSpec(name=name)
    document.unknown_keys(value, _KEYS, path, "key of a segment")
    if ("when" in value) == ("members" in value):
        found = "both" if "when" in value else "neither"
        document.problem(path, f"expected `when: CONDITION` or `members: FILE`, found {found}")
    static = _is_static(document, value, path)
    return SegmentSpec(
        name=name,
        when=_condition(document, value, "when", path),
        exit_when=_condition(document, value, "exit_when", path),
        min_dwell_ms=read_duration(document, value.get("min_dwell"), (*path, "min_dwell"), 0),
        cooldown_ms=read_duration(document, value.get("cooldown"), (*path, "cooldown"), 0),
        static=static,
        members=_members(document, value, path, read_members),
        title=read_label(document, value, "title", path) or name.replace("_", " ").capitalize(),
        description=read_label(document, value, "description", path),
        response=read_label(document, value, "response", path),
        tags=_tags(document, value, path),
    )


def _is_static(document: Document, value: dict[str, Any], path: Path) -> bool:
    kind = value.get("kind", "static" if "members" in value else "dynamic")
    if kind not in ("static", "dynamic") or ("members" in value and kind != "static"):
        expected = "static" if "members" in value else "dynamic or static"
        document.problem((*path, "kind"), f"expected {expected}, found {describe(kind)}")
    if kind == "static":
        for key in _MEMORY:
            if key in value:
                document.problem((*path, key), f"a static segment is decided once and takes no `{key}`: remove it")
    return bool(kind == "static")


def _condition(document: Document, value: dict[str, Any], key: str, path: Path) -> Node | None:
    return read_condition(document, value[key], (*path, key)) if key in value else None


def _members(
    document: Document, value: dict[str, Any], path: Path, read_members: MembersReader
) -> frozenset[str] | None:
    if "members" not in value:
        return None
    file = read_text(document, value["members"], (*path, "members"), "a file of user ids, one per line")
    try:
        return frozenset(read_members(file)) if file else None
    except (OSError, ValueError) as error:
        document.problem((*path, "members"), f'expected a file of user ids, one per line, found "{file}": {error}')
        return None


def _tags(document: Document, value: dict[str, Any], path: Path) -> tuple[str, ...]:
    tags = value.get("tags", [])
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
        return tuple(tags)
    document.problem((*path, "tags"), f"expected a list of texts, found {describe(tags)}")
    return ()
