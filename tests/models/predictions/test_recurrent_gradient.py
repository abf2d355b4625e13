"""Back-propagation through time equals finite differences, to eight digits."""

import numpy as np
import pytest

from livesegments.models.predictions.network import Network


def joined(windows, inputs):
    steps = np.concatenate([np.reshape(window, (-1, inputs)) for window in windows])
    return steps, np.array([len(window) // inputs for window in windows])


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("outcomes", [2, 4])
def test_gradient_is_exact(cell, outcomes):
    random = np.random.default_rng(7)
    network = Network(cell, inputs=3, units=5, outcomes=outcomes, seed=3)
    for weight in network.weights.values():
        weight += random.normal(0.0, 0.3, weight.shape)
    windows = [random.normal(size=3 * length).tolist() for length in (1, 4, 16, 9)]
    steps, lengths = joined(windows, 3)
    targets = random.integers(0, outcomes, len(windows))
    _, slopes = network.loss_and_slopes(steps, lengths, targets)
    for name, weight in network.weights.items():
        assert np.abs(slopes[name]).max() > 1e-6, name
        np.testing.assert_allclose(slopes[name], finite_differences(network, name, steps, lengths, targets), atol=1e-8)
        assert weight is network.weights[name]


def finite_differences(network, name, steps, lengths, targets, width=1e-5):
    weight = network.weights[name]
    slopes = np.zeros_like(weight)
    for place in np.ndindex(weight.shape):
        kept = weight[place]
        losses = []
        for moved in (kept + width, kept - width):
            weight[place] = moved
            losses.append(network.loss_and_slopes(steps, lengths, targets)[0])
        weight[place] = kept
        slopes[place] = (losses[0] - losses[1]) / (2 * width)
    return slopes


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_longer_sequences_beside_it_change_nothing(cell):
    network = Network(cell, inputs=2, units=4, outcomes=2, seed=1)
    network.weights["readout"] += np.random.default_rng(1).normal(size=(4, 2))
    alone = network.chances(*joined([[0.3, -1.0]], 2))
    beside_longer = network.chances(*joined([[0.3, -1.0], [1.0] * 20], 2))
    np.testing.assert_allclose(alone[0], beside_longer[0], rtol=1e-12)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_each_sequence_keeps_its_chances_and_its_target_whatever_its_place(cell):
    random = np.random.default_rng(2)
    network = Network(cell, inputs=2, units=4, outcomes=3, seed=1)
    network.weights["readout"] += random.normal(size=(4, 3))
    windows = [random.normal(size=2 * length).tolist() for length in (2, 7, 1, 7, 4)]
    targets = np.array([0, 1, 2, 0, 2])
    alone = np.array([network.chances(*joined([window], 2))[0] for window in windows])
    np.testing.assert_allclose(network.chances(*joined(windows, 2)), alone, rtol=1e-12)
    loss, _ = network.loss_and_slopes(*joined(windows, 2), targets)
    assert loss == pytest.approx(-np.log(alone[np.arange(5), targets]).mean(), rel=1e-12)
