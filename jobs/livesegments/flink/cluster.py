"""A job's place on a cluster, where `flink run` started this process and gave it a gateway."""

from __future__ import annotations

from collections.abc import Callable

from pyflink.java_gateway import get_gateway

from livesegments.core.errors import EdgeError
from livesegments.flink.build import open_tables
from livesegments.flink.job import JOB_NAME, Job
from livesegments.flink.learning_pass import build_with_models

__all__ = ["run_on_cluster"]

_MODE = "python.execution-mode"


def run_on_cluster(job: Job, say: Callable[[str], None]) -> None:
    """Submit the job; waits for its end unless `flink run` was told `-d`.

    Parallelism is the cluster's or that of `flink run`, and so is the mode unless the job has one. Raises EdgeError as
    the embedded run does.
    """
    if job.state is not None:
        raise EdgeError("--state: required an embedded run, found `flink run`; give it -s SAVEPOINT to go on from one")
    edges = job.read_edges(job.events and job.events.resolve())
    opened = open_tables(job, edges, {} if _has_mode() and job.mode is None else {_MODE: job.mode or "thread"}, say)
    build_with_models(opened, job, say)
    opened.environment.execute(JOB_NAME)


def _has_mode() -> bool:
    """Tell whether the cluster or `flink run -D` says where Python runs; else it runs in Java's own process."""
    environment = get_gateway().jvm.org.apache.flink.streaming.api.environment.StreamExecutionEnvironment
    return bool(environment.getExecutionEnvironment().getConfiguration().toMap().get(_MODE))
