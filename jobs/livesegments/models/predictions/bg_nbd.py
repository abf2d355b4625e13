"""BG/NBD: how often a user who may have left for good still buys (Fader, Hardie & Lee, Marketing Science 2005).

While active, a user buys at a rate drawn from Gamma(r, alpha); after each purchase they leave with a probability
drawn from Beta(a, b). A user is told by x repeat purchases, the time t_x of the last one and the time T observed,
both counted from the first purchase. The unit of time is the caller's; alpha is in that unit.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from livesegments.models.predictions.cells import Numbers

__all__ = ["BgNbd", "chance_alive", "chance_of_purchase", "expected_purchases", "fit_bg_nbd", "log_likelihood"]

_LOG_BOUND = 12.0


class BgNbd(NamedTuple):
    """The four parameters, all positive."""

    r: float
    alpha: float
    a: float
    b: float


class _Users(NamedTuple):
    """Groups of users alike: t_x, T and the number of users of each, and which of the few values of x is theirs."""

    t_x: Numbers
    observed: Numbers
    counts: Numbers
    repeats: Numbers  # the values of x
    places: NDArray[np.intp]  # of each group's x among them


def log_likelihood(model: BgNbd, x: Numbers, t_x: Numbers, observed: Numbers) -> float:
    """Return the log likelihood of these users (equation 6 of the paper, in logarithms)."""
    return -_loss_and_slopes(np.log(np.array(model)), _users_of(x, t_x, observed, np.ones(len(x))))[0]


def fit_bg_nbd(x: Numbers, t_x: Numbers, observed: Numbers, start: BgNbd | None = None) -> BgNbd:
    """Return the maximum-likelihood parameters, found with L-BFGS-B over their logarithms.

    The time is scaled by its mean meanwhile; `start` saves steps when it is near.
    """
    return _fit(np.stack([x, t_x, observed]).astype(float).tobytes(), start)


@lru_cache(1)  # a definition often has two predictions of the same purchases, which are fitted one after the other
def _fit(purchases: bytes, start: BgNbd | None) -> BgNbd:
    from scipy.optimize import minimize  # takes 0.2 s to import; only learners need it

    x, t_x, observed = np.frombuffer(purchases).reshape(3, -1)
    scale = float(observed.mean()) or 1.0
    rows, counts = np.unique(np.stack([x, t_x / scale, observed / scale]), axis=1, return_counts=True)
    users = _users_of(rows[0], rows[1], rows[2], counts)
    first = np.log([start.r, start.alpha / scale, start.a, start.b]) if start else np.zeros(4)
    found = minimize(
        lambda logs: _mean_loss(logs, users),
        np.clip(first, -_LOG_BOUND, _LOG_BOUND),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_LOG_BOUND, _LOG_BOUND)] * 4,
        options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500},
    )
    r, alpha, a, b = np.exp(found.x).tolist()
    return BgNbd(r, alpha * scale, a, b)


def _users_of(x: Numbers, t_x: Numbers, observed: Numbers, counts: Numbers) -> _Users:
    return _Users(t_x, observed, counts, *np.unique(x, return_inverse=True))


def _mean_loss(logs: Numbers, users: _Users) -> tuple[float, Numbers]:
    loss, slopes = _loss_and_slopes(logs, users)
    total = float(users.counts.sum())
    return loss / total, slopes / total


def _loss_and_slopes(logs: Numbers, users: _Users) -> tuple[float, Numbers]:
    """Return the negative log likelihood and its gradient by the logarithms of the parameters.

    What depends on x alone is computed once for each value of it: there are few, and those functions are slow.
    """
    from scipy.special import betaln, digamma, gammaln  # takes 0.3 s to import, and most commands ask for no answer

    r, alpha, a, b = np.exp(logs)
    t_x, observed, counts, x, places = users
    before = np.where(x > 0, b + x - 1.0, 1.0)
    joint = digamma(a + b) - digamma(a + b + x)
    by_x = np.stack([
        r + x,
        before,
        np.where(x > 0, np.log(a) - np.log(before), -np.inf),
        gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b),
        digamma(r + x) - digamma(r) + np.log(alpha),
        joint,
        joint + digamma(b + x) - digamma(b),
    ])  # fmt: skip
    shape, before, leaving, gained, of_r, of_a, of_b = by_x[:, places]
    log_observed, log_last = np.log(alpha + observed), np.log(alpha + t_x)
    active, left = -shape * log_observed, leaving - shape * log_last
    both = np.logaddexp(active, left)
    is_active, is_left = np.exp(active - both), np.exp(left - both)
    mean_log = is_active * log_observed + is_left * log_last
    mean_inverse = is_active / (alpha + observed) + is_left / (alpha + t_x)
    slopes = np.stack([of_r - mean_log, r / alpha - shape * mean_inverse, of_a + is_left / a, of_b - is_left / before])
    return -float((gained + both) @ counts), -(slopes @ counts) * np.exp(logs)


def chance_alive(model: BgNbd, x: float, t_x: float, observed: float) -> float:
    """Return P(alive | x, t_x, T): that the user has not left (Fader & Hardie's note of 2008 on BG/NBD)."""
    if x <= 0.0:
        return 1.0
    r, alpha, a, b = model
    odds = math.log(a / (b + x - 1.0)) + (r + x) * math.log((alpha + observed) / (alpha + t_x))
    return 1.0 / (1.0 + math.exp(min(odds, 700.0)))


def chance_of_purchase(model: BgNbd, x: float, t_x: float, observed: float, horizon: float) -> float:
    """Return P(at least one purchase within `horizon` | x, t_x, T).

    An active user's rate is Gamma(r + x, alpha + T), so none comes with ((alpha + T) / (alpha + T + horizon))^(r+x).
    """
    r, alpha, _, _ = model
    none: float = ((alpha + observed) / (alpha + observed + horizon)) ** (r + x)
    return chance_alive(model, x, t_x, observed) * (1.0 - none)


def expected_purchases(model: BgNbd, x: float, t_x: float, observed: float, horizon: float) -> float:
    """Return E[purchases within `horizon` | x, t_x, T] (equation 10 of the paper).

    Gauss's hypergeometric function stands there as its Euler transform, whose parameters stay small for busy users.
    """
    r, alpha, a, b = model
    if abs(a - 1.0) < 1e-6:  # a removable pole
        a = 1.0 + 1e-6
    share = (alpha + observed) / (alpha + observed + horizon)
    curve = float(_gauss()(a + b - 1.0 - r, a - 1.0, a + b + x - 1.0, 1.0 - share))
    ever: float = (a + b + x - 1.0) / (a - 1.0) * (1.0 - share ** (a - 1.0) * curve)
    if not math.isfinite(ever):  # users leave so seldom that no number of it is left
        ever = (r + x) / (alpha + observed) * horizon
    return float(max(0.0, ever)) * chance_alive(model, x, t_x, observed)


@lru_cache(1)
def _gauss() -> Callable[[float, float, float, float], float]:
    from scipy.special import hyp2f1  # see `_loss_and_slopes`; to import it at each call takes half as long as the call

    function: Callable[[float, float, float, float], float] = hyp2f1
    return function
