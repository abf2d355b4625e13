"""Reading features of one trait: its value, its date, since when it has it."""

from __future__ import annotations

from typing import Any

from livesegments.core import features
from livesegments.core.definition.document import Path, describe
from livesegments.core.definition.feature_options import Spec
from livesegments.core.definition.options import read_text
from livesegments.core.selection import Path as TraitPath
from livesegments.core.selection import parse_path

__all__ = ["days_since_change", "days_since_date", "days_until", "trait"]

_EVENT_OPTIONS = ("where", "since", "items", "within", "between")


def trait(spec: Spec) -> features.Feature:
    """Build `trait: NAME`."""
    return features.Trait(spec.name, _path(spec, spec.subject, (*spec.path, "trait")))


def days_since_date(spec: Spec) -> features.Feature:
    """Build `days_since: {trait: NAME}`."""
    path = _dated(spec, spec.subject)
    for option in _EVENT_OPTIONS:
        if option in spec.mapping:
            spec.document.problem((*spec.path, option), f"`{option}` is about events: a trait takes none")
    return features.DaysSinceDate(spec.name, path, spec.zone)


def days_until(spec: Spec) -> features.Feature:
    """Build `days_until: {trait: NAME}`."""
    subject = spec.subject
    if not isinstance(subject, dict):
        hint = f": write {{trait: {subject}}}" if isinstance(subject, str) else ""
        message = (
            f"expected the trait that holds the date, such as {{trait: birthday}}, found {describe(subject)}{hint}"
        )
        spec.document.problem((*spec.path, spec.kind), message)
        subject = {"trait": "birthday"}
    return features.DaysUntil(spec.name, _dated(spec, subject), spec.zone)


def days_since_change(spec: Spec) -> features.Feature:
    """Build `days_since_change: NAME`."""
    subject, path = spec.subject, (*spec.path, spec.kind)
    if isinstance(subject, dict) and isinstance(subject.get("trait"), str):
        spec.document.problem(path, f"expected the name of a trait: write {spec.kind}: {subject['trait']}")
        subject = subject["trait"]
    limits = spec.limits
    return features.DaysSinceChange(spec.name, _path(spec, subject, path), limits.samples, limits.settled_ms)


def _dated(spec: Spec, subject: dict[str, Any]) -> TraitPath:
    """Give the path of `{trait: NAME}`, whose days are those of the definition's time zone."""
    path = (*spec.path, spec.kind)
    spec.document.unknown_keys(subject, ("trait",), path, f"key of `{spec.kind}`")
    spec.content["timezone"] = spec.zone
    if "trait" not in subject:
        spec.document.problem(path, "expected a trait, such as {trait: birthday}, found none")
        return ("",)
    return _path(spec, subject["trait"], (*path, "trait"))


def _path(spec: Spec, value: Any, path: Path) -> TraitPath:
    text = read_text(spec.document, value, path, "the name of a trait")
    spec.content["trait"] = text
    if text.startswith("traits.") and path != (*spec.path, "trait"):  # told of `trait:` with what never matches
        spec.document.problem(path, f"traits are named as they are: write {text.removeprefix('traits.')}")
    try:
        return parse_path(text)
    except ValueError:
        spec.document.problem(path, f'expected the name of a trait, found "{text}"')
        return ("",)
