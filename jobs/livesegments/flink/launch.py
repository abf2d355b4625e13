"""The one way to run a job: on the cluster of `flink run` where that started this process, else embedded."""

from __future__ import annotations

import os
from collections.abc import Callable

from livesegments.flink.embedded import run_embedded
from livesegments.flink.job import Job
from livesegments.flink.progress import Summary, silent

__all__ = ["launch"]


def launch(
    job: Job, say: Callable[[str], None] = silent, on_change: Callable[[bytes], None] | None = None
) -> Summary | None:
    """Run a job to its end, or until it is interrupted; gives no summary of one on a cluster.

    `say` takes progress for people, `on_change` each change as it appears, where an embedded run has an output folder.
    Raises EdgeError for what is wrong with paths, options or DDL, LivesegmentsError when the job fails.
    """
    if "PYFLINK_GATEWAY_PORT" not in os.environ:
        return run_embedded(job, say, on_change)
    from livesegments.flink.cluster import run_on_cluster  # needs the gateway that `flink run` made

    run_on_cluster(job, say)
    return None
