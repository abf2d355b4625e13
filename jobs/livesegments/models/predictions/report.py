"""What is told of the predictions of a book: the newest version of each, and how good the answers were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from livesegments.core.times import format_time
from livesegments.models.book import ModelBook
from livesegments.models.month_ends import MonthEnds
from livesegments.models.predictions.question import Asks, Model
from livesegments.models.predictions.record import PredictionQuality

__all__ = ["PredictionReport", "report"]


class PredictionReport(msgspec.Struct, frozen=True, kw_only=True):
    """One prediction; without quality no label has had time to become true since the first version."""

    prediction: str
    asks: Asks
    model: Model
    version: int
    effective_at: str
    versions: int
    features: tuple[str, ...]
    classes: tuple[str, ...]
    quality: PredictionQuality | None
    warning: str | None
    month_ends: MonthEnds | None = None  # of all users, null without events


def report(
    book: ModelBook, qualities: Iterable[PredictionQuality], month_ends: Mapping[str, MonthEnds] | None = None
) -> list[PredictionReport]:
    """Tell of every prediction by name, with the newest of its qualities."""
    newest: dict[str, PredictionQuality] = {}
    for quality in qualities:
        if quality.name not in newest or quality.at_ms >= newest[quality.name].at_ms:
            newest[quality.name] = quality
    reports = []
    for name, versions in sorted(book.predictions.items()):
        model, found = versions.newest, newest.get(name)
        reports.append(
            PredictionReport(
                prediction=name,
                asks=model.asks,
                model=model.kind,
                version=model.version,
                effective_at=format_time(model.effective_at),
                versions=len(versions.records()),
                features=model.feature_names,
                classes=model.classes,
                quality=found,
                warning=None if found is None else found.warning,
                month_ends=None if month_ends is None else month_ends.get(name),
            )
        )
    return reports
