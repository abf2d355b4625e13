"""Bench of the job between topics of three brokers: how long changes pause when one is lost, and what is lost with it.

    PYTHONPATH=tests:tests/kafka uv run --no-sync python tests/bench/broker_loss.py [--losses leader rolling ...]

Starts brokers and a session cluster of its own, sends events at an even rate, and compares what a read_committed
consumer sees with replay: lost, twice, other than replay says, and out of each user's order. The pause is the longest
time from sending an event to seeing its change.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bench.peers.arrivals import Arrival, Arrivals, check, latencies
from bench.peers.engines import ENGINES
from bench.peers.environments import CACHE
from bench.peers.events import TURNING, templates
from bench.peers.our_job import OurJob
from bench.peers.place import SOFTWARE, Place
from bench.peers.runs import stop, wait_for
from bench.peers.watch import machine
from bench.peers.work import replayed
from broker_sets import TRANSACTIONS, BrokerSet, running_brokers
from brokers import Broker

RATE = 1_000
STEADY_SECONDS = 10
AWAY_SECONDS = 20  # a broker that is killed is missed after 9


class Loss(NamedTuple):
    """Does one kind of harm and mends it; which brokers, it chooses itself."""

    brokers: BrokerSet
    job: OurJob
    topics: list[str]
    away: float

    def leader(self) -> None:
        """Kill the broker that leads most partitions, and start it later."""
        self._away(self.brokers.leading(self.topics))

    def coordinator(self) -> None:
        """Kill the broker that coordinates most transactions, and start it later."""
        self._away(self.brokers.leading([TRANSACTIONS]))

    def rolling(self) -> None:
        """Stop each broker in turn as an operator does, and start it again at once."""
        for broker in self.brokers.brokers:
            broker.stop()
            broker.start()
            self.brokers.wait_until_in_sync()

    def task_manager(self) -> None:
        """Kill the broker that leads most partitions and a TaskManager at once; start both later."""
        node = self.brokers.leading(self.topics)
        self.brokers.brokers[node].kill()
        self.job.kill_and_start()
        time.sleep(self.away)
        self._start(node)

    def frozen(self) -> None:
        """Have the broker that leads most partitions stand still, and let it go on when others have taken over."""
        process = self.brokers.brokers[self.brokers.leading(self.topics)].process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        time.sleep(self.away)
        process.send_signal(signal.SIGCONT)
        self.brokers.wait_until_in_sync()

    def two(self) -> None:
        """Kill two of three: nobody may take a record until one is back."""
        self._all_away(self.brokers.brokers[:2])

    def all(self) -> None:
        """Kill all."""
        self._all_away(self.brokers.brokers)

    def rest(self, seconds: float) -> None:
        """Wait, and start TaskManagers that have ended by themselves, as Docker and Kubernetes do."""
        cluster, end = self.job.cluster, time.monotonic() + seconds
        while time.monotonic() < end:
            for process in [each for each in cluster.task_managers if each.poll() is not None]:
                cluster.task_managers.remove(process)
                cluster.start_task_manager()
            time.sleep(1)

    def _all_away(self, brokers: Sequence[Broker]) -> None:
        for broker in brokers:
            broker.kill()
        self.rest(self.away)
        for broker in brokers:
            broker.launch()
        for broker in brokers:
            broker.wait_until_it_answers()
        self.brokers.wait_until_in_sync()

    def _away(self, node: int) -> None:
        self.brokers.brokers[node].kill()
        time.sleep(self.away)
        self._start(node)

    def _start(self, node: int) -> None:
        self.brokers.brokers[node].start()
        self.brokers.wait_until_in_sync()


LOSSES = ("leader", "coordinator", "rolling", "task_manager", "frozen", "two", "all")


def out_of_order(arrivals: Sequence[Arrival]) -> int:
    """Count changes whose user's number is not the one after the last."""
    last: dict[str, int] = {}
    count = 0
    for arrival in arrivals:
        user, _, number = arrival.id.rpartition(":")
        count += int(number) != last.get(user, 0) + 1
        last[user] = int(number)
    return count


def pause(arrivals: Arrivals, start: float, end: float) -> str:
    """Say how old changes were of what was sent between two times, and for how long none came at all."""
    arrivals.poll()
    seen = sorted({start, *(arrival.seen for arrival in arrivals.all if start <= arrival.seen)})
    silence = max((after - before for before, after in pairwise(seen)), default=0.0)
    ages = latencies(arrivals.all, start, end)
    oldest = f"at most {ages[-1]:.1f} s old, {ages[len(ages) // 2]:.1f} in the median" if ages else "none"
    return f"changes {oldest}; no change for {silence:.1f} s"


def lose(place: Place, job: OurJob, arrivals: Arrivals, topics: list[str], wanted: argparse.Namespace) -> None:
    """Bring about each loss, one after the other."""
    assert isinstance(place.broker, BrokerSet)
    loss = Loss(place.broker, job, topics, wanted.away)
    arrivals.poll()
    while not arrivals.all:
        time.sleep(0.5)
        arrivals.poll()
    for name in wanted.losses:
        time.sleep(STEADY_SECONDS)
        start = time.time()
        print(f"before: {pause(arrivals, start - STEADY_SECONDS / 2, start - 3)}", flush=True)
        getattr(loss, name)()
        mended = time.time()
        arrivals.poll()
        seen = len(arrivals.all)
        while len(arrivals.all) < seen + wanted.rate:  # until it has gone on
            loss.rest(1)
            arrivals.poll()
        loss.rest(STEADY_SECONDS)
        end = time.time()
        loss.rest(STEADY_SECONDS)
        said = f"{pause(arrivals, start, end)}; all in sync after {mended - start:.1f} s"
        failed = job.cluster.metric("failedCommittables")
        print(f"{name}: {said}; {restarts(job)} restarts so far, {failed:g} commits failed since", flush=True)


def restarts(job: OurJob) -> int | str:
    with suppress(OSError, ValueError):
        return job.job.restarts()
    return "?"


def run(place: Place, wanted: argparse.Namespace) -> None:
    spec = ENGINES["ours-eo-profiles-2" if wanted.task_managers == 2 else "ours-eo-profiles"]
    topics = place.topics("loss")
    more = dict(each.split("=", 1) for each in wanted.set)
    settings = place.job(spec, "loss", topics, TURNING, more)
    Path(settings.folder).mkdir()
    sent = place.folder / "loss.sent"
    with (
        place.reading(settings.changes) as arrivals,
        place.sender(settings.events, templates(), "loss", wanted.rate) as sender,
        OurJob(settings) as job,
    ):
        lose(place, job, arrivals, [settings.events, settings.changes], wanted)
        stop(sender)
        by_event, by_time = replayed(TURNING, sent.read_bytes().splitlines())
        wait_for(arrivals, by_event.keys(), job)
        told = check(arrivals.all, by_event, by_time)._asdict()
        print(f"{told}, out of order or with a gap: {out_of_order(arrivals.all)}; {restarts(job)} restarts")


@contextmanager
def place_of_three(seconds_max: int) -> Iterator[Place]:
    """Give a place with three brokers; all of it is gone afterwards."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="livesegments-bench-") as name:
        folder = Path(name)
        with running_brokers(folder / "brokers") as brokers:
            yield Place(brokers, folder, CACHE, seconds_max)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--losses", nargs="*", choices=LOSSES, default=LOSSES)
    parser.add_argument("--rate", type=int, default=RATE)
    parser.add_argument("--away", type=float, default=AWAY_SECONDS)
    parser.add_argument("--task-managers", type=int, choices=(1, 2), default=2)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="of kafka.sql or the job")
    wanted = parser.parse_args()
    print(f"{machine()}\n{SOFTWARE}, {wanted.rate} events/s", flush=True)
    with place_of_three(seconds_max=1_200) as place:
        run(place, wanted)


if __name__ == "__main__":
    main()
