"""The `identity` section: visitors become the users that they turn out to be, with what is kept of them."""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.definition.document import Document, describe
from livesegments.core.definition.options import read_duration, read_whole
from livesegments.core.times import DAY_MS

__all__ = ["IdentitySpec", "read_identity"]

_EXAMPLE = "a mapping such as {keep: {events: 200, within: 30d}, links: 400d}"
_EVENTS_MAX = 1_000


class IdentitySpec(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of each visitor, and how long a link lives that nothing uses."""

    events: int = 200
    within_ms: int = 30 * DAY_MS
    links_ms: int = 400 * DAY_MS
    visitors_learn: bool = False


def read_identity(document: Document, root: dict[str, Any]) -> IdentitySpec | None:
    """Read the section, None where there is none; mistakes are noted in the document."""
    if "identity" not in root:
        return None
    defaults, path = IdentitySpec(), ("identity",)
    identity = document.mapping(root["identity"], path, _EXAMPLE)
    document.unknown_keys(identity, ("keep", "links", "visitors_learn"), path, "option of identity")
    keep_path = (*path, "keep")
    keep = document.mapping(identity.get("keep"), keep_path, "a mapping such as {events: 200, within: 30d}")
    document.unknown_keys(keep, ("events", "within"), keep_path, "option of keep")
    learn = identity.get("visitors_learn", False)
    if not isinstance(learn, bool):
        document.problem((*path, "visitors_learn"), f"expected true or false, found {describe(learn)}")
    profile = root.get("profile")
    if isinstance(profile, dict) and "identities" in profile:
        document.problem(("profile", "identities"), "`identities` is written by livesegments: choose another name")
    spec = IdentitySpec(
        events=read_whole(document, keep.get("events"), (*keep_path, "events"), defaults.events, 1, _EVENTS_MAX),
        within_ms=read_duration(document, keep.get("within"), (*keep_path, "within"), defaults.within_ms),
        links_ms=read_duration(document, identity.get("links"), (*path, "links"), defaults.links_ms),
        visitors_learn=learn is True,
    )
    if spec.links_ms < spec.within_ms:
        expected = "at least as long as `keep: {within: ...}`, or what a visitor hands over would count twice"
        document.problem((*path, "links"), f"expected {expected}, found {identity.get('links', 'the default, 400d')}")
    return spec
