"""The engines that are measured, by name, and what can be done with one that runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from bench.peers.environments import environment
from bench.peers.our_job import OurJob
from bench.peers.peer_job import PeerJob
from bench.peers.settings import JobSettings
from bench.peers.watch import Watch

__all__ = ["ENGINES", "Running", "Spec", "running_engine"]


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
    """An engine that runs; `started` and `submitted` are seconds since the epoch, the same for a peer.

    `watch` has seen what its processes use since it was submitted.
    """

    started: float
    submitted: float
    watch: Watch

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
    Path(job.folder).mkdir(parents=True)
    if spec.is_ours:
        with OurJob(job) as ours:
            yield ours
    else:
        with PeerJob(spec.module, job, environment(spec.environment, environments)) as peer:
            yield peer
