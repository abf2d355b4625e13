"""`livesegments run --edges`: between topics until TERM, and on from where it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from shop_topics import ShopTopics
from test_refusals import COMMAND, EDGES, LOGIN

from brokers import SASL_PASSWORD, SASL_USER, Broker
from livesegments.core.times import format_time

pytestmark = pytest.mark.kafka

START_MS = 1_731_000_000_000
DAY_MS = 86_400_000
BY_TIME = """
version: 1
features: {orders: {count: Order Completed, within: 1d}}
segments: {new: {when: 'orders >= 1'}}
"""
DEFINITION = "version: 1\nfeatures: {orders: {count: Order Completed}}\nsegments: {loyal: {when: 'orders >= 2'}}\n"


@contextmanager
def running(edges: Path, variables: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Give a running `livesegments run`; it must end at once and well told when it is stopped."""
    settings = [word for key, value in variables.items() for word in ("--set", f"{key}={value}")]
    command = [COMMAND, "run", "--edges", str(edges), *arguments, *settings]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            out, said = process.communicate(timeout=40)
        finally:
            process.kill()
        print(said)  # for a test that fails
    assert out == ""
    assert "Traceback" not in said, said
    assert process.returncode == 130, said


def order(user: str, number: int) -> bytes:
    return json.dumps(
        {
            "type": "track",
            "event": "Order Completed",
            "messageId": f"m{number}",
            "userId": user,
            "timestamp": format_time(START_MS + number),
        }
    ).encode()


def test_a_run_goes_on_from_its_state(topics: Callable[..., ShopTopics], broker: Broker, tmp_path: Path) -> None:
    shop = topics(2)
    (tmp_path / "segments.yaml").write_text(DEFINITION)
    arguments = ("--config", str(tmp_path / "segments.yaml"), "--state", str(tmp_path / "state"))
    logged_in = {
        **shop.variables,
        "KAFKA_BOOTSTRAP": broker.sasl_bootstrap,
        "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "KAFKA_SASL_MECHANISM": "PLAIN",
        "KAFKA_SASL_JAAS_CONFIG": LOGIN.format(SASL_USER, SASL_PASSWORD),
    }
    shop.send(order("a", 1), order("a", 2), order("b", 3))
    with running(EDGES, logged_in, *arguments):
        shop.wait("segment-changes", lambda rows: len(rows) == 1)
        shop.wait("profiles", lambda rows: {row["user_id"] for row in rows} == {"a", "b"})
    shop.send(order("b", 4))
    with running(EDGES, shop.variables, *arguments):
        rows: list[dict[str, Any]] = shop.wait("segment-changes", lambda rows: len(rows) >= 2)
    assert [(row["id"], row["data"]["segment"]) for row in rows] == [("a:1", "loyal"), ("b:1", "loyal")]
    assert os.listdir(tmp_path / "state")


def test_the_time_of_the_record_may_be_event_time(topics: Callable[..., ShopTopics], tmp_path: Path) -> None:
    """The payloads are of one moment; time goes on by the records' times, which are two days apart."""
    shop = topics(1)
    (tmp_path / "segments.yaml").write_text(BY_TIME)
    with shop.producer() as send:
        for user, number, time_ms in (("a", 1, 0), ("b", 2, 2 * DAY_MS)):
            send(order(user, number), user, time_ms=START_MS + time_ms)
    with running(EDGES.parent / "kafka-record-time.sql", shop.variables, "--config", str(tmp_path / "segments.yaml")):
        rows: list[dict[str, Any]] = shop.wait("segment-changes", lambda rows: len(rows) >= 4)
    exits = {(row["id"], row["time"]) for row in rows if row["data"]["change"] == "exited"}
    assert exits == {("a:2", format_time(START_MS + 1 + DAY_MS)), ("b:2", format_time(START_MS + 2 + DAY_MS))}
