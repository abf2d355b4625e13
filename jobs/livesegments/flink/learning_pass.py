"""The learning pass of a run over an input that ends: a job of its own, whose models the job itself then uses."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from livesegments.core.errors import EdgeError, LivesegmentsError
from livesegments.flink.build import OpenedTables, build
from livesegments.flink.causes import is_input_error, message_of
from livesegments.flink.frames import read_models
from livesegments.flink.graph import Graph
from livesegments.flink.job import JOB_NAME, Job

__all__ = ["build_with_models"]


def build_with_models(opened: OpenedTables, job: Job, say: Callable[[str], None]) -> None:
    """Build the job; where its models must be learned first, learn them, and build the job with them.

    Raises EdgeError as `build` does, and LivesegmentsError when the learning pass fails.
    """
    graph = build(opened, job)
    if graph.learned is None:
        return
    say("first pass: learning the models")
    models = _learn(opened, graph)
    say(f"second pass: segmenting with {len(models):,} versions of models")
    build(opened, msgspec.structs.replace(job, models=models))


def _learn(opened: OpenedTables, graph: Graph) -> tuple[bytes, ...]:
    """Run the learning pass to its end; whatever else ends the waiting, such as Ctrl-C, cancels it.

    Returns the records of segment_models in the order of learning.
    """
    assert graph.learned is not None
    frames = graph.learned._j_data_stream.collectAsync()
    client = opened.environment.execute_async(f"{JOB_NAME}: learning")._j_job_client
    records: list[bytes] = []
    try:
        while frames.hasNext():
            records += [record for _, record in read_models(bytes(frames.next()))]
        client.getJobExecutionResult().get()
    except Exception as error:
        if not hasattr(error, "java_exception"):
            raise
        kind = EdgeError if is_input_error(error) else LivesegmentsError
        raise kind(f"learning the models failed: {message_of(error)}") from error
    finally:
        frames.close()  # cancels what still runs
    return tuple(records)
