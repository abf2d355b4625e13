"""The generated shop: the same bytes for the same seed, valid events, the noise and drifts that were asked for."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest

from livesegments.core.errors import LivesegmentsError
from livesegments.core.times import DAY_MS, parse_time
from livesegments.shop.generator import START_MS, generate, truth, write
from shop.contract_check import checked_event, time_ms

USERS, DAYS, SEED = 120, 90, 11
SUMMER_MS = parse_time("2024-05-01T00:00:00Z")


@pytest.fixture(scope="module")
def lines() -> list[bytes]:
    return list(generate(USERS, DAYS, SEED, start_ms=SUMMER_MS))


def _digest(lines: list[bytes]) -> str:
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def _decoded(lines: list[bytes]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in lines]


def test_every_line_is_a_valid_event_inside_the_days(lines: list[bytes]) -> None:
    assert len(lines) > 10_000
    for line in lines:
        event = checked_event(line)
        assert SUMMER_MS <= time_ms(event) < SUMMER_MS + DAYS * DAY_MS


def test_the_same_seed_is_the_same_bytes_in_every_process(lines: list[bytes]) -> None:
    code = (
        "import sys, hashlib; from livesegments.shop.generator import generate;"
        f"print(hashlib.sha256(b'\\n'.join(generate({USERS}, {DAYS}, {SEED}, start_ms={SUMMER_MS}))).hexdigest())"
    )
    found = set()
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        found.add(done.stdout.strip())
    assert found == {_digest(lines)}


def test_another_seed_is_another_shop(lines: list[bytes]) -> None:
    assert _digest(list(generate(USERS, DAYS, SEED + 1, start_ms=SUMMER_MS))) != _digest(lines)


def test_a_shop_without_noise_is_in_time_order_and_has_no_message_twice() -> None:
    events = _decoded(list(generate(60, 60, 3, late=0, duplicates=0)))
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert len({event["messageId"] for event in events}) == len(events)


def test_late_events_and_duplicates_come_in_the_shares_asked_for() -> None:
    lines = list(generate(200, 60, 3, late=0.05, duplicates=0.03))
    first: dict[str, int] = {}
    for number, line in enumerate(lines):
        first.setdefault(line, number)
    copies = len(lines) - len(first)
    assert 0.027 < copies / len(first) < 0.033
    ids = Counter(event["messageId"] for event in _decoded(list(first)))
    assert max(ids.values()) == 1, "a duplicate is the same bytes"
    latest, late, worst_ms = 0, 0, 0
    for line in first:
        at = time_ms(json.loads(line))
        late += at < latest
        worst_ms = max(worst_ms, latest - at)
        latest = max(latest, at)
    assert 0.044 < late / len(first) < 0.056
    assert DAY_MS / 2 < worst_ms < 7 * DAY_MS, "within the contract's default lateness"


def test_an_identify_comes_first_of_every_user_by_time(lines: list[bytes]) -> None:
    first: dict[str, tuple[int, str]] = {}
    for event in _decoded(lines):
        seen = (time_ms(event), event["type"])
        first[event["userId"]] = min(seen, first.get(event["userId"], seen))
    assert len(first) == USERS
    assert {type_ for _, type_ in first.values()} == {"identify"}


def test_all_kinds_of_events_of_a_shop_occur(lines: list[bytes]) -> None:
    names = Counter(event.get("event", event["type"]) for event in _decoded(lines))
    assert set(names) == {
        "identify", "page", "screen", "Product Viewed", "Product Clicked", "Product Added", "Order Completed",
        "Order Refunded", "Promotion Viewed", "Coupon Entered", "Coupon Applied", "Email Delivered", "Email Opened",
        "Email Link Clicked", "SMS Delivered", "SMS Opened", "Push Notification Received", "Push Notification Tapped",
    }  # fmt: skip
    assert names["Email Opened"] < names["Email Delivered"]
    assert names["Coupon Applied"] == pytest.approx(names["Coupon Entered"], abs=3)


def test_revenue_is_the_sum_of_the_products_less_the_discount(lines: list[bytes]) -> None:
    orders = [event["properties"] for event in _decoded(lines) if event.get("event") == "Order Completed"]
    assert orders
    for order in orders:
        total = sum(product["price"] * product["quantity"] for product in order["products"])
        assert order["revenue"] == pytest.approx(total - order.get("discount", 0), abs=0.006)


@pytest.mark.thorough
def test_prices_shift_on_the_planted_day() -> None:
    shift_ms = START_MS + 10 * DAY_MS
    prices: dict[str, dict[bool, set[float]]] = {}
    for event in _decoded(list(generate(150, 20, 5, price_shift_day=10, price_shift=1.3))):
        at = time_ms(event)
        if event.get("event") == "Product Viewed" and abs(at - shift_ms) > DAY_MS / 24:
            product = event["properties"]
            prices.setdefault(product["product_id"], {}).setdefault(at > shift_ms, set()).add(product["price"])
    both = [(old, new) for found in prices.values() if len(found) == 2 for old, new in [(found[False], found[True])]]
    assert len(both) > 100
    for old, new in both:
        assert len(old) == len(new) == 1
        assert new.pop() == pytest.approx(old.pop() * 1.3, abs=0.006)


def test_a_new_group_emerges_on_the_planted_day() -> None:
    rows = list(truth(500, 100, 5, emerging_day=60, emerging_share=0.2))
    hunters = [row for row in rows if row.story == "bargain_hunter"]
    assert len(hunters) == 100
    assert all(parse_time(row.arrived) >= START_MS + 60 * DAY_MS for row in hunters)
    assert not any(row.story == "bargain_hunter" for row in truth(500, 100, 5))


@pytest.mark.thorough
def test_files_hold_the_same_lines_and_the_truth(tmp_path: Path, lines: list[bytes]) -> None:
    out, beside = tmp_path / "events.jsonl.gz", tmp_path / "truth.jsonl"
    assert write(out, USERS, DAYS, SEED, truth=beside, start_ms=SUMMER_MS) == len(lines)
    plain = tmp_path / "events.jsonl"
    write(plain, USERS, DAYS, SEED, start_ms=SUMMER_MS)
    assert plain.read_bytes().splitlines() == lines
    again = tmp_path / "again.jsonl.gz"
    write(again, USERS, DAYS, SEED, start_ms=SUMMER_MS)
    assert again.read_bytes() == out.read_bytes()
    rows = [json.loads(line) for line in beside.read_bytes().splitlines()]
    assert [row["user"] for row in rows] == [f"user_{number:06d}" for number in range(1, USERS + 1)]


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"users": 0}, "users: required 1 to 10,000,000, found 0"),
        ({"days": 0}, "days: required 1 to 3,650, found 0"),
        ({"seed": -1}, "seed: required 0 or more, found -1"),
        ({"start_ms": START_MS + 1}, "start_ms: required a day at 00:00 UTC"),
        ({"late": 0.9}, "late: required 0 to 0.5, found 0.9"),
        ({"price_shift_day": 10}, "price_shift_day: required a day from 0 to 9, found 10"),
    ],
)
def test_a_setting_out_of_range_is_told_at_the_call(wrong: dict[str, Any], text: str) -> None:
    with pytest.raises(LivesegmentsError, match=text):
        generate(**{"users": 5, "days": 10, "seed": 1} | wrong)


def test_the_smallest_shop_works() -> None:
    assert _decoded(list(generate(1, 1, 0)))[0]["type"] == "identify"


def test_the_bytes_are_the_same_on_every_machine() -> None:
    """A changed story, price or draw changes this digest on purpose; another processor must not."""
    assert _digest(list(generate(20, 30, 1))) == "2b4268768e1ed461634646531e339d571b48ad0a650d392c9a217e86e48b3e6e"
