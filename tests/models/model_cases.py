"""Cases with clusters: a drawn definition with a clustering over its features, and drawn versions of a model of it."""

from random import Random
from typing import Any

from core.replays import definition_of
from livesegments.core.definition import Definition
from livesegments.core.times import DAY_MS
from livesegments.models.book import ModelBook
from livesegments.models.clusters.model import ClusterModel
from livesegments.models.clusters.scaling import Scaling
from livesegments.models.clusters.version import Version
from oracle.strategies import Case

NAMES = ["low", "middle", "high"]
NEVER_NUMBERS = ("top", "recent", "peak")


def with_clusters(case: Case, random: Random) -> Definition:
    """Give the case's definition with a clustering, its feature, and segments that read it."""
    definition: dict[str, Any] = dict(case.definition)
    features = dict(definition["features"])
    usable = [name for name, spec in features.items() if not set(spec) & set(NEVER_NUMBERS)]
    inputs = random.sample(usable, min(len(usable), random.randint(1, 3)))
    if not inputs:
        features["model_orders"] = {"count": "Order Completed", "within": "3d"}
        inputs = ["model_orders"]
    definition["features"] = features | {"my_group": {"cluster": "groups"}, "again": {"value": "my_group"}}
    definition["clusters"] = {"groups": {"features": inputs, "clusters": 3, "names": NAMES, "minimum": 1}}
    definition["segments"] = definition["segments"] | {
        "a_high_ones": {"when": 'my_group == "high"'},
        "z_not_low": {"when": 'again != "low" && again != null', "min_dwell": "1d"},
    }
    return definition_of(definition)


def drawn_book(definition: Definition, random: Random, start_ms: int, days: int = 20) -> ModelBook:
    """Give a book of versions that come into force at random times from the start on."""
    book, at_ms = ModelBook(), start_ms - random.randrange(3 * DAY_MS)
    for number in range(1, random.randint(2, 8)):
        book.add(version(definition, number, at_ms, random).encode())
        at_ms += random.randrange(1, days * DAY_MS // 4)
    return book


def version(definition: Definition, number: int, effective_ms: int, random: Random) -> Version:
    """Give one version with random centres in the units of the features."""
    spec = definition.clusters["groups"]
    width = len(spec.features)
    ids = sorted(random.sample(range(4), 3))
    model = ClusterModel(
        clustering="groups",
        version=number,
        effective_at=effective_ms,
        algorithm="centroids",
        features=spec.features,
        minimum=spec.minimum,
        scaling=Scaling(logs=(False,) * width, means=(0.0,) * width, deviations=(1.0,) * width),
        ids=tuple(ids),
        names=tuple([*NAMES, "new"][index] for index in ids),
        centres=tuple(tuple(random.uniform(0, 4) for _ in range(width)) for _ in ids),
        shares=(0.5, 0.25, 0.25),
        error=1.0,
    )
    return Version(model=model, reason="interval")
