"""Reading features of two selections: followed, unfollowed."""

from __future__ import annotations

from typing import Any

from livesegments.core import features
from livesegments.core.cells import Pairing
from livesegments.core.definition.document import describe
from livesegments.core.definition.feature_options import Spec
from livesegments.core.definition.options import read_text, selector_texts
from livesegments.core.selection import Path, parse_path

__all__ = ["followed", "unfollowed"]

_PROPERTIES = "properties."


def followed(spec: Spec) -> features.Feature:
    """Build `followed: [SEL, SEL]` with `in`."""
    pairing = _pairing(spec)
    in_ms = _duration(spec, "in")
    limits = spec.limits
    return features.Followed(spec.name, pairing, spec.window, in_ms, limits.samples, limits.settled_ms)


def unfollowed(spec: Spec) -> features.Feature:
    """Build `unfollowed: [SEL, SEL]` with `after`."""
    pairing = _pairing(spec)
    after_ms = _duration(spec, "after")
    if spec.window is not None and after_ms >= spec.window.far_ms:
        expected = "a window that is longer than `after`: nothing would be in it when it is due"
        spec.document.problem((*spec.path, "after"), f"expected {expected}, found {spec.mapping.get('after')}")
    limits = spec.limits
    return features.Unfollowed(spec.name, pairing, spec.window, after_ms, limits.samples, limits.settled_ms)


def _duration(spec: Spec, option: str) -> int:
    if option in spec.mapping or "within" not in spec.mapping:
        return spec.duration(option, None)
    meaning = {"in": "how soon the second must follow", "after": "how long it must not"}[option]
    message = f"expected `{option}: DURATION`, {meaning}, found only `within`, the window of the first"
    spec.document.problem(spec.path, message)
    return 1


def _pairing(spec: Spec) -> Pairing:
    subject, path = spec.subject, (*spec.path, spec.kind)
    if not isinstance(subject, list) or len(subject) != 2:
        expected = "two selectors such as [Product Added, Order Completed]"
        spec.document.problem(path, f"expected {expected}, found {describe(subject)}")
        subject = ["*", "*"]
    first = spec.selection(subject=subject[0], path=(*path, 0))
    texts = subject[0] if isinstance(subject[0], list) else [subject[0]]
    following = selector_texts(spec.document, subject[1], (*path, 1))
    spec.content.setdefault("selectors", []).append(sorted(following))
    return Pairing(first, [text for text in texts if isinstance(text, str)], following, _by(spec))


def _by(spec: Spec) -> Path | None:
    value: Any = spec.mapping.get("by")
    if value is None:
        return None
    path = (*spec.path, "by")
    text = read_text(spec.document, value, path, "a path such as cart_id")
    spec.content["by"] = text
    if text.startswith(_PROPERTIES):
        message = f"paths begin below `properties`: write {text.removeprefix(_PROPERTIES)} for {text}"
        spec.document.problem(path, message)
    try:
        return parse_path(text)
    except ValueError as error:
        if text:
            spec.document.problem(path, str(error))
        return None
