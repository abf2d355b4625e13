"""The two runs of each engine: a backlog read as fast as it goes; and 500 events a second, with a kill -9."""

from __future__ import annotations

import signal
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from subprocess import Popen
from typing import Any, NamedTuple

from bench.peers.arrivals import Arrivals, check, latencies, rate
from bench.peers.engines import Running, Spec, running_engine
from bench.peers.events import TURNING, Event, templates
from bench.peers.place import PARTITIONS, Place
from bench.peers.work import replayed

__all__ = ["Backlog", "Figures", "delivery_run", "rate_run", "stop", "time_limit", "wait_for"]

RATE = 500
WARM = 0.2  # the first part of a backlog is not timed: Java compiles itself meanwhile, caches fill
SETTLE_SECONDS = 10  # before latency is taken
BACK_SECONDS_MAX = 120
SILENCE_SECONDS_MAX = 30  # after which what is missing counts as lost
EVENT_TIME_RACES = {"livesegments.watermark.idle-ms": "20000"}  # hours a second: who waits for its turn is not idle

Figures = dict[str, Any]
"""What a run fills in as it goes: of one that fails there is what came before."""


class Backlog(NamedTuple):
    """Events that are in a topic already, and what replay says of them."""

    topic: str
    definition: str
    events: list[Event]
    by_event: dict[str, bytes]
    by_time: dict[str, bytes]


def rate_run(place: Place, spec: Spec, backlog: Backlog, name: str, figures: Figures) -> None:
    """Read a backlog from its beginning."""
    topics = place.topics(name) | {"EVENTS_TOPIC": backlog.topic}
    job = place.job(spec, name, topics, backlog.definition, EVENT_TIME_RACES)
    with (
        place.reading(job.changes) as arrivals,
        running_engine(spec, job, place.environments) as engine,
    ):
        wait_for(arrivals, backlog.by_event.keys(), engine)
    found = rate(arrivals.all, backlog.events, PARTITIONS, WARM)
    figures["events_per_second"] = found.per_second
    figures["memory_mb"] = engine.watch.peak_mb()
    figures["rate"] = check(arrivals.all, backlog.by_event, backlog.by_time)._asdict()
    figures["cpu_seconds_per_million"] = 1e6 * engine.watch.cpu_between(found.start, found.end) / found.events


def delivery_run(place: Place, spec: Spec, seconds: int, name: str, figures: Figures) -> None:
    """Start into a stream of RATE events a second, take latencies, kill -9, and see what comes back when."""
    topics = place.topics(name)
    job = place.job(spec, name, topics, TURNING, {})
    sent = place.folder / f"{name}.sent"
    with (
        place.reading(job.changes) as arrivals,
        place.sender(job.events, templates(), name, RATE) as sender,
        running_engine(spec, job, place.environments) as engine,
    ):
        first = _next_change(arrivals, engine, after=0.0)
        figures["start_seconds"] = first - engine.started
        figures["start_submitted_seconds"] = first - engine.submitted
        time.sleep(SETTLE_SECONDS)
        start = time.time()
        time.sleep(seconds)
        end = time.time()
        time.sleep(SETTLE_SECONDS / 2)  # what was sent until `end` is there: the kill is not in the latencies
        killed = time.time()
        if spec.guarantee != "none":
            engine.kill_and_start()
            figures["back_seconds"] = _next_change(arrivals, None, after=killed) - killed
            time.sleep(SETTLE_SECONDS / 2)
        stop(sender)
        by_event, by_time = replayed(TURNING, sent.read_bytes().splitlines())
        wait_for(arrivals, by_event.keys(), engine)
    waits = latencies(arrivals.all, start, end)
    assert waits, "no change came of what was sent while latency was taken"
    figures["latencies"] = len(waits)
    figures["p50_ms"], figures["p99_ms"] = (1e3 * waits[len(waits) * part // 100] for part in (50, 99))
    figures["delivery"] = check(arrivals.all, by_event, by_time)._asdict()


def wait_for(arrivals: Arrivals, wanted: Collection[str], engine: Running) -> None:
    """Wait until all are there, or nothing has come for a while since the first came."""
    missing, heard = set(wanted) - arrivals.ids, time.monotonic()
    while missing:
        time.sleep(0.25)
        if arrivals.poll():
            missing -= arrivals.ids
            heard = time.monotonic()
        if time.monotonic() - heard > 2:
            engine.check()
        if arrivals.all and time.monotonic() - heard > SILENCE_SECONDS_MAX:
            break
    time.sleep(1)  # for what is there twice
    arrivals.poll()


def _next_change(arrivals: Arrivals, engine: Running | None, after: float) -> float:
    """Wait for a change that an event brought about which was sent after a time; give when it was seen."""
    deadline = time.monotonic() + BACK_SECONDS_MAX
    while True:
        found = [a.seen for a in arrivals.poll() if a.number is not None and a.time_ms / 1e3 > after]
        if found:
            return min(found)
        if engine is not None:
            engine.check()
        if time.monotonic() > deadline:
            raise TimeoutError(f"no change within {BACK_SECONDS_MAX} s")
        time.sleep(0.1)


def stop(sender: Popen[bytes]) -> None:
    assert sender.stdin is not None
    sender.stdin.close()
    assert sender.wait(60) == 0, "the sender failed"


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise TimeoutError in what takes longer."""

    def stop(*_: Any) -> None:
        raise TimeoutError(f"took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
