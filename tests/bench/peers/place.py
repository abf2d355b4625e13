"""Where the runs happen: a broker, its topics, a folder, and the processes that send and read."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import version
from pathlib import Path
from subprocess import Popen

import msgspec
from kafka.admin import KafkaAdminClient, NewTopic

from bench.peers.arrivals import Arrivals
from bench.peers.engines import Spec
from bench.peers.environments import CACHE, VERSIONS, environment
from bench.peers.events import Event
from bench.peers.processes import running
from bench.peers.settings import JobSettings, Sending
from broker_sets import BrokerSet
from brokers import KAFKA, Broker, running_broker
from livesegments.flink.connectors import CONNECTORS
from livesegments.kafka.topics import TOPICS

__all__ = ["PARTITIONS", "SOFTWARE", "Place", "running_place"]

PARTITIONS = 4
BY_BROKER = {"message.timestamp.type": "LogAppendTime"}  # when a change was written, also one that is seen later

SOFTWARE = ", ".join(
    [f"Flink {version('apache-flink')}", KAFKA, *CONNECTORS["kafka"], *(each[0] for each in VERSIONS.values())]
)


class Place(msgspec.Struct):
    """Where all runs happen."""

    broker: Broker | BrokerSet
    folder: Path
    environments: Path
    seconds_max: int

    def topics(self, name: str) -> dict[str, str]:
        """Make topics of this name, as our own tool does, and give them by the variable that our job knows them by."""
        names = {topic.variable: f"{name}-{topic.name}" for topic in TOPICS}
        new = [NewTopic(names[t.variable], PARTITIONS, topic_configs={**t.configs(), **BY_BROKER}) for t in TOPICS]
        admin = KafkaAdminClient(bootstrap_servers=self.broker.bootstrap)
        admin.create_topics(new)
        admin.close()
        return names

    def job(self, spec: Spec, name: str, topics: dict[str, str], definition: str, more: dict[str, str]) -> JobSettings:
        """Give what an engine is told; `more` are options of our job."""
        return JobSettings(
            bootstrap=self.broker.bootstrap,
            events=topics["EVENTS_TOPIC"],
            changes=topics["CHANGES_TOPIC"],
            group=name,
            folder=str(self.folder / name),
            partitions=PARTITIONS,
            definition=definition,
            guarantee=spec.guarantee,
            task_managers=spec.task_managers,
            with_profiles=spec.with_profiles,
            variables=topics | more,
        )

    def sender(self, topic: str, events: list[Event], name: str, rate: int = 0) -> AbstractContextManager[Popen[bytes]]:
        """Give a process that sends, and the file of what it sent."""
        file = self.folder / f"{name}.tsv"
        with file.open("wb") as out:
            out.writelines(b"%s\t%s\n" % (event.user.encode(), event.raw) for event in events)
        sending = Sending(
            bootstrap=self.broker.bootstrap,
            topic=topic,
            partitions=PARTITIONS,
            file=str(file),
            rate=rate,
            sent=str(self.folder / f"{name}.sent"),
            seconds_max=self.seconds_max,
        )
        arguments = [msgspec.json.encode(sending).decode()]
        return running(environment("tools", self.environments), "sender", arguments, self.folder / f"{name}.log")

    @contextmanager
    def reading(self, topic: str) -> Iterator[Arrivals]:
        """Give the changes of a topic while a process of its own reads them."""
        file = self.folder / f"{topic}.changes"
        arguments = [self.broker.bootstrap, topic, str(PARTITIONS), str(file)]
        log = self.folder / f"{topic}.log"
        with running(environment("tools", self.environments), "reader", arguments, log):
            yield Arrivals(file)


@contextmanager
def running_place(seconds_max: int, environments: Path = CACHE) -> Iterator[Place]:
    """Give a place with a broker of its own; all of it is gone afterwards."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that `timeout` too leaves nothing behind
    with tempfile.TemporaryDirectory(prefix="livesegments-bench-") as name:
        folder = Path(name)
        with running_broker(folder / "broker", is_brief=False) as broker:
            yield Place(broker, folder, environments, seconds_max)
