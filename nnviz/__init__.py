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
from nnviz.datasets import DATASETS, Dataset, load_dataset
from nnviz.diagnosis import explain_chain, explain_flow
from nnviz.gradients import (
    LayerGradients,
    NeuronChain,
    NeuronFactor,
    layer_gradients,
    neuron_chain,
    neuron_factor,
)
from nnviz.initializers import INITIALIZERS, WeightHistogram, weight_histogram
from nnviz.losses import LOSSES, OUTPUTS
from nnviz.networks import NetworkSpec
from nnviz.softmax import SoftmaxOutputs, softmax_outputs

__all__ = [
    "ACTIVATIONS",
    "DATASETS",
    "ELEMENTWISE",
    "INITIALIZERS",
    "LOSSES",
    "OUTPUTS",
    "VECTOR",
    "ActivationCurve",
    "ActivationMoments",
    "Dataset",
    "LayerGradients",
    "NetworkSpec",
    "NeuronChain",
    "NeuronFactor",
    "SoftmaxOutputs",
    "VectorActivation",
    "WeightHistogram",
    "activation_curve",
    "activation_moments",
    "activation_vector",
    "explain_chain",
    "explain_flow",
    "layer_gradients",
    "load_dataset",
    "neuron_chain",
    "neuron_factor",
    "softmax_outputs",
    "weight_histogram",
]
