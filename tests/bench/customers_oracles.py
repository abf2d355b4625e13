"""What batch methods reach on a table of customers: k-means, logistic regression, boosted trees, BG/NBD."""

from __future__ import annotations

import numpy as np
import pandas as pd
from customers_tables import DAY, RFM, bought_after, table_at
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

__all__ = ["batch_chances", "batch_clusters", "batch_lifetime_values", "squares_of", "units_of"]

BEHAVIOUR = [*RFM, "age_days", "orders_30d", "orders_90d"]
DAYS_BEFORE = (30, 60, 90, 120)


def units_of(table: pd.DataFrame) -> np.ndarray:
    """Give the RFM columns after the logarithm, standardised over this table."""
    return np.asarray(StandardScaler().fit_transform(np.log1p(table[RFM].to_numpy(float).clip(min=0.0))))


def batch_clusters(points: np.ndarray, clusters: int) -> tuple[np.ndarray, float]:
    """Give labels and squared distances of k-means with 20 restarts."""
    model = KMeans(clusters, n_init=20, random_state=0).fit(points)
    return model.labels_, squares_of(points, model.labels_)


def squares_of(points: np.ndarray, labels: np.ndarray) -> float:
    """Give the squared distances of the points to the means of their own groups."""
    return sum(
        float(((points[labels == label] - points[labels == label].mean(axis=0)) ** 2).sum())
        for label in np.unique(labels)
    )


def batch_chances(orders: pd.DataFrame, table: pd.DataFrame, moment: pd.Timestamp, days: int) -> dict[str, np.ndarray]:
    """Give each user's chance to order within so many days, by models fitted on the tables of four months before."""
    past = [(table_at(orders, moment - back * DAY), moment - back * DAY) for back in DAYS_BEFORE]
    rows = np.vstack([_inputs(before) for before, _ in past])
    outcomes = np.concatenate([bought_after(orders, before, at, days) for before, at in past])
    scaler = StandardScaler().fit(rows)
    models = {
        "logistic regression": LogisticRegression(max_iter=1000),
        "boosted trees": HistGradientBoostingClassifier(max_iter=100, learning_rate=0.05, random_state=0),
    }
    now = scaler.transform(_inputs(table))
    return {
        name: model.fit(scaler.transform(rows), outcomes).predict_proba(now)[:, 1] for name, model in models.items()
    }


def batch_lifetime_values(table: pd.DataFrame, days: float) -> np.ndarray:
    """Give what each user will spend within so many days: BG/NBD times Gamma-Gamma, both fitted to this table."""
    x = table["orders"].to_numpy(float) - 1.0
    observed = table["age_days"].to_numpy(float)
    t_x = observed - table["days_since_order"].to_numpy(float)
    spend = table["repeat_spend"].to_numpy(float)
    r, alpha, a, b = np.exp(minimize(_bg_nbd_loss, np.zeros(4), args=(x, t_x / 30.0, observed / 30.0)).x)
    alpha *= 30.0
    paid = (x > 0) & (spend > 0)
    scale = spend[paid].mean()
    p, q, gamma = np.exp(minimize(_gamma_gamma_loss, np.log([1.0, 2.0, 1.0]), args=(x[paid], spend[paid] / scale)).x)
    gamma *= scale
    curve = hyp2f1(r + x, b + x, a + b + x - 1.0, days / (alpha + observed + days))
    ever = (a + b + x - 1.0) / (a - 1.0)
    some = 1.0 - ((alpha + observed) / (alpha + observed + days)) ** (r + x) * curve
    odds = np.where(x > 0, a / (b + np.maximum(x, 1.0) - 1.0) * ((alpha + observed) / (alpha + t_x)) ** (r + x), 0.0)
    known = np.where(spend > 0, x, 0.0)
    worth = p * (gamma + known * spend) / np.maximum(p * known + q - 1.0, 1e-3)
    return np.asarray(ever * some / (1.0 + odds) * worth)


def _inputs(table: pd.DataFrame) -> np.ndarray:
    return np.log1p(table[BEHAVIOUR].to_numpy(float).clip(min=0.0))


def _bg_nbd_loss(logs: np.ndarray, x: np.ndarray, t_x: np.ndarray, observed: np.ndarray) -> float:
    r, alpha, a, b = np.exp(np.clip(logs, -12.0, 12.0))
    active = -(r + x) * np.log(alpha + observed)
    last = np.log(a) - np.log(b + np.maximum(x, 1.0) - 1.0) - (r + x) * np.log(alpha + t_x)
    both = np.logaddexp(active, np.where(x > 0, last, -np.inf))
    told = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b) + both
    return -float(told.mean())


def _gamma_gamma_loss(logs: np.ndarray, x: np.ndarray, spend: np.ndarray) -> float:
    p, q, gamma = np.exp(np.clip(logs, -12.0, 12.0))
    told = (
        gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) + (p * x - 1.0) * np.log(spend)
        + p * x * np.log(x) - (p * x + q) * np.log(gamma + x * spend)
    )  # fmt: skip
    return -float(told.mean())
