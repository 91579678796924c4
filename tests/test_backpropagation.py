"""Backpropagation by numbers against plain numpy, finite differences, Keras' own optimizer and the sum over paths."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax

import nnviz
from nnviz import ELEMENTWISE, LOSSES, SmallNetwork, backpropagate, chain_rule
from nnviz.backpropagation import STEP

PAIRS = [(loss, output) for loss, entry in LOSSES.items() for output in entry.outputs]
SMOOTH = ["sigmoid", "tanh", "softplus", "gelu", "silu", "linear"]


def one_hot(count):
    return (1.0, *[0.0] * (count - 1))


@st.composite
def networks(draw):
    units = tuple(draw(st.lists(st.integers(1, 5), min_size=2, max_size=5)))
    loss, output = draw(st.sampled_from([("categorical_crossentropy", "softmax"), ("mean_squared_error", "sigmoid")]))
    x = tuple(draw(st.lists(st.floats(-3, 3), min_size=units[0], max_size=units[0])))
    return SmallNetwork(
        units, x, one_hot(units[-1]), draw(st.sampled_from(SMOOTH)), output, loss, "he_normal", draw(st.integers(0, 99))
    )


PHI = {  # φ and φ′ in numpy
    "sigmoid": (expit, lambda z: expit(z) * expit(-z)),
    "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
    "softplus": (lambda z: np.logaddexp(0, z), expit),
    "linear": (lambda z: z, np.ones_like),
}


@pytest.mark.parametrize("activation", PHI)
@pytest.mark.parametrize("units", [(3, 3, 2, 2), (1, 1), (2, 5, 4, 5, 3), (5, 1, 5)])
def test_every_number_is_that_of_a_numpy_backpropagation(units, activation):
    x = (1.0, 0.5, -1.0, 0.3, -0.4)[: units[0]]
    network = SmallNetwork(units, x, one_hot(units[-1]), activation, seed=3)
    found = backpropagate(network)
    phi, slope = PHI[activation]
    a = [np.array(x)]
    for layer, (w, b) in enumerate(zip(found.weights, found.biases, strict=True)):
        z = a[-1] @ w + b
        last = layer == len(units) - 2
        a.append(softmax(z) if last else phi(z))
        np.testing.assert_allclose(found.z[layer], z, rtol=1e-12)
        np.testing.assert_allclose(found.a[layer + 1], a[-1], rtol=1e-12)
        np.testing.assert_allclose(
            found.slopes[layer], a[-1] * (1 - a[-1]) if last else slope(z), rtol=1e-9, atol=1e-15
        )
    y = np.array(network.y)
    assert found.loss == pytest.approx(-(y * np.log(a[-1])).sum(), abs=1e-9)
    delta = a[-1] - y  # softmax with cross-entropy
    for layer in reversed(range(len(units) - 1)):
        np.testing.assert_allclose(found.delta[layer], delta, rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(found.weight_gradients[layer], np.outer(a[layer], delta), rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(found.bias_gradients[layer], delta, rtol=1e-9, atol=1e-14)
        if layer:
            delta = found.weights[layer] @ delta * slope(found.z[layer - 1])


@pytest.mark.parametrize(("loss", "output"), PAIRS)
def test_every_loss_and_output_unit_agree_with_the_finite_differences(loss, output):
    network = SmallNetwork((3, 4, 2), (1.0, 0.5, -1.0), (1.0, 0.0), "tanh", output, loss, seed=1)
    found = backpropagate(network, 2)
    assert found.largest_error < 1e-8
    assert np.abs(found.delta[-1]).max() > 1e-3


@pytest.mark.parametrize("activation", ELEMENTWISE)
def test_every_activation_agrees_with_the_finite_differences(activation):
    network = SmallNetwork((3, 5, 4, 2), (1.0, 0.57, -1.3), (0.0, 1.0), activation, initializer="he_normal", seed=6)
    found = backpropagate(network)
    scale = max(1.0, *(np.abs(gradient).max() for gradient in found.weight_gradients))
    assert found.largest_error / scale < 1e-7


def test_the_finite_difference_is_the_one_the_page_describes():
    network = SmallNetwork()
    found = backpropagate(network)

    def cost(weights):
        a = np.array(network.x)
        for layer, (w, b) in enumerate(zip(weights, found.biases, strict=True)):
            z = a @ w + b
            a = np.tanh(z) if layer < 2 else softmax(z)
        return -np.log(a[0])

    moved = [[w.copy() for w in found.weights] for _ in range(2)]
    moved[0][1][2, 1] += STEP
    moved[1][1][2, 1] -= STEP
    assert found.weight_checks[1][2, 1] == pytest.approx((cost(moved[0]) - cost(moved[1])) / (2 * STEP), abs=1e-9)


@given(networks(), st.data())
def test_the_products_of_all_paths_add_up_to_the_gradient(network, data):
    found = backpropagate(network)
    layer = data.draw(st.integers(0, len(network.units) - 2))
    source = data.draw(st.integers(-1, network.units[layer] - 1))
    target = data.draw(st.integers(0, network.units[layer + 1] - 1))
    chain = chain_rule(found, layer, source, target)
    assert sum(path.product for path in chain.paths) == pytest.approx(chain.gradient, rel=1e-9, abs=1e-15)
    assert chain.incoming * chain.delta == pytest.approx(chain.gradient, rel=1e-9, abs=1e-15)
    if chain.onward:
        assert chain.slope * sum(w * delta for w, delta in chain.onward) == pytest.approx(
            chain.delta, rel=1e-9, abs=1e-15
        )
    assert len(chain.paths) == np.prod(network.units[layer + 2 :], initial=1)
    sizes = [abs(path.product) for path in chain.paths]
    assert sizes == sorted(sizes, reverse=True)
    ledger = chain.ledger(3)
    assert len(ledger) == min(3, len(sizes)) + (len(sizes) > 3) + 1


def test_a_chain_of_single_neurons_is_one_product():
    network = SmallNetwork((1, 1, 1, 1), (0.5,), (1.0,), "sigmoid", "sigmoid", "mean_squared_error", seed=2)
    found = backpropagate(network)
    (path,) = chain_rule(found, 0, 0, 0).paths
    weights = [float(w[0, 0]) for w in found.weights]
    slopes = [float(slope[0]) for slope in found.slopes]
    error = 2 * (found.a[-1][0] - 1)
    by_hand = 0.5 * slopes[0] * weights[1] * slopes[1] * weights[2] * slopes[2] * error
    assert path.product == pytest.approx(by_hand, rel=1e-12)
    neurons = nnviz.neuron_chain(weights, [0, 0, 0], "sigmoid", 0.5)
    assert path.product == pytest.approx(neurons.product / weights[0] * 0.5 * error, rel=1e-9)


@pytest.mark.parametrize("steps", [1, 7])
def test_descent_is_what_keras_sgd_does(steps):
    network = SmallNetwork(learning_rate=0.7)
    start, end = backpropagate(network), backpropagate(network, steps)
    model = keras.Sequential(
        [keras.Input(shape=(3,), dtype="float64")]
        + [keras.layers.Dense(n, activation=f, dtype="float64") for n, f in ((3, "tanh"), (2, "tanh"), (2, "softmax"))]
    )
    model.set_weights([value for pair in zip(start.weights, start.biases, strict=True) for value in pair])
    model.compile(optimizer=keras.optimizers.SGD(0.7), loss="categorical_crossentropy", run_eagerly=True)
    for _ in range(steps):
        model.train_on_batch(np.array([network.x]), np.array([network.y]))
    for layer, (w, b) in enumerate(zip(end.weights, end.biases, strict=True)):
        np.testing.assert_allclose(model.layers[layer].kernel.numpy(), w, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(model.layers[layer].bias.numpy(), b, rtol=1e-6, atol=1e-8)


def test_a_step_leads_where_the_step_before_said():
    network = SmallNetwork()
    for step in range(3):
        now, later = backpropagate(network, step), backpropagate(network, step + 1)
        for field in ("weights", "biases"):
            for said, came in zip(getattr(now, f"next_{field}"), getattr(later, field), strict=True):
                np.testing.assert_array_equal(said, came)
        assert later.losses[:-1].tolist() == now.losses.tolist()
        assert later.loss < now.loss
        for w, gradient, after in zip(now.weights, now.weight_gradients, now.next_weights, strict=True):
            np.testing.assert_allclose(after, w - 0.5 * gradient, rtol=1e-14)


def test_the_table_holds_every_weight_and_bias():
    found = backpropagate(SmallNetwork())
    table = found.table()
    assert {len(column) for column in table.values()} == {26}  # the 26 parameters of 3 → 3 → 2 → 2
    place = next(
        i for i, row in enumerate(zip(table["layer"], table["from"], table["to"], strict=True)) if row == (2, "3", 1)
    )
    assert table["w"][place] == found.weights[1][2, 0]
    assert table["∂C/∂w"][place] == found.weight_gradients[1][2, 0]
    bias = next(
        i for i, row in enumerate(zip(table["layer"], table["from"], table["to"], strict=True)) if row == (3, "bias", 2)
    )
    assert table["∂C/∂w"][bias] == found.bias_gradients[2][1]
    assert table["next w"][bias] == found.next_biases[2][1]


def test_the_formulas_say_the_numbers():
    found = backpropagate(SmallNetwork())
    gradient, delta = chain_rule(found, 0, 1, 2).written_out()
    assert f"{abs(found.weight_gradients[0][1, 2]):.4g}" in gradient
    assert r"\sum_m w^{(2)}_{3m} \delta^{(2)}_m" in delta
    gradient, delta = chain_rule(found, 2, -1, 1).written_out()
    assert r"\partial b^{(3)}_{2}" in gradient
    assert r"\frac{\partial C}{\partial z^{(3)}_{2}}" in delta


def test_no_number_in_a_formula_is_rounded_to_0():
    network = SmallNetwork(
        (1, 1, 1, 1, 1), (1e-3,), (1.0,), "sigmoid", "sigmoid", "mean_squared_error", "random_normal"
    )
    ledger = chain_rule(backpropagate(network), 0, 0, 0).ledger(6)
    assert r"\cdot 10^{-" in ledger[-1][2]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"units": (3,)}, "units must be 2 to 5 sizes, input first, not 1"),
        ({"units": (3, 2, 2, 2, 2, 2)}, "units must be 2 to 5 sizes"),
        ({"units": (3, 6, 2)}, "units must be a whole number from 1 to 5, not 6"),
        ({"x": (1.0, 2.0)}, "x must be a list of 3 to 3 numbers"),
        ({"x": (1.0, 2.0, float("nan"))}, "x must hold finite numbers only"),
        ({"x": (1.0, 2.0, 1e4)}, "x must be a finite number from -1,000 to 1,000"),
        ({"y": (0.5, 0.6)}, "y must sum to 1 for output softmax, not to 1.1"),
        ({"y": (-0.5, 1.5)}, "y must be probabilities from 0 to 1"),
        ({"activation": "softmax"}, "activation must be a function of one number"),
        ({"output": "linear"}, "output must be softmax for loss categorical_crossentropy"),
        ({"initializer": "luck"}, "initializer must be one of"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"learning_rate": -0.1}, "learning_rate must be a finite number from 0 to 1,000"),
        ({"activation_parameters": {"alpha": 1}}, "tanh's parameter must be none"),
    ],
)
def test_a_bad_network_is_one_sentence(change, sentence):
    with pytest.raises(ValueError, match=r".") as refusal:
        replace(SmallNetwork(), **change)
    assert sentence in str(refusal.value)


def test_a_bad_step_or_weight_is_one_sentence():
    network = SmallNetwork()
    for step in (-1, 101, 0.5, "1"):
        with pytest.raises(ValueError, match="step must be a whole number from 0 to 100"):
            backpropagate(network, step)
    found = backpropagate(network)
    for place, sentence in (
        ((3, 0, 0), "layer must"),
        ((0, 3, 0), "from must"),
        ((0, -2, 0), "from must"),
        ((0, 0, 3), "to must"),
    ):
        with pytest.raises(ValueError, match=sentence):
            chain_rule(found, *place)


def test_a_descent_that_runs_away_says_so():
    network = SmallNetwork((2, 3, 1), (3.0, -3.0), (1.0,), "linear", "linear", "mean_squared_error", learning_rate=1000)
    with pytest.raises(ValueError, match=r"learning_rate must be smaller than 1000 here: after \d+ steps"):
        backpropagate(network, 100)


def test_a_start_without_a_finite_loss_says_so():
    network = SmallNetwork((1, 1), (1e3,), (1.0,), "= 1/(x-x)", "linear", "mean_squared_error", "ones")
    deep = replace(network, units=(1, 1, 1))
    assert backpropagate(network).loss > 0  # no hidden layer: the function is not used
    with pytest.raises(ValueError, match="x must be smaller here: after 0 steps the loss"):
        backpropagate(deep)


@settings(max_examples=10)
@given(networks())
def test_results_are_read_only_and_repeatable(network):
    first, again = backpropagate(network, 1), backpropagate(network, 1)
    for one, two in zip(first.weight_gradients, again.weight_gradients, strict=True):
        np.testing.assert_array_equal(one, two)
        assert not one.flags.writeable
    assert not first.losses.flags.writeable
