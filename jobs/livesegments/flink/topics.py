"""Kafka topics before a job starts: the broker answers, takes the credentials and has the topics."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pyflink.java_gateway import get_gateway

from livesegments.core.errors import EdgeError
from livesegments.flink.causes import deepest_cause

__all__ = ["check_topics"]

ANSWER_MS_MAX = 10_000
_SILENT_SECONDS_MAX = 2  # then people are told what is waited for
_SHADED = "org.apache.flink.kafka.shaded."
_PREFIX = "properties."
_CONNECTION = ("bootstrap.", "client.", "security.", "sasl.", "ssl.")


def check_topics(file: str, connections: Mapping[str, Mapping[str, str]], say: Callable[[str], None]) -> None:
    """Ask the brokers for the topics of all Kafka tables, by the tables' own settings; `say` is told of a long wait.

    Without it a job would wait or restart for as long as the broker does not answer. Raises EdgeError.
    """
    topics: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
    for table, options in connections.items():
        if options.get("connector") in ("kafka", "upsert-kafka"):
            found = topics.setdefault(_admin_settings(options), {})
            found.update((topic, table) for topic in options.get("topic", "").split(";") if topic)
    problems = [problem for settings, found in topics.items() for problem in _missing(dict(settings), found, say)]
    if problems:
        raise EdgeError("\n".join(f"{file}: {problem}" for problem in dict.fromkeys(problems)))


def _admin_settings(options: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Give the connection alone, without what only a producer or a consumer takes: tables that share it ask once."""
    settings = {key.removeprefix(_PREFIX): value for key, value in options.items() if key.startswith(_PREFIX)}
    return tuple(sorted((key, value) for key, value in settings.items() if key.startswith(_CONNECTION)))


def _missing(settings: dict[str, str], topics: dict[str, str], say: Callable[[str], None]) -> list[str]:
    """Tell of the topics that are not there, or of the broker that does not tell."""
    jvm = get_gateway().jvm
    properties = jvm.java.util.Properties()
    limits = {"request.timeout.ms": str(ANSWER_MS_MAX // 2), "default.api.timeout.ms": str(ANSWER_MS_MAX)}
    for key, value in {**settings, **limits}.items():
        properties.setProperty(key, value)
    wanted = jvm.java.util.ArrayList()
    for topic in topics:
        wanted.add(topic)
    where = settings.get("bootstrap.servers", "")
    try:
        admin = _class("org.apache.kafka.clients.admin.AdminClient").create(properties)
    except Exception as error:
        return [f"Kafka at {where}: the connection's settings are refused: {_said(error)}"]
    try:
        described = admin.describeTopics(wanted)
        whole, futures = described.allTopicNames(), described.topicNameValues()
        with suppress(Exception):  # each topic's own future tells what was wrong
            whole.get(_SILENT_SECONDS_MAX, jvm.java.util.concurrent.TimeUnit.SECONDS)
        if not whole.isDone():
            say(f"Kafka at {where}: no answer yet; trying for {ANSWER_MS_MAX // 1_000} s")
        return [problem for topic in topics if (problem := _problem(futures.get(topic), topic, topics[topic], where))]
    finally:
        admin.close(jvm.java.time.Duration.ZERO)


def _problem(future: Any, topic: str, table: str, where: str) -> str | None:
    try:
        future.get()
    except Exception as error:
        kind = deepest_cause(error).getClass().getSimpleName()
        if kind == "UnknownTopicOrPartitionException":
            return f"table `{table}`: required the topic {topic}, found none; `livesegments topics create` makes it"
        if kind == "TimeoutException":
            return f"Kafka at {where}: required an answer within {ANSWER_MS_MAX // 1_000} s, found none"
        if "Authentication" in kind or "Authorization" in kind:
            return f"Kafka at {where} refuses the credentials: {_said(error)}"
        return f"Kafka at {where}, topic {topic}: {_said(error)}"
    return None


def _said(error: Exception) -> str:
    cause = deepest_cause(error)
    return str(cause.getMessage() or cause.toString())


def _class(name: str) -> Any:
    """Give a class of the Kafka client, which the SQL connector carries under a name of its own."""
    found: Any = get_gateway().jvm
    for part in (_SHADED + name).split("."):
        found = getattr(found, part)
    return found
