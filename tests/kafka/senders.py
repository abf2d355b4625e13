"""Load: events sent at an even rate while a test does something else."""

from __future__ import annotations

import json
import threading
import time

from shop_topics import ShopTopics


class Sender(threading.Thread):
    """Sends events at an even rate, then the events that end time."""

    def __init__(self, topics: ShopTopics, stream: list[tuple[str, bytes]], ends: list[bytes], seconds: float) -> None:
        super().__init__(daemon=True)
        self.topics, self.stream, self.ends, self.seconds = topics, stream, ends, seconds

    def run(self) -> None:
        start = time.monotonic()
        with self.topics.producer() as send:
            for number, (user, event) in enumerate(self.stream):
                send(event, user)
                ahead = start + self.seconds * number / len(self.stream) - time.monotonic()
                if ahead > 0.01:
                    time.sleep(ahead)
            for partition, event in enumerate(self.ends):
                send(event, json.loads(event)["userId"], partition)
