"""The application: all routes, described by OpenAPI 3.1, and nothing that changes anything."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request

from livesegments import __version__
from livesegments.serve.api.health import health_router
from livesegments.serve.api.models import models_router
from livesegments.serve.api.replying import Refusal, nothing_here, on_bug, on_http, on_refusal
from livesegments.serve.api.schemas import add_schemas
from livesegments.serve.api.segments import segments_router
from livesegments.serve.api.site import Site
from livesegments.serve.api.stream import stream_router
from livesegments.serve.api.users import users_router
from livesegments.serve.metrics import Metrics

__all__ = ["STREAMS_MAX", "create_app"]

STREAMS_MAX = 1_000


def create_app(site: Site, metrics: Metrics, *, streams_max: int = STREAMS_MAX, with_token: bool = False) -> FastAPI:
    """Give the application without the guard that stands before it (`livesegments.serve.guard`)."""
    app = FastAPI(
        title="livesegments",
        version=__version__,
        description="Profiles, segments and changes, as the job wrote them. Nothing here changes anything.",
        docs_url=None,  # its page loads scripts from another host
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    app.include_router(users_router(site))
    app.include_router(segments_router(site))
    app.include_router(models_router(site))
    app.include_router(stream_router(site, metrics, streams_max))
    app.include_router(health_router(site, metrics))
    app.add_api_route("/v1/{rest:path}", _nothing, include_in_schema=False)
    app.add_exception_handler(Refusal, on_refusal)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_bug)
    add_schemas(app, site.definition, with_token=with_token)
    return app


async def _nothing(request: Request) -> None:
    raise nothing_here(request.app)
