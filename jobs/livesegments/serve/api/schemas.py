"""OpenAPI: schemas of answers, made from their types."""

from __future__ import annotations

from typing import Any

import msgspec
from fastapi import FastAPI
from pydantic import WithJsonSchema

from livesegments.core.definition import Definition
from livesegments.schemas.profile import profile_type
from livesegments.serve import replies
from livesegments.serve.api.replying import ID_MAX

__all__ = ["ID", "SPAN", "TIME", "add_schemas", "problems", "responses", "whole_number"]

_REF = "#/components/schemas/{name}"
# What the query and the path may hold. They are read as texts, so that a wrong one is a problem in our own words.
ID = WithJsonSchema({"type": "string", "minLength": 1, "maxLength": ID_MAX})
TIME = WithJsonSchema({"type": "string", "format": "date-time"})
_OTHERS = "What is refused whatever is asked: no token, another host, too long an address; or a mistake of the server"
SPAN = WithJsonSchema({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?[smhdw]$", "examples": ["5m", "1h", "1d"]})


def whole_number(most: int) -> WithJsonSchema:
    """Describe a whole number from 1 on in the query."""
    return WithJsonSchema({"type": "integer", "minimum": 1, "maximum": most})


def responses(told: type | str, *errors: int) -> dict[int | str, dict[str, Any]]:
    """Describe the answers of a route: its record, and its errors as problems."""
    name = told if isinstance(told, str) else told.__name__
    reference: dict[str, Any] = {"$ref": _REF.format(name=name.removesuffix("[]"))}
    schema = {"type": "array", "items": reference} if name.endswith("[]") else reference
    found: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"schema": schema}}}}
    found.update(problems(*errors))
    if 404 in errors and name in ("Profile", "UserSegments", "ChangeList"):
        found[404] = _problem("Merged", "A problem")
    return found


def problems(*errors: int) -> dict[int | str, dict[str, Any]]:
    """Describe the errors of a route."""
    return {status: _problem("Problem", "A problem") for status in errors}


def _problem(kind: str, description: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": _REF.format(name=kind)}}}
    return {"description": description, "content": content}


def add_schemas(app: FastAPI, definition: Definition, *, with_token: bool) -> None:
    """Let the app describe itself, with the types of the answers and the profile of the definition."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = make()
            for path in described["paths"].values():
                for method in path.values():
                    method["responses"].pop("422", None)  # what would be one is a 400 here
                    method["responses"]["default"] = _problem("Problem", _OTHERS)
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
