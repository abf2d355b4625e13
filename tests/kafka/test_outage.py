"""The broker is away for half a minute under load: the job waits and goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flink_cluster import FlinkCluster
from flink_jobs import FlinkJob
from long_stream import END_GAP_MS, TEXT, end_event, long_stream, replayed
from senders import Sender
from shop_topics import FAST_TIME, ShopTopics, check_sequences, up_to

from brokers import Broker
from livesegments.core.times import format_time, parse_time

pytestmark = pytest.mark.kafka

EVENTS = 40_000
SECONDS = 20
AWAY_SECONDS = 30


def test_nothing_is_lost_or_late_when_the_broker_was_away(
    cluster: FlinkCluster, broker: Broker, topics: Callable[..., ShopTopics], tmp_path: Path
) -> None:
    shop = topics(settings=FAST_TIME)
    stream = list(long_stream(EVENTS, 1_000, seed=5))
    end_ms = parse_time(json.loads(stream[-1][1])["timestamp"]) + END_GAP_MS
    ends = [end_event(partition, end_ms) for partition in range(shop.partitions)]
    expected, documents = replayed([event for _, event in stream] + ends, end_ms)
    definition = tmp_path / "segments.yaml"
    definition.write_text(TEXT)
    cluster.have_task_managers(2)
    with FlinkJob(cluster, definition, shop.variables) as job:
        sender = Sender(shop, stream, ends, SECONDS)
        sender.start()
        shop.wait("segment-changes", lambda rows: len(rows) > 100)
        broker.stop()
        time.sleep(AWAY_SECONDS)
        broker.start()
        sender.join()
        wanted = sum(map(len, expected.values()))
        shop.wait("segment-changes", lambda rows: len(rows) >= wanted, seconds=90)
        shop.wait("profiles", lambda _: all(f"end-{n}" in shop.latest("profiles") for n in range(shop.partitions)))
        cluster.wait(job.is_running, "the job to run")
        time.sleep(3)
    changes = up_to(shop.by_user(), format_time(end_ms))
    check_sequences(changes)
    assert changes == expected
    assert shop.latest("profiles") == documents
    assert shop.read("dead-letters") == []
