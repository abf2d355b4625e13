"""Ready edges: a log, GA4, Shopify and Snowplow, each from data of that shape to changes; files of odd forms."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flink.streams import DEFINITION, by_user, events, lines_of, replayed
from livesegments.core.definition import parse_definition
from livesegments.core.errors import LivesegmentsError
from livesegments.flink.edges import packaged_edge
from livesegments.flink.embedded import EmbeddedFlink
from livesegments.flink.job import make_job

pytestmark = pytest.mark.flink

BUYERS = parse_definition("""
version: 1
features:
  revenue: {sum: Order Completed, of: revenue}
  boots: {count: Order Completed, where: '"BrandA" in products.brand'}
  looked: {count: [Product Viewed, page]}
  boots_by_article: {count: Order Completed, where: 'product_id == "boot"'}
segments:
  big: {when: 'revenue >= 100'}
  of_brand: {when: 'boots >= 1 || boots_by_article >= 1'}
  visitors: {when: 'looked >= 1'}
""")

LOG = """\
time;customer;action;order_number;article;category;price;amount
2024-03-01 10:00:00;ann;look;;boot;shoes;80;
2024-03-01 10:05:00;ann;buy;o-1;boot;shoes;79.90;2
2024-03-01 10:05:00;ann;buy;o-1;boot;shoes;79.90;2
2024-03-02 11:00:00;bob;look;;hat;hats;20.50;
when it rains;cat;buy;o-2;boot;shoes;200;1
"""


def ga4(name: str, time_us: int, user: str | None, **more: Any) -> dict[str, Any]:
    parameters = {"page_location": "https://shop.example/", "page_title": 'Boots "new"', "currency": "CHF"}
    record = {
        "event_date": "20240301",
        "event_timestamp": str(time_us),
        "event_name": name,
        "event_params": [{"key": key, "value": {"string_value": value}} for key, value in parameters.items()]
        + [{"key": "ga_session_id", "value": {"int_value": "1709287200"}}],
        "user_pseudo_id": "1.2",
        "device": {"category": "mobile"},
        "geo": {"city": "Bern", "country": "Switzerland"},
        "items": [],
    }
    return {**record, **({"user_id": user} if user else {}), **more}


GA4 = [
    ga4("page_view", 1_709_287_200_000_000, None),
    ga4(
        "purchase",
        1_709_287_300_000_000,
        "ann",
        ecommerce={"purchase_revenue": 160.0, "transaction_id": "T1"},
        items=[{"item_id": "b", "item_name": 'the "item_id": x', "item_brand": "BrandA", "price": 80.0, "quantity": 2}],
    ),
]
SHOPIFY_ORDER = {
    "id": 4_100_000_000_001,
    "name": "#1001",
    "created_at": "2024-03-01T10:00:00-05:00",
    "updated_at": "2024-03-01T10:00:01-05:00",
    "cancelled_at": None,
    "total_price": "169.80",
    "subtotal_price": "159.80",
    "total_tax": "10.00",
    "currency": "USD",
    "discount_codes": [{"code": "SPRING"}],
    "customer": {"id": 115_310_627_314_723_954},
    "line_items": [{"product_id": 6_600_000_000_011, "title": "Boot", "vendor": "BrandA", "price": "79.90"}],
}
SHOPIFY = [SHOPIFY_ORDER, {**SHOPIFY_ORDER, "id": 2, "customer": None}]
SNOWPLOW_PAGE = {
    "collector_tstamp": "2024-03-01T10:00:01.000Z",
    "derived_tstamp": "2024-03-01T10:00:00.500Z",
    "event": "page_view",
    "event_name": "page_view",
    "event_id": "e1",
    "user_id": None,
    "domain_userid": "cookie",
    "page_url": "https://shop.example/boots",
    "dvce_type": "Mobile",
}
PURCHASE = {"order_id": "T1", "revenue": 159.8, "currency": "CHF", "products": [{"brand": "BrandA", "price": 79.9}]}
SNOWPLOW = [
    SNOWPLOW_PAGE,
    {
        **SNOWPLOW_PAGE,
        "event": "unstruct",
        "event_name": "purchase",
        "event_id": "e2",
        "user_id": "ann",
        "unstruct_event_com_acme_purchase_1": PURCHASE,
    },
]


def lines(records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


@pytest.mark.parametrize(
    ("edge", "content", "entered", "dead"),
    [
        (
            "csv.sql",
            LOG,
            {("ann", "big"), ("ann", "of_brand"), ("ann", "visitors"), ("bob", "visitors")},
            ["timestamp"],
        ),
        ("ga4.sql", lines(GA4), {("1.2", "visitors"), ("ann", "big"), ("ann", "of_brand")}, []),
        (
            "shopify.sql",
            lines(SHOPIFY),
            {("115310627314723954", "big"), ("115310627314723954", "of_brand")},
            ["userId"],
        ),
        ("snowplow.sql", lines(SNOWPLOW), {("cookie", "visitors"), ("ann", "big"), ("ann", "of_brand")}, []),
    ],
)
def test_a_ready_edge_makes_changes(
    flink: EmbeddedFlink, tmp_path: Path, edge: str, content: str, entered: set[tuple[str, str]], dead: list[str]
) -> None:
    """A dead letter names the field that was null."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1").write_text(content)
    out = tmp_path / "out"
    summary = flink.run(make_job(BUYERS, edges=packaged_edge(edge), events=tmp_path / "in", out=out))
    changes = [json.loads(line)["data"] for line in lines_of(out / "segment-changes")]
    assert {(change["user_id"], change["segment"]) for change in changes} == entered
    letters = [json.loads(line)["message"] for line in lines_of(out / "dead-letters")]
    assert len(letters) == len(dead)
    assert all(field in letter for field, letter in zip(dead, letters, strict=True)), letters
    assert summary.counts is not None
    assert summary.counts.duplicates == (1 if edge == "csv.sql" else 0)


def convert(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from livesegments.cli import main; main()", "convert", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)


def test_an_edge_is_converted_to_what_replay_reads(tmp_path: Path) -> None:
    (tmp_path / "orders.json").write_text(lines(SHOPIFY))
    (tmp_path / "out.jsonl").write_text("old")
    command = [sys.executable, "-c", "from livesegments.cli import main; main()", "convert"]
    arguments = ["--edges", str(packaged_edge("shopify.sql")), "--events", "orders.json", "--out", "out.jsonl"]
    done = subprocess.run(
        [*command, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "out.jsonl: 2 events" in done.stderr
    first, second = ((tmp_path / "out.jsonl").read_text()).splitlines()
    event = json.loads(first)
    assert (event["userId"], event["properties"]["revenue"]) == ("115310627314723954", 159.8)
    assert event["properties"]["products"][0]["brand"] == "BrandA"
    assert json.loads(second)["userId"] is None


@pytest.mark.parametrize("name", ["events.edges", "none.sql"])
def test_an_edge_that_cannot_be_converted_is_told(tmp_path: Path, name: str) -> None:
    live = "'connector' = 'filesystem', 'path' = '/tmp', 'format' = 'raw', 'source.monitor-interval' = '1s'"
    (tmp_path / "events.edges").write_text(f"CREATE TABLE events (payload BYTES) WITH ({live})")
    (tmp_path / "none.sql").write_text(f"CREATE TABLE orders (payload BYTES) WITH ({live})")
    done = convert(tmp_path, "--edges", name)
    assert done.returncode == 2, done.stderr
    assert ("required an `events` that ends" if name == "events.edges" else "required a table `events`") in done.stderr
    assert not (tmp_path / "events.jsonl").exists()


@pytest.mark.parametrize("form", ["members", "mark", "utf-16"])
def test_odd_forms_of_a_file_run_as_they_replay(flink: EmbeddedFlink, tmp_path: Path, form: str) -> None:
    found = [line for line in events(300, 10, 5) if line.isascii() and b"\xff" not in line]
    text = b"\n".join(found)
    content = {
        "members": lambda: b"".join(gzip.compress(line + b"\n") for line in found),
        "mark": lambda: b"\xef\xbb\xbf" + text,
        "utf-16": lambda: text.decode().encode("utf-16"),
    }[form]()
    (tmp_path / "events.json").write_bytes(content)
    summary = flink.run(make_job(DEFINITION, events=tmp_path / "events.json", out=tmp_path / "out"))
    changes, counts, _, _ = replayed(found)
    assert by_user(lines_of(tmp_path / "out" / "segment-changes")) == changes
    assert summary.counts == counts


def test_an_array_is_refused_before_java_is_asked(flink: EmbeddedFlink, tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text('[{"type": "page"}]')
    with pytest.raises(LivesegmentsError, match="found one JSON array"):
        flink.run(make_job(DEFINITION, events=tmp_path / "events.json", out=tmp_path / "out"))
