"""Diagnosis: what the numbers of a backward pass say, in one sentence with its evidence."""

import math

import numpy as np

from nnviz.activations import activation_curve
from nnviz.gradients import LayerGradients, NeuronChain
from nnviz.initializers import INITIALIZERS

VANISHING = 2.0  # decades lost between last and first hidden layer: the first learns a hundred times more slowly
EXPLODING = math.log10(70)  # first over last, AUTOTRAINER's threshold (Zhang et al. 2021)
_PROBE = np.linspace(-10, 10, 2_001)  # where to look for the steepest slope; a second look goes twice as far


_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _size(exponent: float) -> str:
    """10^exponent in words for a sentence: 0.43, 1.3 × 10⁻⁶."""
    if -2 <= exponent < 3:
        return f"{10**exponent:.3g}" if exponent >= 2 else f"{10**exponent:.2g}"
    whole = math.floor(exponent)
    return f"{10 ** (exponent - whole):.1f} × 10{str(whole).translate(_SUPERSCRIPT)}"


def _cause(result: LayerGradients) -> str:
    """Why a layer scales the gradient: slope of the activation times stretch of the weights."""
    spec = result.spec
    parameters = dict(spec.activation_parameters)
    steepest, farther = (
        float(np.abs(activation_curve(spec.activation, probe, **parameters).slope).max())
        for probe in (_PROBE, 2 * _PROBE)
    )
    bound = f"it never exceeds {steepest:.3g}" if farther <= steepest * 1.001 else "it has no bound"
    law = INITIALIZERS[spec.initializer].law(spec.width, spec.width, **dict(spec.initializer_parameters))
    stretch = math.sqrt(spec.width * (law.std**2 + law.mean**2))
    slope = float(np.sqrt(np.mean(result.slope_rms[: spec.depth] ** 2)))
    return (
        f"the slope of {spec.activation.removeprefix('= ')} was {slope:.2g} (root mean square; {bound}) "
        f"and the weights stretch a vector about {stretch:.2g} times"
    )


def explain_flow(result: LayerGradients) -> str:
    """One sentence: what happened to the gradient on its way to the first layer, and why.

    The verdict compares ‖∂C/∂b‖ of the first and the last hidden layer: vanishing from a loss of two decades,
    exploding from a gain of 70 times; every number in the sentence is measured on this network.
    """
    spec, depth = result.spec, result.spec.depth
    broken = np.flatnonzero(result.finite < 1)
    if broken.size:
        return (
            f"Overflow: from layer {broken[0] + 1} on, pre-activations are too large for {spec.dtype} "
            f"({1 - result.finite[broken[0]]:.0%} of them are inf or nan there), so no gradient is left to speak of."
        )
    if not np.isfinite(result.bias_norm).all():
        return f"Overflow: the gradient itself became too large for {spec.dtype} on its way to the first layer."
    if depth == 1:
        return (
            "With a single hidden layer there is nothing to vanish: add layers to see the gradient change on its way."
        )
    dead = np.flatnonzero(result.dead[:depth] == 1)
    if dead.size:
        return (
            f"Dead: in layer {dead[-1] + 1} no unit has a slope on any sample of the batch, "
            "so every layer before it receives a gradient of exactly 0."
        )
    if result.bias_norm[0] == 0:
        if result.bias_norm[depth - 1] == 0:
            return "No gradient leaves the output layer: all hidden layers receive exactly 0."
        gone = int(np.flatnonzero(result.bias_norm > 0)[0])
        return (
            f"Underflow: what reaches layer {gone} is smaller than the smallest {spec.dtype} number "
            f"and becomes exactly 0; {_cause(result)}."
        )
    kept = f"each layer kept {result.kept_per_layer:.2g} of the gradient"
    if result.decades >= VANISHING:
        return (
            f"Vanishing: {kept}, so layer 1 receives {_size(-result.decades)} of what layer {depth} does; "
            f"{_cause(result)}."
        )
    if result.decades <= -EXPLODING:
        return (
            f"Exploding: each layer multiplied the gradient by {result.kept_per_layer:.2g}, so layer 1 receives "
            f"{_size(-result.decades)} times what layer {depth} does; {_cause(result)}."
        )
    return (
        f"Healthy: {kept}, so layer 1 still receives {_size(-result.decades)} times what layer {depth} does; "
        f"{_cause(result)}."
    )


def explain_chain(chain: NeuronChain) -> str:
    """One sentence on a chain of neurons: its product and which factors could have kept it alive."""
    layers = len(chain.factors)
    broken = np.flatnonzero(~np.isfinite(chain.factors) | ~np.isfinite(chain.products))
    if broken.size:
        return f"The chain of {layers} neurons overflows float64: no finite product is left at neuron {broken[0] + 1}."
    amplifying = int((np.abs(chain.factors) >= 1).sum())
    if chain.product:
        sign = "−" if chain.product < 0 else ""
        product = f"∂a_L/∂x = {sign}{_size(math.log10(abs(chain.product)))}"
    else:
        product = "∂a_L/∂x = 0 exactly"
    return (
        f"The product of the {layers} factors w·φ′(z) is {product}: "
        f"{amplifying} of them {'is' if amplifying == 1 else 'are'} at least 1 in size, "
        f"the smallest is {np.abs(chain.factors).min():.3g} and the largest {np.abs(chain.factors).max():.3g}."
    )
