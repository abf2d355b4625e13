"""JSON Schema (2020-12) of the records, by msgspec from their types."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import NODEFAULT, inspect

from livesegments.core.definition import Definition
from livesegments.schemas.records import Record

__all__ = ["components", "json_schema"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(record: Record, definition: Definition) -> dict[str, Any]:
    """Give the JSON Schema of a record, one document without references to others."""
    types = (*record.types(definition), *record.in_files)
    references, schemas = components(record, types, "#/$defs/{name}")
    return {
        "$schema": DIALECT,
        "$id": f"urn:livesegments:{record.name}",
        "title": record.title,
        **(references[0] if len(references) == 1 else {"anyOf": references}),
        "$defs": schemas,
    }


def components(
    record: Record, types: tuple[type, ...], template: str
) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Give references to the types and the schemas that they and their parts have by name."""
    references, schemas = msgspec.json.schema_components(types, ref_template=template)
    record.refine(schemas)
    if record.written:
        _require_what_is_written(types, schemas)
    for schema in schemas.values():
        _first_paragraphs(schema)
        if not schema.get("required", True):
            del schema["required"]
    return list(references), dict(sorted(schemas.items()))


def _require_what_is_written(types: tuple[type, ...], schemas: dict[str, Any]) -> None:
    """List as required what the encoder always writes; msgspec lists what the decoder cannot do without."""
    for struct in _structs([inspect.type_info(each) for each in types]):
        if not struct.cls.__struct_config__.omit_defaults:
            written = [field.encode_name for field in struct.fields if not _may_be_unset(field)]
            tag = [struct.tag_field] if struct.tag_field else []
            schemas[struct.cls.__name__]["required"] = [*tag, *written]


def _may_be_unset(field: inspect.Field) -> bool:
    return not field.required and field.default is NODEFAULT and field.default_factory is NODEFAULT


def _structs(types: list[Any]) -> list[inspect.StructType]:
    """Give every struct type among the types and their parts, each once."""
    found: dict[type, inspect.StructType] = {}
    waiting = list(types)
    while waiting:
        each = waiting.pop()
        if isinstance(each, inspect.StructType):
            if each.cls not in found:
                found[each.cls] = each
                waiting += [field.type for field in each.fields]
        else:
            waiting += getattr(each, "types", ())
            waiting += [getattr(each, name) for name in ("type", "item_type", "value_type") if hasattr(each, name)]
    return list(found.values())


def _first_paragraphs(schema: Any) -> None:
    """Shorten the descriptions that msgspec takes from docstrings to what is meant for readers of records."""
    if isinstance(schema, list):
        for part in schema:
            _first_paragraphs(part)
    elif isinstance(schema, dict):
        if isinstance(schema.get("description"), str):
            schema["description"] = " ".join(schema["description"].split("\n\n")[0].split())
        for part in schema.values():
            _first_paragraphs(part)
