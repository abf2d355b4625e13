"""The `events` of an edge as lines: a small Flink job, embedded, from the edge's tables to files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from livesegments.core.errors import EdgeError
from livesegments.files.staging import stage_events
from livesegments.flink.causes import message_of
from livesegments.flink.configuration import ddl_variables, embedded_settings, flink_settings
from livesegments.flink.connectors import connector_jars, needed_connectors
from livesegments.flink.edges import Edges, create_tables, read_edges
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.jvm import connect, load_pyflink_without_beam

__all__ = ["edge_events"]

_TABLE = "livesegments_extracted"


def edge_events(
    edges: Path, events: Path | None, settings: Mapping[str, str], say: Callable[[str], None]
) -> Iterator[bytes]:
    """Give the payloads of an edge's `events`, in the order in which one reader gives them, without line ends.

    `events` is what ${EVENTS} in the DDL stands for; settings are those of `--set`. Raises EdgeError for what is wrong
    with the DDL or what it reads, and for an input that does not end.
    """
    ddl_variables(settings)
    with EmbeddedFlink() as flink:
        folder = Path(tempfile.mkdtemp(prefix="extract-", dir=flink.folder))
        edge = _edge(edges, events, settings, folder, say)
        assert flink.jvm is not None
        load_pyflink_without_beam()
        connect(flink.jvm)
        out = folder / "out"
        _run(edge, settings, flink.folder, out, say)
        for file in sorted(out.iterdir()) if out.is_dir() else ():
            with file.open("rb") as lines:
                for line in lines:
                    yield line.rstrip(b"\n")


def _edge(
    edges: Path, events: Path | None, settings: Mapping[str, str], folder: Path, say: Callable[[str], None]
) -> Edges:
    given = ddl_variables(settings)
    # A job that runs waits for brokers, so long as the environment says; of a command people want to know soon.
    variables = {"OUT": str(folder / "unused"), "KAFKA_WAIT_MS": "30000", **given}
    if events is not None:
        variables["EVENTS"] = str(stage_events(events, folder, any_shape=True, say=say))
    return read_edges(edges, variables, given)


def _run(edge: Edges, settings: Mapping[str, str], folder: Path, out: Path, say: Callable[[str], None]) -> None:
    from pyflink.common import Configuration
    from pyflink.datastream import StreamExecutionEnvironment
    from pyflink.table import StreamTableEnvironment

    configuration = Configuration()
    for key, value in {**_place(edge, settings, folder, say), **flink_settings(settings)}.items():
        configuration.set_string(key, value)
    environment = StreamExecutionEnvironment.get_execution_environment(configuration)
    tables = StreamTableEnvironment.create(environment)
    create_tables(tables, edge, needed=("events",))
    _check_ends(tables, edge)
    try:
        path = str(out).replace("'", "''")
        tables.execute_sql(
            f"CREATE TEMPORARY TABLE {_TABLE} (payload BYTES) "
            f"WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'raw')"
        )
        tables.execute_sql(f"INSERT INTO {_TABLE} SELECT payload FROM events").wait()
    except Exception as error:
        if hasattr(error, "java_exception") or hasattr(error, "stack_trace"):
            raise EdgeError(f"{edge.file}: events cannot be read: {message_of(error)}") from error
        raise


def _place(edge: Edges, settings: Mapping[str, str], folder: Path, say: Callable[[str], None]) -> dict[str, str]:
    place = {**embedded_settings(folder, "thread", 1), "table.local-time-zone": "UTC"}
    artifacts = needed_connectors(edge)
    if artifacts and "pipeline.jars" not in settings:
        place["pipeline.jars"] = ";".join(jar.as_uri() for jar in connector_jars(artifacts, say))
    return place


def _check_ends(tables: Any, edge: Edges) -> None:
    stream = tables.to_data_stream(tables.sql_query("SELECT payload FROM events"))
    transformation = stream._j_data_stream.getTransformation()
    sources = [one for one in transformation.getTransitivePredecessors() if not one.getInputs()]
    if not all(source.getBoundedness().toString() == "BOUNDED" for source in sources):
        raise EdgeError(
            f"{edge.file}: required an `events` that ends, found one that does not; for Kafka, add "
            "'scan.bounded.mode' = 'latest-offset' to the table"
        )
