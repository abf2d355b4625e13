"""What is wrong with the edges is told within 30 s, with exit code 2, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from flink_cluster import ROOT, FlinkCluster
from flink_jobs import flink_run
from shop_topics import ShopTopics

from brokers import SASL_USER, Broker
from ports import free_ports

pytestmark = pytest.mark.kafka

EDGES = ROOT / "flink-conf" / "edges" / "kafka.sql"
COMMAND = str(Path(sys.executable).parent / "livesegments")
LOGIN = (
    "org.apache.flink.kafka.shaded.org.apache.kafka.common.security.plain.PlainLoginModule required "
    'username="{}" password="{}";'
)


def refusal(edges: Path, variables: dict[str, str]) -> str:
    """Give what `livesegments run` says before it gives up."""
    settings = [word for key, value in variables.items() for word in ("--set", f"{key}={value}")]
    start = time.monotonic()
    said = subprocess.run(
        [COMMAND, "run", "--edges", str(edges), *settings],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env={key: value for key, value in os.environ.items() if not key.startswith("KAFKA_")},
    )
    assert time.monotonic() - start < 30 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # others at work
    assert said.returncode == 2, said.stderr
    assert said.stdout == ""
    assert "Traceback" not in said.stderr
    assert "\tat " not in said.stderr
    return said.stderr


@pytest.fixture(scope="module")
def unanswered() -> Iterator[tuple[str, Future[str]]]:
    """Give where nobody answers, and what a run says of it: it waits for ten seconds, while other tests go on."""
    where = f"127.0.0.1:{free_ports(1)[0]}"
    with ThreadPoolExecutor(1) as pool:
        yield where, pool.submit(refusal, EDGES, {"KAFKA_BOOTSTRAP": where})


@pytest.mark.usefixtures("unanswered")
def test_a_missing_topic_is_named(topics: Callable[..., ShopTopics]) -> None:
    found = refusal(EDGES, {**topics(1).variables, "EVENTS_TOPIC": "not-there", "PROFILES_TOPIC": "nor-this"})
    assert "table `events`: required the topic not-there, found none; `livesegments topics create` makes it" in found
    assert "table `profiles`: required the topic nor-this" in found


def test_wrong_credentials_are_told(topics: Callable[..., ShopTopics], broker: Broker) -> None:
    variables = {
        **topics(1).variables,
        "KAFKA_BOOTSTRAP": broker.sasl_bootstrap,
        "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "KAFKA_SASL_MECHANISM": "PLAIN",
        "KAFKA_SASL_JAAS_CONFIG": LOGIN.format(SASL_USER, "wrong"),
    }
    found = refusal(EDGES, variables)
    assert "refuses the credentials: Authentication failed" in found
    assert "wrong" not in found


def test_a_wrong_ddl_is_told(topics: Callable[..., ShopTopics], tmp_path: Path) -> None:
    """What else may be wrong with it is tried in tests/flink/test_edges.py."""
    text = EDGES.read_text()
    assert "'connector' = 'upsert-kafka'" in text
    (tmp_path / "edges.sql").write_text(text.replace("'connector' = 'upsert-kafka'", "'connector' = 'upsert-kafko'", 1))
    assert "upsert-kafko" in refusal(tmp_path / "edges.sql", topics(1).variables)


def test_a_broker_that_does_not_answer_is_named(unanswered: tuple[str, Future[str]]) -> None:
    where, found = unanswered[0], unanswered[1].result()
    assert found.count(f"Kafka at {where}: required an answer within 10 s, found none") == 1
    assert found.count(f"Kafka at {where}: no answer yet; trying for 10 s") == 1


def test_a_wait_that_would_lose_changes_is_refused(topics: Callable[..., ShopTopics]) -> None:
    found = refusal(EDGES, {**topics(1).variables, "KAFKA_WAIT_MS": "900000"})
    assert "`segment_changes`, `dead_letters`, `profiles`" in found
    assert "below properties.transaction.timeout.ms (900000)" in found


def test_flink_run_refuses_a_missing_topic_as_well(cluster: FlinkCluster, topics: Callable[..., ShopTopics]) -> None:
    variables = {**topics(1).variables, "EVENTS_TOPIC": "not-there"}
    settings = [word for key, value in variables.items() for word in ("--set", f"{key}={value}")]
    said = flink_run(cluster, ["--edges", str(EDGES), *settings])
    assert said.returncode != 0
    assert "required the topic not-there, found none" in said.stdout + said.stderr
