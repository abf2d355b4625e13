"""Print how true our clusters and predictions are of all customers, beside batch methods fitted that day.

    uv run --no-sync livesegments import cdnow --out /tmp/cdnow.jsonl
    uv run --no-sync livesegments import complete-journey --out /tmp/complete-journey.jsonl
    OMP_NUM_THREADS=1 uv run --no-sync python tests/bench/customers.py /tmp/cdnow.jsonl [--part clusters]

Clusters: at 25, 50, 75 and 100 % of the stream, on the table of all customers at that moment, in that table's units:
the squared distances of our groups to their own means over those of batch k-means (20 restarts), the agreement with
it (ARI), and our largest cluster over its largest.
Predictions: on the tables of all customers at month ends, AUC and calibration error beside batch logistic regression
and boosted trees fitted on the four months before; of lifetime value the rank correlation beside BG/NBD and Gamma-Gamma
fitted that day. The tables are made by pandas from the raw events. Tuned on seeds 11-16, reported on 1-3.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from customers_oracles import batch_chances, batch_clusters, batch_lifetime_values, squares_of, units_of
from customers_ours import Told, definition_of, tell
from customers_tables import amount_after, bought_after, moments, month_ends, read_orders, table_at
from scipy.stats import spearmanr
from sklearn.metrics import adjusted_rand_score, roc_auc_score

from livesegments.models.predictions.measures import calibration_error

WILL_DAYS, VALUE_DAYS = 30, 180


def main() -> None:
    """Run what was asked for and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=Path)
    parser.add_argument("--part", choices=["clusters", "predictions"], help="only this part")
    parser.add_argument("--clusters", nargs="+", type=int, default=[3, 4, 5])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    parser.add_argument("--margin", type=float, default=0.1, help="how far past the border users move")
    parser.add_argument("--options", default="", help="more options of the clusterings, such as ', algorithm: kmeans'")
    options = parser.parse_args()
    orders = read_orders(options.events)
    if options.part != "predictions":
        _clusters(orders, options)
    if options.part != "clusters":
        _predictions(orders, options)


def _clusters(orders: pd.DataFrame, options: argparse.Namespace) -> None:
    stops = moments(orders)
    oracles = {}
    for stop in stops:
        table = table_at(orders, stop)
        points = units_of(table)
        oracles[stop] = table.index, points, {k: batch_clusters(points, k) for k in options.clusters}
    print(f"{options.events.stem}: {len(orders):,} orders of {orders['user'].nunique():,} customers")
    print(f"{'':10}{'SSQ / batch at 25, 50, 75, 100 %':>36}{'ARI':>32}{'largest / batch':>32}")
    agreed: dict[int, list[float]] = {}
    for seed in options.seeds:
        more = f", margin: {options.margin}{options.options}"
        told = tell(definition_of(options.clusters, seed, predictions=False, more=more), options.events, stops)
        for k in options.clusters:
            rows = np.array([_against(told, f"k{k}", stop, oracles[stop], k) for stop in stops])
            agreed.setdefault(k, []).extend(rows[:, 1])
            print(f"k {k} seed {seed}" + "".join(f"{_four(column):>32}" for column in rows.T), flush=True)
            _lasted(told, f"k{k}")
        print(f"    CPU seconds: learning {told.seconds[0]:.1f}, segmenting and looking {told.seconds[1]:.1f}")
    for k, values in agreed.items():
        print(f"k {k}: median ARI {np.median(values):.3f}")


def _against(told: Told, name: str, stop: pd.Timestamp, oracle: tuple, k: int) -> tuple[float, float, float]:
    users, points, fits = oracle
    held = told.clusters[stop].get(name, {})
    labels = np.array([held.get(user, -1) for user in users])
    best, squares = fits[k]
    largest = np.unique(labels, return_counts=True)[1].max() / np.bincount(best).max()
    return squares_of(points, labels) / squares, adjusted_rand_score(best, labels), largest


def _lasted(told: Told, name: str) -> None:
    quarters = told.user_days / 90
    print(
        f"    {told.versions.get(name, 0)} versions keep {told.kept.get(name, 0):.1%} "
        f"({told.kept_still.get(name, 0):.1%} where no drift is told); a user moves "
        f"{told.moved_in_silence.get(name, 0) / max(told.silences, 1):.2f} times in 90 days without any event, "
        f"{told.moved_by_time.get(name, 0) / quarters:.2f} times in 90 days by time and models alone, "
        f"{told.moved.get(name, 0) / quarters:.2f} in all"
    )


def _four(values: np.ndarray) -> str:
    return " ".join(f"{value:6.3f}" for value in values)


def _predictions(orders: pd.DataFrame, options: argparse.Namespace) -> None:
    will_ends, value_ends = month_ends(orders, 150, WILL_DAYS), month_ends(orders, 90, VALUE_DAYS)
    told = {
        seed: tell(definition_of([], seed, predictions=True), options.events, sorted({*will_ends, *value_ends}))
        for seed in options.seeds
    }
    print(f"\n{options.events.stem}: orders within {WILL_DAYS} days, all customers at {len(will_ends)} month ends")
    print(f"{'':34}{'AUC':>8}{'worst':>8}{'ECE':>8}{'worst':>8}{'told':>7}")
    batch: dict[str, list[tuple[float, ...]]] = {}
    ours: dict[str, list[tuple[float, ...]]] = {}
    for end in will_ends:
        table = table_at(orders, end)
        happened = bought_after(orders, table, end, WILL_DAYS)
        for name, chances in batch_chances(orders, table, end, WILL_DAYS).items():
            batch.setdefault(f"batch {name}", []).append(_scores(chances, happened))
        rate = np.full(len(happened), happened.mean())
        for seed, one in told.items():
            for name, answers in one.predictions[end].items():
                if name != "lifetime":
                    chances = np.array([answers.get(user, np.nan) for user in table.index])
                    ours.setdefault(f"{name}, seed {seed}", []).append(_scores(chances, happened))
        batch.setdefault("base rate of that month", []).append(_scores(rate, happened))
    for name, rows in {**batch, **ours}.items():
        auc, ece, share = np.array(rows).T
        print(f"{name:34}{auc.mean():8.4f}{auc.min():8.4f}{ece.mean():8.4f}{ece.max():8.4f}{share.mean():7.1%}")
    _values(orders, value_ends, told)
    for seed, one in told.items():
        print(f"seed {seed}: CPU seconds: learning {one.seconds[0]:.1f}, segmenting and looking {one.seconds[1]:.1f}")


def _values(orders: pd.DataFrame, ends: list[pd.Timestamp], told: dict[int, Told]) -> None:
    if not ends:
        return
    print(f"\nspends within {VALUE_DAYS} days, all customers at {len(ends)} month ends: rank correlation")
    rows: dict[str, list[float]] = {}
    for end in ends:
        table = table_at(orders, end)
        spent = amount_after(orders, table, end, VALUE_DAYS)
        rows.setdefault("batch BG/NBD and Gamma-Gamma", []).append(
            _rank(batch_lifetime_values(table, VALUE_DAYS), spent)
        )
        for seed, one in told.items():
            answers = one.predictions[end].get("lifetime", {})
            values = np.array([answers.get(user, 0.0) for user in table.index])
            rows.setdefault(f"lifetime, seed {seed}", []).append(_rank(values, spent))
    for name, found in rows.items():
        print(f"{name:34}{_four(np.array(found))}")


def _scores(chances: np.ndarray, happened: np.ndarray) -> tuple[float, float, float]:
    known = ~np.isnan(chances)
    filled = np.where(known, chances, np.nanmean(chances) if known.any() else 0.5)
    return roc_auc_score(happened, filled), calibration_error(filled, happened), float(known.mean())


def _rank(values: np.ndarray, spent: np.ndarray) -> float:
    return float(spearmanr(values, spent).statistic)


if __name__ == "__main__":
    main()
