"""What the job does with so many users and TaskManagers: rate, CPU, memory, state and checkpoints, on RocksDB."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import NamedTuple

from bench.peers.arrivals import Arrivals, rate
from bench.peers.engines import ENGINES
from bench.peers.events import TURNING
from bench.peers.our_job import OurJob
from bench.peers.place import PARTITIONS, Place
from bench.peers.runs import EVENT_TIME_RACES
from bench.scaling.stream import stream

__all__ = ["JobCost", "job_cost"]

SEND_SECONDS_MAX = 600
WARM_MIN = 30_000  # events that are not timed, however few the users


class JobCost(NamedTuple):
    """Exactly once, without `profiles`; the state is that of the last checkpoint, its time the median of ten."""

    users: int
    task_managers: int
    events_per_second: float
    event_us: float  # CPU of all Flink processes
    memory_mb: float
    state_mb: float
    user_bytes: float
    checkpoint_ms: float


def job_cost(
    place: Place, name: str, users: int, timed: int, task_managers: int, settings: dict[str, str], *, even: bool
) -> JobCost:
    """Fill the state with one event of each user, then time so many events more; `settings` as for `--set`."""
    events = stream(users, timed, PARTITIONS, even=even)
    topics = place.topics(name)
    with place.sender(topics["EVENTS_TOPIC"], events, name) as sender:
        assert sender.wait(SEND_SECONDS_MAX) == 0, "the events could not be sent"
    spec = ENGINES["ours-eo-2" if task_managers == 2 else "ours-eo"]
    job = place.job(spec, name, topics, TURNING, EVENT_TIME_RACES | settings)
    Path(job.folder).mkdir()
    with (
        place.reading(job.changes) as arrivals,
        OurJob(job) as engine,
    ):
        _wait_for_marks(arrivals, engine, users + timed)
        size, milliseconds = _checkpoints(engine)
    found = rate(arrivals.all, events, PARTITIONS, max(users, WARM_MIN) / (users + timed))
    cpu = engine.watch.cpu_between(found.start, found.end)
    return JobCost(
        users=users,
        task_managers=task_managers,
        events_per_second=found.per_second,
        event_us=1e6 * cpu / found.events,
        memory_mb=engine.watch.peak_mb(),
        state_mb=size / 1e6,
        user_bytes=size / users,
        checkpoint_ms=milliseconds,
    )


def _wait_for_marks(arrivals: Arrivals, engine: OurJob, first: int) -> None:
    """Wait for the changes of the last event of each partition; the caller limits the time."""
    missing = set(range(first, first + PARTITIONS))
    while missing:
        time.sleep(0.5)
        missing -= {arrival.number for arrival in arrivals.poll() if arrival.number is not None}
        engine.check()


def _checkpoints(engine: OurJob) -> tuple[float, float]:
    """Give the size of the state and the time from a checkpoint's beginning to its end."""
    told = engine.told("checkpoints")  # the last ten
    done = [each for each in told["history"] if each["status"] == "COMPLETED"]
    return done[0]["state_size"], statistics.median(each["end_to_end_duration"] for each in done)
