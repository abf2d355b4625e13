"""`${NAME:-default}` in DDL files, options that are left out, and the connectors that a file needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from livesegments.core.errors import EdgeError
from livesegments.flink.configuration import latest_checkpoint
from livesegments.flink.connectors import needed_connectors
from livesegments.flink.edges import packaged_edge, read_edges
from livesegments.flink.extract import _edge

TABLE = "CREATE TABLE t (payload BYTES) WITH ('topic' = '{}', 'a' = '1' , 'b.c' = '${{B:-}}',\n 'd' = '${{D:-}}' )"


def filled(folder: Path, text: str, **variables: str) -> str:
    file = folder / "edges.sql"
    file.write_text(text)
    (statement,) = read_edges(file, variables).statements
    return statement.text


@pytest.mark.parametrize(
    ("text", "variables", "expected"),
    [
        ("CREATE ${X:-it}", {}, "CREATE it"),
        ("CREATE ${X:-it}", {"X": ""}, "CREATE it"),
        ("CREATE ${X:-it}", {"X": "a'b"}, "CREATE a''b"),
        ("CREATE ${X:-}", {}, "CREATE"),
        ("CREATE ${X:-a:-b}", {}, "CREATE a:-b"),
    ],
)
def test_a_variable_may_have_a_default(tmp_path: Path, text: str, variables: dict[str, str], expected: str) -> None:
    assert filled(tmp_path, text, **variables).rstrip() == expected


def test_a_variable_given_by_hand_must_be_read(tmp_path: Path) -> None:
    kafka = packaged_edge("kafka.sql")
    told = r'--set KAFKA_BOOTSTRAP_SERVERS: .* found another; did you mean "KAFKA_BOOTSTRAP"'
    with pytest.raises(EdgeError, match=told):
        read_edges(kafka, {}, ["KAFKA_BOOTSTRAP_SERVERS"])
    (tmp_path / "edges.sql").write_text("CREATE TABLE t (payload BYTES) -- not ${BROKER}")
    with pytest.raises(EdgeError, match=r"--set BROKER: required .*\(it reads none\)"):
        read_edges(tmp_path / "edges.sql", {}, ["BROKER"])
    read_edges(kafka, {}, ["KAFKA_BOOTSTRAP", "KAFKA_USERNAME"])  # the second is one that the tools read


def test_an_option_that_is_an_empty_variable_is_left_out(tmp_path: Path) -> None:
    text = TABLE.format("${TOPIC}")
    both = filled(tmp_path, text, TOPIC="x", B="2", D="3")
    assert both == "CREATE TABLE t (payload BYTES) WITH ('topic' = 'x', 'a' = '1' , 'b.c' = '2',\n 'd' = '3' )"
    one = filled(tmp_path, text, TOPIC="x", D="3")
    assert one == "CREATE TABLE t (payload BYTES) WITH ('topic' = 'x', 'a' = '1' ,\n 'd' = '3' )"
    none = filled(tmp_path, text, TOPIC="x", B="")
    assert none == "CREATE TABLE t (payload BYTES) WITH ('topic' = 'x', 'a' = '1'  )"


def test_a_variable_without_default_or_value_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(EdgeError, match=r"edges.sql:1: \$\{TOPIC\} has no value; give one with --set TOPIC="):
        filled(tmp_path, TABLE.format("${TOPIC}"))


def test_an_edge_says_which_connectors_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
    for name in ("kafka.sql", "kafka-record-time.sql"):
        edges = read_edges(packaged_edge(name), {"KAFKA_BOOTSTRAP": "broker:9092"})
        assert needed_connectors(edges) == ["org.apache.flink:flink-sql-connector-kafka:5.0.0-2.2"]
        text = "".join(statement.text for statement in edges.statements)
        assert "sasl" not in text
        assert "ssl" not in text
    files = read_edges(packaged_edge("files.sql"), {"EVENTS": "e", "OUT": "o"})
    assert needed_connectors(files) == []


def test_brokers_are_waited_for_nearly_as_long_as_they_keep_a_transaction() -> None:
    files = [file for file in packaged_edge("").iterdir() if "'connector' = 'kafka'" in file.read_text()]
    assert len(files) == 5
    for file in files:
        statements = read_edges(file, {"ORDERS_TOPIC": "orders", "CHANGES_OF_ORDERS": "changes"}).statements
        texts = [statement.text for statement in statements]
        kept_ms = [_milliseconds(text)["transaction.timeout.ms"] for text in texts if "transactional-id" in text]
        for text in texts:
            if "bootstrap.servers" in text:
                expected = {"default.api.timeout.ms"}  # of what reads
                if kept_ms and text.startswith("CREATE TABLE kafka"):  # of what writes
                    expected |= {"max.block.ms", "delivery.timeout.ms"}
                assert _milliseconds(text).keys() == expected, file
                waits_ms = _milliseconds(text).values()
                assert min(waits_ms) >= 600_000
                assert max(waits_ms) <= max(kept_ms, default=900_000) - 120_000  # the next checkpoint may take so long


def test_convert_waits_for_brokers_for_half_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_WAIT_MS", "3600000")  # that is the job's
    given = {"ORDERS_TOPIC": "orders"}
    for settings, expected in ((given, 30_000), ({**given, "KAFKA_WAIT_MS": "60000"}, 60_000)):
        edge = _edge(packaged_edge("avro.sql"), None, settings, tmp_path, print)
        assert _milliseconds(edge.statements[0].text) == {"default.api.timeout.ms": expected}


def _milliseconds(text: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"'properties\.([\w.]+\.ms)' = '(\d+)'", text)}


def test_the_newest_complete_checkpoint_is_gone_on_from(tmp_path: Path) -> None:
    assert latest_checkpoint(tmp_path / "none") is None
    for number, content in [(7, "x"), (8, "y"), (9, "")]:
        folder = tmp_path / "job" / f"chk-{number}"
        folder.mkdir(parents=True)
        (folder / "_metadata").write_text(content)
    assert latest_checkpoint(tmp_path) == (tmp_path / "job" / "chk-8").as_uri()
