"""A process that notes each change when a read_committed consumer sees it: JSON lines, until it is ended.

Arguments: brokers, topic, partitions, file. A line: when the broker took it, when it was seen (ms), the record.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition


def main(bootstrap: str, topic: str, partitions: int, file: Path) -> None:
    settings = {"isolation.level": "read_committed", "enable.auto.commit": False, "fetch.wait.max.ms": 100}
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": f"{topic}-reader", **settings})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
    with file.open("wb") as out:
        while True:
            messages = consumer.consume(1, 0.5)  # returns with the first; with more it would wait for them
            if messages:
                messages += consumer.consume(10_000, 0)
            now = time.time() * 1_000
            for message in messages:
                assert message.error() is None, message.error()
                out.write(b"%d %.3f %s\n" % (message.timestamp()[1], now, message.value()))
            if messages:
                out.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))
