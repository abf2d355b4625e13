"""Reading the `profile` section: which feature fills which field of the profile document."""

from __future__ import annotations

from typing import Any

import msgspec

from livesegments.core.definition.document import Document, Path, describe, near

__all__ = ["PROFILE_DEFAULT", "RESERVED", "Field", "read_profile"]

PROFILE_DEFAULT: dict[str, tuple[str, ...]] = {
    "demographics": ("age", "gender", "location", "occupation", "income"),
    "behavioral_data": (
        "purchase_history",
        "click_history",
        "average_session_duration",
        "pages_per_session",
        "frequency_of_purchases",
    ),
    "preferences": ("preferred_categories", "favorite_brands"),
    "contextual_data": ("device_type", "time_of_last_interaction", "seasonal_preferences"),
    "engagement": ("email_open_rate", "sms_open_rate", "push_notification_click_rate"),
}
RESERVED = ("user_id", "sequence", "updated_at", "segments", "clusters", "predictions", "features")


class Field(msgspec.Struct, frozen=True):
    """One field of the profile document: its place, the feature that fills it (None: null), and how it is shown."""

    section: str
    name: str
    feature: str | None
    as_time: bool = False  # a days_since feature shown as the time it counts from
    as_list: bool = False  # one value shown as a list of it, null as an empty one


def read_profile(document: Document, value: Any, features: dict[str, str]) -> tuple[Field, ...]:
    """Read the mapping; `features` gives each known feature's kind. Without one the default maps like to like."""
    if value is None:
        return tuple(
            Field(section, name, name if name in features else None)
            for section, names in PROFILE_DEFAULT.items()
            for name in names
        )
    fields = []
    for section, names in document.mapping(value, ("profile",), "a mapping of sections").items():
        path: Path = ("profile", section)
        if section in RESERVED:
            document.problem(path, f"`{section}` is written by livesegments: choose another name")
        for name, source in document.mapping(names, path, "a mapping of fields to features").items():
            fields.append(_field(document, (*path, name), section, name, source, features))
    return tuple(fields)


def _field(document: Document, path: Path, section: str, name: str, source: Any, features: dict[str, str]) -> Field:
    shown = None
    if isinstance(source, dict) and len(source) == 1 and next(iter(source)) in ("time_of", "list_of"):
        shown, source = next(iter(source.items()))
    if source is None:
        return Field(section, name, None)
    if not isinstance(source, str):
        expected = "the name of a feature, {time_of: FEATURE}, {list_of: FEATURE} or null"
        document.problem(path, f"expected {expected}, found {describe(source)}")
        return Field(section, name, None)
    if source not in features:
        document.problem(path, f'unknown feature "{source}"{near(source, features)}')
    elif shown == "time_of" and features[source] != "days_since":
        document.problem(path, f'expected a `days_since` feature behind time_of, found "{source}"')
    return Field(section, name, source, as_time=shown == "time_of", as_list=shown == "list_of")
