"""Load: events sent at an even rate while a test does something else."""

from __future__ import annotations

import json
import threading
import time

from shop_topics import ShopTopics

LAST_PART = 0.3
LAST_PART_SECONDS = 300  # longer than any test needs, and so fast that no partition seems idle


class Sender(threading.Thread):
    """Sends events at an even rate, then the events that end time.

    The last part of them trickles until `release` is called: events flow for as long as the test needs.
    """

    def __init__(self, topics: ShopTopics, stream: list[tuple[str, bytes]], ends: list[bytes], seconds: float) -> None:
        super().__init__(daemon=True)
        self.topics, self.stream, self.ends, self.seconds = topics, stream, ends, seconds
        self.is_released = threading.Event()
        self.sent = 0

    def release(self) -> None:
        """Send the rest at once."""
        self.is_released.set()

    def run(self) -> None:
        at = time.monotonic()
        step = self.seconds / len(self.stream)
        last, slow = (1 - LAST_PART) * len(self.stream), LAST_PART_SECONDS / (LAST_PART * len(self.stream))
        with self.topics.producer() as send:
            for user, event in self.stream:
                send(event, user)
                self.sent += 1
                at += 0 if self.is_released.is_set() else step if self.sent < last else slow
                ahead = at - time.monotonic()
                if ahead > 0.01:
                    self.is_released.wait(ahead)
            for partition, event in enumerate(self.ends):
                send(event, json.loads(event)["userId"], partition)
