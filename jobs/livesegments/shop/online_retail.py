"""UCI Online Retail: the invoices of a British gift shop, from the user's own CSV file.

An invoice is one `Order Completed` with one product per line: `product_id` the stock code, `name` its description,
`price` in pounds, `quantity`; `revenue` is their sum. A cancellation (its number begins with C) is `Order Refunded`
with what came back, in positive numbers, and `total`. A customer begins with an `identify` that carries `country`,
and gets another one when it changes. Rows without a customer are counted and skipped, and so are rows whose quantity
has the wrong sign. Postage, manual entries and repeated lines are products like others. Times are taken as UTC.

Both forms of the columns are read (`InvoiceNo`, `UnitPrice`, `CustomerID`, or `Invoice`, `Price`, `Customer ID`) in any
spelling, with `,` `;` `|` or a tab between them; dates as `2010-12-01 08:26:00` or as numbers with day or month first,
which the whole file decides; UTF-8, UTF-16 or else Latin-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.core.times import format_time
from livesegments.shop.lines import ImportCounts, order_line
from livesegments.shop.retail_csv import RetailCsv
from livesegments.shop.retail_dates import date_order, time_ms_of

__all__ = ["online_retail_events"]

_ID_LENGTH_MAX = 40


class _Invoice(msgspec.Struct):
    """The lines of one invoice and customer so far."""

    time_ms: int
    country: str
    products: list[str]
    micros: int = 0


def online_retail_events(counts: ImportCounts, path: str | Path | None) -> Iterator[bytes]:
    """Yield all events in time order, equal times by invoice number.

    Reads the whole file before the first event, since its rows need not be in order. Adds to `counts` as it goes.
    Raises EdgeError when the file is no CSV or lacks columns.
    """
    if path is None:
        raise EdgeError("online-retail: required a CSV file, found none")
    source = RetailCsv(Path(path))
    order, is_decided = date_order(str(path), (row.get("date", "") for row in source.rows()))
    if not is_decided:
        counts.notes[f"file whose dates were read with the {order}, as nothing in it says otherwise"] = 1
    read_time = lru_cache(maxsize=65_536)(time_ms_of)
    invoices: dict[tuple[str, str], _Invoice] = {}
    for row in source.rows():
        counts.rows_read += 1
        time_ms = read_time(row.get("date", ""), order)
        found = _add(invoices, row, time_ms, source)
        if found:
            counts.skip(*found)
    yield from _events(invoices, counts)


def _add(
    invoices: dict[tuple[str, str], _Invoice], row: dict[str, str], time_ms: int | None, source: RetailCsv
) -> tuple[str, str] | None:
    """Add a row to its invoice, or give the reason why not and what was found."""
    if len(row) < source.width:
        return "too few fields", ", ".join(row.values())
    invoice, customer = row["invoice"], row["customer"].removesuffix(".0")
    if not customer:
        return "no customer", ""
    if not invoice or len(invoice) > _ID_LENGTH_MAX or len(customer) > _ID_LENGTH_MAX:
        return "unreadable invoice or customer", f"{invoice}, {customer}"
    if time_ms is None:
        return "unreadable date", row["date"]
    try:
        amount, price = source.number(row["quantity"]), source.number(row["price"])
        quantity = int(amount)
        micros = round(price * 1_000_000) * abs(quantity)
    except (ValueError, OverflowError):
        return "unreadable quantity or price", f"{row['quantity']}, {row['price']}"
    if quantity != amount:
        return "unreadable quantity or price", row["quantity"]
    refunded = invoice[0] in "Cc"
    if quantity == 0 or (quantity < 0) != refunded:
        return "quantity with the wrong sign", f"{invoice}, {row['quantity']}"
    product = {
        "product_id": row["stock_code"],
        "name": row["description"],
        "price": price,
        "quantity": abs(quantity),
    }
    known = invoices.setdefault((invoice, customer), _Invoice(time_ms, row["country"], []))
    known.time_ms = min(known.time_ms, time_ms)
    known.micros += micros
    known.products.append(msgspec.json.encode(product).decode())
    return None


def _events(invoices: dict[tuple[str, str], _Invoice], counts: ImportCounts) -> Iterator[bytes]:
    countries: dict[str, str] = {}
    for (number, customer), invoice in sorted(invoices.items(), key=lambda item: (item[1].time_ms, item[0])):
        time = format_time(invoice.time_ms)
        if invoice.country and countries.get(customer) != invoice.country:
            countries[customer] = invoice.country
            counts.events_by_name["identify"] += 1
            yield msgspec.json.encode(
                {
                    "type": "identify",
                    "messageId": f"or-{number}-{customer}-profile",
                    "userId": customer,
                    "timestamp": time,
                    "traits": {"country": invoice.country},
                }
            )
        refunded = number[0] in "Cc"
        event, total = ("Order Refunded", "total") if refunded else ("Order Completed", "revenue")
        ids = msgspec.json.encode({"messageId": f"or-{number}-{customer}", "userId": customer}).decode()[1:-1]
        order = msgspec.json.encode({"order_id": number, total: invoice.micros / 1_000_000, "currency": "GBP"}).decode()
        counts.events_by_name[event] += 1
        head = f'{{"type":"track","event":"{event}",{ids},"timestamp":"{time}","properties":{order[:-1]}'
        yield order_line(head, invoice.products, counts)
