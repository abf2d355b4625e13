"""Sinks that wait longer than brokers keep a transaction, or too short for Kafka, are refused before the job starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from livesegments.core.errors import EdgeError
from livesegments.flink.waits import check_waits
from livesegments.kafka.edge_topics import table_options

EDGES = Path(__file__).parents[2] / "flink-conf" / "edges"


def options(edge: str, variables: dict[str, str]) -> dict[str, dict[str, str]]:
    """Give the options of each table of an edge."""
    return table_options((EDGES / edge).read_text(), variables)


def test_the_packaged_edge_is_right() -> None:
    tables = options("kafka.sql", {})
    assert tables["segment_changes"]["properties.delivery.timeout.ms"] == "720000"
    check_waits("kafka.sql", tables)


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({"KAFKA_WAIT_MS": "900000"}, r"required properties\.max\.block\.ms .* \(900000\), .* found 900000"),
        ({"KAFKA_TRANSACTION_TIMEOUT_MS": "60000"}, r"delivery\.timeout\.ms .* \(60000\), .* found 720000"),
        ({"KAFKA_WAIT_MS": "30004"}, r"delivery\.timeout\.ms .* of at least 30005: .* found 30004"),
    ],
)
def test_a_wait_that_loses_or_cannot_be_is_refused(variables: dict[str, str], found: str) -> None:
    with pytest.raises(EdgeError, match=found) as error:
        check_waits("kafka.sql", options("kafka.sql", variables))
    tables = {"`segment_changes`", "`dead_letters`"}
    assert all(tables <= set(line.split(": ")[1].split(", ")) for line in str(error.value).splitlines())


def test_the_least_wait_that_kafka_takes_is_taken() -> None:
    check_waits("kafka.sql", options("kafka.sql", {"KAFKA_WAIT_MS": "30005"}))


def test_where_no_wait_is_written_kafkas_own_counts() -> None:
    table = {
        "connector": "kafka",
        "sink.delivery-guarantee": "EXACTLY-ONCE",
        "properties.transaction.timeout.ms": "120000",
    }
    with pytest.raises(
        EdgeError, match=r"`segment_changes`: required properties\.delivery\.timeout\.ms .* found 120000"
    ):
        check_waits("mine.sql", {"segment_changes": table, "events": {"connector": "kafka"}})
    check_waits("mine.sql", {"segment_changes": {**table, "properties.transaction.timeout.ms": "120001"}})


def test_at_least_once_has_no_transaction_to_lose() -> None:
    variables = {"KAFKA_WAIT_MS": "3600000", "DELIVERY_GUARANTEE": "at-least-once"}
    tables = options("kafka.sql", variables)
    check_waits("kafka.sql", {name: tables[name] for name in ("segment_changes", "dead_letters")})
