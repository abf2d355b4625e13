"""JSON Schema of the definition file: what an editor completes, explains and underlines.

It knows keys, kinds of values and choices. Names, conditions and what depends on both are the parser's to judge.
"""

from __future__ import annotations

from typing import Any

from livesegments.core.cells import PERIODS
from livesegments.core.definition.cluster_specs import ALGORITHMS
from livesegments.core.definition.feature_specs import KINDS
from livesegments.core.definition.prediction_specs import MODELS
from livesegments.core.features import MEASURES
from livesegments.schemas.json_schema import DIALECT
from livesegments.schemas.wording import FEATURES, OPTIONS

__all__ = ["definition_schema"]

Schema = dict[str, Any]

_NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"


def definition_schema() -> Schema:
    """Give the schema of `segments.yaml`."""
    sections = {
        "version": _told({"const": 1}, "The version of this file's language: 1."),
        "timezone": _told({"type": "string"}, "A time zone such as Europe/Berlin; UTC without it."),
        "limits": _told(_ref("limits"), "Bounds on what is kept of a user, and on how late an event may be."),
        "features": _told(_named(_ref("feature")), "Named values computed from a user's events, traits or a model."),
        "segments": _told(_named(_ref("segment")), "Named sets of users, each with a condition over features."),
        "clusters": _told(_named(_ref("clustering")), "Groups that a model finds: every user is in exactly one."),
        "predictions": _told(_named(_ref("prediction")), "What a model foretells about every user."),
        "profile": _told({"type": "object"}, "Which feature fills which field of the profile document."),
        "identity": _told(_ref("identity"), "Visitors become the users that they turn out to be."),
    }
    return {
        "$schema": DIALECT,
        "$id": "urn:livesegments:definition.v1",
        "title": "Definition of livesegments",
        **_object(sections),
        "$defs": {
            **_VALUES,
            "limits": _object(_LIMITS),
            "feature": {"anyOf": [_feature(kind) for kind in (*KINDS, "value")]},
            "segment": _segment(),
            "clustering": _object(_CLUSTERING, required=["features"]),
            "prediction": {"anyOf": [_prediction(asks) for asks in _AHEAD]},
            "identity": _object(_IDENTITY),
        },
    }


def _told(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _object(properties: Schema, required: list[str] | None = None) -> Schema:
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _named(schema: Schema) -> Schema:
    """Give the schema of a section that names things; an empty section is one too."""
    return {"type": ["object", "null"], "propertyNames": {"pattern": _NAME}, "additionalProperties": schema}


def _whole(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


def _text() -> Schema:
    return {"type": "string", "minLength": 1}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_VALUES: Schema = {
    "duration": {
        "type": "string",
        "pattern": r"^[0-9]+(\.[0-9]+)?[smhdw]$",
        "description": "Such as 30s, 15m, 12h, 7d or 2w.",
    },
    "selector": {
        "anyOf": [_text(), {"type": "array", "items": _text(), "minItems": 1}],
        "description": "An event name, a list of names, page, screen, identify, a prefix such as 'Email *', or '*'.",
    },
    "condition": {"type": ["string", "boolean"], "description": "Such as 'orders_90d >= 3 && !vip'."},
    "path": {
        "anyOf": [_text(), {"type": "array", "items": _text()}],
        "description": "A path such as revenue, products.brand or context.device.type; of several the first present.",
    },
    "window": {
        "anyOf": [
            _ref("duration"),
            _object({"calendar": {"enum": ["day", "week", "month", "year"]}, "last": _whole(1, 10_000)}, ["calendar"]),
        ],
        "description": OPTIONS["within"],
    },
}
_SUBJECTS: dict[str, Schema] = {
    **{kind: _text() for kind in ("trait", "cluster", "prediction", "days_until", "days_since_change", "bucket")},
    **{kind: _list(_ref("selector")) | {"minItems": 2, "maxItems": 2} for kind in ("ratio", "followed", "unfollowed")},
    "days_since": {"anyOf": [*_VALUES["selector"]["anyOf"], _object({"trait": _text()}, ["trait"])]},
    "days_until": {"anyOf": [_text(), _object({"trait": _text()}, ["trait"])]},
    "session": {"enum": list(MEASURES)},
    "value": _text(),
}
_OPTIONS: dict[str, Schema] = {
    "of": _ref("path"),
    "where": {"type": "string"},
    "items": {"type": "string"},
    "within": _ref("window"),
    "between": _list(_ref("duration")) | {"minItems": 2, "maxItems": 2},
    "n": _whole(1, 1_000),
    "equals": {"type": ["string", "number", "boolean", "null"]},
    "events": _ref("selector"),
    "since": _ref("selector"),
    **{name: _ref("duration") for name in ("per", "half_life", "gap", "in", "after")},
}
_BY: dict[str, Schema] = {kind: {"enum": list(PERIODS)} for kind in ("peak", "peak_share")}
_LIMITS: Schema = {
    "lateness": _told(_ref("duration"), "Events older than the user's clock by more are dead letters; 7d."),
    "samples": _told(_whole(1, 10_000), "So many events of a window are kept one by one; 128."),
    "distinct": _told(_whole(1, 100_000), "So many different values are counted by themselves; 1000."),
    "message_ids": _told(_whole(1, 100_000), "So many ids of a user are kept to find duplicates; 10000."),
    "refuse_users": _told({"type": ["array", "null"]}, "Ids that are no users, such as undefined."),
}
_TEXTS: Schema = {
    "title": _told(_text(), "What people call it."),
    "description": _told(_text(), "What it is, for people."),
}
_CLUSTERING: Schema = {
    "features": _told(_list(_text()) | {"minItems": 1, "maxItems": 50}, "The features that users are grouped by."),
    "when": _told(_ref("condition"), "Who is clustered; everybody of whom enough is known without it."),
    "algorithm": _told({"enum": list(ALGORITHMS)}, "How groups are found; centroids without it."),
    "clusters": _told(_whole(2, 50), "How many groups."),
    "names": _told(_list({"type": "string"}), "Names of the groups, from low to high."),
    "linear": _told(_list(_text()), "Features that are not taken the logarithm of."),
    "minimum": _told(_whole(1, 50), "So many features must be known of a user."),
    "margin": _told({"type": "number", "minimum": 0}, "How far past the border a user must be to move; 0.25."),
    "interval": _told(_ref("duration"), "A version follows after so long; 7d."),
    "active": _told(_ref("duration"), "Users who were active so lately are learned from; 365d."),
    "sample": _told(_whole(100, 100_000), "So many users are learned from; 8000."),
    "warm_up": _told(_whole(10, 100_000), "The first version follows once there are so many users; 500."),
    "seed": _whole(0, 2**31 - 1),
    "parameters": _told({"type": ["object", "null"]}, "Parameters of the algorithm."),
    **_TEXTS,
}
_AHEAD: dict[str, tuple[str, Schema]] = {
    "will": ("within", _told(_ref("selector"), "Whether such an event will follow.")),
    "value": ("horizon", _told({"const": "customer_lifetime_value"}, "How much the user will spend.")),
    "class": (
        "in",
        _told({"type": "object", "additionalProperties": _ref("condition")}, "Which condition the user will meet."),
    ),
}
_FORETELLING: Schema = {
    "model": _told({"enum": list(MODELS)}, "What foretells it."),
    "every": _told(_ref("duration"), "A version follows after so long."),
    "labels": _told(_whole(10, 1_000_000), "The first version follows after so many outcomes; 100."),
    "seed": _whole(0, 2**31 - 1),
    "event": _told(_ref("selector"), "What is a purchase; Order Completed without it."),
    "where": _told({"type": "string"}, OPTIONS["where"]),
    "of": _told(_ref("path"), "Where the money of an event is."),
    "features": _told(_list(_text()) | {"minItems": 1, "maxItems": 100}, "The features that the model reads."),
    "events": _told(_ref("selector"), "The events that a recurrent model reads."),
    **_TEXTS,
}
_IDENTITY: Schema = {
    "keep": _told(_object({"events": _whole(1, 100_000), "within": _ref("duration")}), "What is kept of a visitor."),
    "links": _told(_ref("duration"), "A link that nothing used for so long is forgotten."),
    "visitors_learn": _told({"type": "boolean"}, "Whether models learn from visitors too."),
}


def _feature(kind: str) -> Schema:
    subject = _told(_SUBJECTS.get(kind, _ref("selector")), FEATURES.get(kind, ""))
    options = KINDS[kind].options if kind in KINDS else ()
    properties = {kind: subject}
    for option in options:
        schema = _BY.get(kind, _ref("path")) if option == "by" else _OPTIONS.get(option, {})
        properties[option] = _told(schema, OPTIONS.get(option, ""))
    return _object(properties, [kind])


def _segment() -> Schema:
    keys = {
        "when": _told(_ref("condition"), "Who enters, and without exit_when who stays."),
        "exit_when": _told(_ref("condition"), "Who leaves."),
        "min_dwell": _told(_duration_or_none(), "A user stays at least so long."),
        "cooldown": _told(_duration_or_none(), "A user does not come back sooner after leaving."),
        "kind": _told({"enum": ["dynamic", "static"]}, "static: decided once and kept."),
        "members": _told(_text(), "A file of user ids, one per line."),
        **_TEXTS,
        "response": _told(_text(), "What is to be done about these users."),
        "tags": _list({"type": "string"}),
    }
    either: list[Schema] = [{"required": [key], "not": {"required": [other]}} for key, other in _EITHER]
    return {**_object(keys), "anyOf": either}


_EITHER = (("when", "members"), ("members", "when"))


def _duration_or_none() -> Schema:
    return {"anyOf": [_ref("duration"), {"enum": [0, "0", "0s", None]}]}


def _prediction(asks: str) -> Schema:
    ahead, subject = _AHEAD[asks]
    keys = {asks: subject, ahead: _told(_ref("duration"), "How far ahead."), **_FORETELLING}
    return _object(keys, [asks, ahead])
