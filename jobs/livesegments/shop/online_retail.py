"""UCI Online Retail: the invoices of a British gift shop, from the user's own CSV file.

An invoice is one `Order Completed` with one product per line: `product_id` the stock code, `name` its description,
`price` in pounds, `quantity`; `revenue` is their sum. A cancellation (its number begins with C) is `Order Refunded`
with what came back, in positive numbers, and `total`. A customer begins with an `identify` that carries `country`,
and gets another one when it changes. Rows without a customer are counted and skipped, and so are rows whose quantity
has the wrong sign. Postage, manual entries and repeated lines are products like others. Times are taken as UTC.

Both forms of the columns are read (`InvoiceNo`, `UnitPrice`, `CustomerID`, or `Invoice`, `Price`, `Customer ID`), both
forms of the date (`2010-12-01 08:26:00`, or month first in `12/1/2010 8:26`), and UTF-8 or else Latin-1.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.core.times import format_time
from livesegments.shop.lines import ImportCounts, order_line

__all__ = ["online_retail_events"]

_COLUMNS: dict[str, tuple[str, ...]] = {
    "invoice": ("InvoiceNo", "Invoice"),
    "stock_code": ("StockCode",),
    "description": ("Description",),
    "quantity": ("Quantity",),
    "date": ("InvoiceDate",),
    "price": ("UnitPrice", "Price"),
    "customer": ("CustomerID", "Customer ID"),
    "country": ("Country",),
}
_ISO = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)[ T](\d\d?):(\d\d)(?::(\d\d))?", re.ASCII)
_MONTH_FIRST = re.compile(r"(\d\d?)/(\d\d?)/(\d{4}) (\d\d?):(\d\d)(?::(\d\d))?", re.ASCII)
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
    invoices: dict[tuple[str, str], _Invoice] = {}
    for row in _rows(Path(path), counts):
        reason = _add(invoices, row)
        if reason:
            counts.skipped[reason] += 1
    yield from _events(invoices, counts)


def _rows(path: Path, counts: ImportCounts) -> Iterator[dict[str, str]]:
    """Yield each row by our names for its columns; a short row lacks the last ones."""
    with path.open(encoding=_encoding(path), newline="") as file:
        reader = csv.reader(file)
        try:
            places = _places(path, [name.strip() for name in next(reader, [])])
            for fields in reader:
                counts.rows_read += 1
                yield {ours: fields[place].strip() for ours, place in places.items() if place < len(fields)}
        except csv.Error as error:
            raise EdgeError(f"{path}:{reader.line_num}: required a row of CSV, found: {error}") from error


def _places(path: Path, header: list[str]) -> dict[str, int]:
    """Find our columns in the header."""
    places = {ours: header.index(name) for ours, theirs in _COLUMNS.items() for name in theirs if name in header}
    missing = [theirs[0] for ours, theirs in _COLUMNS.items() if ours not in places]
    if missing:
        required = ", ".join(theirs[0] for theirs in _COLUMNS.values())
        found = ", ".join(header)[:200] or "none"
        raise EdgeError(f"{path}: required the columns {required}; found {found}; missing {', '.join(missing)}")
    return places


def _encoding(path: Path) -> str:
    """Give UTF-8 if the whole file is that, else Latin-1, which every file is."""
    with path.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            raise EdgeError(f"{path}: is an Excel workbook; save its sheet as CSV and import that")
    try:
        with path.open(encoding="utf-8-sig") as text:
            while text.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"


@lru_cache(maxsize=65_536)
def _time_ms(text: str) -> int | None:
    """Read either form of the dates; None is neither."""
    if match := _ISO.fullmatch(text):
        year, month, day, hour, minute, second = match.groups(default="0")
    elif match := _MONTH_FIRST.fullmatch(text):
        month, day, year, hour, minute, second = match.groups(default="0")
    else:
        return None
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1_000


def _add(invoices: dict[tuple[str, str], _Invoice], row: dict[str, str]) -> str | None:
    """Add a row to its invoice, or give the reason why not."""
    if len(row) < len(_COLUMNS):
        return "too few fields"
    invoice, customer = row["invoice"], row["customer"].removesuffix(".0")
    if not customer:
        return "no customer"
    if not invoice or len(invoice) > _ID_LENGTH_MAX or len(customer) > _ID_LENGTH_MAX:
        return "unreadable invoice or customer"
    time_ms = _time_ms(row["date"])
    if time_ms is None:
        return "unreadable date"
    try:
        quantity, price = int(row["quantity"]), float(row["price"])
        micros = round(price * 1_000_000) * abs(quantity)
    except (ValueError, OverflowError):
        return "unreadable quantity or price"
    refunded = invoice[0] in "Cc"
    if quantity == 0 or (quantity < 0) != refunded:
        return "quantity with the wrong sign"
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
