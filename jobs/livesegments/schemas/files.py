"""The files that hold the schemas: one per record, and the AsyncAPI document."""

from __future__ import annotations

import json
from typing import Any

from livesegments.core.definition import Definition
from livesegments.schemas.asyncapi import asyncapi_document
from livesegments.schemas.json_schema import json_schema
from livesegments.schemas.records import RECORDS

__all__ = ["schema_files"]


def schema_files(definition: Definition) -> dict[str, str]:
    """Give the text of each file by its name; what a profile holds is decided by the definition."""
    documents: dict[str, Any] = {f"{record.name}.schema.json": json_schema(record, definition) for record in RECORDS}
    documents["asyncapi.json"] = asyncapi_document(definition)
    return {name: json.dumps(document, indent=2, ensure_ascii=False) + "\n" for name, document in documents.items()}
