"""Complete Journey as events: totals of the real tables, and the mapping on small ones."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from livesegments.shop import ImportCounts, import_dataset
from livesegments.shop.complete_journey import complete_journey_events
from shop.contract_check import checked_event

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _tables(folder: Path, lines_per_basket: int = 2) -> None:
    basket = {
        "household_id": 900, "store_id": 330, "basket_id": 31, "quantity": 2, "sales_value": 1.5, "retail_disc": 0.25,
        "coupon_disc": 0.0, "coupon_match_disc": 0.0, "week": 1, "transaction_timestamp": _day("2017-01-01T11:53:26"),
    }  # fmt: skip
    lines = [basket | {"product_id": 100 + number % 3} for number in range(lines_per_basket)]
    lines.append(basket | {"product_id": 102, "quantity": 0, "sales_value": 0.0, "retail_disc": 0.0})
    earlier = {"basket_id": 30, "product_id": 100, "transaction_timestamp": _day("2017-01-01T10:00:00")}
    lines.append(basket | earlier)
    people = {"home_ownership": None, "marital_status": "Married", "household_size": "5+", "kids_count": "3+"}
    tables: dict[str, list[dict[str, Any]]] = {
        "transactions": lines,
        "products": [
            {"product_id": 100, "brand": "National", "product_category": 'BREAD "A"', "department": "PASTRY"},
            {"product_id": 102, "brand": "Private", "product_category": None, "department": "GROCERY"},
        ],
        "demographics": [
            {"household_id": 900, "age": "65+", "income": "35-49K", "household_comp": "1 Adult", **people},
            {"household_id": 901, "age": "19-24", "income": "Under 15K", "household_comp": "1 Adult", **people},
        ],
        "campaign_descriptions": [{"campaign_id": 26, "campaign_type": "Type B", "start_date": _day("2016-12-28")}],
        "campaigns": [{"campaign_id": 26, "household_id": 900}],
        "coupon_redemptions": [
            {"household_id": 900, "coupon_upc": upc, "campaign_id": 26, "redemption_date": _day("2017-01-01")}
            for upc in (5, 6)
        ],
    }
    for name, rows in tables.items():
        parquet.write_table(pyarrow.Table.from_pylist(rows), folder / f"{name}.parquet")


def test_a_household_becomes_events_in_time_order(tmp_path: Path) -> None:
    _tables(tmp_path)
    counts = ImportCounts()
    events = [checked_event(line) for line in complete_journey_events(counts, tmp_path)]
    assert [(event["timestamp"][:16], event.get("event", "identify")) for event in events] == [
        ("2016-12-28T00:00", "identify"),
        ("2016-12-28T00:00", "Email Delivered"),
        ("2017-01-01T00:00", "Email Opened"),
        ("2017-01-01T00:00", "Coupon Applied"),
        ("2017-01-01T00:00", "Coupon Applied"),
        ("2017-01-01T10:00", "Order Completed"),
        ("2017-01-01T11:53", "Order Completed"),
    ]
    assert events[0]["traits"] == {
        "age": 65, "age_band": "65+", "income": 35_000, "income_band": "35-49K", "marital_status": "Married",
        "household_size": "5+", "household_comp": "1 Adult", "kids_count": "3+",
    }  # fmt: skip
    assert events[-1]["properties"] == {
        "order_id": "31", "revenue": 3.0, "discount": 0.5, "affiliation": "store 330",
        "products": [
            {"product_id": "100", "brand": "National", "category": 'BREAD "A"', "department": "PASTRY", "price": 0.75,
             "quantity": 2},
            {"product_id": "101", "price": 0.75, "quantity": 2},
            {"product_id": "102", "brand": "Private", "department": "GROCERY", "quantity": 0},
        ],
    }  # fmt: skip
    assert counts.skipped == {"demographics of a household without events": 1}
    assert counts.notes == {"lines of products that the product table lacks": 1}
    assert counts.rows_read == 4 + 2 + 1 + 2


def test_a_huge_basket_keeps_what_fits_and_says_so(tmp_path: Path) -> None:
    _tables(tmp_path, lines_per_basket=900)
    counts = ImportCounts()
    *_, order = [checked_event(line) for line in complete_journey_events(counts, tmp_path)]
    left_out = order["properties"]["products_left_out"]
    assert len(order["properties"]["products"]) + left_out == 901
    assert order["properties"]["revenue"] == 1350.0
    assert counts.notes["products left out of orders over 32 KiB"] == left_out > 0


@pytest.mark.thorough
def test_all_baskets_of_the_real_tables_arrive(tmp_path: Path) -> None:
    out = tmp_path / "complete-journey.jsonl"
    counts = import_dataset("complete-journey", out)
    names: Counter[str] = Counter()
    users, ids, cents, products, last = set(), set(), 0, 0, ""
    with out.open("rb") as lines:
        for number, line in enumerate(lines):
            # The strict check is slow; every twentieth event is enough for one mapping.
            event = msgspec.json.decode(line) if number % 20 else checked_event(line.rstrip(b"\n"))
            names[event.get("event", "identify")] += 1
            users.add(event["userId"])
            ids.add(event["messageId"])
            assert event["timestamp"] >= last
            last = event["timestamp"]
            properties = event.get("properties", {})
            cents += round(100 * properties.get("revenue", 0))
            products += len(properties.get("products", []))
    assert names == counts.events_by_name
    assert names["Order Completed"] == 155_848
    assert names["identify"] == 801
    assert names["Email Delivered"] == 6_589
    assert names["Coupon Applied"] == 2_102
    assert products == 1_469_307
    assert len(users) == 2_469
    assert len(ids) == names.total() == counts.events_written
    assert cents == 459_603_958
