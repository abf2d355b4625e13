"""The job's graph: events by DDL -> Batcher -> Segmenter by shard -> rows to the tables by SQL.

Where the definition has `identity:`, Identity stands ahead of the Batcher, and both run once, so that each user's
events stay in their order. Where there are models to learn, a branch of it: Batcher -> Learner ->
segment_models, and live -> ModelKeeper, which then stands ahead of each subtask of the Segmenter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from pyflink.common import Types
from pyflink.common.typeinfo import TypeInformation
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.datastream.data_stream import DataStream
from pyflink.java_gateway import get_gateway
from pyflink.table import DataTypes, Schema, StreamTableEnvironment
from pyflink.table.changelog_mode import ChangelogMode

from livesegments.core.definition import Definition
from livesegments.core.errors import EdgeError
from livesegments.core.times import NEVER
from livesegments.flink.edges import EdgeTables
from livesegments.flink.frames import TABLES
from livesegments.flink.job import Job
from livesegments.flink.learner import Learner, LearnerSettings
from livesegments.flink.operators import (
    BATCHER,
    IDENTITY,
    MODEL_KEEPER,
    UNBATCHER,
    generated,
    generated_ahead,
    keyed_by_first_field,
    output_tag,
    rescaled,
    side_output,
)
from livesegments.flink.segmenter import Segmenter
from livesegments.flink.segmenter_settings import KEPT_MAX, SegmenterSettings
from livesegments.flink.shards import shard_names
from livesegments.flink.uids import name_operators

__all__ = ["Graph", "build_graph"]

_COLUMNS = ("payload", "user_key", "event_time", "source_topic", "source_partition", "source_offset")
_ROUTED = ("segment_changes", "dead_letters", "profiles", "summary")


class Graph(msgspec.Struct, frozen=True):
    """What was built: uid -> operator name, or a learning pass, which gives frames of rows of segment_models."""

    uids: dict[str, str] = {}
    learned: DataStream | None = None


def build_graph(
    environment: StreamExecutionEnvironment, tables: StreamTableEnvironment, edge_tables: EdgeTables, job: Job
) -> Graph:
    """Build the whole graph into the environment.

    Over an input that ends, models must be known before anything is segmented: where the definition has models and
    the plan has none, only the graph of a learning pass is built. Raises EdgeError when the edges cannot carry the
    job.
    """
    if job.parallelism > job.options.shards:
        raise EdgeError(
            f"parallelism {job.parallelism}: required at most one subtask for each of {job.options.shards} shards; "
            "--set livesegments.shards=... is fixed at first deployment"
        )
    events = _Events(environment, tables, edge_tables, job)
    if job.until_ms is not None and not events.is_bounded:
        raise EdgeError("--until: required an input that ends, found one that does not; leave --until out")
    if not events.is_bounded:
        _check_live(job.definition)
    _check_checkpoints(environment)
    environment.set_parallelism(job.parallelism)
    has_profiles = "profiles" in edge_tables.columns
    routes = _Routes(tables, edge_tables)
    if not job.definition.has_models or (events.is_bounded and job.models is not None):
        rows = _segmented(events.batched(), job, events.is_bounded, has_profiles)
    else:
        tag = output_tag("lessons", _batch_type())
        batches = events.batched(tag, is_learning_pass=events.is_bounded)
        learned = _learned(side_output(batches, tag), job, events.is_bounded)
        routes.add(learned, "model-rows", ("segment_models",), 1)
        if events.is_bounded:
            routes.attach()
            return Graph(learned=learned)
        rows = _segmented(batches, job, False, has_profiles, learned)
    routes.add(rows, "rows", _ROUTED, job.parallelism)
    return Graph(uids=name_operators(environment, routes.attach()))


def _check_live(definition: Definition) -> None:
    """Raise EdgeError for what can only be learned from an input that ends."""
    batch = [name for name, spec in definition.clusters.items() if spec.algorithm == "dbscan"]
    if batch:
        raise EdgeError(
            f"{definition.file}: clusters.{batch[0]}.algorithm: required one that learns from a stream, such as "
            "centroids or dbstream; dbscan needs an input that ends"
        )


def _check_checkpoints(environment: StreamExecutionEnvironment) -> None:
    """Raise EdgeError where a barrier may overtake what it must not: the Segmenter writes its state ahead of it."""
    if environment.get_checkpoint_config().is_unaligned_checkpoints_enabled():
        raise EdgeError(
            "execution.checkpointing.unaligned.enabled: required false, found true; the state of profiles is written "
            "when the barrier comes, and no event may be overtaken by it"
        )


def _selected(column: str) -> str:
    return "CAST(event_time AS TIMESTAMP_LTZ(3)) AS event_time" if column == "event_time" else column


def _is_bounded(stream: DataStream) -> bool:
    sources = [
        transformation
        for transformation in stream._j_data_stream.getTransformation().getTransitivePredecessors()
        if not transformation.getInputs()
    ]
    return all(source.getBoundedness().toString() == "BOUNDED" for source in sources)


def _batch_type() -> TypeInformation:
    # Made anew each time: it holds on to an object of the Java process that is there now.
    return Types.ROW([Types.STRING(), Types.PRIMITIVE_ARRAY(Types.BYTE())])


def _column_types() -> dict[str, TypeInformation]:
    content = Types.PRIMITIVE_ARRAY(Types.BYTE())
    types = (content, Types.STRING(), Types.INSTANT(), Types.STRING(), Types.INT(), Types.LONG())
    return dict(zip(_COLUMNS, types, strict=True))


class _Events:
    """The source: what the edges say of events, batched by shard."""

    def __init__(
        self,
        environment: StreamExecutionEnvironment,
        tables: StreamTableEnvironment,
        edge_tables: EdgeTables,
        job: Job,
    ) -> None:
        self.job = job
        self.parallelism = job.options.source_parallelism or job.parallelism
        environment.set_parallelism(self.parallelism)
        self.used = edge_tables.columns["events"]
        query = f"SELECT {', '.join(map(_selected, self.used))} FROM events"
        self.stream = tables.to_data_stream(tables.sql_query(query))
        self.is_bounded = _is_bounded(self.stream)

    def batched(self, lesson_tag: Any = None, *, is_learning_pass: bool = False) -> DataStream:
        """Give the batches by shard; with a tag, those of the sampled users go to its side output as well."""
        options, used = self.job.options, self.used
        values: dict[str, Any] = {
            "bounded": int(self.is_bounded),
            "shard_names": " ".join(shard_names(options.shards)),
            "columns": " ".join(str(used.index(column) if column in used else -1) for column in _COLUMNS),
            "bytes_max": options.batch_bytes,
            "events_max": options.batch_events,
            "delay_ms": options.batch_delay_ms,
            "disorder_ms": options.disorder_ms,
            "idle_ms": options.idle_ms,
            "learner_per_mille": options.learner_per_mille,
            "learning_pass": int(is_learning_pass),
            "visitors_learn": 1,
            "latest_ms": _latest_ms(self.job, self.is_bounded),
            **{f"refused {number}": user for number, user in enumerate(self.job.definition.limits.refuse_users)},
        }
        stream, parallelism = self.stream, self.parallelism
        if self.job.definition.identity is not None:
            stream, parallelism = self._identified(values), 1
            values["columns"] += "".join(f" {len(used) + number}" for number in range(4))  # what Identity adds
            values["visitors_learn"] = int(self.job.definition.identity.visitors_learn)
        given = {key: str(value) for key, value in values.items()}
        if lesson_tag is not None:
            given["lesson_tag"] = lesson_tag
        return generated(stream, "batcher", BATCHER, given, _batch_type(), parallelism)

    def _identified(self, values: dict[str, Any]) -> DataStream:
        """Give the rows with what each is and whose, and what moves between them; see Identity.java."""
        definition = self.job.definition
        identity = definition.identity
        assert identity is not None
        until_ms = NEVER if self.job.until_ms is None else self.job.until_ms
        options = {
            **values,
            "shards": self.job.options.shards,
            "until_ms": until_ms,
            "recent_bytes": self.job.options.identity_bytes,
            "events": identity.events,
            "within_ms": identity.within_ms,
            "links_ms": identity.links_ms,
            "lateness_ms": definition.limits.lateness_ms,
            "message_ids": definition.limits.message_ids,
        }
        types = _column_types()
        added = (Types.INT(), Types.STRING(), Types.STRING(), Types.LONG())  # kind, owner, user, time
        row = Types.ROW([*(types[column] for column in self.used), *added])
        given = {key: str(value) for key, value in options.items()}
        return generated(self.stream, "identity", IDENTITY, given, row, 1, has_keys=True)


def _latest_ms(job: Job, is_bounded: bool) -> int:
    """Live, the wall clock of each moment bounds an event's time, not that of the start."""
    return job.latest_ms if is_bounded else NEVER


def _segmented(
    batches: DataStream, job: Job, is_bounded: bool, has_profiles: bool, learned: DataStream | None = None
) -> DataStream:
    """Give frames of rows; where models are learned meanwhile, what was learned goes into each subtask once."""
    settings = SegmenterSettings(
        definition=job.definition.to_bytes(),
        is_bounded=is_bounded,
        has_profiles=has_profiles,
        until_ms=job.until_ms,
        latest_ms=_latest_ms(job, is_bounded),
        profiles_decoded=job.options.profiles_decoded,
        profiles_bytes=job.options.profiles_bytes,
        profiles_resident=job.options.profiles_resident if job.mode == "process" else None,
        models=job.models or (),
        takeover=job.takeover,
    )
    frame = Types.PRIMITIVE_ARRAY(Types.BYTE())
    shards = keyed_by_first_field(batches, frame)
    if learned is not None:
        options = {
            "shard_names": " ".join(shard_names(job.options.shards)),
            "kept_max": str(KEPT_MAX),
            "keys": " ".join(job.definition.model_keys),
        }
        shards = generated_ahead(shards, learned, "models", MODEL_KEEPER, options)
    segmented = shards.process(Segmenter(settings), frame)
    return segmented.name("segmenter").uid("segmenter")


def _learned(lessons: DataStream, job: Job, is_bounded: bool) -> DataStream:
    settings = LearnerSettings(
        definition=job.definition.to_bytes(),
        is_bounded=is_bounded,
        until_ms=job.until_ms,
        latest_ms=_latest_ms(job, is_bounded),
        models=tuple(job.models or ()),
    )
    frame = Types.PRIMITIVE_ARRAY(Types.BYTE())
    learned = keyed_by_first_field(lessons, frame).process(Learner(settings), frame)
    return learned.set_parallelism(1).name("learner").uid("learner")


class _Routes:
    """The rows on their way to the tables, in one statement set."""

    def __init__(self, tables: StreamTableEnvironment, edge_tables: EdgeTables) -> None:
        self.tables = tables
        self.edge_tables = edge_tables
        self.statements = tables.create_statement_set()
        self.routed: list[str] = []

    def add(self, frames: DataStream, name: str, wanted: Sequence[str], parallelism: int) -> None:
        """Write the rows of frames to those of the wanted tables that there are."""
        routed = [table for table in wanted if table in self.edge_tables.columns]
        if not routed:
            return
        frames = rescaled(frames)
        view = f"livesegments_{name.replace('-', '_')}"
        if not self.edge_tables.upserts.issuperset(routed):
            appended = [table for table in routed if table not in self.edge_tables.upserts]
            self._create_append_view(frames, name, view, appended, parallelism)
        for table in routed:
            columns = ", ".join(self.edge_tables.columns[table])
            if table in self.edge_tables.upserts:
                self._create_upsert_view(frames, table, parallelism)
                query = f"SELECT {columns} FROM livesegments_{table}"
            else:
                query = f"SELECT {columns} FROM {view} WHERE table_name = '{table}'"
            self.statements.add_insert_sql(f"INSERT INTO {table} ({columns}) {query}")
        self.routed += routed

    def attach(self) -> list[str]:
        """Put everything into the environment's graph; returns the tables in its order."""
        if self.routed:
            self.statements.attach_as_datastream()
        return self.routed

    def _create_append_view(
        self, frames: DataStream, name: str, view: str, wanted: Sequence[str], parallelism: int
    ) -> None:
        values = {"tables": " ".join(TABLES), "wanted": " ".join(wanted)}
        text, content = Types.STRING(), Types.PRIMITIVE_ARRAY(Types.BYTE())
        row = Types.ROW_NAMED(["table_name", "user_key", "payload"], [text, text, content])
        appended = generated(frames, name, UNBATCHER, values, row, parallelism)
        self.tables.create_temporary_view(view, self.tables.from_data_stream(appended))

    def _create_upsert_view(self, frames: DataStream, table: str, parallelism: int) -> None:
        values = {"tables": " ".join(TABLES), "wanted": table, "changelog": "1"}
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
        view = self.tables.from_changelog_stream(changes, schema, ChangelogMode(whole_deletes))
        self.tables.create_temporary_view(f"livesegments_{table}", view)
