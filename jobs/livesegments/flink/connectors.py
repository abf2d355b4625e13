"""Connectors that do not come with Flink: which ones an edge needs, and their jars, got once from Maven Central."""

from __future__ import annotations

import fcntl
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from livesegments.core.errors import EdgeError
from livesegments.flink.edges import Edges

__all__ = ["CONNECTORS", "connector_jars", "needed_connectors"]

_KAFKA = ("org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2",)
_JDBC = (
    "org.apache.flink:flink-connector-jdbc-core:4.0.0-2.0",
    "org.apache.flink:flink-connector-jdbc-postgres:4.0.0-2.0",
    "org.postgresql:postgresql:42.7.7",
)
_PARQUET = (
    "org.apache.flink:flink-sql-parquet:2.3.0",
    "org.apache.hadoop:hadoop-client-api:3.3.6",
    "org.apache.hadoop:hadoop-client-runtime:3.3.6",
)
_AVRO = ("org.apache.flink:flink-sql-avro:2.3.0",)
_CONFLUENT = ("org.apache.flink:flink-sql-avro-confluent-registry:2.3.0",)
CONNECTORS = {
    "kafka": _KAFKA,
    "upsert-kafka": _KAFKA,
    "jdbc": _JDBC,
    "parquet": _PARQUET,
    "avro": _AVRO,
    "avro-confluent": _CONFLUENT,
    "debezium-avro-confluent": _CONFLUENT,
}
"""The artifacts of connectors and formats, as DDL names them; others come with Flink or are given by the user."""

_CONNECTOR = re.compile(r"'(?:connector|(?:key\.|value\.)?format)'\s*=\s*'([^']*)'", re.IGNORECASE)


def needed_connectors(edges: Edges) -> list[str]:
    """Give the artifacts that an edge's tables need, in order of their first use."""
    named = [name for statement in edges.statements for name in _CONNECTOR.findall(statement.text)]
    return list(dict.fromkeys(artifact for name in named for artifact in CONNECTORS.get(name, ())))


def connector_jars(artifacts: list[str], say: Callable[[str], None]) -> list[Path]:
    """Give the artifacts' jars from the local Maven repository; what is not there is downloaded, and said.

    Raises EdgeError when an artifact cannot be got.
    """
    return [_jar(artifact, say) for artifact in artifacts]


def _jar(artifact: str, say: Callable[[str], None]) -> Path:
    from jgo.maven import MavenContext  # 0.2 s: only where a connector is needed

    group, name, version = artifact.split(":")
    found = MavenContext(timeout=30).project(group, name).at_version(version).artifact()
    cached = found.cached_path
    if cached is not None and cached.is_file():
        return Path(cached)
    say(f"downloading the connector {name} {version}, once")
    with (Path(tempfile.gettempdir()) / "livesegments-maven.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs at once
        try:
            return Path(found.resolve())
        except Exception as error:  # whatever the network and jgo raise
            raise EdgeError(
                f"{artifact}: required this jar from Maven Central, found: {error}; "
                "try again, or give the jar by --set pipeline.jars=file:///..."
            ) from error


if __name__ == "__main__":  # python -m livesegments.flink.connectors kafka FOLDER: for images
    for jar in connector_jars(list(CONNECTORS[sys.argv[1]]), print):
        shutil.copy(jar, sys.argv[2])
