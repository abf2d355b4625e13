"""The closed forms of BG/NBD and Gamma-Gamma agree with sums, simulations and limits."""

import math
import random

import numpy as np
import pytest
from scipy.special import hyp2f1

from livesegments.core.times import DAY_MS
from livesegments.models.predictions.bg_nbd import BgNbd, chance_alive, chance_of_purchase, expected_purchases
from livesegments.models.predictions.gamma_gamma import GammaGamma, expected_spend
from livesegments.models.predictions.lifetime import Lifetime, LifetimeScorer
from livesegments.models.predictions.purchases import Purchases

MODEL = BgNbd(0.243, 4.414, 0.793, 2.426)


def simulated(model, x, t_x, observed, horizon, runs=200_000, seed=5):
    """Draw users from the posterior and let them buy: P(alive), P(purchase), E[purchases]."""
    random = np.random.default_rng(seed)
    alive = random.random(runs) < chance_alive(model, x, t_x, observed)
    rate = random.gamma(model.r + x, 1.0 / (model.alpha + observed), runs)
    leave = random.beta(model.a, model.b + x, runs)
    wanted = random.poisson(rate * horizon)
    stays = np.floor(np.log(random.random(runs)) / np.log1p(-leave)) + 1
    bought = np.where(alive, np.minimum(wanted, stays), 0)
    return (bought > 0).mean(), bought.mean()


@pytest.mark.parametrize("user", [(0.0, 0.0, 20.0), (2.0, 30.43, 38.86), (10.0, 5.0, 38.0), (29.0, 37.7, 38.0)])
def test_closed_forms_equal_simulation(user):
    chance, purchases = simulated(MODEL, *user, horizon=39.0)
    assert chance_of_purchase(MODEL, *user, 39.0) == pytest.approx(chance, abs=0.005)
    assert expected_purchases(MODEL, *user, 39.0) == pytest.approx(purchases, rel=0.03, abs=0.005)


def test_the_users_of_the_paper_are_expected_to_buy_as_published():
    # customer 1 of the spreadsheet note: x = 2, t_x = 30.43, T = 38.86, expected in 39 weeks
    assert expected_purchases(MODEL, 2.0, 30.43, 38.86, 39.0) == pytest.approx(1.226, abs=0.001)


def test_who_never_bought_again_is_alive_and_silence_after_many_purchases_is_a_farewell():
    assert chance_alive(MODEL, 0.0, 0.0, 100.0) == 1.0
    assert chance_alive(MODEL, 20.0, 10.0, 100.0) < 0.001
    assert chance_alive(MODEL, 500.0, 1.0, 10_000.0) == pytest.approx(0.0)


def test_the_series_is_gausss_function_over_all_that_is_fitted():
    chance = random.Random(3)
    for _ in range(2_000):
        model = BgNbd(*(10 ** chance.uniform(low, high) for low, high in ((-1.5, 0.7), (-1, 3), (-1.5, 1), (-1.5, 1))))
        x, observed, horizon = chance.choice([0, 1, 2, 7, 60]), chance.uniform(0, 900), chance.choice([7, 30, 365, 730])
        t_x = chance.uniform(0, observed) if x else 0.0
        share = (model.alpha + observed) / (model.alpha + observed + horizon)
        ever = model.a + model.b + x - 1.0
        curve = hyp2f1(model.r + x, model.b + x, ever, 1.0 - share)
        whole = max(0.0, ever / (model.a - 1.0) * (1.0 - share ** (model.r + x) * curve))
        found = expected_purchases(model, x, t_x, observed, horizon)
        assert found == pytest.approx(whole * chance_alive(model, x, t_x, observed), rel=1e-7, abs=1e-9)


def test_a_equal_to_one_is_no_hole():
    around = [expected_purchases(MODEL._replace(a=a), 2.0, 30.0, 38.0, 39.0) for a in (0.999, 1.0, 1.001)]
    assert around[0] > around[1] > around[2] > 0


def test_spend_lies_between_the_users_mean_and_everybodys():
    model = GammaGamma(6.25, 3.74, 15.44)
    everybody = expected_spend(model, 0.0, 0.0)
    assert everybody == pytest.approx(6.25 * 15.44 / 2.74)
    assert everybody < expected_spend(model, 1.0, 100.0) < expected_spend(model, 10.0, 100.0) < 100.0


def test_purchases_do_not_depend_on_arrival_order():
    events = [(day * DAY_MS, amount) for day, amount in ((1, 10.0), (3, 20.1), (7, 5.2), (20, 100.3))]
    vectors = []
    for seed in range(10):
        random.Random(seed).shuffle(events)
        purchases = Purchases()
        for at_ms, amount in events:
            purchases.add(at_ms, amount)
        vectors.append(Purchases.decode(purchases.encode()).vector(30 * DAY_MS))
    assert vectors[0] == [3.0, 19.0, 29.0, pytest.approx(125.6 / 3)]
    assert vectors == [vectors[0]] * 10


def test_too_few_repeat_buyers_give_no_model():
    predictor = Lifetime("value", 30 * DAY_MS)
    assert not predictor.fit([[1.0, 5.0, 10.0, 20.0]] * 29)
    assert predictor.parameters() == {}
    assert predictor.predict_one([1.0, 5.0, 10.0, 20.0]) == []


def test_value_is_purchases_times_spend():
    chance = random.Random(1)
    rows = []
    for _ in range(300):
        observed, x = chance.uniform(50, 100), chance.randrange(6)
        rows.append(
            [float(x), chance.uniform(1, observed) if x else 0.0, observed, chance.uniform(5, 80) if x else 0.0]
        )
    predictor = Lifetime("value", 30 * DAY_MS)
    assert predictor.fit(rows)
    plain = predictor.parameters()
    buying, spending = BgNbd(*plain["bg_nbd"]), GammaGamma(*plain["gamma_gamma"])
    x, t_x, observed, spend = rows[0]
    money = expected_purchases(buying, x, t_x, observed, 30.0) * expected_spend(spending, x, spend)
    assert LifetimeScorer(plain).scores(rows[0]) == [pytest.approx(money)]
    assert all(math.isfinite(part) for row in rows for part in LifetimeScorer(plain).contributions(row, 0))
