"""/healthz and /metrics."""

from __future__ import annotations

import time

from fastapi import APIRouter
from starlette.responses import Response

from livesegments.serve.api.replying import reply
from livesegments.serve.api.schemas import responses
from livesegments.serve.api.site import Site
from livesegments.serve.metrics import Metrics
from livesegments.serve.reading import shown_time
from livesegments.serve.replies import Health

__all__ = ["health", "health_router"]


def health(site: Site) -> Health:
    """Tell how the server stands."""
    standing = site.follower.standing()
    newest_ms = site.reader.newest_change_ms()
    status = "level" if standing.is_level else "behind"
    if standing.problem is not None or not standing.is_alive:
        status = "waiting" if standing.is_alive else "stopped"
    return Health(
        status=status,
        following=site.follower.title,
        lag_offsets=standing.behind,
        lag_seconds=round(standing.seconds, 3),
        newest_change_at=shown_time(newest_ms),
        newest_change_age_seconds=None if newest_ms is None else round(time.time() - newest_ms / 1_000, 3),
        problem=standing.problem,
    )


def health_router(site: Site, metrics: Metrics) -> APIRouter:
    """Give the routes."""
    router = APIRouter(tags=["server"])

    @router.get("/healthz", responses={**responses(Health), **responses(Health, 503)})
    async def healthz() -> Response:
        """Say whether it follows, and how far it is behind; 503 where it does not follow any more."""
        told = health(site)
        answer = reply(told)
        answer.status_code = 503 if told.status == "stopped" else 200
        return answer

    @router.get("/metrics", responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}})
    def prometheus() -> Response:
        """Give the metrics as Prometheus reads them."""
        return Response(metrics.text(), media_type=metrics.media_type)

    return router
