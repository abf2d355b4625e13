"""Several brokers that hold each other's records, so that one of them may die: each is a controller as well (KRaft).

    with running_brokers(tmp_path) as brokers:
        KafkaProducer(bootstrap_servers=brokers.bootstrap)
        brokers.brokers[brokers.leading(["events"])].kill()

Every topic has as many copies as there are brokers, and takes a record when all copies but one have it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError

from brokers import Broker

__all__ = ["TRANSACTIONS", "BrokerSet", "running_brokers"]

TRANSACTIONS = "__transaction_state"  # the leader of a partition of it coordinates the transactions that are in it
SYNC_SECONDS_MAX = 180
_COUNT = 3
_COPIES = (
    "default.replication.factor",
    "offsets.topic.replication.factor",
    "transaction.state.log.replication.factor",
    "share.coordinator.state.topic.replication.factor",
)
_COPIES_MIN = ("min.insync.replicas", "transaction.state.log.min.isr", "share.coordinator.state.topic.min.isr")


class BrokerSet:
    """Brokers that this process started, in folders of their own; each has the place in `brokers` as its node id."""

    def __init__(self, folder: Path, options: Mapping[str, str], *, is_brief: bool = True) -> None:
        self.brokers = [Broker(folder / str(node), {}, is_brief=is_brief) for node in range(_COUNT)]
        self.bootstrap = ",".join(broker.bootstrap for broker in self.brokers)
        copies = {name: str(_COUNT) for name in _COPIES} | {name: str(_COUNT - 1) for name in _COPIES_MIN}
        voters = ",".join(f"{node}@{broker.controller}" for node, broker in enumerate(self.brokers))
        for node, broker in enumerate(self.brokers):
            own = {"node.id": str(node), "controller.quorum.voters": voters}
            broker.configure({**copies, **own, **options})

    def start(self) -> None:
        """Start all and wait until each knows of the others; raises RuntimeError with the end of a broker's log."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Broker.format, self.brokers))
        for broker in self.brokers:
            broker.launch()
        for broker in self.brokers:
            broker.wait_until_it_answers()
        self._wait(lambda admin: len(admin.describe_cluster()["brokers"]) == _COUNT, "all brokers to be known")

    def kill(self) -> None:
        """Kill all that run."""
        for broker in self.brokers:
            broker.kill()

    def leading(self, topics: Iterable[str]) -> int:
        """Give which broker leads most partitions of these topics."""
        leaders: Counter[int] = Counter()

        def count(admin: Any) -> bool:
            leaders.clear()
            found = admin.describe_topics(list(topics))
            leaders.update(partition["leader_id"] for topic in found for partition in topic["partitions"])
            return bool(leaders) and -1 not in leaders

        self._wait(count, "leaders")
        return leaders.most_common(1)[0][0]

    def wait_until_in_sync(self) -> None:
        """Wait until every broker has a copy of all there is."""

        def is_in_sync(admin: Any) -> bool:
            partitions = [partition for topic in admin.describe_topics() for partition in topic["partitions"]]
            return all(len(partition["isr_nodes"]) == _COUNT for partition in partitions)

        self._wait(is_in_sync, "every broker to have all")

    def _wait(self, is_so: Callable[[Any], bool], what: str) -> None:
        """Ask until it is so; what a broker that is away or has just come does not answer counts as not yet."""
        deadline = time.monotonic() + SYNC_SECONDS_MAX
        while True:
            try:
                admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
                try:
                    if is_so(admin):
                        return
                finally:
                    admin.close()
            except KafkaError:
                pass
            assert time.monotonic() < deadline, f"waited {SYNC_SECONDS_MAX} s for {what}"
            time.sleep(0.2)


@contextmanager
def running_brokers(
    folder: Path, options: Mapping[str, str] | None = None, *, is_brief: bool = True
) -> Iterator[BrokerSet]:
    """Give three running brokers and end them; `options` are added to each one's server.properties."""
    brokers = BrokerSet(folder, options or {}, is_brief=is_brief)
    try:
        brokers.start()
        yield brokers
    finally:
        brokers.kill()
