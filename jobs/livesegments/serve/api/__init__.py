"""The HTTP interface: JSON under /v1, server-sent events, health, metrics and its own description."""

from livesegments.serve.api.app import create_app
from livesegments.serve.api.site import Site

__all__ = ["Site", "create_app"]
