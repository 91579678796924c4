"""nnviz: activations, softmax, initializers and gradient flow, computed by Keras for people who want to see them.

The public face of the core. It draws nothing: figures live in `nnviz.figures`, pages in `pages/`.
"""

from nnviz.activations import (
    ACTIVATIONS,
    ELEMENTWISE,
    VECTOR,
    ActivationCurve,
    ActivationMoments,
    VectorActivation,
    activation_curve,
    activation_moments,
    activation_vector,
)
from nnviz.architectures import ARCHITECTURES, LAYERS, Architecture, Layer, parse_architecture
from nnviz.backpropagation import Backpropagation, ChainRule, SmallNetwork, backpropagate, chain_rule
from nnviz.bayes import GaussianPosterior, gaussian_posterior
from nnviz.chooser import ADVICE, Advice
from nnviz.code import STYLES, BuiltStyle, compare_styles, keras_program
from nnviz.cross_entropy import CrossEntropySteps, cross_entropy_steps
from nnviz.datasets import DATASETS, Dataset, load_dataset
from nnviz.descent import (
    DescentPath,
    RateSweep,
    descend,
    explain_descent,
    explain_starts,
    spread_starts,
    starting_rate,
    sweep_rates,
)
from nnviz.diagnosis import explain_chain, explain_flow
from nnviz.dying import NeuronLife, neuron_life
from nnviz.expressions import Expression, parse_expression
from nnviz.forward import ForwardPass, LayerPass, digit_sample, fill_sample, forward_pass
from nnviz.gradients import (
    LayerGradients,
    NeuronChain,
    NeuronFactor,
    layer_gradients,
    neuron_chain,
    neuron_factor,
)
from nnviz.identities import IDENTITIES, IdentityCheck, check_identity
from nnviz.initializers import INITIALIZERS, WeightHistogram, weight_histogram
from nnviz.least_squares import (
    LeastSquares,
    SampleDescent,
    Zigzag,
    descend_samples,
    load_diabetes,
    zigzag,
)
from nnviz.linearity import LinearStack, linear_stack
from nnviz.losses import LOSSES, OUTPUTS, LossCurve, LossSamples, loss_curve, loss_samples, loss_value
from nnviz.networks import NetworkSpec
from nnviz.neuron_learning import NeuronLearning, neuron_learning
from nnviz.optimizers import OPTIMIZERS
from nnviz.properties import CRITERIA, ActivationProperties, activation_properties
from nnviz.schedules import SCHEDULES, learning_rates
from nnviz.softmax import SoftmaxOutputs, softmax_outputs
from nnviz.surfaces import SURFACES, Curvature, SurfaceGrid, curvature, surface_grid

__all__ = [
    "ACTIVATIONS",
    "ADVICE",
    "ARCHITECTURES",
    "CRITERIA",
    "DATASETS",
    "ELEMENTWISE",
    "IDENTITIES",
    "INITIALIZERS",
    "LAYERS",
    "LOSSES",
    "OPTIMIZERS",
    "OUTPUTS",
    "SCHEDULES",
    "STYLES",
    "SURFACES",
    "VECTOR",
    "ActivationCurve",
    "ActivationMoments",
    "ActivationProperties",
    "Advice",
    "Architecture",
    "Backpropagation",
    "BuiltStyle",
    "ChainRule",
    "CrossEntropySteps",
    "Curvature",
    "Dataset",
    "DescentPath",
    "Expression",
    "ForwardPass",
    "GaussianPosterior",
    "IdentityCheck",
    "Layer",
    "LayerGradients",
    "LayerPass",
    "LeastSquares",
    "LinearStack",
    "LossCurve",
    "LossSamples",
    "NetworkSpec",
    "NeuronChain",
    "NeuronFactor",
    "NeuronLearning",
    "NeuronLife",
    "RateSweep",
    "SampleDescent",
    "SmallNetwork",
    "SoftmaxOutputs",
    "SurfaceGrid",
    "VectorActivation",
    "WeightHistogram",
    "Zigzag",
    "activation_curve",
    "activation_moments",
    "activation_properties",
    "activation_vector",
    "backpropagate",
    "chain_rule",
    "check_identity",
    "compare_styles",
    "cross_entropy_steps",
    "curvature",
    "descend",
    "descend_samples",
    "digit_sample",
    "explain_chain",
    "explain_descent",
    "explain_flow",
    "explain_starts",
    "fill_sample",
    "forward_pass",
    "gaussian_posterior",
    "keras_program",
    "layer_gradients",
    "learning_rates",
    "linear_stack",
    "load_dataset",
    "load_diabetes",
    "loss_curve",
    "loss_samples",
    "loss_value",
    "neuron_chain",
    "neuron_factor",
    "neuron_learning",
    "neuron_life",
    "parse_architecture",
    "parse_expression",
    "softmax_outputs",
    "spread_starts",
    "starting_rate",
    "surface_grid",
    "sweep_rates",
    "weight_histogram",
    "zigzag",
]
