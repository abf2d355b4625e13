"""The warehouse edges: PostgreSQL fed from Kafka, Parquet files from a file of events."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from databases import Database, running_database
from flink_cluster import ROOT
from long_stream import TEXT, long_stream, replayed
from shop_topics import ShopTopics
from test_embedded_live import running
from test_refusals import COMMAND

from livesegments.core.times import parse_time

EDGES = ROOT / "flink-conf" / "edges"


@pytest.mark.kafka
def test_postgresql_has_changes_profiles_and_bad_events(topics: Callable[..., ShopTopics], tmp_path: Path) -> None:
    shop = topics(2)
    stream = list(long_stream(500, 20, seed=8))
    last_ms = parse_time(json.loads(stream[-1][1])["timestamp"])
    expected, _ = replayed([event for _, event in stream], last_ms - 1_000)
    (tmp_path / "segments.yaml").write_text(TEXT)
    erase = json.dumps({**json.loads(stream[-1][1]), "type": "erase", "messageId": "e", "userId": "u0"}).encode()
    shop.send(*(event for _, event in stream), erase)
    with shop.producer() as send:
        send(b"garbage", "u1")
    with running_database() as database:
        database.run(EDGES / "postgres-tables.sql")
        variables = {
            **shop.variables,
            "POSTGRES_URL": database.url,
            "POSTGRES_USER": "shop",
            "POSTGRES_PASSWORD": "any",
        }
        arguments = ("--config", str(tmp_path / "segments.yaml"))
        left = {user for user, _ in stream} - {"u0"}

        def is_all_there() -> bool:
            """Look at all tables: each is written in its own time."""
            found = changes_in(database)
            return (
                database.ask("SELECT count(*) FROM changes WHERE record ->> 'type' LIKE '%erased%'") == "1"
                and database.ask("SELECT count(*) FROM bad_events") == "1"
                and all(len(found.get(user, ())) >= len(records) for user, records in expected.items())
                and users_in(database) == left
            )

        with running(EDGES / "postgres.sql", variables, *arguments) as process:
            deadline = time.monotonic() + 300
            while not is_all_there():
                assert process.poll() is None, "the run ended"
                assert time.monotonic() < deadline, users_in(database) ^ left
                time.sleep(0.5)
        found = changes_in(database)
        assert {user: found[user][: len(records)] for user, records in expected.items()} == expected
        assert users_in(database) == left
        assert database.ask("SELECT letter ->> 'reason' FROM bad_events") == "invalid_json"


def changes_in(database: Database) -> dict[str, list[bytes]]:
    """Give the changes of each user, by their numbers: tables have no order."""
    number = "(convert_from(payload, 'UTF8')::json -> 'data' ->> 'sequence')::int"
    columns = "user_key || '|' || convert_from(payload, 'UTF8')"
    found: dict[str, list[bytes]] = {}
    for row in database.ask(f"SELECT {columns} FROM segment_changes ORDER BY {number}").splitlines():
        user, _, record = row.partition("|")
        found.setdefault(user, []).append(record.encode())
    return found


def users_in(database: Database) -> set[str]:
    return set(database.ask("SELECT user_id FROM profile_documents").splitlines())


@pytest.mark.flink
def test_parquet_files_hold_the_changes_of_replay(tmp_path: Path) -> None:
    from pyarrow import parquet  # comes with PyFlink

    stream = list(long_stream(500, 20, seed=9))
    (tmp_path / "events.jsonl").write_bytes(b"\n".join(event for _, event in stream) + b"\nbad\n")
    (tmp_path / "segments.yaml").write_text(TEXT)
    expected, documents = replayed(
        [event for _, event in stream], max(parse_time(json.loads(e)["timestamp"]) for _, e in stream)
    )
    command = [COMMAND, "run", "--edges", str(EDGES / "parquet.sql"), "--events", str(tmp_path / "events.jsonl")]
    arguments = ["--out", str(tmp_path / "out"), "--config", str(tmp_path / "segments.yaml")]
    subprocess.run([*command, *arguments], check=True, capture_output=True, timeout=240)
    changes: dict[str, list[bytes]] = {}
    for row in parquet.read_table(tmp_path / "out" / "segment-changes").to_pylist():
        changes.setdefault(row["user_key"], []).append(row["payload"])
    assert changes == expected
    profiles = parquet.read_table(tmp_path / "out" / "profiles").to_pylist()
    assert {row["user_key"]: row["payload"] for row in profiles} == documents
    assert parquet.read_table(tmp_path / "out" / "dead-letters").num_rows == 1
