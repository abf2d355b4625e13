"""CDNOW: 69,659 real purchases of 23,570 customers of a music shop, 1997-01 to 1998-06.

Every row becomes one `Order Completed` at the start of its day in UTC, with `revenue` in dollars and `quantity` in
CDs. The file has days only, so some rows share customer and day; they stay separate events, in the file's order.
Source: Fader and Hardie, "Forecasting Repeat Sales at CDNOW", 2001; the file is inside the wheel of `lifetimes`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from livesegments.core.errors import EdgeError
from livesegments.shop.lines import ImportCounts
from livesegments.shop.packages import LIFETIMES, packaged_file

__all__ = ["cdnow_events"]

_PACKAGED = "lifetimes/datasets/CDNOW_master.txt"
_COLUMNS = ["customer_id", "date", "number_of_cds", "dollar_value"]


def cdnow_events(counts: ImportCounts, path: str | Path | None = None) -> Iterator[bytes]:
    """Yield all purchases in time order, equal days in the file's order.

    Reads `path`, else the file of `lifetimes`, fetched when it is missing. Adds to `counts` as it goes. Raises
    EdgeError when there is no file or when it has other columns.
    """
    file = Path(path) if path is not None else packaged_file(LIFETIMES, _PACKAGED)
    for day, row, customer, discs, dollars in sorted(_rows(file, counts)):
        counts.events_by_name["Order Completed"] += 1
        yield msgspec.json.encode(
            {
                "type": "track",
                "event": "Order Completed",
                "messageId": f"cdnow-{row}",
                "userId": customer,
                "timestamp": f"{day[:4]}-{day[4:6]}-{day[6:]}T00:00:00.000Z",
                "properties": {"order_id": f"cdnow-{row}", "revenue": dollars, "quantity": discs},
            }
        )


def _rows(path: Path, counts: ImportCounts) -> Iterator[tuple[str, int, str, int, float]]:
    lines = path.read_text(encoding="ascii").splitlines()
    header = lines[0].split() if lines else []
    if header != _COLUMNS:
        found = " ".join(header) or "none"
        raise EdgeError(f"{path}: required the columns {' '.join(_COLUMNS)}, found {found}")
    for row, line in enumerate(lines[1:], start=1):
        counts.rows_read += 1
        try:
            customer, day, discs, dollars = line.split()
            if len(day) != 8 or not day.isdigit():
                raise ValueError(day)
            purchase = (day, row, customer, int(discs), float(dollars))
        except ValueError:
            counts.skipped["unreadable row"] += 1
            continue
        yield purchase
