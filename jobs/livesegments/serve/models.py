"""Models of the store: the newest clusterings and predictions, and how good they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from livesegments.serve.reading import Reader

if TYPE_CHECKING:
    from livesegments.models.clusters.report import ClusteringReport
    from livesegments.models.predictions.record import PredictionQuality
    from livesegments.models.predictions.report import PredictionReport

__all__ = ["cluster_reports", "prediction_qualities", "prediction_reports"]


def cluster_reports(reader: Reader) -> list[ClusteringReport]:
    """Give a report on each clustering; users and shares of clusters are those of the store."""
    import msgspec

    from livesegments.models.clusters.report import report  # numpy and more: only where models are asked for
    from livesegments.models.clusters.version import Version

    versions: dict[str, list[Version]] = {}
    for name, record in reader.all(
        "SELECT name, record FROM models WHERE kind = 'cluster_model' ORDER BY name, version"
    ):
        versions.setdefault(name, []).append(Version.decode(bytes(record)))
    reports = []
    for name, found in sorted(versions.items()):
        sizes = dict(reader.all("SELECT cluster, users FROM cluster_sizes WHERE clustering = ?", [name]))
        told = report(found)
        total = sum(sizes.get(one.name, 0) for one in told.clusters)
        clusters = [
            msgspec.structs.replace(one, users=users, share=users / total if total else one.share)
            for one in told.clusters
            for users in (sizes.get(one.name, 0),)
        ]
        reports.append(msgspec.structs.replace(told, clusters=clusters))
    return reports


def prediction_reports(reader: Reader) -> list[PredictionReport]:
    """Give a report on each prediction, with the newest of its qualities."""
    from livesegments.models.book import ModelBook
    from livesegments.models.predictions.report import report

    rows = reader.all("SELECT record FROM models WHERE kind = 'prediction_model' ORDER BY name, version")
    return report(ModelBook(bytes(record) for (record,) in rows), prediction_qualities(reader))


def prediction_qualities(reader: Reader) -> list[PredictionQuality]:
    """Give how good the answers of each prediction were, as told last."""
    from livesegments.models.predictions.record import quality_in

    rows = reader.all("SELECT record FROM models WHERE kind = 'prediction_quality' ORDER BY name")
    return [quality for (record,) in rows if (quality := quality_in(bytes(record))) is not None]
