"""The records in JSON Schema and the topics in AsyncAPI, made from the types that read and write them.

The files beside this module are what `livesegments schema --out` writes for the packaged definition.
"""

from livesegments.schemas.asyncapi import asyncapi_document
from livesegments.schemas.definition import definition_schema
from livesegments.schemas.files import schema_files
from livesegments.schemas.json_schema import json_schema
from livesegments.schemas.records import RECORDS, Record

__all__ = ["RECORDS", "Record", "asyncapi_document", "definition_schema", "json_schema", "schema_files"]
