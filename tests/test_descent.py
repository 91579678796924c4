"""Descent against Keras stepped by hand, closed forms, scipy and published numbers; schedules, samples, figures."""

import math
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from sklearn import datasets as sklearn_datasets

from nnviz import (
    OPTIMIZERS,
    SCHEDULES,
    SURFACES,
    curvature,
    descend,
    descend_samples,
    explain_descent,
    explain_starts,
    learning_rates,
    load_diabetes,
    spread_starts,
    starting_rate,
    surface_grid,
    sweep_rates,
    zigzag,
)
from nnviz.figures import descent as draw
from nnviz.least_squares import FEATURES, least_squares
from nnviz.parameters import resolve

PLANES = [name for name, surface in SURFACES.items() if surface.dimension == 2]

# ---- second implementations ----------------------------------------------------------------------------------------

FUNCTIONS = {
    "quadratic": lambda x: x**2,
    "double_well": lambda x: (x**2 - 1) ** 2 + 0.3 * x,
    "ripples": lambda x: x**2 / 20 + 0.5 * math.sin(3 * x),
    "plateau": lambda x: 1 - math.exp(-(x**2) / 2),
    "bowl": lambda x, y: (x**2 + y**2) / 2,
    "narrow_valley": lambda x, y: (x**2 + 100 * y**2) / 2,
    "rosenbrock": lambda x, y: optimize.rosen([x, y]),
    "himmelblau": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "saddle": lambda x, y: x**2 / 2 - y**2 / 2 + y**4 / 4,
}
BUILD = {  # Keras' optimizers, named as a user of Keras names them
    "sgd": lambda rate: keras.optimizers.SGD(rate),
    "momentum": lambda rate: keras.optimizers.SGD(rate, momentum=0.9),
    "nesterov": lambda rate: keras.optimizers.SGD(rate, momentum=0.9, nesterov=True),
    "adagrad": lambda rate: keras.optimizers.Adagrad(rate),
    "rmsprop": lambda rate: keras.optimizers.RMSprop(rate),
    "adam": lambda rate: keras.optimizers.Adam(rate),
}


def _gradient(name, point, h=1e-6):
    """Central differences."""
    point = np.asarray(point, float)
    steps = h * np.eye(len(point))
    return np.array([(FUNCTIONS[name](*(point + e)) - FUNCTIONS[name](*(point - e))) / (2 * h) for e in steps])


def _keras_by_hand(name, start, optimizer, rates):
    """Eager steps of a fresh Keras optimizer on a keras.Variable, its learning rate set before each of them."""
    weights = keras.Variable(np.asarray(start, np.float64), dtype="float64")
    table = iter([float(rate) for rate in rates])
    current = tf.Variable(0.0, dtype=tf.float64)
    stepper = BUILD[optimizer](lambda: current)
    path = [weights.numpy().copy()]
    for rate in table:
        current.assign(rate)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(SURFACES[name].function(weights.value))
        stepper.apply([tape.gradient(loss, weights.value)], [weights])
        path.append(weights.numpy().copy())
    return np.array(path)


# ---- surfaces ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SURFACES)
def test_a_surface_is_its_formula_on_its_grid(name):
    surface, grid = SURFACES[name], surface_grid(name)
    random = np.random.default_rng(0)
    for _ in range(20):
        place = [int(random.integers(len(axis))) for axis in grid.axes]
        point = [float(axis[i]) for axis, i in zip(grid.axes, place, strict=True)]
        assert grid.values[tuple(reversed(place))] == pytest.approx(FUNCTIONS[name](*point), rel=1e-12, abs=1e-12)
    assert [(axis[0], axis[-1]) for axis in grid.axes] == list(surface.region)
    assert not grid.values.flags.writeable


@pytest.mark.parametrize("name", SURFACES)
def test_known_minima_are_minima_the_lowest_first_and_none_is_missing(name):
    surface = SURFACES[name]
    depths = [FUNCTIONS[name](*minimum) for minimum in surface.minima]
    assert depths[0] <= min(depths) + 1e-12
    for minimum in surface.minima:
        assert np.abs(_gradient(name, minimum)).max() < 1e-6
        assert curvature(name, minimum).eigenvalues[0] > 0
        assert all(low <= x <= high for x, (low, high) in zip(minimum, surface.region, strict=True))
    axes = [np.linspace(low, high, 40 if surface.dimension == 2 else 100)[1:-1] for low, high in surface.region]
    for start in np.stack(np.meshgrid(*axes), -1).reshape(-1, surface.dimension)[
        :: 1 if surface.dimension == 1 else 37
    ]:
        found = optimize.minimize(lambda p: FUNCTIONS[name](*p), start, method="BFGS", options={"gtol": 1e-8}).x
        inside = all(low <= x <= high for x, (low, high) in zip(found, surface.region, strict=True))
        flat = np.linalg.eigvalsh(curvature(name, found).hessian)[0] < 1e-3  # a saddle, or a plateau
        if inside and not flat:
            assert np.linalg.norm(np.array(surface.minima) - found, axis=1).min() < 1e-3


@pytest.mark.parametrize("name", SURFACES)
def test_gradient_and_hessian_are_those_of_finite_differences(name):
    point = np.asarray(SURFACES[name].start) * 0.9 + 0.05
    found = curvature(name, point)
    np.testing.assert_allclose(found.gradient, _gradient(name, point), rtol=1e-6, atol=1e-7)
    h = 1e-4
    rows = [(_gradient(name, point + h * e) - _gradient(name, point - h * e)) / (2 * h) for e in np.eye(len(point))]
    np.testing.assert_allclose(found.hessian, np.array(rows), rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(found.eigenvalues, np.linalg.eigvalsh(found.hessian))


def test_curvature_of_the_named_quadratics_is_exact():
    assert curvature("quadratic", [3.0]).limit == 1.0
    assert curvature("narrow_valley", [1.0, 1.0]).limit == pytest.approx(0.02)
    assert curvature("saddle", [0.0, 0.0]).eigenvalues.tolist() == [-1.0, 1.0]
    assert curvature(lambda p: -tf.reduce_sum(p**2, axis=-1), [1.0]).limit == math.inf


# ---- the path is Keras' --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", ["double_well", "himmelblau", "rosenbrock"])
def test_the_compiled_path_is_keras_stepped_by_hand(name, optimizer):
    surface = SURFACES[name]
    rate = starting_rate(name, optimizer)
    rates = learning_rates("exponential_decay", rate, 40)
    path = descend(name, surface.start, optimizer, rate, 40, "exponential_decay")
    np.testing.assert_allclose(
        path.points, _keras_by_hand(name, surface.start, optimizer, rates), rtol=1e-9, atol=1e-12
    )
    np.testing.assert_allclose(path.values, [FUNCTIONS[name](*point) for point in path.points], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(path.learning_rates, rates)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_parameters_reach_keras(optimizer):
    entry = OPTIMIZERS[optimizer]
    given = {knob.name: knob.low + 0.6 * (knob.high - knob.low) for knob in entry.parameters}
    ours = entry.make(0.1, **resolve(optimizer, entry.parameters, given)).get_config()
    for knob, value in given.items():
        assert ours[knob] == value
    defaults = entry.make(0.1, **resolve(optimizer, entry.parameters, {})).get_config()
    theirs = BUILD[optimizer](0.1).get_config()
    assert {k: v for k, v in defaults.items() if k != "name"} == {k: v for k, v in theirs.items() if k != "name"}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_starts_descend_side_by_side_as_if_alone_and_an_engine_forgets(optimizer):
    starts = spread_starts("himmelblau", (1.0, 1.0), 5, seed=3)
    together = descend("himmelblau", starts, optimizer, 0.01, 30)
    assert together.points.shape == (31, 5, 2)
    assert together.values.shape == (31, 5)
    for i, start in enumerate(starts):
        alone = descend("himmelblau", start, optimizer, 0.01, 30)
        np.testing.assert_array_equal(alone.points, together.points[:, i])
        np.testing.assert_allclose(together.of_start(i).values, alone.values, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(descend("himmelblau", starts, optimizer, 0.01, 30).points, together.points)


def test_two_threads_never_disturb_each_other():
    jobs = [(start, rate) for start in (-3.0, 1.0, 4.0) for rate in (0.01, 0.1, 0.4)] * 4
    alone = [descend("quadratic", start, "adam", rate, 60).points for start, rate in jobs]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda job: descend("quadratic", job[0], "adam", job[1], 60).points, jobs))
    for one, other in zip(alone, found, strict=True):
        np.testing.assert_array_equal(one, other)


# ---- published numbers and laws ------------------------------------------------------------------------------------


def test_the_worked_example_of_the_notes():
    path = descend("quadratic", 5.0, "sgd", 0.3, 5)
    np.testing.assert_allclose(path.points, 5 * 0.4 ** np.arange(6), rtol=1e-14)
    assert path.points[-1] == pytest.approx(0.0512, rel=1e-12)
    assert path.values[-1] == pytest.approx(0.0512**2, rel=1e-12)


def test_a_rate_of_one_swings_for_ever():
    path = descend("quadratic", 5.0, "sgd", 1.0, 2_000)
    np.testing.assert_array_equal(path.points, 5.0 * (-1.0) ** np.arange(2_001))
    assert explain_descent("quadratic", path).startswith("Oscillates: it jumps between −5 and 5 for ever")


@given(st.floats(0.05, 20), st.floats(0.05, 20), st.floats(0, math.pi), st.sampled_from([0.9, 0.98, 1.02, 1.1]))
@settings(max_examples=12)
def test_gradient_descent_on_a_quadratic_diverges_exactly_beyond_two_over_lambda(first, second, turn, share):
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    hessian = tf.constant(rotation @ np.diag([first, second]) @ rotation.T)

    def function(p):
        return tf.reduce_sum(p * tf.linalg.matvec(hessian, p), axis=-1) / 2

    here = curvature(function, [1.0, 1.0])
    assert here.limit == pytest.approx(2 / max(first, second), rel=1e-9)
    steep = np.linalg.eigh(hessian.numpy())[1][:, -1]
    path = descend(function, steep, "sgd", share * here.limit, 60)
    size = np.linalg.norm(path.points, axis=1)
    assert (np.diff(size) < 0).all() if share < 1 else (np.diff(size) > 0).all()
    np.testing.assert_allclose(size, abs(1 - 2 * share) ** np.arange(61), rtol=1e-6)


@pytest.mark.parametrize("optimizer", [name for name, entry in OPTIMIZERS.items() if entry.stability])
@pytest.mark.parametrize("beta", [0.0, 0.5, 0.9])
def test_the_bound_of_each_law_is_where_divergence_begins(optimizer, beta):
    entry = OPTIMIZERS[optimizer]
    given = {"momentum": beta} if entry.parameters else {}
    bound = entry.stability(**given) / 2  # λ_max of x² is 2
    below = descend("quadratic", 1.0, optimizer, 0.99 * bound, 2_000, **given)
    above = descend("quadratic", 1.0, optimizer, 1.01 * bound, 2_000, **given)
    assert abs(below.points[-1]) < 1e-3
    assert not abs(above.points[-1]) < 1e3
    sweep = sweep_rates("quadratic", 1.0, optimizer, 2_000, **given)
    assert sweep.limit == pytest.approx(bound)
    held = np.nan_to_num(sweep.gaps, nan=np.inf) < 1
    np.testing.assert_array_equal(held, sweep.learning_rates < sweep.limit)


@pytest.mark.parametrize("name", SURFACES)
def test_adams_first_step_is_as_long_as_the_learning_rate_in_every_weight(name):
    path = descend(name, SURFACES[name].start, "adam", 0.05, 1)
    np.testing.assert_allclose(np.abs(np.diff(path.points, axis=0)), 0.05, rtol=1e-3)


def test_heavy_ball_on_the_quadratic_follows_its_recurrence():
    x, m = 5.0, 0.0
    for found in descend("quadratic", 5.0, "momentum", 0.05, 50, momentum=0.8).points[1:]:
        m = 0.8 * m - 0.05 * 2 * x
        x += m
        assert found == pytest.approx(x, rel=1e-5, abs=1e-6)  # Keras rounds its momentum to float32 first


def test_from_the_ridge_of_the_saddle_descent_never_leaves():
    path = descend("saddle", (1.0, 0.0), "sgd", 0.15, 300)
    assert (path.points[:, 1] == 0).all()
    assert explain_descent("saddle", path).startswith("On its way")


# ---- divergence ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SURFACES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_divergence_breaks_nothing(name, optimizer):
    surface = SURFACES[name]
    path = descend(name, [surface.start, surface.start], optimizer, 1e6, 60)
    assert len(path.points) == 61
    sentence = explain_descent(name, path.of_start(0), optimizer)
    assert sentence.endswith(".")
    assert "nan" not in sentence
    figure = draw.draw_descent(surface, surface_grid(name, path.zoom(surface.region)), {"wild": path}, solid=True)
    drawn = [np.asarray(trace.y, float) for trace in figure.data if trace.type.startswith("scatter") and trace.name]
    assert all(np.isfinite(values).all() for values in drawn)


def test_a_divergence_says_when_and_why():
    path = descend("quadratic", 5.0, "sgd", 9.0, 300)
    step = int(np.flatnonzero(~np.isfinite(path.values))[0])
    sentence = explain_descent("quadratic", path)
    assert sentence.startswith(f"Diverges: at step {step} J is no finite number")
    assert "the learning rate 9 exceeds 2/λ_max = 1, with the largest curvature λ_max = 2" in sentence
    slow = explain_descent("quadratic", descend("quadratic", 5.0, "sgd", 1.1, 20))
    assert slow.startswith("Diverges: J grew from 25 to ")
    assert "leaves the picture at step 10" in slow


def test_a_path_is_cut_where_it_leaves_the_picture():
    path = descend("quadratic", [[5.0], [0.0]], "sgd", 1.2, 30)
    counts = path.inside(((-6.0, 6.0),))
    assert counts.tolist() == [int((5 * 1.4 ** np.arange(31) <= 30).sum()), 31]
    widest = np.abs(path.points[: counts[0], 0]).max() / 6
    assert widest <= path.zoom(((-6.0, 6.0),)) < widest + 0.5


@pytest.mark.parametrize(
    ("rate", "start", "verdict"),
    [(0.03, 1.6, "a local minimum at 0.9602, but the lowest is at −1.036"), (0.03, -1.6, "a minimum at −1.036")],
)
def test_the_verdict_names_the_minimum(rate, start, verdict):
    sentence = explain_descent("double_well", descend("double_well", start, "sgd", rate, 200))
    assert sentence.startswith("Arrived: from step ")
    assert verdict.replace("0.9602", "0.9601") in sentence


def test_where_several_starts_end_is_counted():
    path = descend("himmelblau", list(SURFACES["himmelblau"].minima), "sgd", 0.001, 5)
    assert explain_starts("himmelblau", path).count("1 to (") == 4
    wild = descend("quadratic", [[1.0], [5.0]], "sgd", 3.0, 50)
    assert "2 out of the picture" in explain_starts("quadratic", wild)


# ---- schedules -----------------------------------------------------------------------------------------------------

T = np.arange(120)


def _restarts(first, growth):
    """Cosine restarts, round by round."""
    rates, length = [], first
    while len(rates) < len(T):
        rates += [0.5 * (1 + math.cos(math.pi * t / length)) for t in range(round(length))]
        length *= growth
    return np.array(rates[: len(T)])


CLOSED = {
    "constant": np.ones(len(T)),
    "exponential_decay": 0.5 ** (T / 20),
    "step": 0.5 ** (T // 30),
    "inverse_time": 1 / (1 + T / 20),
    "polynomial": np.maximum(0, 1 - T / 100),
    "cosine": 0.5 * (1 + np.cos(np.pi * np.minimum(T, 100) / 100)),
    "cosine_restarts": _restarts(25, 2.0),
    "warm_up": np.where(T < 20, T / 20, 0.5 * (1 + np.cos(np.pi * np.minimum(T - 20, 100) / 100))),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_is_its_closed_form_and_proportional_to_the_rate(name):
    rates = learning_rates(name, 0.3, len(T))
    np.testing.assert_allclose(rates, 0.3 * CLOSED[name], rtol=1e-9, atol=1e-12)
    assert rates.dtype == np.float64
    np.testing.assert_array_equal(learning_rates(name, 0.3, 7), rates[:7])


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_parameter_of_a_schedule_changes_it(name):
    for knob in SCHEDULES[name].parameters:
        other = (not knob.default) if isinstance(knob.default, bool) else knob.low + 0.8 * (knob.high - knob.low)
        assert (learning_rates(name, 1.0, 300, **{knob.name: other}) != learning_rates(name, 1.0, 300)).any()


def test_a_schedule_of_keras_drives_the_descent_itself():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.25, 10, 0.5)
    path = descend("quadratic", 5.0, steps=20, schedule=schedule)
    np.testing.assert_allclose(path.learning_rates, 0.25 * 0.5 ** (np.arange(20) / 10), rtol=1e-6)
    np.testing.assert_allclose(path.points[1:], 5 * np.cumprod(1 - 2 * path.learning_rates), rtol=1e-9)


def test_drops_are_where_they_are_asked_for():
    rates = learning_rates("step", 1.0, 20, every=5.0, factor=0.1)
    np.testing.assert_allclose(rates, 0.1 ** (np.arange(20) // 5), rtol=1e-12)


# ---- many learning rates at once -----------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_sweep_is_many_descents(optimizer):
    sweep = sweep_rates("himmelblau", (-1.0, 0.5), optimizer, 25, "cosine")
    for i in (0, 20, 40):
        path = descend("himmelblau", (-1.0, 0.5), optimizer, float(sweep.learning_rates[i]), 25, "cosine")
        assert sweep.values[i] == pytest.approx(float(path.values[-1]), rel=1e-6)
    law, sentence = sweep.describe(OPTIMIZERS[optimizer])
    assert bool(law) == np.isfinite(sweep.limit) == (OPTIMIZERS[optimizer].stability is not None)
    assert sentence.endswith("above the lowest minimum.")


@pytest.mark.parametrize("name", SURFACES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_starting_rate_never_makes_things_worse(name, optimizer):
    path = descend(name, SURFACES[name].start, optimizer, starting_rate(name, optimizer), 100)
    assert path.values[-1] < path.values[0]


# ---- samples -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [("bmi", "s5"), ("s3", "age"), ("s1", "s2")])
def test_the_diabetes_problem_is_least_squares(first, second):
    problem = load_diabetes(first, second)
    data = sklearn_datasets.load_diabetes(as_frame=True)
    x, y = stats.zscore(data.data[[first, second]].to_numpy()), stats.zscore(data.target.to_numpy())
    np.testing.assert_allclose(problem.inputs, x, atol=1e-12)
    np.testing.assert_allclose(problem.solution, np.linalg.solve(x.T @ x, x.T @ y), rtol=1e-9)
    correlation = abs(np.corrcoef(x.T)[0, 1])
    np.testing.assert_allclose(problem.eigenvalues, [2 * (1 - correlation), 2 * (1 + correlation)], rtol=1e-9)
    weights = np.array([[0.0, 0.0], [1.0, -2.0]])
    np.testing.assert_allclose(problem.losses(weights), ((weights @ x.T - y) ** 2).mean(axis=1), rtol=1e-9)
    assert set(FEATURES) == set(data.feature_names)


@pytest.mark.parametrize("batch", [1, 7, 442])
def test_a_descent_on_samples_is_numpys(batch):
    problem = load_diabetes()
    found = descend_samples(problem, batch, 0.02, 150, seed=5, start=(-0.6, 0.9))
    random = np.random.default_rng(5)
    stream = np.concatenate([random.permutation(442) for _ in range(1 + 150 * batch // 442)])
    w = np.array([-0.6, 0.9])
    for step in range(150):
        rows = np.arange(442) if batch == 442 else stream[step * batch : (step + 1) * batch]
        x, y = problem.inputs[rows], problem.targets[rows]
        w = w - 0.02 * 2 * x.T @ (x @ w - y) / batch
        np.testing.assert_allclose(found.points[step + 1], w, rtol=1e-9, atol=1e-12)
    assert found.seen.tolist() == [batch * step for step in range(151)]
    assert found.losses[-1] == pytest.approx(np.mean((problem.inputs @ w - problem.targets) ** 2), rel=1e-9)


def test_the_full_batch_arrives_and_diverges_exactly_at_its_bound():
    problem = load_diabetes()
    far = descend_samples(problem, 442, 0.9 * problem.limit, 400)
    np.testing.assert_allclose(far.points[-1], problem.solution, rtol=1e-9)
    assert descend_samples(problem, 442, 1.05 * problem.limit, 400).losses[-1] > 1e6


def test_smaller_batches_hover_higher_and_a_falling_rate_lets_them_settle():
    problem = load_diabetes()
    floors = [
        np.mean([descend_samples(problem, batch, 0.03, 400, seed).floor() for seed in range(5)]) - problem.lowest
        for batch in (442, 32, 1)
    ]
    assert floors == sorted(floors)
    settled = descend_samples(problem, 1, 0.03, 400, schedule="inverse_time").floor() - problem.lowest
    assert settled < floors[2] / 3


def test_the_seed_decides_the_order():
    first, again, other = (descend_samples(load_diabetes(), 8, 0.05, 50, seed).points for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_each_epoch_shows_every_sample_once():
    problem = least_squares(np.random.default_rng(0).normal(size=(20, 2)), np.arange(20.0))
    path = descend_samples(problem, 1, 0.0, 60).points
    assert (path == 0).all()  # a rate of 0 goes nowhere
    from nnviz.least_squares import _order

    order = _order(20, 4, 15, seed=0).reshape(3, 20)
    assert all(sorted(epoch) == list(range(20)) for epoch in order.tolist())


# ---- zigzag --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("angle", [-45.0, 135.0, 20.0])
def test_positive_inputs_give_both_weights_a_gradient_of_one_sign(angle, seed):
    found = zigzag(angle, 0.5, 200, seed)
    assert (found.positive.inputs > 0).all()
    moves = np.diff(found.positive_descent.points, axis=0)
    assert (moves.prod(axis=1) >= 0).all()
    assert found.positive_descent.same_sign == 1.0
    assert found.centred_descent.same_sign < 0.8
    np.testing.assert_allclose(found.centred.inputs.mean(axis=0), 0, atol=1e-12)
    assert found.positive.solution == pytest.approx(found.centred.solution, rel=1e-6)
    x, y = found.positive.inputs, found.positive.targets
    gradients = 2 * (x @ np.zeros(2) - y)[:, None] * x
    assert (gradients.prod(axis=1) > 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_centred_inputs_arrive_in_far_fewer_steps_because_they_allow_a_larger_rate(seed):
    own = zigzag(-45.0, 0.5, 1_000, seed)
    assert own.positive_descent.reached(1e-3) > 3 * own.centred_descent.reached(1e-3)
    same = zigzag(-45.0, 0.5, 1_000, seed, same_rate=True)
    assert same.positive_descent.learning_rates[0] == same.centred_descent.learning_rates[0]
    assert 0.5 < same.positive_descent.reached(1e-3) / same.centred_descent.reached(1e-3) < 2
    assert "98 steps" in own.describe(1e-3) or seed


def test_every_single_step_at_the_largest_rate_keeps_the_distance_from_growing():
    found = zigzag(-45.0, 1.0, 500)
    for problem, run in ((found.positive, found.positive_descent), (found.centred, found.centred_descent)):
        distance = np.linalg.norm(run.points - problem.solution, axis=1)
        assert (np.diff(distance) <= 1e-12).all()


# ---- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: descend("moon", 1.0), "surface must be one of"),
        (lambda: descend("quadratic", "x"), "start must be a number"),
        (lambda: descend("quadratic", [1.0, 2.0]), "start must be one point of 1 coordinates"),
        (lambda: descend("bowl", 1.0), "start must be one point of 2 coordinates"),
        (lambda: descend("bowl", [[1.0], [2.0, 3.0]]), "start must be"),
        (lambda: descend("bowl", np.zeros((65, 2))), "up to 64"),
        (lambda: descend("quadratic", math.nan), "start must hold numbers"),
        (lambda: descend("quadratic", 1e9), "start must hold numbers"),
        (lambda: descend("quadratic", 1.0, "newton"), "optimizer must be one of"),
        (lambda: descend("quadratic", 1.0, "sgd", -0.1), "learning_rate must be"),
        (lambda: descend("quadratic", 1.0, "sgd", math.nan), "learning_rate must be"),
        (lambda: descend("quadratic", 1.0, "sgd", 0.1, 0), "steps must be"),
        (lambda: descend("quadratic", 1.0, "sgd", 0.1, 2_001), "steps must be"),
        (lambda: descend("quadratic", 1.0, "sgd", 0.1, 5, "never"), "schedule must be one of"),
        (lambda: descend("quadratic", 1.0, "sgd", 0.1, 5, momentum=0.5), "sgd's parameter"),
        (lambda: descend("quadratic", 1.0, "momentum", 0.1, 5, momentum=1.5), "momentum's momentum"),
        (lambda: learning_rates("step", 0.1, 5, every=0.0), "step's every"),
        (lambda: curvature("bowl", [1.0]), "point must have 2 coordinates"),
        (lambda: load_diabetes("bmi", "bmi"), "second must be another"),
        (lambda: load_diabetes("bmi", "height"), "second must be one of"),
        (lambda: descend_samples(load_diabetes(), 443), "batch must be"),
        (lambda: least_squares([[1, 2], [2, 4]], [1.0, 2.0]), "not proportional"),
        (lambda: zigzag(share=2.0), "share must be"),
        (lambda: zigzag(angle=math.inf), "angle must be"),
    ],
)
def test_bad_input_is_one_sentence(call, words):
    with pytest.raises(ValueError, match=words) as refusal:
        call()
    assert "\n" not in str(refusal.value)


# ---- figures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SURFACES)
@pytest.mark.parametrize("solid", [False, True])
def test_the_picture_holds_the_path_and_its_frames_move_two_small_traces(name, solid):
    surface, grid = SURFACES[name], surface_grid(name)
    starts = spread_starts(name, surface.start, 2)
    paths = {key: descend(name, starts, key, starting_rate(name, key), 90) for key in ("sgd", "adam")}
    figure = draw.draw_descent(surface, grid, paths, solid)
    trails = [trace for trace in figure.data if trace.name in paths][:4]
    for trail, (path, i) in zip(trails, [(p, i) for p in paths.values() for i in range(2)], strict=True):
        count = path.inside(surface.region)[i]
        np.testing.assert_array_equal(trail.x, path.points[:count, i, 0])
    assert len(figure.frames) == 60
    assert len(figure.to_json()) < 500_000
    assert figure.frames[-1].name == "90"
    moving = {figure.frames[0].traces[0], figure.frames[0].traces[1]}
    assert moving == {len(figure.data) - 2, len(figure.data) - 1}
    for frame in figure.frames:
        head, cursor = frame.data
        assert len(head.x) == 4 * 7
        step = int(frame.name)
        ends = [min(step, int(path.inside(surface.region)[i]) - 1) for path in paths.values() for i in range(2)]
        assert list(cursor.x) == ends
        here = [
            path.points[end, i, 0]
            for (path, i), end in zip([(p, i) for p in paths.values() for i in (0, 1)], ends, strict=True)
        ]
        assert list(head.x[6::7]) == here
    redrawn = {step.args[1]["frame"]["redraw"] for step in figure.layout.sliders[0].steps}
    assert redrawn == {surface.dimension == 2}  # contours vanish if a frame is not drawn anew
    assert [step.args[0][0] for step in figure.layout.sliders[0].steps] == [frame.name for frame in figure.frames]


def test_the_bound_and_the_rate_in_use_are_drawn():
    sweep = sweep_rates("narrow_valley", (1.0, 1.0), "sgd", 30)
    figure = draw.draw_sweep(sweep, 0.015, 50.5, "2/λ_max")
    named = {trace.name: trace for trace in figure.data}
    assert tuple(named["2/λ_max = 0.02"].x) == pytest.approx((0.02, 0.02))
    assert tuple(named["in use: 0.015"].x) == (0.015, 0.015)
    assert figure.layout.shapes[0].x0 == pytest.approx(0.02)


def test_schedules_are_drawn_with_what_they_lead_to():
    paths = {key: descend("quadratic", [[5.0]], "sgd", 0.1, 40, key).of_start(0) for key in SCHEDULES}
    figure = draw.draw_schedules(SURFACES["quadratic"], 0.0, paths)
    for i, path in enumerate(paths.values()):
        np.testing.assert_array_equal(figure.data[2 * i].y, path.learning_rates)
        np.testing.assert_allclose(figure.data[2 * i + 1].y, np.maximum(path.values, 1e-16))


def test_batches_are_drawn_by_step_or_by_sample():
    problem = load_diabetes()
    grid = problem.grid(((-1.0, 1.0), (-1.0, 1.0)))
    runs = {str(batch): descend_samples(problem, batch, 0.05, 20) for batch in (442, 32, 1)}
    for by_samples in (False, True):
        figure = draw.draw_samples(problem, grid, runs, ("bmi", "s5"), by_samples)
        below = {trace.name: trace for trace in figure.data if trace.yaxis == "y2"}
        for name, run in runs.items():
            np.testing.assert_array_equal(below[name].x, run.seen if by_samples else np.arange(21))
            np.testing.assert_allclose(below[name].y, run.losses - problem.lowest, atol=1e-12)


def test_the_zigzag_shades_the_two_allowed_quadrants_and_ends_at_the_loss():
    result = zigzag(-45.0, 0.5, 400)
    figure = draw.draw_zigzag(result, 1e-3)
    shaded = [(np.sign(shape.x1), np.sign(shape.y1)) for shape in figure.layout.shapes]
    assert shaded == [(1, 1), (-1, -1)]
    left = next(trace for trace in figure.data if trace.name == "positive inputs")
    assert len(left.x) == result.positive_descent.reached(1e-3) + 1
    assert all("steps" in note.text for note in figure.layout.annotations)
