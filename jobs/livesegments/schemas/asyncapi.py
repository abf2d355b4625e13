"""The topics as an AsyncAPI 3.1 document, complete in itself."""

from __future__ import annotations

from typing import Any

from livesegments.core.definition import Definition
from livesegments.kafka.settings import BOOTSTRAP
from livesegments.kafka.topics import ALL_TOPICS, EVENTS, PARTITIONS, Topic
from livesegments.schemas.json_schema import components
from livesegments.schemas.records import RECORDS

__all__ = ["asyncapi_document"]

BINDING = "0.5.0"


def asyncapi_document(definition: Definition) -> dict[str, Any]:
    """Give the AsyncAPI document of the job and the relays: topics, keys, payloads, and how Kafka keeps them."""
    schemas: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    for topic in ALL_TOPICS:
        name = _camel(topic.title)
        names = _add_messages(topic, definition, messages, schemas)
        channels[name] = _channel(topic, names)
        received = topic is EVENTS
        operations[("receive" if received else "send") + name[0].upper() + name[1:]] = {
            "action": "receive" if received else "send",
            "channel": {"$ref": f"#/channels/{name}"},
            "summary": topic.description,
        }
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "livesegments",
            "version": "1.0.0",
            "description": "Live customer profiles and segments. Records are JSON in UTF-8. Fields may be added; "
            "a change that breaks readers gets a new topic, v2.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {"host": BOOTSTRAP, "protocol": "kafka", "description": "The default of KAFKA_BOOTSTRAP."}
        },
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": dict(sorted(schemas.items()))},
    }


def _add_messages(topic: Topic, definition: Definition, messages: dict[str, Any], schemas: dict[str, Any]) -> list[str]:
    """Add the messages of a topic and their schemas; give the messages' names."""
    record = next(record for record in RECORDS if record.name == topic.record)
    types = record.types(definition)
    references, parts = components(record, types, "#/components/schemas/{name}")
    schemas.update(parts)
    names = []
    for reference, kind in zip(references, types, strict=True):
        names.append(kind.__name__)
        messages[kind.__name__] = _message(topic, kind.__name__, record.title, reference)
    if topic.compacted:
        names.append(name := record.title.title().replace(" ", "") + "Tombstone")
        messages[name] = _message(topic, name, f"{record.title}: tombstone", {"type": "null"})
    return names


def _message(topic: Topic, name: str, title: str, payload: dict[str, Any]) -> dict[str, Any]:
    key = {"type": "string", "description": topic.key}
    return {
        "name": name,
        "title": title,
        "payload": payload,
        "bindings": {"kafka": {"key": key, "bindingVersion": BINDING}},
    }


def _channel(topic: Topic, names: list[str]) -> dict[str, Any]:
    configuration: dict[str, Any] = {
        key: int(value) if value.lstrip("-").isdecimal() else value for key, value in topic.configs().items()
    }
    configuration["cleanup.policy"] = [configuration["cleanup.policy"]]
    return {
        "address": topic.name,
        "title": topic.title,
        "description": topic.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": PARTITIONS if topic.by_user else 1,
                "topicConfiguration": configuration,
                "bindingVersion": BINDING,
            }
        },
    }


def _camel(title: str) -> str:
    first, *rest = title.split()
    return first.lower() + "".join(word.capitalize() for word in rest)
