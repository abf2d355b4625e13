"""The job on a cluster, where `flink run` started this process and gave it a gateway."""

from __future__ import annotations

import msgspec
from pyflink.java_gateway import get_gateway

from livesegments.flink.configuration import ddl_variables
from livesegments.flink.edges import packaged_edge, read_edges
from livesegments.flink.embedded import RunOptions
from livesegments.flink.given_models import given_models
from livesegments.flink.job import JOB_NAME, Job
from livesegments.flink.learning_pass import build_with_models
from livesegments.flink.options import read_options

__all__ = ["run_on_cluster"]

_MODE = "python.execution-mode"


def run_on_cluster(options: RunOptions) -> None:
    """Submit the job; waits for its end unless `flink run` was told `-d`.

    Parallelism and mode are the cluster's and those of `flink run`. Raises EdgeError as the embedded run does.
    """
    given = ddl_variables(options.settings)
    variables = dict(given)
    job_options = read_options(options.settings)
    if options.events is not None:
        variables["EVENTS"] = str(options.events.resolve())
        job_options = msgspec.structs.replace(job_options, source_parallelism=1)
    if options.out is not None:
        variables["OUT"] = str(options.out.resolve())
    job = Job(
        definition=options.definition,
        edges=read_edges(options.edges or packaged_edge("files.sql"), variables, given),
        options=job_options,
        settings=options.settings,
        until_ms=options.until_ms,
        models=given_models(options.models, options.settings),
    )
    built = build_with_models(job, _place(), options.say)
    built.environment.execute(JOB_NAME)


def _place() -> dict[str, str]:
    """Let Python run in Java's own process, unless the cluster or `flink run -D` says otherwise."""
    environment = get_gateway().jvm.org.apache.flink.streaming.api.environment.StreamExecutionEnvironment
    chosen = environment.getExecutionEnvironment().getConfiguration().toMap().get(_MODE)
    return {} if chosen else {_MODE: "thread"}
