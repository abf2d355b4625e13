"""Online Retail as events: both forms of the file, refunds, and rows that cannot be events."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from livesegments.core.errors import LivesegmentsError
from livesegments.shop import ImportCounts, import_dataset
from livesegments.shop.online_retail import online_retail_events
from shop.contract_check import checked_event

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
ISO_FORM = f"""{HEADER}
536365,85123A,"HOLDER, WHITE",6,2010-12-01 08:26:00,2.55,17850,United Kingdom
536365,71053,LANTERN,2,2010-12-01 08:26:00,3.39,17850,United Kingdom
536370,22728,CLOCK,24,2010-12-01 08:45:00,3.75,12583,France
C536379,85123A,"HOLDER, WHITE",-1,2010-12-01 09:41:00,2.55,17850,United Kingdom
536414,22139,,56,2010-12-01 11:52:00,0.0,,United Kingdom
"""
MONTH_FIRST_FORM = ISO_FORM.replace("2010-12-01 ", "12/1/2010 ").replace(":00,", ",").replace(" 0", " ")
SECOND_EDITION = (
    ISO_FORM.replace("InvoiceNo", "Invoice").replace("UnitPrice", "Price").replace("CustomerID", "Customer ID")
)


def _events(tmp_path: Path, text: str | bytes) -> tuple[list[dict[str, Any]], ImportCounts]:
    file = tmp_path / "retail.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    counts = ImportCounts()
    return [checked_event(line) for line in online_retail_events(counts, file)], counts


def test_an_invoice_is_an_order_and_a_cancellation_a_refund(tmp_path: Path) -> None:
    events, counts = _events(tmp_path, ISO_FORM)
    assert [(event["type"], event.get("event"), event["userId"]) for event in events] == [
        ("identify", None, "17850"),
        ("track", "Order Completed", "17850"),
        ("identify", None, "12583"),
        ("track", "Order Completed", "12583"),
        ("track", "Order Refunded", "17850"),
    ]
    assert events[0]["traits"] == {"country": "United Kingdom"}
    assert events[1]["timestamp"] == "2010-12-01T08:26:00.000Z"
    assert events[1]["properties"]["revenue"] == 22.08
    assert events[1]["properties"]["products"] == [
        {"product_id": "85123A", "name": "HOLDER, WHITE", "price": 2.55, "quantity": 6},
        {"product_id": "71053", "name": "LANTERN", "price": 3.39, "quantity": 2},
    ]
    assert events[4]["properties"]["total"] == 2.55
    assert events[4]["properties"]["products"][0]["quantity"] == 1
    assert (counts.rows_read, counts.events_written) == (5, 5)
    assert counts.events_by_name == {"Order Completed": 2, "Order Refunded": 1, "identify": 2}
    assert counts.skipped == {"no customer": 1}
    assert not counts.notes


@pytest.mark.parametrize(
    "text", [MONTH_FIRST_FORM, SECOND_EDITION, ISO_FORM.replace("\n", "\r\n"), "\ufeff" + ISO_FORM]
)
def test_every_form_of_the_file_gives_the_same_events(tmp_path: Path, text: str) -> None:
    assert text != ISO_FORM
    assert _events(tmp_path, text)[0] == _events(tmp_path, ISO_FORM)[0]


def test_customers_as_floats_are_the_same_customers(tmp_path: Path) -> None:
    assert _events(tmp_path, ISO_FORM.replace(",17850,", ",17850.0,"))[0] == _events(tmp_path, ISO_FORM)[0]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_both_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    events, _ = _events(tmp_path, ISO_FORM.replace("LANTERN", "LANTERN £5 é").encode(encoding))
    assert events[1]["properties"]["products"][1]["name"] == "LANTERN £5 é"


def test_rows_need_not_be_in_order(tmp_path: Path) -> None:
    header, *rows = ISO_FORM.splitlines()
    events, _ = _events(tmp_path, "\n".join([header, *reversed(rows)]))
    assert [event["messageId"] for event in events] == [event["messageId"] for event in _events(tmp_path, ISO_FORM)[0]]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,A,x,1,2010-13-01 08:26:00,1,17850,France", "unreadable date"),
        ("1,A,x,1,yesterday,1,17850,France", "unreadable date"),
        ("1,A,x,one,2010-12-01 08:26:00,1,17850,France", "unreadable quantity or price"),
        ("1,A,x,1,2010-12-01 08:26:00,nan,17850,France", "unreadable quantity or price"),
        ("1,A,x,1,2010-12-01 08:26:00,inf,17850,France", "unreadable quantity or price"),
        ("1,A,x,-1,2010-12-01 08:26:00,1,17850,France", "quantity with the wrong sign"),
        ("C1,A,x,1,2010-12-01 08:26:00,1,17850,France", "quantity with the wrong sign"),
        ("1,A,x,1,2010-12-01 08:26:00,1,,France", "no customer"),
        ("1,A,x", "too few fields"),
        (",A,x,1,2010-12-01 08:26:00,1,17850,France", "unreadable invoice or customer"),
        (f"1,A,x,1,2010-12-01 08:26:00,1,{'9' * 400},France", "unreadable invoice or customer"),
    ],
)
def test_a_bad_row_is_counted_with_its_reason(tmp_path: Path, row: str, reason: str) -> None:
    events, counts = _events(tmp_path, f"{ISO_FORM}{row}\n")
    assert counts.rows_read == 6
    assert counts.skipped[reason] == 1 + (reason == "no customer")
    assert len(events) == 5


def test_a_large_invoice_keeps_what_fits_and_says_so(tmp_path: Path) -> None:
    rows = "".join(f"7,S{n},{'long words ' * 8},1,2010-12-01 08:26:00,1.25,1,France\n" for n in range(700))
    events, counts = _events(tmp_path, f"{HEADER}\n{rows}")
    properties = events[1]["properties"]
    assert properties["revenue"] == 875.0
    assert len(properties["products"]) + properties["products_left_out"] == 700
    assert counts.notes == {"products left out of orders over 32 KiB": properties["products_left_out"]}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"a,b,Country\n1,2,3\n", "found a, b, Country; missing InvoiceNo, StockCode"),
        (b"", "found none"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (f'{HEADER}\n1,"{"x" * 200_000}'.encode(), "required a row of CSV"),
    ],
)
def test_a_wrong_file_is_named_with_what_was_found(tmp_path: Path, content: bytes, text: str) -> None:
    file = tmp_path / "wrong.csv"
    file.write_bytes(content)
    with pytest.raises(LivesegmentsError, match=text) as caught:
        import_dataset("online-retail", tmp_path / "out.jsonl", file)
    assert "wrong.csv" in str(caught.value)
    assert not (tmp_path / "out.jsonl").exists()


def test_the_file_is_required(tmp_path: Path) -> None:
    with pytest.raises(LivesegmentsError, match=r"import online-retail FILE\.csv"):
        import_dataset("online-retail", tmp_path / "out.jsonl")


ROW = "{},A,x,6,{},2.55,17850,France"


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["05/12/2010 08:26", "13/12/2010 08:26"], "2010-12-05T08:26:00.000Z"),
        (["05/12/2010 08:26", "12/13/2010 08:26"], "2010-05-12T08:26:00.000Z"),
        (["05-12-2010 08:26", "13-12-2010 08:26"], "2010-12-05T08:26:00.000Z"),
        (["5.12.10 8:26"], "2010-12-05T08:26:00.000Z"),
        (["12/5/10 8:26"], "2010-12-05T08:26:00.000Z"),
        (["12/5/2010 8:26 PM"], "2010-12-05T20:26:00.000Z"),
        (["12/5/2010 12:26 AM"], "2010-12-05T00:26:00.000Z"),
        (["2010-12-05T08:26:00.000Z"], "2010-12-05T08:26:00.000Z"),
        (["2010-12-05"], "2010-12-05T00:00:00.000Z"),
    ],
)
def test_the_whole_file_decides_the_order_of_day_and_month(tmp_path: Path, dates: list[str], first: str) -> None:
    rows = [ROW.format(number, date) for number, date in enumerate(dates, 1)]
    events, counts = _events(tmp_path, "\n".join([HEADER, *rows]))
    assert len(events) == 1 + len(dates)
    assert next(event["timestamp"] for event in events if event["messageId"] == "or-1-17850") == first
    is_open = not any(part in "".join(dates) for part in ("13", "2010-"))
    assert bool(counts.notes) == is_open


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        (["13/12/2010 08:26", "12/13/2010 08:26"], "found both: '13/12/2010 08:26' has the day first"),
        (["01-12-2010 08:26"], "none but such as '01-12-2010 08:26'; write them as 2010-12-01 08:26"),
    ],
)
def test_dates_that_nothing_decides_are_an_error_with_an_example(
    tmp_path: Path, dates: list[str], message: str
) -> None:
    rows = [ROW.format(number, date) for number, date in enumerate(dates, 1)]
    with pytest.raises(LivesegmentsError, match=message):
        _events(tmp_path, "\n".join([HEADER, *rows]))


def test_columns_are_known_in_any_spelling_and_whole_numbers_with_a_point(tmp_path: Path) -> None:
    header, *rows = ISO_FORM.splitlines()
    header = "invoice_no,stockCode,description,quantity,Invoice Date,price,customerId,country"
    text = "\n".join([header, *rows]).replace(",6,", ",6.0,")
    assert _events(tmp_path, text)[0] == _events(tmp_path, ISO_FORM)[0]


def test_semicolons_and_decimal_commas_are_read(tmp_path: Path) -> None:
    rows = [
        row.replace(",", ";").replace(".", ",") for row in ISO_FORM.replace('"HOLDER, WHITE"', "HOLDER").splitlines()
    ]
    events, _ = _events(tmp_path, "\n".join(rows))
    assert [event["messageId"] for event in events] == [event["messageId"] for event in _events(tmp_path, ISO_FORM)[0]]
    assert events[1]["properties"]["revenue"] == 22.08
