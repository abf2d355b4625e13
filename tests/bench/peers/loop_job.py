"""The plain loop: confluent-kafka and a dict of profiles in memory. Nothing is kept: the ceiling, not an engine."""

from __future__ import annotations

import sys

import msgspec
from confluent_kafka import Consumer, Producer, TopicPartition

from bench.peers.settings import JobSettings
from bench.peers.work import Work

BATCH = 1_000


def main(settings: JobSettings) -> None:
    work = Work(settings.definition)
    consumer = Consumer({"bootstrap.servers": settings.bootstrap, "group.id": settings.group})
    consumer.assign([TopicPartition(settings.events, number, 0) for number in range(settings.partitions)])
    producer = Producer({"bootstrap.servers": settings.bootstrap, "linger.ms": 1})
    profiles = {}
    while True:
        for message in consumer.consume(BATCH, 0.005):
            assert message.error() is None, message.error()
            user = message.key().decode()
            profile = profiles.get(user)
            if profile is None:
                profile = profiles[user] = work.restore(user, None)
            for change in work.changes(profile, message.value()):
                producer.produce(settings.changes, change, message.key())
        producer.poll(0)


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=JobSettings))
