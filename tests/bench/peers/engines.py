"""The engines: what is started, what belongs to it, how a part of it is killed and comes back."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
from flink_cluster import ROOT, FlinkCluster
from flink_jobs import FlinkJob

from peers.environments import environment
from peers.processes import end_of, kill, start
from peers.settings import JobSettings

__all__ = ["ENGINES", "Running", "Spec", "running_engine"]

EDGES = ROOT / "flink-conf" / "edges" / "kafka.sql"
SIZES = {"taskmanager.memory.process.size": "1728m", "jobmanager.memory.process.size": "1200m"}  # as config.yaml has it


class Spec(NamedTuple):
    """One engine as it is measured; `module` is empty for our own job."""

    title: str
    guarantee: str
    module: str = ""
    environment: str = ""
    task_managers: int = 1
    with_profiles: bool = False

    @property
    def is_ours(self) -> bool:
        return not self.module


EXACTLY, AT_LEAST = "exactly-once", "at-least-once"
_OURS = {
    f"ours-{short}{'-profiles' if with_profiles else ''}{'-2' if count == 2 else ''}": Spec(
        f"our job, {count} TaskManager{'s' if count == 2 else ''}{', `profiles`' if with_profiles else ''}",
        guarantee,
        task_managers=count,
        with_profiles=with_profiles,
    )
    for count in (1, 2)
    for short, guarantee in (("eo", EXACTLY), ("alo", AT_LEAST))
    for with_profiles in (False, True)
}
ENGINES = {
    "loop": Spec("plain confluent-kafka loop", "none", "loop_job", "tools"),
    "bytewax": Spec("Bytewax, one process", AT_LEAST, "bytewax_job", "bytewax"),
    "quix-eo": Spec("Quix Streams", EXACTLY, "quix_job", "quix"),
    "quix-alo": Spec("Quix Streams", AT_LEAST, "quix_job", "quix"),
    **_OURS,
}
"""By the name that `--engines` takes."""


class Running(Protocol):
    """An engine that runs; `started` and `submitted` are seconds since the epoch, the same for a peer."""

    started: float
    submitted: float

    def pids(self) -> list[int]:
        """Give the processes that make it up."""
        ...

    def check(self) -> None:
        """Raise RuntimeError when it has ended by itself."""
        ...

    def kill_and_start(self) -> None:
        """Kill what does the work with -9 and start it again at once, as a supervisor would."""
        ...


@contextmanager
def running_engine(spec: Spec, job: JobSettings, environments: Path) -> Iterator[Running]:
    """Give an engine that has been started, and end it; ours runs by then, a peer may still be starting."""
    folder = Path(job.folder)
    folder.mkdir(parents=True)
    with ExitStack() as stack:
        if spec.is_ours:
            yield stack.enter_context(_Ours(job, folder))
        else:
            yield stack.enter_context(_Peer(spec, job, environment(spec.environment, environments), folder))


class _Peer:
    """A process of a peer."""

    def __init__(self, spec: Spec, job: JobSettings, python: Path, folder: Path) -> None:
        self.spec, self.job, self.python, self.log = spec, job, python, folder / "log.txt"

    def __enter__(self) -> _Peer:
        self.started = self.submitted = time.time()
        self.process = start(self.python, self.spec.module, [msgspec.json.encode(self.job).decode()], self.log)
        return self

    def __exit__(self, *_: object) -> None:
        kill(self.process)

    def pids(self) -> list[int]:
        return [self.process.pid]

    def check(self) -> None:
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.spec.title} ended with {self.process.returncode}:\n{end_of(self.log)}")

    def kill_and_start(self) -> None:
        kill(self.process)
        started = self.started
        self.__enter__()
        self.started = self.submitted = started


class _Ours:
    """Our job on a session cluster of its own; one TaskManager is what is killed."""

    def __init__(self, job: JobSettings, folder: Path) -> None:
        self.settings, self.folder, self.stack = job, folder, ExitStack()

    def __enter__(self) -> _Ours:
        settings, folder = self.settings, self.folder
        with self.stack:  # what was started ends also when the rest fails
            definition, edges = folder / "segments.yaml", folder / "edges.sql"
            definition.write_text(settings.definition)
            edges.write_text(EDGES.read_text() if settings.with_profiles else without_profiles(EDGES.read_text()))
            (folder / "cluster").mkdir()
            self.cluster = FlinkCluster(folder / "cluster", SIZES)
            self.started = time.time()
            self.stack.enter_context(self.cluster)
            for _ in range(settings.task_managers):
                self.cluster.start_task_manager()
            self.submitted = time.time()
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
        self.job.is_running()

    def kill_and_start(self) -> None:
        self.cluster.kill_task_manager(0)
        self.cluster.start_task_manager()


def without_profiles(edges: str) -> str:
    """Give an edge file without its table `profiles`."""
    return re.sub(r"CREATE TABLE profiles .*?;\n", "", edges, count=1, flags=re.DOTALL)
