"""From a job to what Flink executes: the tables of its edges, then its graph."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import msgspec
from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment

from livesegments.core.errors import EdgeError
from livesegments.flink.causes import message_of
from livesegments.flink.configuration import job_settings
from livesegments.flink.edges import Edges, EdgeTables, create_tables
from livesegments.flink.graph import Graph, build_graph
from livesegments.flink.job import Job
from livesegments.flink.progress import silent
from livesegments.flink.topics import check_topics
from livesegments.flink.waits import check_waits

__all__ = ["OpenedTables", "build", "open_tables"]


class OpenedTables(msgspec.Struct, frozen=True):
    """An environment with the tables of a job's edges."""

    edges: Edges
    environment: StreamExecutionEnvironment
    tables: StreamTableEnvironment
    edge_tables: EdgeTables


def open_tables(job: Job, edges: Edges, place: Mapping[str, str], say: Callable[[str], None] = silent) -> OpenedTables:
    """Create the tables; `place` are the settings of where the job runs, which its own win over.

    Raises EdgeError for what is wrong with the DDL, the topics or the options.
    """
    configuration = Configuration()
    for key, value in {**job_settings(job.options), **place, **job.flink}.items():
        configuration.set_string(key, value)
    with _java_errors_told(edges):
        environment = StreamExecutionEnvironment.get_execution_environment(configuration)
        tables = StreamTableEnvironment.create(environment)
        edge_tables = create_tables(tables, edges)
        check_waits(edges.file, edge_tables.connections)
        check_topics(edges.file, edge_tables.connections, say)
    return OpenedTables(edges, environment, tables, edge_tables)


def build(opened: OpenedTables, job: Job) -> Graph:
    """Build the job's graph into the environment, ready to be executed.

    Where models must be learned first, it is the graph of the learning pass. Raises EdgeError when the edges cannot
    carry the job.
    """
    environment, tables = opened.environment, opened.tables
    mode = tables.get_config().get("python.execution-mode", "process")
    parallelism = job.parallelism or environment.get_parallelism()
    job = msgspec.structs.replace(job, parallelism=parallelism, mode=mode)
    with _java_errors_told(opened.edges):
        return build_graph(environment, tables, opened.edge_tables, job)


@contextmanager
def _java_errors_told(edges: Edges) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # whatever class py4j makes of it
        if hasattr(error, "java_exception") or hasattr(error, "stack_trace"):
            raise EdgeError(f"{edges.file}: the job cannot be built: {message_of(error)}") from error
        raise
