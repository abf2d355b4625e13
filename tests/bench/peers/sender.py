"""A process that sends events: a file as fast as it goes, or its lines in a circle at an even rate until told to stop.

Arguments: a Sending as JSON. A line of the file: user, tab, event. Paced, each event has the time now; a line on stdin,
or its end, ends it; `sent` gets all that was sent.
"""

from __future__ import annotations

import select
import sys
import time
from pathlib import Path

import msgspec
from confluent_kafka import Producer

from bench.peers.events import Event
from bench.peers.settings import Sending
from livesegments.core.times import format_time


def send_all(sending: Sending, events: list[Event]) -> None:
    producer = Producer({"bootstrap.servers": sending.bootstrap, "linger.ms": 20, "batch.num.messages": 10_000})
    for event in events:
        while True:
            try:
                producer.produce(sending.topic, event.raw, event.user, event.partition(sending.partitions))
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(120) == 0


def send_paced(sending: Sending, events: list[Event]) -> None:
    settings = {"linger.ms": 0, "enable.idempotence": True, "queue.buffering.max.messages": 1_000_000}
    producer = Producer({"bootstrap.servers": sending.bootstrap, **settings})
    places = [event.partition(sending.partitions) for event in events]
    start, number = time.monotonic(), 0
    with Path(sending.sent).open("wb") as kept:
        while time.monotonic() < start + sending.seconds_max and not select.select([sys.stdin], [], [], 0.001)[0]:
            while start + number / sending.rate <= time.monotonic():
                index = number % len(events)
                user, raw = events[index]
                raw = raw.replace(b"NUMBER", b"e%d" % number, 1)
                raw = raw.replace(b"TIME", format_time(time.time_ns() // 1_000_000).encode(), 1)
                producer.produce(sending.topic, raw, user, places[index])
                kept.write(raw + b"\n")
                number += 1
            producer.poll(0)
        assert producer.flush(120) == 0


def main(sending: Sending) -> None:
    with Path(sending.file).open("rb") as file:
        pairs = (line.rstrip(b"\n").split(b"\t", 1) for line in file)
        events = [Event(user.decode(), raw) for user, raw in pairs]
    (send_paced if sending.rate else send_all)(sending, events)


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=Sending))
