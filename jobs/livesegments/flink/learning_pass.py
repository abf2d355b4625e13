"""The learning pass of a run over an input that ends: a job of its own, whose models the job itself then uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from livesegments.core.errors import EdgeError, LivesegmentsError
from livesegments.flink.causes import is_input_error, message_of
from livesegments.flink.frames import read_models
from livesegments.flink.job import JOB_NAME, BuiltJob, Job, build_job

__all__ = ["build_with_models"]


def build_with_models(job: Job, place: Mapping[str, str], say: Callable[[str], None]) -> BuiltJob:
    """Build the job; where its models must be learned first, learn them, and build the job with them.

    Raises EdgeError as `build_job` does, and LivesegmentsError when the learning pass fails.
    """
    built = build_job(job, place)
    if built.graph.learned is None:
        return built
    say("first pass: learning the models")
    models = _learn(built)
    say(f"second pass: segmenting with {len(models):,} versions of models")
    return build_job(msgspec.structs.replace(job, models=models), place)


def _learn(built: BuiltJob) -> tuple[bytes, ...]:
    """Run the learning pass to its end; whatever else ends the waiting, such as Ctrl-C, cancels it.

    Returns the records of segment_models in the order of learning.
    """
    assert built.graph.learned is not None
    frames = built.graph.learned._j_data_stream.collectAsync()
    client = built.environment.execute_async(f"{JOB_NAME}: learning")._j_job_client
    records: list[bytes] = []
    try:
        while frames.hasNext():
            records += [record for _, record in read_models(bytes(frames.next()), at=0)]
        client.getJobExecutionResult().get()
    except Exception as error:
        if not hasattr(error, "java_exception"):
            raise
        kind = EdgeError if is_input_error(error) else LivesegmentsError
        raise kind(f"learning the models failed: {message_of(error)}") from error
    finally:
        frames.close()  # cancels what still runs
    return tuple(records)
