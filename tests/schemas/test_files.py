"""The checked-in files are those that the types and the packaged definition give, and are valid themselves."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from livesegments.core.definition import load_definition
from livesegments.schemas import RECORDS, schema_files

PACKAGE = Path(str(resources.files("livesegments")))
FILES = schema_files(load_definition(PACKAGE / "definitions" / "shop.yaml"))
SCHEMAS = [name for name in FILES if name != "asyncapi.json"]
REWRITE = "livesegments schema --config jobs/livesegments/definitions/shop.yaml --out jobs/livesegments/schemas"


def test_there_is_one_file_per_record_and_one_for_the_topics() -> None:
    found = {file.name for file in (PACKAGE / "schemas").glob("*.json")}
    assert found == set(FILES)
    assert len(SCHEMAS) == len(RECORDS) == 7


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_as_fresh_as_the_types(name: str) -> None:
    found = (PACKAGE / "schemas" / name).read_text(encoding="utf-8")
    assert found == FILES[name], f"{name} is stale: run `{REWRITE}` and read the diff"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_valid_and_complete_in_itself(name: str) -> None:
    schema = json.loads(FILES[name])
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:livesegments:{name.removesuffix('.schema.json')}"
    references = list(found_references(schema))
    assert references
    assert all(reference.removeprefix("#/$defs/") in schema["$defs"] for reference in references)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_says_the_same_to_tools_that_read_draft_7(name: str) -> None:
    schema = json.loads(FILES[name])
    Draft7Validator.check_schema({key: value for key, value in schema.items() if key != "$schema"})
    assert keywords(schema["$defs"]) <= {
        "title", "description", "type", "properties", "required", "items", "enum", "const", "default", "format",
        "pattern", "minLength", "maxLength", "minimum", "maximum", "anyOf", "allOf", "if", "then", "$ref",
        "additionalProperties",
    }  # fmt: skip


def found_references(schema: Any) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"]
        for part in schema.values():
            yield from found_references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from found_references(part)


def keywords(schemas: dict[str, Any]) -> set[str]:
    found: set[str] = set()
    waiting: list[Any] = list(schemas.values())
    while waiting:
        schema = waiting.pop()
        if not isinstance(schema, dict):
            continue
        found |= schema.keys()
        waiting += schema.get("properties", {}).values()
        waiting += [schema[name] for name in ("items", "if", "then") if name in schema]
        waiting += [part for name in ("anyOf", "allOf") for part in schema.get(name, ())]
    return found
