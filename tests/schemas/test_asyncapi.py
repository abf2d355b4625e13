"""The AsyncAPI document: its shape, its references, and the topics as they are created."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from livesegments.kafka import Topic
from livesegments.kafka.topics import ALL_TOPICS
from schemas.contract import EXAMPLES
from schemas.test_files import found_references

DOCUMENT = json.loads((Path(str(resources.files("livesegments"))) / "schemas" / "asyncapi.json").read_text())
CHANNELS = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}


def at(reference: str) -> Any:
    found = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_the_document_has_the_parts_that_asyncapi_3_wants() -> None:
    assert DOCUMENT["asyncapi"] == "3.1.0"
    assert DOCUMENT.keys() == {
        "asyncapi", "info", "defaultContentType", "servers", "channels", "operations", "components",
    }  # fmt: skip
    assert DOCUMENT["info"].keys() >= {"title", "version"}
    assert all(server.keys() >= {"host", "protocol"} for server in DOCUMENT["servers"].values())
    for operation in DOCUMENT["operations"].values():
        assert operation["action"] in ("send", "receive")
        assert at(operation["channel"]["$ref"]) in CHANNELS.values()


def test_every_reference_is_to_something_in_the_document() -> None:
    references = set(found_references(DOCUMENT))
    assert len(references) > 10
    for reference in references:
        assert reference.startswith("#/")
        assert at(reference)


@pytest.mark.parametrize("topic", ALL_TOPICS, ids=lambda topic: topic.name)
def test_a_channel_tells_how_kafka_keeps_the_topic(topic: Topic) -> None:
    channel = CHANNELS[topic.name]
    kafka = channel["bindings"]["kafka"]
    created = topic.configs()
    assert kafka["topicConfiguration"].keys() == created.keys()
    assert kafka["topicConfiguration"]["cleanup.policy"] == [created["cleanup.policy"]]
    assert kafka["topicConfiguration"]["max.message.bytes"] == int(created["max.message.bytes"])
    assert kafka["partitions"] == (4 if topic.by_user else 1)
    for reference in channel["messages"].values():
        key = at(reference["$ref"])["bindings"]["kafka"]["key"]
        assert key == {"type": "string", "description": topic.key}


def test_there_is_a_channel_for_every_topic_and_a_tombstone_where_it_is_compacted() -> None:
    assert set(CHANNELS) == {topic.name for topic in ALL_TOPICS}
    with_tombstones = {
        address
        for address, channel in CHANNELS.items()
        if any(at(message["$ref"])["payload"] == {"type": "null"} for message in channel["messages"].values())
    }
    assert with_tombstones == {topic.name for topic in ALL_TOPICS if topic.compacted}


def test_only_events_are_received() -> None:
    received = [at(operation["channel"]["$ref"])["address"] for operation in DOCUMENT["operations"].values()
                if operation["action"] == "receive"]  # fmt: skip
    assert received == ["events.v1"]


@pytest.mark.parametrize(
    "topic", [topic for topic in ALL_TOPICS if topic.record in EXAMPLES], ids=lambda topic: topic.name
)
def test_the_examples_of_the_documentation_are_messages_of_their_topic(topic: Topic) -> None:
    payloads = [at(message["$ref"])["payload"] for message in CHANNELS[topic.name]["messages"].values()]
    schema = {"anyOf": payloads, "components": DOCUMENT["components"]}
    assert list(Draft7Validator(schema).iter_errors(EXAMPLES[topic.record])) == []
    assert list(Draft7Validator(schema).iter_errors({}))
