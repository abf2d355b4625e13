"""Making the topics: what exists is compared and left alone, the rest is created."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.kafka.clients import open_admin
from livesegments.kafka.settings import KafkaSettings
from livesegments.kafka.topics import EVENTS, PARTITIONS, RELAY_TOPICS, TOPICS, Topic

__all__ = ["TopicOptions", "TopicState", "create_topics"]


class TopicState(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one topic; `differences` say how one that existed is not as we would have made it."""

    topic: str
    state: Literal["created", "exists", "differs"]
    partitions: int
    replication: int
    min_in_sync: int
    brokers: int
    differences: tuple[str, ...] = ()

    @property
    def risk(self) -> str:
        """Say what the loss of one broker would do, if there are several; empty if it does no harm."""
        if self.brokers > 1 and self.replication <= self.min_in_sync:
            return "when a broker is away that has one, nothing can be written; more by --replication"
        if self.brokers > 1 and self.min_in_sync == 1:
            return "records can be lost with one broker; --min-in-sync 2 prevents it"
        return ""


class TopicOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asks for; None leaves it to the events' topic, to the broker, or keeps records for ever."""

    partitions: int | None = None
    replication: int | None = None
    min_in_sync: int | None = None
    retention_ms: int | None = None
    relays: tuple[str, ...] = ()  # also make the topics of these relays, by their names in RELAY_TOPICS


def create_topics(settings: KafkaSettings, options: TopicOptions) -> list[TopicState]:
    """Create the topics that do not exist and tell of each what it is, in the order of TOPICS, then those of relays.

    Topics keyed by user id get as many partitions as the events' topic has. Raises EdgeError when Kafka refuses.
    """
    wanted = (*TOPICS, *(RELAY_TOPICS[relay] for relay in options.relays))
    names = {topic: settings.topic(topic) for topic in wanted}
    with open_admin(settings) as admin:
        existing = set(admin.list_topics())
        before = _describe(admin, [name for name in names.values() if name in existing])
        by_user = options.partitions or _partitions(before.get(names[EVENTS])) or PARTITIONS
        missing = {topic: name for topic, name in names.items() if name not in existing}
        if missing:
            _create(settings, admin, missing, options, by_user)
        after = _describe(admin, list(names.values()))
        found = _Found(_configs(admin, list(after)), set(before), len(admin.describe_cluster()["brokers"]))
        return [_state(topic, after[name], found, options, by_user) for topic, name in names.items()]


def _create(
    settings: KafkaSettings, admin: Any, missing: dict[Topic, str], options: TopicOptions, by_user: int
) -> None:
    from kafka.errors import BrokerResponseError

    requests = {
        name: {
            "num_partitions": by_user if topic.by_user else 1,
            "replication_factor": options.replication or -1,
            "configs": _required(topic, options),
        }
        for topic, name in missing.items()
    }
    answers = admin.create_topics(requests, raise_errors=False)["topics"]
    problems = [
        f"{answer['name']}: {settings.bootstrap} refuses to make this topic: {answer['error_message']}"
        for answer in answers
        if answer["error_code"] and answer["error_code"] != _already_exists()
    ]
    if problems:
        raise EdgeError("\n".join(problems))
    try:
        admin.wait_for_topics(list(missing.values()))
    except BrokerResponseError as error:
        raise EdgeError(f"{settings.bootstrap}: made the topics, but they do not come up: {error}") from error


def _already_exists() -> int:
    from kafka.errors import TopicAlreadyExistsError  # another process made it meanwhile

    return int(TopicAlreadyExistsError.errno)


def _describe(admin: Any, names: list[str]) -> dict[str, Any]:
    return {topic["name"]: topic for topic in admin.describe_topics(names)} if names else {}


def _configs(admin: Any, names: list[str]) -> dict[str, dict[str, str]]:
    from kafka.admin import ConfigResource, ConfigResourceType

    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found = admin.describe_configs(resources, config_filter="all")["topic"]
    return {name: {key: entry["value"] for key, entry in found[name].items()} for name in names}


class _Found(msgspec.Struct, frozen=True):
    """What the brokers say: the settings of each topic, which topics there were before, and how many brokers."""

    configs: dict[str, dict[str, str]]
    before: set[str]
    brokers: int


def _state(topic: Topic, described: Any, found: _Found, options: TopicOptions, by_user: int) -> TopicState:
    name, partitions = described["name"], _partitions(described)
    replication, configs = len(described["partitions"][0]["replica_nodes"]), found.configs[name]
    is_new = name not in found.before
    differences = [] if is_new else _differences(topic, configs, options)
    if not is_new and topic.by_user and partitions != by_user:
        differences.insert(0, f"{partitions} partitions, required {by_user}")
    if not is_new and options.replication not in (None, replication):
        differences.append(f"replication {replication}, required {options.replication}")
    return TopicState(
        topic=name,
        state="created" if is_new else "differs" if differences else "exists",
        partitions=partitions,
        replication=replication,
        min_in_sync=int(configs["min.insync.replicas"]),
        brokers=found.brokers,
        differences=tuple(differences),
    )


def _required(topic: Topic, options: TopicOptions) -> dict[str, str]:
    least = {} if options.min_in_sync is None else {"min.insync.replicas": str(options.min_in_sync)}
    return {**topic.configs(options.retention_ms), **least}


def _differences(topic: Topic, configs: dict[str, str], options: TopicOptions) -> list[str]:
    required = _required(topic, options)
    found = {key: configs.get(key) for key in required}
    return [f"{key} {found[key]}, required {value}" for key, value in required.items() if found[key] != value]


def _partitions(found: Any) -> int:
    return len(found["partitions"]) if found else 0
