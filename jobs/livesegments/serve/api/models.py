"""/v1/clusters and /v1/predictions."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from livesegments.serve.api.replying import reply
from livesegments.serve.api.schemas import responses
from livesegments.serve.api.site import Site
from livesegments.serve.models import cluster_reports, prediction_reports

__all__ = ["models_router"]


def models_router(site: Site) -> APIRouter:
    """Give the routes; they run in threads."""
    router = APIRouter(tags=["models"])

    @router.get("/v1/clusters", responses=responses("ClusteringReport[]"))
    def clusters() -> Response:
        """Give the newest version of each clustering: sizes, centres, how the clusters lasted, how good they are."""
        return reply(cluster_reports(site.reader))

    @router.get("/v1/predictions", responses=responses("PredictionReport[]"))
    def predictions() -> Response:
        """Give the newest version of each prediction and how good its answers were, beside the base rate."""
        return reply(prediction_reports(site.reader))

    return router
