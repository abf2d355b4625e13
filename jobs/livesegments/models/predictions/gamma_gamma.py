"""Gamma-Gamma: what a user's next purchases are worth (Fader & Hardie's note of 2013, "The Gamma-Gamma Model").

Amounts of one user are Gamma(p, nu), and nu differs between users as Gamma(q, gamma).
"""

from typing import NamedTuple

import numpy as np

from livesegments.models.predictions.cells import Numbers

__all__ = ["GammaGamma", "expected_spend", "fit_gamma_gamma"]

_LOG_BOUND = 12.0


class GammaGamma(NamedTuple):
    """The three parameters, all positive; gamma is money."""

    p: float
    q: float
    gamma: float


def fit_gamma_gamma(x: Numbers, spend: Numbers) -> GammaGamma:
    """Return the maximum-likelihood parameters for users with x > 0 purchases of mean `spend` > 0 each."""
    from scipy.optimize import minimize  # see fit_bg_nbd

    scale = float(spend.mean())
    found = minimize(
        _mean_loss,
        np.log([1.0, 2.0, 1.0]),
        args=(x, spend / scale),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-_LOG_BOUND, _LOG_BOUND)] * 3,
        options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500},
    )
    p, q, gamma = np.exp(found.x).tolist()
    return GammaGamma(p, q, gamma * scale)


def _mean_loss(logs: Numbers, x: Numbers, spend: Numbers) -> tuple[float, Numbers]:
    from scipy.special import digamma, gammaln  # see fit_bg_nbd

    p, q, gamma = np.exp(logs)
    total, drawn = gamma + x * spend, p * x + q
    gain = gammaln(drawn) - gammaln(p * x) - gammaln(q) + q * np.log(gamma / total) + p * x * np.log(x * spend / total)
    slopes = np.array([
        np.mean(x * (digamma(drawn) - digamma(p * x) + np.log(x * spend / total))),
        np.mean(digamma(drawn) - digamma(q) + np.log(gamma / total)),
        np.mean(q / gamma - drawn / total),
    ])  # fmt: skip
    return float(-(gain - np.log(spend)).mean()), -slopes * np.exp(logs)


def expected_spend(model: GammaGamma, x: float, spend: float) -> float:
    """Return E[amount of a purchase | x purchases of mean `spend`], between the user's own mean and everybody's.

    Where q <= 1 the mean over everybody does not exist; it is cut off at a thousandth above.
    """
    p, q, gamma = model
    return p * (gamma + x * spend) / max(p * x + q - 1.0, 1e-3)
