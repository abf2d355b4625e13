"""Our job on a session cluster of its own, as flink-conf/ has it; a TaskManager is what is killed."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

from flink_cluster import ROOT, FlinkCluster
from flink_jobs import FlinkJob

from bench.peers.edges import without_profiles
from bench.peers.settings import JobSettings
from bench.peers.watch import Watch

__all__ = ["OurJob"]

EDGES = ROOT / "flink-conf" / "edges" / "kafka.sql"
SIZES = {"taskmanager.memory.process.size": "1728m", "jobmanager.memory.process.size": "1200m"}  # as config.yaml has it


class OurJob:
    """Runs for as long as the context lasts; its folder is there already."""

    def __init__(self, job: JobSettings) -> None:
        self.settings, self.folder, self.stack = job, Path(job.folder), ExitStack()
        self.watch = Watch(self.pids)

    def __enter__(self) -> Self:
        settings, folder = self.settings, self.folder
        with self.stack:  # what was started ends also when the rest fails
            definition, edges = folder / "segments.yaml", folder / "edges.sql"
            definition.write_text(settings.definition)
            edges.write_text(EDGES.read_text() if settings.with_profiles else without_profiles(EDGES.read_text()))
            (folder / "cluster").mkdir()
            self.cluster = FlinkCluster(folder / "cluster", SIZES, is_brief=False)
            self.started = time.time()
            self.stack.enter_context(self.cluster)
            for _ in range(settings.task_managers):
                self.cluster.start_task_manager()
            self.submitted = time.time()
            self.watch.start()  # the job is at work before it is known to run
            self.stack.callback(self.watch.end)
            job = FlinkJob(
                self.cluster,
                definition,
                {
                    "KAFKA_BOOTSTRAP": settings.bootstrap,
                    "KAFKA_GROUP": settings.group,
                    "DELIVERY_GUARANTEE": settings.guarantee,
                    **settings.variables,
                },
                edges=edges,
                parallelism=settings.task_managers,
            )
            self.job = self.stack.enter_context(job)
            self.stack = self.stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def pids(self) -> list[int]:
        parts = [self.cluster.job_manager, *self.cluster.task_managers]
        return [process.pid for process in parts if process is not None]

    def check(self) -> None:
        with suppress(OSError):  # a machine that is busy answers late
            self.job.is_running()

    def told(self, path: str) -> Any:
        """Give what Flink's REST API says of the job."""
        return self.cluster.get(f"/jobs/{self.job.id}/{path}")

    def kill_and_start(self) -> None:
        self.cluster.kill_task_manager(0)
        self.cluster.start_task_manager()
