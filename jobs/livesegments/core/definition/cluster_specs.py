"""Reading the `clusters` section: what groups users, from which features, and how it is learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import msgspec

from livesegments.core.conditions import Node, canonical, names
from livesegments.core.definition.document import Document, Path, describe, near
from livesegments.core.definition.feature_specs import FeatureSpec
from livesegments.core.definition.options import read_choice, read_condition, read_duration, read_label, read_whole
from livesegments.core.times import DAY_MS

__all__ = ["ALGORITHMS", "ClusterSpec", "check_condition", "check_inputs", "is_made_of_a_model", "read_clusters"]

Algorithm = Literal["centroids", "kmeans", "stream_kmeans", "dbstream", "dbscan"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
PARAMETERS: dict[str, tuple[str, ...]] = {
    "centroids": ("least_share", "search_gain"),
    "kmeans": ("step",),
    "stream_kmeans": ("chunk_size", "step"),
    "dbstream": ("radius", "half_life", "intersection", "least_share"),
    "dbscan": ("radius", "least_points", "least_share"),
}
"""What `parameters:` may hold; each has a default in livesegments.models.clusters."""

COUNTED = ("centroids", "kmeans", "stream_kmeans")  # these take a number of clusters, the others find it
_KEYS = (
    *("features", "when", "active", "sample", "algorithm", "clusters", "names", "linear", "minimum", "margin"),
    *("interval", "warm_up", "seed", "parameters", "title", "description"),
)
_TEXTS = ("top", "recent", "peak", "cluster", "prediction")  # kinds of features that are never numbers
_CLUSTERS_MAX, _FEATURES_MAX, _USERS_MAX = 50, 50, 100_000


class ClusterSpec(msgspec.Struct, kw_only=True):
    """A clustering as defined.

    Clustered are the users for whom `when` holds and of whom `minimum` features are not null. A user moves to another
    cluster once past the border by `margin`: 0 is the border, 1 the other centre. `linear` features are standardised as
    they are, all others after the logarithm. A version is learned every `interval_ms` of event time, from an even
    sample of at most `sample` users who were active within `active_ms`; the first one once there are `warm_up` of them.
    """

    name: str
    features: tuple[str, ...]
    when: Node | None = None
    active_ms: int = 365 * DAY_MS
    sample: int = 8000
    algorithm: Algorithm = "centroids"
    clusters: int = 5
    names: tuple[str, ...] = ()
    linear: tuple[str, ...] = ()
    minimum: int = 1
    margin: float = 0.25
    interval_ms: int = 7 * DAY_MS
    warm_up: int = 500
    seed: int = 1
    parameters: dict[str, float] = {}
    title: str = ""
    description: str = ""

    @property
    def content(self) -> dict[str, Any]:
        """Give what decides who is where, without the texts for people."""
        plain = msgspec.structs.asdict(self)
        told = {field: value for field, value in plain.items() if field not in ("title", "description")}
        return {**told, "when": None if self.when is None else canonical(self.when)}

    @property
    def names_read(self) -> tuple[str, ...]:
        """Give each feature once that is clustered by, or that decides who is clustered."""
        return tuple(dict.fromkeys((*self.features, *(() if self.when is None else names(self.when)))))


def read_clusters(
    document: Document,
    section: dict[str, Any],
    features: Mapping[str, FeatureSpec | None],
    segments: Mapping[str, Any],
) -> dict[str, ClusterSpec]:
    """Read all clusterings; mistakes are noted in the document."""
    specs = {name: _read(document, name, value) for name, value in section.items()}
    for name, spec in specs.items():
        check_inputs(document, ("clusters", name, "features"), spec.features, features)
        if spec.when is not None:
            check_condition(document, ("clusters", name, "when"), spec.when, features, segments)
    return specs


def _read(document: Document, name: str, value: Any) -> ClusterSpec:
    path: Path = ("clusters", name)
    if not isinstance(value, dict):
        document.problem(
            path, f"expected a mapping such as {{features: [orders, visits], clusters: 3}}, found {describe(value)}"
        )
        return ClusterSpec(name=name, features=())
    document.unknown_keys(value, _KEYS, path, "key of a clustering")
    features = _names(document, value.get("features"), (*path, "features"), "a list of features")
    if not 1 <= len(features) <= _FEATURES_MAX:
        document.problem((*path, "features"), f"expected 1 to {_FEATURES_MAX} features, found {len(features)}")
    algorithm = read_choice(
        document, value.get("algorithm", "centroids"), (*path, "algorithm"), ALGORITHMS, "centroids"
    )
    given = _names(document, value.get("names", []), (*path, "names"), "a list of names, low to high")
    clusters = _number_of_clusters(document, value, path, algorithm, given)
    linear = _names(document, value.get("linear", []), (*path, "linear"), "a list of features")
    for feature in linear:
        if feature not in features:
            document.problem((*path, "linear"), f'"{feature}" is not in features{near(feature, features)}')

    def whole(option: str, default: int, least: int, most: int) -> int:
        return read_whole(document, value.get(option), (*path, option), default, least, most)

    return ClusterSpec(
        name=name,
        features=features,
        when=read_condition(document, value["when"], (*path, "when")) if "when" in value else None,
        active_ms=read_duration(document, value.get("active"), (*path, "active"), 365 * DAY_MS),
        sample=whole("sample", 8000, 100, _USERS_MAX),
        algorithm=algorithm,
        clusters=clusters,
        names=given,
        linear=linear,
        minimum=whole("minimum", (len(features) + 1) // 2, 1, max(1, len(features))),
        margin=_margin(document, value.get("margin", 0.25), (*path, "margin")),
        interval_ms=read_duration(document, value.get("interval"), (*path, "interval"), 7 * DAY_MS),
        warm_up=whole("warm_up", 500, 10, _USERS_MAX),
        seed=whole("seed", 1, 0, 2**31 - 1),
        parameters=_parameters(document, value.get("parameters"), (*path, "parameters"), algorithm),
        title=read_label(document, value, "title", path) or name.replace("_", " ").capitalize(),
        description=read_label(document, value, "description", path),
    )


def check_inputs(
    document: Document, path: Path, inputs: tuple[str, ...], features: Mapping[str, FeatureSpec | None]
) -> None:
    """Note inputs of a model that are no features, that are never numbers, or that are made of another model."""
    for name in inputs:
        spec = features.get(name)
        if name not in features:
            document.problem(path, f'unknown feature "{name}"{near(name, features)}')
        elif spec is not None and spec.kind in _TEXTS:
            document.problem(path, f'"{name}" is never a number (`{spec.kind}:`): leave it out')
        elif spec is not None and (inner := is_made_of_a_model(name, features)):
            document.problem(
                path, f'"{name}" is made of "{inner}", which a model gives: models learn from events alone'
            )


def check_condition(
    document: Document,
    path: Path,
    node: Node,
    features: Mapping[str, FeatureSpec | None],
    segments: Mapping[str, Any],
) -> None:
    """Note names in a model's condition that are no features, or that are made of another model."""
    for name in names(node):
        if name in segments and name not in features:
            document.problem(path, f'"{name}" is a segment: write its condition, over features')
        elif name not in features:
            document.problem(path, f'unknown feature "{name}"{near(name, features)}')
        elif inner := is_made_of_a_model(name, features):
            document.problem(
                path, f'"{name}" is made of "{inner}", which a model gives: models learn from events alone'
            )


def is_made_of_a_model(
    name: str, features: Mapping[str, FeatureSpec | None], seen: set[str] | None = None
) -> str | None:
    """Give the feature of a cluster or prediction that a feature is made of, itself included; None if there is none.

    Each feature is followed once, however many name it: `seen` are those that were.
    """
    seen = set() if seen is None else seen
    spec = features.get(name)
    if spec is None or name in seen:
        return None
    if spec.kind in ("cluster", "prediction"):
        return name
    seen.add(name)
    return next((found for part in spec.names if (found := is_made_of_a_model(part, features, seen))), None)


def _number_of_clusters(
    document: Document, value: dict[str, Any], path: Path, algorithm: Algorithm, names: tuple[str, ...]
) -> int:
    default = max(2, len(names)) if names else 5
    number = read_whole(document, value.get("clusters"), (*path, "clusters"), default, 2, _CLUSTERS_MAX)
    if algorithm not in COUNTED and "clusters" in value:
        document.problem((*path, "clusters"), f"{algorithm} finds the number of clusters itself: remove `clusters`")
    if algorithm in COUNTED and names and len(names) != number:
        document.problem((*path, "names"), f"expected {number} names for {number} clusters, found {len(names)}")
    return number


def _margin(document: Document, value: Any, path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        document.problem(
            path, f"expected a number from 0 (the border) to below 1 (the other centre), found {describe(value)}"
        )
        return 0.25
    return float(value)


def _names(document: Document, value: Any, path: Path, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        document.problem(path, f"expected {what}, found {describe(value)}")
        return ()
    for index, name in enumerate(value):
        if name in value[:index]:
            document.problem(path, f'"{name}" stands there twice')
    return tuple(value)


def _parameters(document: Document, value: Any, path: Path, algorithm: Algorithm) -> dict[str, float]:
    found = document.mapping(value, path, "a mapping of numbers")
    document.unknown_keys(found, PARAMETERS[algorithm], path, f"parameter of {algorithm}")
    for key, number in found.items():
        if isinstance(number, bool) or not isinstance(number, int | float) or number < 0:
            document.problem((*path, key), f"expected a number from 0, found {describe(number)}")
    return dict(found)
