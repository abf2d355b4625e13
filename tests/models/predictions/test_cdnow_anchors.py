"""What is published about CDNOW comes out, to three digits (Fader, Hardie & Lee 2005; Fader & Hardie 2013)."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from livesegments.models.predictions import bg_nbd, gamma_gamma
from livesegments.models.predictions.bg_nbd import expected_purchases, fit_bg_nbd
from livesegments.models.predictions.gamma_gamma import fit_gamma_gamma
from models.predictions.cdnow_sample import sample_summary


@pytest.fixture(scope="module")
def sample():
    return sample_summary()


def test_bg_nbd_has_the_published_parameters(sample):
    model = fit_bg_nbd(sample.x, sample.t_x, sample.observed)
    assert len(sample.x) == 2357
    assert [round(number, 3) for number in model] == [0.243, 4.414, 0.793, 2.426]
    assert round(bg_nbd.log_likelihood(model, sample.x, sample.t_x, sample.observed), 1) == -9582.4


def test_a_near_start_finds_the_same(sample):
    model = fit_bg_nbd(sample.x, sample.t_x, sample.observed)
    again = fit_bg_nbd(sample.x, sample.t_x, sample.observed, start=bg_nbd.BgNbd(0.3, 5.0, 1.0, 3.0))
    np.testing.assert_allclose(again, model, rtol=1e-4)


def test_bg_nbd_foretells_the_holdout_as_published(sample):
    model = fit_bg_nbd(sample.x, sample.t_x, sample.observed)
    rows = zip(sample.x, sample.t_x, sample.observed, strict=True)
    expected = [expected_purchases(model, *row, horizon=39.0) for row in rows]
    assert round(float(np.corrcoef(expected, sample.later)[0, 1]), 3) == 0.626


def test_gamma_gamma_has_the_published_parameters(sample):
    again = sample.x > 0
    model = fit_gamma_gamma(sample.x[again], sample.spend[again])
    assert [float(f"{number:.3g}") for number in model[:2]] == [6.25, 3.74]
    assert round(model.gamma, 2) == 15.44


def test_the_gradients_of_both_likelihoods_are_exact(sample):
    counts, again = np.ones(len(sample.x)), sample.x > 0
    buying = (bg_nbd._users_of(sample.x, sample.t_x, sample.observed, counts),)
    spending = (sample.x[again], sample.spend[again] / 30)
    point = np.array([0.3, -0.2, 0.1, 0.5])
    for module, place, columns in ((bg_nbd, point, buying), (gamma_gamma, point[:3], spending)):
        error = check_grad(
            lambda logs, module=module, columns=columns: module._mean_loss(logs, *columns)[0],
            lambda logs, module=module, columns=columns: module._mean_loss(logs, *columns)[1],
            place,
        )
        assert error < 1e-5
