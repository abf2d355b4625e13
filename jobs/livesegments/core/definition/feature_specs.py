"""Reading the `features` section: one builder per feature kind, with the options that it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from livesegments.core import features
from livesegments.core.cells import PERIODS, Since
from livesegments.core.conditions import ConditionError, Node, canonical, names, parse
from livesegments.core.definition import pair_specs, trait_specs
from livesegments.core.definition.document import Document, Path, describe, near
from livesegments.core.definition.event_options import read_since
from livesegments.core.definition.feature_options import Spec
from livesegments.core.definition.limits import Limits
from livesegments.core.definition.options import read_text
from livesegments.core.definition.other_words import meant

__all__ = ["KINDS", "FeatureSpec", "read_feature"]


class FeatureSpec(msgspec.Struct, kw_only=True):
    """A feature as defined: how it is computed, its content for fingerprints, and what it depends on."""

    name: str
    kind: str
    path: Path
    content: dict[str, Any]
    feature: features.Feature | None = None
    node: Node | None = None
    names: tuple[str, ...] = ()


class Kind(msgspec.Struct, frozen=True):
    """What one feature kind takes and how it is built."""

    options: tuple[str, ...]
    build: Callable[[Spec], features.Feature]


def _sessions(spec: Spec) -> features.Feature:
    measure = spec.choice(spec.subject, features.MEASURES, (*spec.path, "session"))
    spec.content["measure"] = measure
    gap_ms = spec.duration("gap", 30 * 60_000)
    if "events" in spec.mapping:
        selection = spec.selection(subject=spec.mapping["events"], path=(*spec.path, "events"))
    else:
        selection = spec.selection_of(features.SiteEvents(), "site events", [])
    limits = spec.limits
    return features.Session(
        spec.name, selection, spec.window, measure, gap_ms, limits.samples, limits.lateness_ms, limits.settled_ms
    )


def _ratio(spec: Spec) -> features.Feature:
    subject, path = spec.subject, (*spec.path, "ratio")
    if not isinstance(subject, list) or len(subject) != 2:
        expected = "two selectors such as [Email Opened, Email Delivered]"
        spec.document.problem(path, f"expected {expected}, found {describe(subject)}")
        subject = ["*", "*"]
    first, second = (spec.selection(subject=side, path=(*path, index)) for index, side in enumerate(subject))
    return features.Ratio(spec.name, first, second, spec.window, spec.limits.samples)


def _peak(spec: Spec) -> features.Feature:
    if "by" not in spec.mapping:
        spec.document.problem(spec.path, f"`{spec.kind}` expected `by: season`, month, weekday or hour, found nothing")
    by = spec.choice(spec.mapping.get("by", "season"), tuple(PERIODS), (*spec.path, "by"))
    spec.content.update(by=by, timezone=spec.zone)
    build = features.Peak if spec.kind == "peak" else features.PeakShare
    return build(spec.name, spec.selection(), spec.window, spec.limits.samples, by, spec.zone)


def _share(spec: Spec) -> features.Feature:
    equals = spec.mapping.get("equals")
    if isinstance(equals, list | dict):
        spec.document.problem((*spec.path, "equals"), f"expected a text, number or boolean, found {describe(equals)}")
        equals = None
    spec.content["equals"] = equals
    limits = spec.limits
    return features.Share(spec.name, spec.selection(of=True), spec.window, limits.samples, limits.distinct, equals)


def _days_since(spec: Spec) -> features.Feature:
    if isinstance(spec.subject, dict):
        return trait_specs.days_since_date(spec)
    return features.DaysSince(spec.name, spec.selection())


def _named(spec: Spec) -> str:
    text = read_text(spec.document, spec.subject, (*spec.path, spec.kind), f"the name of a {spec.kind}")
    spec.content["name"] = text
    return text


def _stored(build: Any, *, of: bool = False) -> Callable[[Spec], features.Feature]:
    return lambda spec: build(spec.name, spec.selection(of=of), spec.window, spec.limits.samples)


_EVENTS = ("where", "items", "since")
_WINDOW = ("within", "between", *_EVENTS)
KINDS: dict[str, Kind] = {
    "trait": Kind((), trait_specs.trait),
    "count": Kind(_WINDOW, _stored(features.Count)),
    "sum": Kind(("of", *_WINDOW), _stored(features.Sum, of=True)),
    "mean": Kind(("of", *_WINDOW), _stored(features.Mean, of=True)),
    "min": Kind(("of", *_WINDOW), _stored(features.Min, of=True)),
    "max": Kind(("of", *_WINDOW), _stored(features.Max, of=True)),
    "first": Kind(("of", *_EVENTS), lambda spec: features.First(spec.name, spec.selection(of=True))),
    "last": Kind(("of", *_EVENTS), lambda spec: features.Last(spec.name, spec.selection(of=True))),
    "recent": Kind(
        ("of", "n", *_EVENTS),
        lambda spec: features.Recent(spec.name, spec.selection(of=True), spec.whole("n", 20, 1_000)),
    ),
    "distinct": Kind(
        ("of", *_WINDOW),
        lambda spec: features.Distinct(
            spec.name, spec.selection(of=True), spec.window, spec.limits.samples, spec.limits.distinct
        ),
    ),
    "top": Kind(
        ("of", "n", *_WINDOW),
        lambda spec: features.Top(
            spec.name,
            spec.selection(of=True),
            spec.window,
            spec.limits.samples,
            spec.limits.distinct,
            spec.whole("n", 3, 1_000),
        ),
    ),
    "share": Kind(("of", "equals", *_WINDOW), _share),
    "ratio": Kind(_WINDOW, _ratio),
    "rate": Kind(
        ("per", *_WINDOW),
        lambda spec: features.Rate(
            spec.name, spec.selection(), spec.window, spec.limits.samples, spec.duration("per", None)
        ),
    ),
    "days_since": Kind(_EVENTS, _days_since),
    "days_until": Kind((), trait_specs.days_until),
    "days_since_change": Kind((), trait_specs.days_since_change),
    "decayed": Kind(
        ("of", "half_life", *_EVENTS),
        lambda spec: features.Decayed(spec.name, spec.selection(), spec.duration("half_life", None)),
    ),
    "peak": Kind(("by", *_WINDOW), _peak),
    "peak_share": Kind(("by", *_WINDOW), _peak),
    "session": Kind(("gap", "events", "within", "between", "items", "since"), _sessions),
    "cluster": Kind((), lambda spec: features.Cluster(spec.name, _named(spec))),
    "prediction": Kind((), lambda spec: features.Prediction(spec.name, _named(spec))),
    "followed": Kind(("in", "by", *_WINDOW), pair_specs.followed),
    "unfollowed": Kind(("after", "by", *_WINDOW), pair_specs.unfollowed),
    "bucket": Kind((), lambda spec: features.Bucket(spec.name, _named(spec))),
}


def read_feature(document: Document, name: str, value: Any, limits: Limits, zone: str) -> FeatureSpec | None:
    """Read one feature; mistakes are noted in the document, and None is given when there is nothing to build."""
    path: Path = ("features", name)
    expected = "one of " + ", ".join([*KINDS, "value"])
    if not isinstance(value, dict):
        document.problem(path, f"expected a mapping such as {{count: Order Completed}}, found {describe(value)}")
        return None
    found = [key for key in value if key in KINDS or key == "value"]
    if len(found) != 1:
        known = [*KINDS, "value", *{option for kind in KINDS.values() for option in kind.options}]
        wrong = next((key for key in value if key not in known), None)
        kinds = [*KINDS, "value"]
        hint = meant(wrong, kinds) or near(wrong, kinds) if wrong and not found else ""
        what = f'"{wrong}"' if wrong and not found else ", ".join(found) or "none of them"
        document.problem(path, f"expected exactly {expected}; found {what}{hint}")
        return None
    kind = found[0]
    options = KINDS[kind].options if kind in KINDS else ()
    document.unknown_keys(value, (kind, *options), path, f"option of `{kind}`")
    if kind == "value":
        return _read_value(document, name, value["value"])
    spec = Spec(document, name, kind, value, limits, zone)
    feature = KINDS[kind].build(spec)
    _keep_since(spec, feature)
    return FeatureSpec(name=name, kind=kind, path=path, content=spec.content, feature=feature)


def _keep_since(spec: Spec, feature: features.Feature) -> None:
    """Have the feature read only events later than the newest of `since`."""
    selectors = spec.content.get("selectors", [["*"]])
    if spec.kind == "unfollowed":  # what ends the second may well end all
        selectors = selectors[:1]
    since = read_since(spec.document, spec.mapping, spec.path, selectors)
    if since is not None:
        spec.content["since"] = since.texts
        feature.kept = tuple(Since(cell, since, spec.limits.samples) for cell in feature.cells)


def _read_value(document: Document, name: str, text: Any) -> FeatureSpec | None:
    path: Path = ("features", name, "value")
    try:
        node = parse(read_text(document, text, path, "an expression"))
    except ConditionError as error:
        if text:
            document.problem(path, f"{error.message}, at column {error.column} of: {text}")
        return None
    content = {"kind": "value", "value": canonical(node)}
    return FeatureSpec(name=name, kind="value", path=("features", name), content=content, node=node, names=names(node))
