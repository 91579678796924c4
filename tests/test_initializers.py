"""Initializers: Keras' samples against the laws that the papers promise."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from nnviz import INITIALIZERS, NetworkSpec, weight_histogram
from nnviz.networks import draw_weights


def _truncated(std):
    """A normal cut off at two of its own standard deviations, `std` wide after the cut."""
    return stats.truncnorm(-2, 2, scale=std / stats.truncnorm(-2, 2).std())


def _uniform(limit):
    return stats.uniform(-limit, 2 * limit)


def _orthogonal(i, o, gain=1.0):
    """One coordinate of a random unit vector: (1 + u)/2 is Beta((n − 1)/2, (n − 1)/2)."""
    half = (max(i, o) - 1) / 2
    return stats.beta(half, half, loc=-gain, scale=2 * gain)


def _variance_scaling(i, o, scale=1.0, mode="fan_in", distribution="truncated_normal"):
    std = np.sqrt(scale / {"fan_in": i, "fan_out": o, "fan_avg": (i + o) / 2}[mode])
    makers = {"untruncated_normal": lambda s: stats.norm(0, s), "uniform": lambda s: _uniform(np.sqrt(3) * s)}
    return makers.get(distribution, _truncated)(std)


LAWS = {  # scipy's distribution of one weight, from fan-in, fan-out and the parameters
    "random_normal": lambda i, o, stddev=0.05: stats.norm(0, stddev),
    "random_uniform": lambda i, o, limit=0.05: _uniform(limit),
    "truncated_normal": lambda i, o, stddev=0.05: stats.truncnorm(-2, 2, scale=stddev),
    "standard_uniform": lambda i, o: _uniform(1 / np.sqrt(i)),
    "glorot_normal": lambda i, o: _truncated(np.sqrt(2 / (i + o))),
    "glorot_uniform": lambda i, o: _uniform(np.sqrt(6 / (i + o))),
    "he_normal": lambda i, o: _truncated(np.sqrt(2 / i)),
    "he_uniform": lambda i, o: _uniform(np.sqrt(6 / i)),
    "lecun_normal": lambda i, o: _truncated(np.sqrt(1 / i)),
    "lecun_uniform": lambda i, o: _uniform(np.sqrt(3 / i)),
    "orthogonal": _orthogonal,
    "variance_scaling": _variance_scaling,
}
ATOMS = {  # point masses: weight → share
    "zeros": lambda i, o: {0.0: 1.0},
    "ones": lambda i, o: {1.0: 1.0},
    "constant": lambda i, o, value=0.1: {value: 1.0},
    "identity": lambda i, o, gain=1.0: {gain: min(i, o) / (i * o), 0.0: 1 - min(i, o) / (i * o)},
}
OTHERS = {
    "random_normal": [{"stddev": 1.5}],
    "random_uniform": [{"limit": 2.0}],
    "truncated_normal": [{"stddev": 0.7}],
    "orthogonal": [{"gain": 0.3}],
    "variance_scaling": [
        {"scale": 2.0, "mode": mode, "distribution": distribution}
        for mode, distribution in [("fan_in", "untruncated_normal"), ("fan_out", "uniform"), ("fan_avg", "uniform")]
    ],
    "constant": [{"value": -0.75}],
    "identity": [{"gain": 1.5}],
}
FANS = [(120, 80), (64, 200), (300, 1), (1, 300), (3, 2)]


def _cases(names):
    return [(name, given) for name in names for given in [{}, *OTHERS.get(name, [])]]


def _name(case):
    return "-".join([case[0], *map(str, case[1].values())])


every_law = pytest.mark.parametrize("case", _cases(LAWS), ids=_name)
every_atomic = pytest.mark.parametrize("case", _cases(ATOMS), ids=_name)
fans = pytest.mark.parametrize("fans", FANS, ids=str)


def test_every_initializer_has_a_law_and_every_parameter_a_case():
    assert {*LAWS, *ATOMS} == set(INITIALIZERS)
    tried = {name: set().union(*cases) for name, cases in OTHERS.items()}
    assert tried == {name: {p.name for p in e.parameters} for name, e in INITIALIZERS.items() if e.parameters}


# ---- samples against theory --------------------------------------------------------------------------------------


@every_law
@fans
def test_mean_and_std_of_the_sample_are_those_of_the_law_within_chance(case, fans):
    name, parameters = case
    law, size = LAWS[name](*fans, **parameters), fans[0] * fans[1]
    found = weight_histogram(name, *fans, seed=11, **parameters)
    assert found.theory_std == pytest.approx(law.std(), rel=1e-6)
    assert abs(found.mean) <= 5 * law.std() / np.sqrt(size)
    low, high = stats.chi2(size - 1).ppf([1e-7, 1 - 1e-7]) / size  # bounds of a normal; the others spread less
    assert low <= (found.std / law.std()) ** 2 <= high


@every_law
@fans
def test_the_distribution_of_the_sample_is_the_law(case, fans):
    name, parameters = case
    law, size = LAWS[name](*fans, **parameters), fans[0] * fans[1]
    found = weight_histogram(name, *fans, seed=3, bins=500, **parameters)
    below = np.cumsum(found.density * np.diff(found.edges))
    distance = np.abs(below - law.cdf(found.edges[1:])).max()
    assert distance <= stats.kstwo(size).ppf(1 - 1e-6) + 1e-6


@every_law
@fans
def test_the_theoretical_density_is_that_of_the_law(case, fans):
    name, parameters = case
    law = LAWS[name](*fans, **parameters)
    found = weight_histogram(name, *fans, **parameters)
    inside = slice(1, -1)  # at its ends a density may jump
    np.testing.assert_allclose(found.theory_density[inside], law.pdf(found.theory_x[inside]), rtol=1e-6)


@every_law
@pytest.mark.parametrize("fans", [(30, 20), (1, 5), (3, 2), (2, 2), (1, 1)], ids=str)
def test_the_theoretical_density_integrates_to_one_with_the_promised_std(case, fans):
    name, parameters = case
    if name == "orthogonal" and fans == (1, 1):
        fans = (4, 4)  # of one weight only the sign is random
    entry = INITIALIZERS[name]
    values = {p.name: p.default for p in entry.parameters} | parameters
    density = entry.law(*fans, **values)
    low, high = LAWS[name](*fans, **values).support()
    low, high = max(low, -12 * density.std), min(high, 12 * density.std)

    def moment(power):
        return integrate.quad(lambda w: w**power * density.density(np.array(w)), low, high, limit=400)[0]

    assert moment(0) == pytest.approx(1, abs=1e-5)
    assert moment(1) == pytest.approx(0, abs=1e-5 * density.std)
    assert moment(2) == pytest.approx(density.std**2, rel=1e-5)


@every_law
def test_samples_lie_within_the_support_of_the_law(case):
    name, parameters = case
    found = weight_histogram(name, 100, 100, seed=5, **parameters)
    low, high = LAWS[name](100, 100, **parameters).support()
    assert low * (1 + 1e-6) <= found.edges[0] < found.edges[-1] <= high * (1 + 1e-6)


@every_atomic
@fans
def test_atoms_are_where_and_as_often_as_promised(case, fans):
    name, parameters = case
    shares = {value: share for value, share in ATOMS[name](*fans, **parameters).items() if share}
    values, weights = np.array(list(shares)), np.array(list(shares.values()))
    mean = values @ weights
    std = np.sqrt((values - mean) ** 2 @ weights)
    found = weight_histogram(name, *fans, **parameters)
    assert found.mean == pytest.approx(mean, rel=1e-6, abs=1e-9)
    assert found.std == pytest.approx(std, rel=1e-5, abs=1e-7)
    assert found.theory_std == pytest.approx(std, rel=1e-9, abs=1e-12)
    assert set(shares) <= set(found.theory_x)
    assert (found.theory_density == np.inf).all()


def test_a_single_orthogonal_weight_is_plus_or_minus_the_gain():
    found = [weight_histogram("orthogonal", 1, 1, seed=seed, gain=0.5) for seed in range(20)]
    assert {round(histogram.mean, 6) for histogram in found} == {-0.5, 0.5}
    assert found[0].theory_x.tolist() == [-0.5, 0.5]
    assert found[0].theory_std == 0.5


@pytest.mark.parametrize("width", [1, 2, 10, 64, 100])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 1e-5), ("float16", 2e-2)])
def test_orthogonal_kernels_are_orthogonal(width, dtype, tolerance):
    weights = draw_weights(
        NetworkSpec(3, width, initializer="orthogonal", initializer_parameters={"gain": 1.5}, dtype=dtype, batch=1)
    )
    for kernel in map(np.asarray, (weights.first, *weights.hidden, weights.last)):
        wide = kernel.astype(np.float64)
        tall = wide if wide.shape[0] >= wide.shape[1] else wide.T
        np.testing.assert_allclose(tall.T @ tall, 1.5**2 * np.eye(tall.shape[1]), atol=tolerance)


# ---- published numbers -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("maps", "std"), [(64, 0.0589), (128, 0.0417), (256, 0.0295), (512, 0.0208)])
def test_he_2015_stds_for_3_by_3_filters(maps, std):
    assert INITIALIZERS["he_normal"].law(9 * maps, maps).std == pytest.approx(std, abs=5e-5)


def test_limits_and_stds_of_the_papers():
    def limit(name):
        return weight_histogram(name, 120, 80).theory_x[-1]

    def std(name):
        return weight_histogram(name, 120, 80).theory_std

    assert limit("glorot_uniform") == pytest.approx(np.sqrt(6 / 200), rel=1e-12)
    assert limit("he_uniform") == pytest.approx(np.sqrt(6 / 120), rel=1e-12)
    assert limit("lecun_uniform") == pytest.approx(np.sqrt(3 / 120), rel=1e-12)
    assert limit("standard_uniform") == pytest.approx(1 / np.sqrt(120), rel=1e-12)
    assert std("glorot_normal") == std("glorot_uniform") == pytest.approx(np.sqrt(2 / 200), rel=1e-12)
    assert std("he_normal") == std("he_uniform") == pytest.approx(np.sqrt(2 / 120), rel=1e-12)
    assert std("standard_uniform") == pytest.approx(np.sqrt(1 / 360), rel=1e-12)


def test_a_normal_cut_off_at_two_keeps_088_of_its_spread():
    assert stats.truncnorm(-2, 2).std() == pytest.approx(0.87962566103, abs=1e-11)
    assert weight_histogram("truncated_normal", 9, 9, stddev=1.0).theory_std == pytest.approx(0.87962566103, abs=1e-11)


# ---- seeds, edges, Keras -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_seed_decides_the_kernel(name):
    first, again, other = (weight_histogram(name, 20, 30, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.density, again.density)
    assert np.array_equal(first.edges, again.edges)
    assert (first.mean == other.mean) == (name in ATOMS)


KERAS = {
    "random_normal": (keras.initializers.RandomNormal, {"stddev": 0.3}),
    "truncated_normal": (keras.initializers.TruncatedNormal, {"stddev": 0.3}),
    "glorot_normal": (keras.initializers.GlorotNormal, {}),
    "glorot_uniform": (keras.initializers.GlorotUniform, {}),
    "he_normal": (keras.initializers.HeNormal, {}),
    "he_uniform": (keras.initializers.HeUniform, {}),
    "lecun_normal": (keras.initializers.LecunNormal, {}),
    "lecun_uniform": (keras.initializers.LecunUniform, {}),
    "orthogonal": (keras.initializers.Orthogonal, {"gain": 0.9}),
    "variance_scaling": (
        keras.initializers.VarianceScaling,
        {"scale": 3.0, "mode": "fan_out", "distribution": "uniform"},
    ),
}


@pytest.mark.parametrize("name", KERAS)
def test_the_sample_is_drawn_by_the_keras_class_of_that_name(name):
    make, parameters = KERAS[name]
    kernel = np.asarray(make(seed=6, **parameters)((13, 7), dtype="float32"))
    found = weight_histogram(name, 13, 7, seed=6, bins=5, **parameters)
    counts = found.density * np.diff(found.edges) * kernel.size
    np.testing.assert_allclose(counts, np.histogram(kernel, 5)[0], atol=1e-3)
    assert (found.edges[0], found.edges[-1]) == pytest.approx((kernel.min(), kernel.max()), rel=1e-6)
    assert found.mean == pytest.approx(kernel.mean(dtype=np.float64), rel=1e-9)


def test_random_uniform_is_symmetric_in_keras_terms():
    kernel = np.asarray(keras.initializers.RandomUniform(-0.4, 0.4, seed=2)((5, 5)))
    assert weight_histogram("random_uniform", 5, 5, seed=2, limit=0.4).std == pytest.approx(kernel.std(), rel=1e-6)


@pytest.mark.parametrize(
    ("name", "parameter"), [("random_normal", "stddev"), ("truncated_normal", "stddev"), ("random_uniform", "limit")]
)
def test_no_spread_is_one_bin_at_the_mean(name, parameter):
    found = weight_histogram(name, 10, 10, **{parameter: 0.0})
    assert found.mean == found.std == found.theory_std == 0
    assert found.theory_x.tolist() == [0]
    assert found.edges[0] < 0 < found.edges[-1]
    assert np.count_nonzero(found.density) == 1


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("fans", [(1, 1), (1, 2), (2, 1), (2048, 1)], ids=str)
def test_the_smallest_fans_work_for_every_initializer(name, fans):
    found = weight_histogram(name, *fans)
    assert np.isfinite([found.mean, found.std, found.theory_std]).all()
    assert (found.density * np.diff(found.edges)).sum() == pytest.approx(1, rel=1e-6)


@given(bins=st.integers(1, 500), seed=st.integers(0, 2**31 - 1), name=st.sampled_from(list(INITIALIZERS)))
def test_a_histogram_has_the_bins_asked_for_and_integrates_to_one(bins, seed, name):
    found = weight_histogram(name, 12, 9, seed, bins)
    assert found.edges.shape == (bins + 1,)
    assert found.density.shape == (bins,)
    assert (np.diff(found.edges) > 0).all()
    assert (found.density * np.diff(found.edges)).sum() == pytest.approx(1, rel=1e-6)


def test_two_weights_that_nearly_agree_still_make_a_histogram():
    found = weight_histogram("random_uniform", 1, 2, seed=268672, bins=500)  # 0.0327 and 0.0327, 1e-7 apart
    assert (found.density * np.diff(found.edges)).sum() == pytest.approx(1, rel=1e-6)


def test_results_are_read_only():
    found = weight_histogram("he_normal", 5, 5)
    arrays = (found.edges, found.density, found.theory_x, found.theory_density)
    assert not any(array.flags.writeable for array in arrays)
