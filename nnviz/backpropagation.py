"""Backpropagation by numbers: every z, a, δ and ∂C/∂w of a network small enough to read."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import pairwise, product
from math import prod
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from nnviz import _latex, _rules
from nnviz._rules import Array
from nnviz.activations import elementwise, value_and_slope
from nnviz.initializers import LARGEST_SEED, check_initializer
from nnviz.losses import check_loss
from nnviz.networks import Parameters
from nnviz.parameters import resolve

DEEPEST, WIDEST = 4, 5  # layers with weights, and units in each
MOST_STEPS = 100
LARGEST = 1e3  # size of an input or a target
STEP = 1e-5  # h of the finite difference: the best compromise between truncation (h²) and rounding (1e-16/h)
_ENGINES = 64


@dataclass(frozen=True)
class SmallNetwork:
    """A network of at most 4 layers × 5 units, the sample it sees and how it learns. Frozen, checked when made.

    `units`: sizes from input to output (2 to 5 numbers from 1 to 5); `x` and `y`: the sample and its target, as long
    as the first and the last of them; `activation` of the hidden layers, `output` of the last; `loss` must fit the
    output unit; layer l draws its kernel with seed `seed` + l in float64, biases start at 0; gradient descent goes
    in steps of `learning_rate`.
    """

    units: tuple[int, ...] = (3, 3, 2, 2)
    x: tuple[float, ...] = (1.0, 0.5, -1.0)
    y: tuple[float, ...] = (1.0, 0.0)
    activation: str = "tanh"
    output: str = "softmax"
    loss: str = "categorical_crossentropy"
    initializer: str = "glorot_uniform"
    seed: int = 0
    learning_rate: float = 0.5
    activation_parameters: Parameters = ()

    def __post_init__(self) -> None:
        if not 2 <= len(self.units) <= DEEPEST + 1:
            raise ValueError(f"units must be 2 to {DEEPEST + 1} sizes, input first, not {len(self.units)}")
        units = tuple(_rules.integer("units", size, 1, WIDEST) for size in self.units)
        entry = elementwise(self.activation, "activation")
        check_initializer(self.initializer, {})
        check_loss(self.loss, self.output)
        for name, count in (("x", units[0]), ("y", units[-1])):
            values = tuple(_rules.vector(name, getattr(self, name), count, count).tolist())
            object.__setattr__(self, name, tuple(_rules.number(name, value, -LARGEST, LARGEST) for value in values))
        if "crossentropy" in self.loss and not all(0 <= value <= 1 for value in self.y):
            raise ValueError(f"y must be probabilities from 0 to 1 for loss {self.loss}, not {self.y}")
        if self.output == "softmax" and abs(sum(self.y) - 1) > 1e-9:
            raise ValueError(f"y must sum to 1 for output softmax, not to {sum(self.y):g}")
        checked: dict[str, Any] = {
            "units": units,
            "activation": entry.name,
            "activation_parameters": tuple(
                resolve(entry.name, entry.parameters, dict(self.activation_parameters)).items()
            ),
            "seed": _rules.integer("seed", self.seed, 0, LARGEST_SEED - DEEPEST),
            "learning_rate": _rules.number("learning_rate", self.learning_rate, 0, 1e3),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Backpropagation:
    """One forward and one backward pass after `step` steps of gradient descent, all float64.

    Tuples with one array per layer of weights, output last: `weights` w (n_in, n_out) and `biases` b (n_out,); `z`
    and `slopes` φ′(z) (n_out,) (for softmax the diagonal a(1 − a)); `delta` δ = ∂C/∂z (n_out,); the gradients
    `weight_gradients` (n_in, n_out) and `bias_gradients` (n_out,) by automatic differentiation; `weight_checks` and
    `bias_checks` the same by central differences; `next_weights` and `next_biases` after one more step. `a` has one
    array more: a[0] is the sample. `loss` C; `losses` (step + 1,) C before each step.
    """

    network: SmallNetwork
    step: int
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    z: tuple[Array, ...]
    slopes: tuple[Array, ...]
    a: tuple[Array, ...]
    delta: tuple[Array, ...]
    weight_gradients: tuple[Array, ...]
    bias_gradients: tuple[Array, ...]
    weight_checks: tuple[Array, ...]
    bias_checks: tuple[Array, ...]
    next_weights: tuple[Array, ...]
    next_biases: tuple[Array, ...]
    loss: float
    losses: Array

    @property
    def largest_error(self) -> float:
        """The largest distance between a gradient and its finite difference."""
        pairs = zip(
            (*self.weight_gradients, *self.bias_gradients), (*self.weight_checks, *self.bias_checks), strict=True
        )
        return max(float(np.abs(exact - check).max()) for exact, check in pairs)

    def table(self) -> dict[str, list[Any]]:
        """Every weight and bias as a row: columns by name, units and layers counted from 1."""
        found: dict[str, list[Any]] = {
            name: [] for name in ("layer", "from", "to", "w", "∂C/∂w", "finite difference", "next w")
        }
        for layer in range(len(self.weights)):
            kernels = (self.weights, self.weight_gradients, self.weight_checks, self.next_weights)
            shifts = (self.biases, self.bias_gradients, self.bias_checks, self.next_biases)
            rows = np.concatenate(
                [np.stack([values[layer] for values in kernels]), np.stack([v[layer] for v in shifts])[:, None]], axis=1
            )
            for source in range(rows.shape[1]):
                for target in range(rows.shape[2]):
                    name = str(source + 1) if source < rows.shape[1] - 1 else "bias"
                    row = (layer + 1, name, target + 1, *rows[:, source, target].tolist())
                    for column, value in zip(found.values(), row, strict=True):
                        column.append(value)
        return found


@dataclass(frozen=True)
class Path:
    """One way from a weight to the loss: `units` it passes (counted from 0), its `factors` and their product."""

    units: tuple[int, ...]
    factors: tuple[float, ...]

    @property
    def product(self) -> float:
        return prod(self.factors)


@dataclass(frozen=True)
class ChainRule:
    """∂C/∂w of one weight by the chain rule; everything is counted from 0, `source` −1 is the bias.

    `weight`: w itself; `incoming`: a of the unit (or the 1 of the bias) the weight comes from; `delta`: δ of the
    unit it leads to;
    `slope`: that unit's φ′(z); `onward`: pairs (w, δ) of the connections that leave it, empty in the output layer;
    `paths`: every way to the loss, strongest first, whose products add up to `gradient`.
    """

    layer: int
    source: int
    target: int
    weight: float
    incoming: float
    slope: float
    delta: float
    onward: tuple[tuple[float, float], ...]
    paths: tuple[Path, ...]
    gradient: float

    def written_out(self) -> tuple[str, str]:
        """∂C/∂w = a·δ and where that δ comes from, in LaTeX with the numbers (there counted from 1)."""
        n, j, k = self.layer + 1, self.source + 1, self.target + 1
        weight, incoming = rf"w^{{({n})}}_{{{j}{k}}}", rf"a^{{({n - 1})}}_{{{j}}}"
        if self.source < 0:
            weight, incoming = rf"b^{{({n})}}_{{{k}}}", "1"
        delta = rf"\delta^{{({n})}}_{{{k}}}"
        product = rf"{_latex.number(self.incoming)} \cdot {_latex.number(self.delta)}"
        gradient = (
            rf"\frac{{\partial C}}{{\partial {weight}}} = {incoming} \cdot {delta} = {product} "
            rf"= {_latex.number(self.gradient, False)}"
        )
        if not self.onward:
            return (
                gradient,
                rf"{delta} = \frac{{\partial C}}{{\partial z^{{({n})}}_{{{k}}}}} = {_latex.number(self.delta, False)}",
            )
        terms = " + ".join(rf"{_latex.number(w)} \cdot {_latex.number(onward)}" for w, onward in self.onward)
        return gradient, (
            rf"{delta} = \varphi'(z^{{({n})}}_{{{k}}}) \cdot \sum_m w^{{({n + 1})}}_{{{k}m}} \delta^{{({n + 1})}}_m "
            rf"= {_latex.number(self.slope)} \cdot \left[ {terms} \right] = {_latex.number(self.delta, False)}"
        )

    def ledger(self, most: int) -> list[tuple[str, str, str]]:
        """The `most` strongest paths, what the others add, and the sum: way, factors and product in LaTeX."""
        start = "b" if self.source < 0 else str(self.source + 1)
        rows = []
        for path in self.paths[:most]:
            way = r" \to ".join([start, *(str(unit + 1) for unit in path.units)])
            factors = r" \cdot ".join(_latex.number(factor, digits=3) for factor in path.factors)
            rows.append((way, factors, _latex.number(path.product, False)))
        if others := self.paths[most:]:
            rest = sum(path.product for path in others)
            rows.append((rf"\text{{{len(others)} weaker}}", "", _latex.number(rest, False)))
        return [*rows, (r"\text{sum}", "", _latex.number(self.gradient, False))]


class _Engine:
    """Forward, backward and finite differences for one activation, output unit, loss and number of layers."""

    def __init__(self, network: SmallNetwork, layers: int) -> None:
        self._phi = elementwise(network.activation).bind(dict(network.activation_parameters))
        self._unit = keras.activations.get(network.output)
        self._loss, self._output = check_loss(network.loss, network.output), network.output
        matrices, vectors = ([tf.TensorSpec((None,) * rank, tf.float64)] * layers for rank in (2, 1))
        stacks, rows = ([tf.TensorSpec((None,) * rank, tf.float64)] * layers for rank in (3, 2))
        vector = tf.TensorSpec((None,), tf.float64)
        self.backward = _traced(self._backward, [matrices, vectors, vector, vector])
        rate, steps = tf.TensorSpec((), tf.float64), tf.TensorSpec((), tf.int32)
        self.descend = _traced(self._descend, [matrices, vectors, vector, vector, rate, steps])
        self.losses = _traced(self._losses, [stacks, rows, vector, vector])

    def _cost(self, z: Any, y: Any) -> Any:
        """Loss of each row of output pre-activations, shape (rows,)."""
        return self._loss.per_sample(tf.zeros_like(z) + y, z, self._output)

    def _backward(self, weights: list[Any], biases: list[Any], x: Any, y: Any) -> tuple[Any, ...]:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([weights, biases])
            a, zs = x[None], []
            for w, b in zip(weights, biases, strict=True):
                zs.append(tf.matmul(a, w) + b)
                a = self._phi(zs[-1])
            cost = self._cost(zs[-1], y)[0]
        gradients = tape.gradient(cost, [weights, biases, zs], unconnected_gradients="zero")
        found = [value_and_slope(self._phi, z) for z in zs[:-1]]
        values, slopes = value_and_slope(self._unit, zs[-1])
        if self._output == "softmax":  # its slope is the diagonal of a Jacobian
            slopes = values * (1 - values)
        found.append((values, slopes))
        z, delta = ([row[0] for row in rows] for rows in (zs, gradients[2]))
        return cost, z, [value[0] for value, _ in found], [slope[0] for _, slope in found], delta, *gradients[:2]

    def _descend(self, weights: list[Any], biases: list[Any], x: Any, y: Any, rate: Any, steps: Any) -> tuple[Any, ...]:
        """Weights and biases after `steps` steps, and the loss before each of them: one loop inside the graph."""

        def step(i: Any, weights: list[Any], biases: list[Any], losses: Any) -> tuple[Any, ...]:
            cost, *_, dw, db = self._backward(weights, biases, x, y)
            return i + 1, _moved(weights, dw, rate), _moved(biases, db, rate), losses.write(i, cost)

        state = (tf.constant(0), weights, biases, tf.TensorArray(tf.float64, steps))
        _, weights, biases, losses = tf.while_loop(lambda i, *_: i < steps, step, state)
        return weights, biases, losses.stack()

    def _losses(self, weights: list[Any], biases: list[Any], x: Any, y: Any) -> Any:
        """The loss of many networks at once: `weights` of shape (networks, n_in, n_out)."""
        a: Any = x[None, None]
        for w, b in zip(weights, biases, strict=True):
            z = tf.matmul(a, w) + b[:, None]
            a = self._phi(z)
        return self._cost(z[:, 0], y)


def _traced(function: Callable[..., Any], signature: list[Any]) -> Any:
    return tf.function(function, input_signature=signature, autograph=False)


@lru_cache(maxsize=_ENGINES)
def _engine_for(activation: str, parameters: Parameters, output: str, loss: str, layers: int) -> _Engine:
    target = (1.0,) if output != "softmax" else (1.0, 0.0)
    units = (1, len(target))
    return _Engine(
        SmallNetwork(units, (0.0,), target, activation, output, loss, activation_parameters=parameters), layers
    )


def backpropagate(network: SmallNetwork, step: int = 0) -> Backpropagation:
    """Forward pass, backward pass and the finite differences of `network` after `step` steps of gradient descent.

    z = aw + b and a = φ(z) forward; δ = ∂C/∂z, ∂C/∂w = a δ and ∂C/∂b = δ backward; w ← w − η ∂C/∂w per step
    (0 to 100 of them, all on the one sample). C is Keras' loss; gradients are TensorFlow's automatic differentiation.
    Raises ValueError for another number of steps, or when the loss is no longer a finite number on the way.
    Source: Rumelhart, Hinton & Williams 1986.
    """
    step = _rules.integer("step", step, 0, MOST_STEPS)
    layers = len(network.units) - 1
    engine = _engine_for(network.activation, tuple(network.activation_parameters), network.output, network.loss, layers)
    x, y = (tf.constant(values, tf.float64) for values in (network.x, network.y))
    rate = tf.constant(network.learning_rate, tf.float64)
    weights, biases, losses = engine.descend(*_draw(network), x, y, rate, tf.constant(step))
    cost, z, a, slopes, delta, dw, db = engine.backward(weights, biases, x, y)
    losses = np.append(losses.numpy(), float(cost))
    if not all(np.isfinite(values).all() for values in (losses, *delta, *dw)):
        lost = np.flatnonzero(~np.isfinite(losses))
        when = int(lost[0]) if lost.size else step
        rule = f"learning_rate must be smaller than {network.learning_rate:g}" if when else "x must be smaller"
        raise ValueError(f"{rule} here: after {when} steps the loss or its gradient is no longer a finite number")
    before, after = (weights, biases), (_moved(weights, dw, rate), _moved(biases, db, rate))
    start = [[np.asarray(value) for value in values] for values in before]
    checks = _differences(engine, start[0], start[1], x, y)
    names = [field.name for field in fields(Backpropagation) if field.type == tuple[Array, ...]]
    tuples = (*before, z, slopes, [x, *a], delta, dw, db, *checks, *after)
    found: dict[str, Any] = {name: _lock(arrays) for name, arrays in zip(names, tuples, strict=True)}
    return Backpropagation(network, step, **found, loss=float(cost), losses=_rules.read_only(losses))


def _moved(values: list[Any], gradients: list[Any], rate: Any) -> list[Any]:
    """One step of gradient descent."""
    return [value - rate * gradient for value, gradient in zip(values, gradients, strict=True)]


def _lock(arrays: Any) -> tuple[Array, ...]:
    return tuple(_rules.read_only(array) for array in arrays)


def _draw(network: SmallNetwork) -> tuple[list[Any], list[Any]]:
    """The weights at the start, by Keras' initializer, and zeros."""
    entry, values = check_initializer(network.initializer, {})
    sizes = list(pairwise(network.units))
    weights = [
        tf.convert_to_tensor(entry.sample(*fans, network.seed + layer, values, "float64"))
        for layer, fans in enumerate(sizes)
    ]
    return weights, [tf.zeros(fan_out, tf.float64) for _, fan_out in sizes]


def _differences(
    engine: _Engine, weights: list[Array], biases: list[Array], x: Any, y: Any
) -> tuple[list[Array], list[Array]]:
    """(C(w + h) − C(w − h)) / 2h for every weight and bias, all networks with one number moved in one pass."""
    values = [*weights, *biases]
    sizes = [value.size for value in values]
    total, ends = sum(sizes), np.cumsum(sizes)
    moved = np.concatenate([value.ravel() for value in values]) + STEP * np.concatenate([np.eye(total), -np.eye(total)])
    parts = [
        part.reshape(-1, *value.shape) for part, value in zip(np.split(moved, ends[:-1], axis=1), values, strict=True)
    ]
    losses = engine.losses(parts[: len(weights)], parts[len(weights) :], x, y).numpy()
    slopes = np.split((losses[:total] - losses[total:]) / (2 * STEP), ends[:-1])
    found = [slope.reshape(value.shape) for slope, value in zip(slopes, values, strict=True)]
    return found[: len(weights)], found[len(weights) :]


def chain_rule(result: Backpropagation, layer: int, source: int, target: int) -> ChainRule:
    """∂C/∂w of the weight of `layer` (from 0) that leads from unit `source` (−1: the bias) to unit `target`.

    ∂C/∂w = a_source · δ_target with δ_target = φ′(z_target) · Σ_m w_(target,m) δ_m; multiplied out, a sum over every
    path from the weight to the loss. Raises ValueError for a layer or unit that the network does not have.
    """
    units = result.network.units
    layer = _rules.integer("layer", layer, 0, len(units) - 2)
    source = _rules.integer("from", source, -1, units[layer] - 1)
    target = _rules.integer("to", target, 0, units[layer + 1] - 1)
    incoming = 1.0 if source < 0 else float(result.a[layer][source])
    last = layer == len(units) - 2
    paths = sorted(
        (_path(result, layer, incoming, (target, *more)) for more in product(*map(range, units[layer + 2 :]))),
        key=lambda path: -abs(path.product),
    )
    onward = () if last else zip(result.weights[layer + 1][target], result.delta[layer + 1], strict=True)
    values = result.biases[layer] if source < 0 else result.weights[layer][source]
    gradients = result.bias_gradients[layer] if source < 0 else result.weight_gradients[layer][source]
    return ChainRule(
        layer,
        source,
        target,
        float(values[target]),
        incoming,
        float(result.slopes[layer][target]),
        float(result.delta[layer][target]),
        tuple((float(w), float(delta)) for w, delta in onward),
        tuple(paths),
        float(gradients[target]),
    )


def _path(result: Backpropagation, layer: int, incoming: float, units: tuple[int, ...]) -> Path:
    """a, then φ′(z)·w per hidden unit on the way, then δ of the output unit at its end."""
    factors = [incoming]
    for hop, (unit, following) in enumerate(pairwise(units), layer):
        factors += [float(result.slopes[hop][unit]), float(result.weights[hop + 1][unit, following])]
    return Path(units, (*factors, float(result.delta[-1][units[-1]])))
