"""The broker is away under load for longer than a sink waits by Kafka's own limit: the job waits and goes on."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flink_cluster import FlinkCluster
from flink_jobs import FlinkJob
from long_stream import END_GAP_MS, TEXT, end_event, long_stream, replayed
from senders import Sender
from shop_topics import ShopTopics, check_events, check_results

from brokers import Broker
from livesegments.core.times import format_time, parse_time

pytestmark = pytest.mark.kafka

EVENTS = 12_000
SECONDS = 20
AWAY_SECONDS = 65  # by Kafka's max.block.ms a sink gives up after 60; other limits: flink/test_edge_variables.py
IDLE_SECONDS = AWAY_SECONDS + 50
"""Longer than the broker is away, which takes up to 40 s to start on a busy machine.

Where it takes longer still, all sources are idle when it is back, and event time waits for them once more.
"""


def test_nothing_is_lost_or_late_when_the_broker_was_away(
    cluster: FlinkCluster, broker: Broker, topics: Callable[..., ShopTopics], tmp_path: Path
) -> None:
    shop = topics(settings={"livesegments.watermark.idle-ms": str(1_000 * IDLE_SECONDS)})
    stream = list(long_stream(EVENTS, 500, seed=5))
    end_ms = parse_time(json.loads(stream[-1][1])["timestamp"]) + END_GAP_MS
    ends = [end_event(partition, end_ms) for partition in range(shop.partitions)]
    definition = tmp_path / "segments.yaml"
    definition.write_text(TEXT)
    cluster.have_task_managers(2)
    with FlinkJob(cluster, definition, shop.variables) as job:
        sender = Sender(shop, stream, ends, SECONDS)
        sender.start()
        shop.wait("segment-changes", lambda rows: len(rows) > 100)
        before = sender.sent
        broker.stop()
        back = time.monotonic() + AWAY_SECONDS
        expected, documents = replayed([event for _, event in stream] + ends, end_ms)
        time.sleep(max(0.0, back - time.monotonic()))
        broker.start()
        assert before < EVENTS
        sender.release()
        sender.join()
        wanted = sum(map(len, expected.values()))
        shop.wait("segment-changes", lambda rows: len(rows) >= wanted, seconds=2 * IDLE_SECONDS + 60)
        shop.wait_for_profiles(lambda found: found == documents)
        job.next_checkpoint()
        assert job.restarts() == 0  # it waited
    check_events(shop, stream)
    check_results(shop, expected, documents, format_time(end_ms))
    shop.close()
    gc.collect()  # while those warnings are passed over
