"""OpenAPI: schemas of answers, made from their types."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI

from livesegments.core.definition import Definition
from livesegments.schemas.profile import profile_type
from livesegments.serve import replies

__all__ = ["add_schemas", "responses"]

_REF = "#/components/schemas/{name}"


def responses(told: type | str, *errors: int) -> dict[int | str, dict[str, Any]]:
    """Describe the answers of a route: its record, and its errors as problems."""
    name = told if isinstance(told, str) else told.__name__
    reference: dict[str, Any] = {"$ref": _REF.format(name=name.removesuffix("[]"))}
    schema = {"type": "array", "items": reference} if name.endswith("[]") else reference
    found: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"schema": schema}}}}
    for status in errors:
        kind = "Merged" if status == 404 and name in ("Profile", "UserSegments", "ChangeList") else "Problem"
        error = {"schema": {"$ref": _REF.format(name=kind)}}
        found[status] = {"description": "A problem", "content": {"application/problem+json": error}}
    return found


def add_schemas(app: FastAPI, definition: Definition, *, with_token: bool) -> None:
    """Let the app describe itself, with the types of the answers and the profile of the definition."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = make()
            for path in described["paths"].values():
                for method in path.values():
                    method["responses"].pop("422", None)  # what would be one is a 400 here
            components = described.setdefault("components", {})
            components["schemas"] = _schemas(definition)
            if with_token:
                components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
                described["security"] = [{"token": []}]
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _schemas(definition: Definition) -> dict[str, Any]:
    from livesegments.models.clusters.report import ClusteringReport
    from livesegments.models.predictions.report import PredictionReport

    types = [getattr(replies, name) for name in replies.__all__]
    wanted = [*types, profile_type(definition), ClusteringReport, PredictionReport]
    _, components = msgspec.json.schema_components(wanted, ref_template=_REF)
    return components
