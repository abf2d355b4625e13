"""The rows of an Online Retail CSV: whatever its separator, encoding and spelling of the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from livesegments.core.errors import EdgeError

__all__ = ["RetailCsv"]

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
_SEPARATORS = ",;\t|"


class RetailCsv:
    """A file whose columns were found; its rows can be read any number of times.

    Raises EdgeError when the file is no CSV or lacks columns.
    """

    width = len(_COLUMNS)

    def __init__(self, path: Path) -> None:
        self.path = path
        self.encoding = _encoding(path)
        with path.open(encoding=self.encoding, newline="") as file:
            first = file.readline()
        self.separator = max(_SEPARATORS, key=first.count)
        try:
            header = next(csv.reader([first], delimiter=self.separator), [])
        except csv.Error as error:
            raise EdgeError(f"{path}:1: required a row of CSV, found: {error}") from error
        self.places = _places(path, [name.strip() for name in header])

    def rows(self) -> Iterator[dict[str, str]]:
        """Yield each row by our names for its columns; a short row lacks the last ones."""
        with self.path.open(encoding=self.encoding, newline="") as file:
            reader = csv.reader(file, delimiter=self.separator)
            try:
                next(reader, None)
                for fields in reader:
                    yield {ours: fields[place].strip() for ours, place in self.places.items() if place < len(fields)}
            except csv.Error as error:
                raise EdgeError(f"{self.path}:{reader.line_num}: required a row of CSV, found: {error}") from error

    def number(self, text: str) -> float:
        """Read a number; `2,55` only where the separator is another sign. Raises ValueError for anything else."""
        return float(text.replace(",", ".") if self.separator != "," and "." not in text else text)


def _places(path: Path, header: list[str]) -> dict[str, int]:
    """Find our columns in the header, in any spelling of case, spaces and underscores."""
    plain = [_plain(name) for name in header]
    wanted = {ours: [_plain(name) for name in theirs] for ours, theirs in _COLUMNS.items()}
    places = {ours: plain.index(name) for ours, theirs in wanted.items() for name in theirs if name in plain}
    missing = [theirs[0] for ours, theirs in _COLUMNS.items() if ours not in places]
    if missing:
        required = ", ".join(theirs[0] for theirs in _COLUMNS.values())
        found = ", ".join(header)[:200] or "none"
        raise EdgeError(f"{path}: required the columns {required}; found {found}; missing {', '.join(missing)}")
    return places


def _plain(name: str) -> str:
    return name.lower().replace(" ", "").replace("_", "")


def _encoding(path: Path) -> str:
    """Give UTF-8 if the whole file is that, UTF-16 by its mark, else Latin-1, which every file is."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PK\x03\x04":
        raise EdgeError(f"{path}: is an Excel workbook; save its sheet as CSV and import that")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        with path.open(encoding="utf-8-sig") as text:
            while text.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8-sig"
