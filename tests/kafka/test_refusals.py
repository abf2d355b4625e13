"""What is wrong with the edges is told with exit code 2, and no traceback; that nobody answers, within 30 s."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from flink_cluster import ROOT, FlinkCluster
from flink_jobs import flink_run
from shop_topics import ShopTopics

from brokers import SASL_USER, Broker
from ports import free_ports
from timed_process import run_timed

pytestmark = pytest.mark.kafka

EDGES = ROOT / "flink-conf" / "edges" / "kafka.sql"
RUN_SECONDS_MAX = 240  # a few seconds of work, most of them to load Java and PyFlink
COMMAND = str(Path(sys.executable).parent / "livesegments")
LOGIN = (
    "org.apache.flink.kafka.shaded.org.apache.kafka.common.security.plain.PlainLoginModule required "
    'username="{}" password="{}";'
)


def refusal(edges: Path, variables: dict[str, str]) -> str:
    """Give what `livesegments run` says before it gives up."""
    return "".join(line for _, line in timed_refusal(edges, variables))


def timed_refusal(edges: Path, variables: dict[str, str]) -> list[tuple[float, str]]:
    """Give the lines that `livesegments run` says before it gives up, each with the second in which it is said."""
    settings = [word for key, value in variables.items() for word in ("--set", f"{key}={value}")]
    env = {key: value for key, value in os.environ.items() if not key.startswith("KAFKA_")}
    found = run_timed([COMMAND, "run", "--edges", str(edges), *settings], env, RUN_SECONDS_MAX)
    assert found.code == 2, found.err
    assert found.out == ""
    assert "Traceback" not in found.err
    assert "\tat " not in found.err
    return found.lines


@pytest.fixture(scope="module")
def unanswered() -> Iterator[tuple[str, Future[list[tuple[float, str]]]]]:
    """Give where nobody answers, and what a run says of it: it waits for ten seconds, while other tests go on."""
    where = f"127.0.0.1:{free_ports(1)[0]}"
    with ThreadPoolExecutor(1) as pool:
        yield where, pool.submit(timed_refusal, EDGES, {"KAFKA_BOOTSTRAP": where})


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


def test_a_broker_that_does_not_answer_is_named(unanswered: tuple[str, Future[list[tuple[float, str]]]]) -> None:
    where, found = unanswered[0], unanswered[1].result()
    (given_up,) = (at for at, line in found if f"Kafka at {where}: required an answer within 10 s, found none" in line)
    (begun,) = (at for at, line in found if f"Kafka at {where}: no answer yet; trying for 10 s" in line)
    assert given_up - begun < 30


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
