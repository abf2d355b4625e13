"""One of three brokers dies under load, the one that leads most: the job goes on with the others, and again with it."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest
from flink_cluster import FlinkCluster
from flink_jobs import FlinkJob
from long_stream import END_GAP_MS, TEXT, end_event, long_stream, replayed
from senders import Sender
from shop_topics import ShopTopics, check_events, check_results

from broker_sets import running_brokers
from livesegments.core.times import format_time, parse_time

pytestmark = pytest.mark.kafka

EVENTS = 12_000
SECONDS = 20
MORE = 50  # changes that must come after each step
IDLE_SECONDS = 150
"""Longer than partitions are without a leader, on a busy machine too: 10 s where there is nothing else to do.

A partition that is held up for longer no longer holds time back, and its events are then late.
"""


def test_nothing_is_lost_or_late_when_the_broker_that_leads_most_dies(cluster: FlinkCluster, tmp_path: Path) -> None:
    stream = list(long_stream(EVENTS, 500, seed=7))
    end_ms = parse_time(json.loads(stream[-1][1])["timestamp"]) + END_GAP_MS
    definition = tmp_path / "segments.yaml"
    definition.write_text(TEXT)
    cluster.have_task_managers(2)
    with running_brokers(tmp_path / "brokers") as brokers:
        shop = ShopTopics(brokers, "loss", settings={"livesegments.watermark.idle-ms": str(1_000 * IDLE_SECONDS)})
        ends = [end_event(partition, end_ms) for partition in range(shop.partitions)]
        expected, documents = replayed([event for _, event in stream] + ends, end_ms)

        def wait_for_more() -> None:
            seen = len(shop.values("segment-changes"))
            shop.wait("segment-changes", lambda rows: len(rows) >= seen + MORE)

        with FlinkJob(cluster, definition, shop.variables) as job:
            sender = Sender(shop, stream, ends, SECONDS)
            sender.start()
            wait_for_more()
            leader = brokers.brokers[brokers.leading(shop.topics.values())]
            leader.kill()
            wait_for_more()  # without it
            leader.start()
            brokers.wait_until_in_sync()
            assert sender.sent < EVENTS  # all of that happened while events came
            sender.release()
            sender.join()
            wanted = sum(map(len, expected.values()))
            shop.wait("segment-changes", lambda rows: len(rows) >= wanted)
            shop.wait_for_profiles(lambda found: found == documents)
            job.next_checkpoint()  # what would be there twice comes with it
            assert job.restarts() == 0
        check_events(shop, stream)
        check_results(shop, expected, documents, format_time(end_ms))
        shop.close()
        gc.collect()  # while those warnings are passed over
