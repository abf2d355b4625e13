"""Tables of all customers at a moment, made by pandas from raw events: nothing of our features is in them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

__all__ = ["RFM", "amount_after", "bought_after", "moments", "month_ends", "read_orders", "table_at"]

DAY = pd.Timedelta(days=1)
RFM = ["orders", "revenue", "mean_order", "days_since_order"]


def read_orders(path: Path) -> pd.DataFrame:
    """Read every `Order Completed` of a file of events: user, time, revenue, in time order."""
    rows = []
    with path.open("rb") as lines:
        for line in lines:
            if b'"Order Completed"' in line:
                event = json.loads(line)
                rows.append((event["userId"], event["timestamp"], event["properties"].get("revenue", 0.0)))
    orders = pd.DataFrame(rows, columns=["user", "time", "revenue"])
    orders["time"] = pd.to_datetime(orders["time"], utc=True)
    return orders.sort_values("time", kind="stable", ignore_index=True)


def moments(orders: pd.DataFrame) -> list[pd.Timestamp]:
    """Give the times at which 25, 50, 75 and 100 % of the stream have come."""
    last = len(orders) - 1
    return [orders["time"].iloc[min(last, round(last * share))] for share in (0.25, 0.5, 0.75, 1.0)]


def month_ends(orders: pd.DataFrame, after_days: int, before_end_days: int) -> list[pd.Timestamp]:
    """Give each month's end with so many days of the stream before it and after it."""
    first, last = orders["time"].iloc[0], orders["time"].iloc[-1]
    ends = pd.date_range(first.normalize(), last, freq="MS", tz="UTC")
    return [end for end in ends if end >= first + after_days * DAY and end + before_end_days * DAY <= last + DAY]


def table_at(orders: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """Give one row per user who has ordered by the moment: what they did until then."""
    past = orders[orders["time"] <= moment]
    users = past.groupby("user", sort=True)
    table = users.agg(orders=("time", "size"), revenue=("revenue", "sum"), first=("time", "min"), last=("time", "max"))
    table["mean_order"] = table["revenue"] / table["orders"]
    table["days_since_order"] = (moment - table["last"]) / DAY
    table["age_days"] = (moment - table["first"]) / DAY
    for days in (30, 90):
        recent = past[past["time"] > moment - days * DAY].groupby("user").size()
        table[f"orders_{days}d"] = recent.reindex(table.index, fill_value=0)
    first = past.drop_duplicates("user").set_index("user")["revenue"].reindex(table.index)
    repeats = table["orders"] - 1
    table["repeat_spend"] = np.where(repeats > 0, (table["revenue"] - first) / repeats.clip(lower=1), 0.0)
    return table


def bought_after(orders: pd.DataFrame, table: pd.DataFrame, moment: pd.Timestamp, days: int) -> np.ndarray:
    """Tell which users of a table ordered within so many days after the moment."""
    later = orders[(orders["time"] > moment) & (orders["time"] <= moment + days * DAY)]
    return np.asarray(table.index.isin(later["user"].unique()))


def amount_after(orders: pd.DataFrame, table: pd.DataFrame, moment: pd.Timestamp, days: int) -> np.ndarray:
    """Give what each user of a table spent within so many days after the moment."""
    later = orders[(orders["time"] > moment) & (orders["time"] <= moment + days * DAY)]
    return later.groupby("user")["revenue"].sum().reindex(table.index, fill_value=0.0).to_numpy()
