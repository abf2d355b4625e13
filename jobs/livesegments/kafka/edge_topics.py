"""Which topics of which brokers a DDL file of the job names, read without Flink."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from livesegments.core.definition.texts import read_ddl
from livesegments.core.errors import EdgeError
from livesegments.kafka.settings import KafkaSettings, read_settings
from livesegments.kafka.topics import CHANGES, DEAD_LETTERS, EVENTS, MODELS, PROFILES, Topic

__all__ = ["edge_settings", "edge_variables", "table_options"]

_COMMENT = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_VARIABLE = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)(?::-([^}]*))?\}")
_TABLE = re.compile(r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?`?(\w+)`?([^;]*)", re.IGNORECASE)
_OPTION = re.compile(r"'([^']+)'\s*=\s*'((?:[^']|'')*)'")
_LIKE = re.compile(r"\)\s*LIKE\s+`?(\w+)`?", re.IGNORECASE)
_TABLES = {
    CHANGES: "segment_changes",
    PROFILES: "profiles",
    DEAD_LETTERS: "dead_letters",
    MODELS: "segment_models",
    EVENTS: "events",
}
_WRITTEN = (CHANGES, PROFILES, DEAD_LETTERS, MODELS)
_CONNECTION = {
    "bootstrap.servers": "KAFKA_BOOTSTRAP",
    "security.protocol": "KAFKA_SECURITY_PROTOCOL",
    "sasl.mechanism": "KAFKA_SASL_MECHANISM",
    "sasl.jaas.config": "KAFKA_SASL_JAAS_CONFIG",
    "ssl.truststore.type": "KAFKA_TRUSTSTORE_TYPE",
    "ssl.truststore.location": "KAFKA_TRUSTSTORE",
    "ssl.keystore.type": "KAFKA_KEYSTORE_TYPE",
    "ssl.keystore.location": "KAFKA_KEYSTORE",
}


def edge_settings(path: Path, variables: Mapping[str, str], topics: Sequence[Topic] = _WRITTEN) -> KafkaSettings:
    """Give how the Kafka of a DDL file is reached, and the names of its topics; errors as below."""
    return read_settings({**variables, **edge_variables(path, variables, topics)})


def edge_variables(path: Path, variables: Mapping[str, str], topics: Sequence[Topic] = _WRITTEN) -> dict[str, str]:
    """Give the variables of the Kafka tools that say the same as a DDL file, its own variables filled in.

    Raises EdgeError for a file that cannot be read, and with all tables of the `topics` that are missing or no topic.
    """
    tables = table_options(read_ddl(path), variables)
    found: dict[str, str] = {}
    problems = []
    for topic in topics:
        options = tables.get(_TABLES[topic], {})
        if not options.get("topic") or options.get("connector") not in ("kafka", "upsert-kafka"):
            what = f"connector {options['connector']}" if "connector" in options else "none"
            problems.append(f"{path}: table `{_TABLES[topic]}`: required a topic of Kafka, found {what}")
            continue
        found[topic.variable] = options["topic"]
        for key, variable in _CONNECTION.items():
            if value := options.get(f"properties.{key}"):
                found[variable] = value
    if problems:
        raise EdgeError("\n".join(problems))
    return found


def table_options(text: str, variables: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Give the options of each table of a DDL text, with those of the table that it is like."""
    text = _COMMENT.sub(lambda found: found[0] if found[0].startswith("'") else "", text)
    tables: dict[str, dict[str, str]] = {}
    for name, body in _TABLE.findall(text):
        like = _LIKE.search(body)
        options = {key: _filled(value, variables) for key, value in _OPTION.findall(body)}
        tables[name.lower()] = {**(tables.get(like[1].lower(), {}) if like else {}), **options}
    return tables


def _filled(value: str, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: variables.get(found[1]) or found[2] or "", value).replace("''", "'")
