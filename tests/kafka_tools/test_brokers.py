"""The broker that the Kafka tests run against."""

from __future__ import annotations

from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient

from brokers import running_broker

pytestmark = pytest.mark.kafka


def test_broker_keeps_its_ports_and_records_over_a_kill_and_a_restart(tmp_path: Path) -> None:
    with running_broker(tmp_path) as broker:
        bootstrap = broker.bootstrap
        admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        admin.create_topics({"kept": {"num_partitions": 1, "replication_factor": 1}})
        admin.close()
        producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
        producer.send("kept", b"one").get(timeout=20)
        producer.close()
        broker.kill()
        assert broker.process is None
        broker.restart()
        assert broker.bootstrap == bootstrap
        consumer = KafkaConsumer(
            "kept", bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=20_000
        )
        assert next(consumer).value == b"one"
        consumer.close()
