"""Edges of other shapes on Kafka: Avro with its own columns, and Debezium's changes of a table, to segment changes."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fastavro
import pytest
from shop_topics import ShopTopics
from test_refusals import COMMAND, EDGES

pytestmark = pytest.mark.kafka

START = datetime(2024, 3, 1, 10, tzinfo=UTC)
DEFINITION = """
version: 1
features:
  revenue: {sum: Order Completed, of: revenue}
  boots: {count: Order Completed, where: '"BrandA" in products.brand'}
segments:
  big: {when: 'revenue >= 100'}
  of_brand: {when: 'boots >= 1'}
"""
ITEM = {
    "type": "record",
    "name": "record_items",
    "fields": [
        {"name": "sku", "type": ["null", "string"]},
        {"name": "brand", "type": ["null", "string"]},
        {"name": "price", "type": ["null", "double"]},
        {"name": "quantity", "type": ["null", "int"]},
    ],
}
SCHEMA = {
    "type": "record",
    "name": "record",
    "fields": [
        {"name": "order_id", "type": ["null", "string"]},
        {"name": "customer", "type": ["null", "string"]},
        {"name": "placed_at", "type": ["null", {"type": "long", "logicalType": "timestamp-millis"}]},
        {"name": "total", "type": ["null", "double"]},
        {"name": "currency", "type": ["null", "string"]},
        {
            "name": "items",
            "type": ["null", {"type": "array", "items": ["null", ITEM]}],
        },
    ],
}


def avro_order(number: int, customer: str | None, total: float) -> bytes:
    items = [{"sku": "b1", "brand": "BrandA" if total > 50 else "BrandB", "price": total, "quantity": 1}]
    record = {
        "order_id": f"o{number}",
        "customer": customer,
        "placed_at": START + timedelta(minutes=number),
        "total": total,
        "currency": "CHF",
        "items": items,
    }
    output = io.BytesIO()
    fastavro.schemaless_writer(output, fastavro.parse_schema(SCHEMA), record)
    return output.getvalue()


def debezium_change(number: int, op: str, customer: str, total: float, *, enveloped: bool) -> bytes:
    created_ms = int((START + timedelta(minutes=number)).timestamp() * 1_000)
    row = {"id": number, "customer_id": customer, "created_at": created_ms, "total": str(total), "currency": "CHF"}
    change: dict[str, Any] = {
        "before": None,
        "after": row,
        "op": op,
        "ts_ms": created_ms,
        "source": {"table": "orders"},
    }
    if op == "d":
        change |= {"before": row, "after": None}
    return json.dumps({"schema": {"type": "struct"}, "payload": change} if enveloped else change).encode()


def run(shop: ShopTopics, edge: str, variable: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "segments.yaml").write_text(DEFINITION)
    variables = {**shop.variables, variable: shop.topics["events"], "BOUNDED": "latest-offset"}
    settings = [
        word for key, value in variables.items() if key != "EVENTS_TOPIC" for word in ("--set", f"{key}={value}")
    ]
    command = [COMMAND, "run", "--edges", str(EDGES.parent / edge), "--config", "segments.yaml", *settings]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def entered(shop: ShopTopics) -> set[tuple[str, str]]:
    return {(row["data"]["user_id"], row["data"]["segment"]) for row in shop.values("segment-changes")}


def test_avro_becomes_changes(topics: Callable[..., ShopTopics], tmp_path: Path) -> None:
    shop = topics(1)
    with shop.producer() as send:
        for number, (customer, total) in enumerate([("ann", 80.0), ("ann", 40.0), ("bob", 20.0), (None, 5.0)]):
            send(avro_order(number, customer, total), None)
    done = run(shop, "avro.sql", "ORDERS_TOPIC", tmp_path)
    assert done.returncode == 0, done.stderr
    assert entered(shop) == {("ann", "big"), ("ann", "of_brand")}
    (letter,) = shop.values("dead-letters")
    assert letter["reason"] == "missing_user"


def test_debezium_becomes_changes(topics: Callable[..., ShopTopics], tmp_path: Path) -> None:
    shop = topics(1)
    with shop.producer() as send:
        send(debezium_change(1, "r", "ann", 60.0, enveloped=True), b'{"id": 1}')
        send(debezium_change(2, "c", "ann", 50.0, enveloped=False), b'{"id": 2}')
        send(debezium_change(2, "u", "ann", 50.0, enveloped=False), b'{"id": 2}')
        send(debezium_change(3, "c", "bob", 70.0, enveloped=True), b'{"id": 3}')
        send(debezium_change(3, "d", "bob", 70.0, enveloped=True), b'{"id": 3}')
        send(None, b'{"id": 3}')  # the tombstone that follows a delete
    done = run(shop, "debezium.sql", "CHANGES_OF_ORDERS", tmp_path)
    assert done.returncode == 0, done.stderr
    assert entered(shop) == {("ann", "big")}
    assert shop.values("dead-letters") == []
