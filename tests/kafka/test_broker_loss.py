"""One of three brokers dies under load, the one that leads most: the job goes on with the others, and again with it."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest
from flink_cluster import FlinkCluster
from flink_jobs import FlinkJob
from long_stream import long_stream, replayed
from senders import Sender
from shop_topics import ShopTopics, check_events, check_results

from broker_sets import running_brokers
from livesegments.core.times import format_time, parse_time

pytestmark = pytest.mark.kafka

EVENTS = 12_000
SECONDS = 20
MORE = 50  # changes that must come after each step
TIMELESS = """
version: 1
features:
  orders: {count: Order Completed}
  views: {count: Product Viewed}
  revenue: {sum: Order Completed, of: revenue}
  brand: {last: Order Completed, of: brand}
segments:
  buyers: {when: 'orders >= 1', kind: static}
  browsing: {when: 'views > 4 * orders'}
  spenders: {when: 'revenue >= 60'}
  first: {when: 'brand == "b0"'}
  second: {when: 'brand == "b1"'}
  third: {when: 'brand == "b2"'}
  fourth: {when: 'brand == "b3"'}
"""
"""Nothing changes with time alone, so it does not matter how long partitions are without a leader: none is late.

Time is in test_outage.py; it would take this test minutes longer than a slow machine takes to choose other leaders.
"""


def test_nothing_is_lost_or_twice_when_the_broker_that_leads_most_dies(cluster: FlinkCluster, tmp_path: Path) -> None:
    stream = list(long_stream(EVENTS, 500, seed=7))
    end_ms = parse_time(json.loads(stream[-1][1])["timestamp"])
    expected, documents = replayed([event for _, event in stream], end_ms, TIMELESS)
    definition = tmp_path / "segments.yaml"
    definition.write_text(TIMELESS)
    cluster.have_task_managers(2)
    with running_brokers(tmp_path / "brokers") as brokers:
        shop = ShopTopics(brokers, "loss")

        def wait_for_more() -> None:
            seen = len(shop.values("segment-changes"))
            shop.wait("segment-changes", lambda rows: len(rows) >= seen + MORE)

        with FlinkJob(cluster, definition, shop.variables) as job:
            sender = Sender(shop, stream, [], SECONDS)
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
