"""The job's graph: events by DDL -> Batcher -> Segmenter by shard -> rows to the tables by SQL."""

from __future__ import annotations

from typing import Any

import msgspec
from pyflink.common import Types
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.data_stream import DataStream
from pyflink.java_gateway import get_gateway
from pyflink.table import DataTypes, Schema, StreamTableEnvironment
from pyflink.table.changelog_mode import ChangelogMode

from livesegments.core.definition import Definition
from livesegments.core.errors import EdgeError
from livesegments.flink.edges import EdgeTables
from livesegments.flink.frames import TABLES
from livesegments.flink.operators import BATCHER, UNBATCHER, generated, keyed_by_first_field, rescaled
from livesegments.flink.options import JobOptions
from livesegments.flink.segmenter import Segmenter, SegmenterSettings
from livesegments.flink.shards import shard_names
from livesegments.flink.uids import name_operators

__all__ = ["JobPlan", "build_graph"]

_COLUMNS = ("payload", "user_key", "event_time", "source_topic", "source_partition", "source_offset")
_ROUTED = ("segment_changes", "dead_letters", "profiles", "summary")


class JobPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to run."""

    definition: Definition
    options: JobOptions
    parallelism: int
    is_process_mode: bool
    until_ms: int | None = None


def build_graph(
    environment: StreamExecutionEnvironment, tables: StreamTableEnvironment, edge_tables: EdgeTables, plan: JobPlan
) -> dict[str, str]:
    """Build the whole graph into the environment; returns uid -> operator name.

    Raises EdgeError when the edges cannot carry the plan.
    """
    if plan.parallelism > plan.options.shards:
        raise EdgeError(
            f"parallelism {plan.parallelism}: required at most one subtask for each of {plan.options.shards} shards; "
            "--set livesegments.shards=... is fixed at first deployment"
        )
    source_parallelism = plan.options.source_parallelism or plan.parallelism
    environment.set_parallelism(source_parallelism)
    used = edge_tables.columns["events"]
    events = tables.to_data_stream(tables.sql_query(f"SELECT {', '.join(map(_selected, used))} FROM events"))
    is_bounded = _is_bounded(events)
    if plan.until_ms is not None and not is_bounded:
        raise EdgeError("--until: required an input that ends, found one that does not; leave --until out")
    batches = _batched(events, used, plan, is_bounded, source_parallelism)
    environment.set_parallelism(plan.parallelism)
    rows = _segmented(batches, plan, is_bounded)
    routed = _route(tables, rows, edge_tables, plan.parallelism)
    return name_operators(environment, routed)


def _selected(column: str) -> str:
    return "CAST(event_time AS TIMESTAMP_LTZ(3)) AS event_time" if column == "event_time" else column


def _is_bounded(stream: DataStream) -> bool:
    sources = [
        transformation
        for transformation in stream._j_data_stream.getTransformation().getTransitivePredecessors()
        if not transformation.getInputs()
    ]
    return all(source.getBoundedness().toString() == "BOUNDED" for source in sources)


def _batched(
    events: DataStream, used: tuple[str, ...], plan: JobPlan, is_bounded: bool, parallelism: int
) -> DataStream:
    options = plan.options
    values: dict[str, Any] = {
        "bounded": int(is_bounded),
        "shard_names": " ".join(shard_names(options.shards)),
        "columns": " ".join(str(used.index(column) if column in used else -1) for column in _COLUMNS),
        "bytes_max": options.batch_bytes,
        "events_max": options.batch_events,
        "delay_ms": options.batch_delay_ms,
        "disorder_ms": options.disorder_ms,
        "idle_ms": options.idle_ms,
    }
    output = Types.ROW([Types.STRING(), Types.PRIMITIVE_ARRAY(Types.BYTE())])
    texts = {key: str(value) for key, value in values.items()}
    return generated(events, "batcher", BATCHER, texts, output, parallelism)


def _segmented(batches: DataStream, plan: JobPlan, is_bounded: bool) -> DataStream:
    frame = Types.PRIMITIVE_ARRAY(Types.BYTE())
    settings = SegmenterSettings(
        definition=plan.definition.to_bytes(),
        is_bounded=is_bounded,
        until_ms=plan.until_ms,
        profiles_decoded=plan.options.profiles_decoded,
        profiles_resident=plan.options.profiles_resident if plan.is_process_mode else None,
    )
    segmented = keyed_by_first_field(batches, frame).process(Segmenter(settings), frame)
    return segmented.name("segmenter").uid("segmenter")


def _route(tables: StreamTableEnvironment, frames: DataStream, edge_tables: EdgeTables, parallelism: int) -> list[str]:
    """Write the rows to their tables in one statement set; returns the tables in its order."""
    text, content = Types.STRING(), Types.PRIMITIVE_ARRAY(Types.BYTE())
    frames = rescaled(frames)
    names = {"tables": " ".join(TABLES)}
    row = Types.ROW_NAMED(["table_name", "user_key", "payload"], [text, text, content])
    appended = generated(frames, "rows", UNBATCHER, {**names, "changelog_of": "-1"}, row, parallelism)
    tables.create_temporary_view("livesegments_rows", tables.from_data_stream(appended))
    statements = tables.create_statement_set()
    routed = [table for table in _ROUTED if table in edge_tables.columns]
    for table in routed:
        columns = ", ".join(edge_tables.columns[table])
        if table in edge_tables.upserts:
            _upsert_view(tables, frames, table, parallelism)
            statements.add_insert_sql(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM livesegments_{table}")
        else:
            query = f"SELECT {columns} FROM livesegments_rows WHERE table_name = '{table}'"
            statements.add_insert_sql(f"INSERT INTO {table} ({columns}) {query}")
    statements.attach_as_datastream()
    return routed


def _upsert_view(tables: StreamTableEnvironment, frames: DataStream, table: str, parallelism: int) -> None:
    values = {"tables": " ".join(TABLES), "changelog_of": str(TABLES.index(table))}
    row = Types.ROW_NAMED(["user_key", "payload"], [Types.STRING(), Types.PRIMITIVE_ARRAY(Types.BYTE())])
    changes = generated(frames, f"{table}-changelog", UNBATCHER, values, row, parallelism)
    schema = (
        Schema.new_builder()
        .column("user_key", DataTypes.STRING().not_null())
        .column("payload", DataTypes.BYTES())
        .primary_key("user_key")
        .build()
    )
    # Deletes are by key alone. Saying so would make SQL keep every row for sinks that want whole deletes.
    whole_deletes = get_gateway().jvm.org.apache.flink.table.connector.ChangelogMode.upsert(False)
    view = tables.from_changelog_stream(changes, schema, ChangelogMode(whole_deletes))
    tables.create_temporary_view(f"livesegments_{table}", view)
