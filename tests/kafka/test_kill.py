"""kill -9 of any process while events flow: the committed records equal replay's, one for one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from flink_cluster import FlinkCluster
from flink_jobs import FlinkJob
from long_stream import END_GAP_MS, TEXT, end_event, long_stream, replayed
from senders import Sender
from shop_topics import FAST_TIME, ShopTopics, check_results, each_key_once

from livesegments.core.times import format_time, parse_time
from livesegments.flink.configuration import latest_checkpoint

pytestmark = pytest.mark.kafka

EVENTS = 50_000
USERS = 1_500
SECONDS = 30
KILLS = 2  # of TaskManagers, before the JobManager; other tests kill some more


def test_nothing_is_lost_and_nothing_is_there_twice_whatever_is_killed(
    cluster: FlinkCluster, topics: Callable[..., ShopTopics], tmp_path: Path
) -> None:
    chance = random.Random(1)
    shop = topics(settings=FAST_TIME)
    stream = list(long_stream(EVENTS, USERS, seed=1))
    end_ms = parse_time(json.loads(stream[-1][1])["timestamp"]) + END_GAP_MS
    ends = [end_event(partition, end_ms) for partition in range(shop.partitions)]
    expected, documents = replayed([event for _, event in stream] + ends, end_ms)
    definition = tmp_path / "segments.yaml"
    definition.write_text(TEXT)

    cluster.have_task_managers(2)
    sender = Sender(shop, stream, ends, SECONDS)
    with FlinkJob(cluster, definition, shop.variables) as job:
        sender.start()
        for _ in range(KILLS):
            job.survive_kill(chance.randrange(2), chance.uniform(0, 2))  # anywhere between two checkpoints, or in one
        job.next_checkpoint()
        assert sender.sent < EVENTS  # all of that happened while events came
        sender.release()
        cluster.kill_job_manager()
        checkpoint = latest_checkpoint(cluster.folder / "checkpoints")
        # others take over at once: those that lost their JobManager only notice after half a minute, and come back
        cluster.start_job_manager()
        for _ in range(2):
            cluster.start_task_manager()
    assert checkpoint is not None
    cluster.wait(lambda: cluster.get("/overview")["slots-available"] >= 2, "the new TaskManagers")
    wanted = sum(map(len, expected.values()))
    with FlinkJob(cluster, definition, shop.variables, start_from=checkpoint) as job:
        sender.join()
        shop.wait("segment-changes", lambda rows: len(rows) >= wanted, seconds=150)
        shop.wait_for_profiles(lambda found: found == documents)
        cluster.wait(lambda: cluster.get("/overview")["taskmanagers"] == 4, "the old TaskManagers to come back")
        for _ in range(2):  # what would be there twice comes with a checkpoint
            job.next_checkpoint()

    check_results(shop, expected, documents, format_time(end_ms))
    assert each_key_once(shop.read("segment-changes"))
