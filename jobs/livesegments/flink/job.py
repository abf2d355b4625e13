"""A job, embedded or on a cluster: its settings, the tables of its edges, and its graph."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from pyflink.common import Configuration
from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment

from livesegments.core.definition import Definition
from livesegments.core.errors import EdgeError, LivesegmentsError
from livesegments.flink.causes import message_of
from livesegments.flink.configuration import flink_settings, job_settings
from livesegments.flink.edges import Edges, create_tables
from livesegments.flink.graph import Graph, JobPlan, build_graph
from livesegments.flink.options import JobOptions
from livesegments.flink.topics import check_topics

__all__ = ["JOB_NAME", "BuiltJob", "Job", "build_job"]

JOB_NAME = "livesegments"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is to run, wherever it runs."""

    definition: Definition
    edges: Edges
    options: JobOptions
    settings: Mapping[str, str] = {}  # --set
    until_ms: int | None = None
    models: tuple[bytes, ...] | None = None  # records of segment_models to begin with; None where there are none yet


class BuiltJob(msgspec.Struct, frozen=True):
    """An environment that holds a job, ready to be executed, and what was built into it."""

    environment: StreamExecutionEnvironment
    graph: Graph


def build_job(job: Job, place: Mapping[str, str]) -> BuiltJob:
    """Build the job; `place` are the settings of where it runs.

    Where models must be learned first, it is the job of the learning pass. Raises EdgeError for what is wrong with
    the DDL, the topics or the options.
    """
    configuration = Configuration()
    for key, value in {**job_settings(job.options), **place, **flink_settings(job.settings)}.items():
        configuration.set_string(key, value)
    try:
        environment = StreamExecutionEnvironment.get_execution_environment(configuration)
        tables = StreamTableEnvironment.create(environment)
        edge_tables = create_tables(tables, job.edges)
        check_topics(job.edges.file, edge_tables.connections)
        plan = JobPlan(
            definition=job.definition,
            options=job.options,
            parallelism=environment.get_parallelism(),
            is_process_mode=_mode(tables) == "process",
            until_ms=job.until_ms,
            models=job.models,
        )
        graph = build_graph(environment, tables, edge_tables, plan)
    except LivesegmentsError:
        raise
    except Exception as error:  # whatever class py4j makes of it
        if hasattr(error, "java_exception") or hasattr(error, "stack_trace"):
            raise EdgeError(f"{job.edges.file}: the job cannot be built: {message_of(error)}") from error
        raise
    return BuiltJob(environment, graph)


def _mode(tables: StreamTableEnvironment) -> str:
    return str(tables.get_config().get("python.execution-mode", "process"))
