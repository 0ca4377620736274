"""The two MiniFASNets as graphs of OpenVINO, made from their weights.

Both are a MobileFaceNet made small: a convolution, then three times a step down to half
the size and a chain of residual blocks, then one number per channel, 128 numbers, and
three classes. How many channels each layer has is read off its weights. The names of
the layers are those that the weights carry (minivision-ai/Silent-Face-Anti-Spoofing,
`src/model_lib/MiniFASNet.py`).
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset8 as ops

from ostiary.errors import ModelError

_INPUT: Final = (1, 3, 80, 80)
_CLASSES: Final = 3

_STAGES: Final = (
    ("conv_23", "conv_3", 4),
    ("conv_34", "conv_4", 6),
    ("conv_45", "conv_5", 2),
)
"""Step down to half the size; chain of residual blocks; how many those are."""

_PREFIX: Final = "module."
"""Before every name; a trace of how the networks were trained."""

_EPSILON: Final = 1e-5
"""Added to every variance: what PyTorch takes unless told otherwise."""


def build_minifasnet(
    weights: Mapping[str, NDArray[np.float32]], *, excitation: bool
) -> ov.Model:
    """A network from a crop to the probabilities of three classes.

    Input is 1 x 3 x 80 x 80 float32, blue, green and red from 0 to 255; output is
    1 x 3 float32, the softmax.

    Args:
        weights: all of them, by the names that their maker gave; none is left over.
        excitation: whether the last block of each chain weighs its channels by what
            the whole picture shows (squeeze and excitation): V1SE does, V2 does not.

    Raises:
        ModelError: a weight is missing, left over, or not of the shape it must have.
    """
    layers = _Layers(weights)
    image = ops.parameter(_INPUT, np.float32)
    try:
        model = ov.Model([_assemble(layers, image, excitation=excitation)], [image])
    except RuntimeError as error:
        raise ModelError("cannot load weights that do not fit together") from error
    layers.check_all_used()
    return model


def _assemble(layers: "_Layers", image: ov.Node, *, excitation: bool) -> ov.Node:
    x = layers.activated(image, "conv1", stride=2, padding=1)
    x = layers.activated(x, "conv2_dw", padding=1)
    for step, chain, length in _STAGES:
        x = layers.bottleneck(x, step, stride=2)
        for index in range(length):
            last = index == length - 1
            block = f"{chain}.model.{index}"
            x = layers.residual(x, block, excitation=excitation and last)
    x = layers.activated(x, "conv_6_sep")
    x = layers.normalised(x, "conv_6_dw.conv", "conv_6_dw.bn")
    return layers.classified(x)


class _Layers:
    """Makes layers, each from weights that are used once.

    Normalisation of batches is, after training, one factor and one offset for each
    channel. The factor goes into the weights before it.
    """

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        self._unused: Final = dict(weights)

    def check_all_used(self) -> None:
        if self._unused:
            raise ModelError(f"cannot load: {min(self._unused)} is for no layer")

    def residual(self, x: ov.Node, name: str, *, excitation: bool) -> ov.Node:
        """What the block adds to its input."""
        change = self.bottleneck(x, name)
        if excitation:
            change = self._excited(change, f"{name}.se_module")
        return ops.add(x, change)

    def bottleneck(self, x: ov.Node, name: str, stride: int = 1) -> ov.Node:
        """Mix channels, look about within each, mix channels."""
        x = self.activated(x, f"{name}.conv")
        x = self.activated(x, f"{name}.conv_dw", stride=stride, padding=1)
        return self.normalised(x, f"{name}.project.conv", f"{name}.project.bn")

    def activated(
        self, x: ov.Node, name: str, *, stride: int = 1, padding: int = 0
    ) -> ov.Node:
        """Convolution, normalisation, and a slope of each channel's own below zero."""
        x = self.normalised(
            x, f"{name}.conv", f"{name}.bn", stride=stride, padding=padding
        )
        channels = x.get_output_shape(0)[1]
        return ops.prelu(x, _constant(self._take(f"{name}.prelu.weight", channels)))

    def normalised(
        self,
        x: ov.Node,
        filters: str,
        normalisation: str,
        *,
        stride: int = 1,
        padding: int = 0,
    ) -> ov.Node:
        """Convolution, within each channel or across all, and normalisation."""
        channels = x.get_output_shape(0)[1]
        weights = self._take(f"{filters}.weight", None, None, None, None)
        factor, offset = self._normalisation(normalisation, len(weights))
        weights = weights * factor.reshape(-1, 1, 1, 1)
        strides, pads, dilations = [stride] * 2, [padding] * 2, [1] * 2
        if weights.shape[1] == 1 and channels > 1:
            grouped = _constant(weights[:, np.newaxis])
            x = ops.group_convolution(x, grouped, strides, pads, pads, dilations)
        else:
            x = ops.convolution(x, _constant(weights), strides, pads, pads, dilations)
        return ops.add(x, _constant(offset.reshape(1, -1, 1, 1)))

    def classified(self, x: ov.Node) -> ov.Node:
        """128 numbers, and from those the probabilities of the classes."""
        values = math.prod(x.get_output_shape(0))
        x = ops.reshape(x, [1, values], special_zero=False)
        weights = self._take("linear.weight", None, values)
        factor, offset = self._normalisation("bn", len(weights))
        weights = weights * factor.reshape(-1, 1)
        x = ops.matmul(x, _constant(weights), transpose_a=False, transpose_b=True)
        x = ops.add(x, _constant(offset.reshape(1, -1)))
        weights = self._take("prob.weight", _CLASSES, len(weights))
        x = ops.matmul(x, _constant(weights), transpose_a=False, transpose_b=True)
        return ops.softmax(x, axis=1)

    def _excited(self, x: ov.Node, name: str) -> ov.Node:
        """Each channel times a factor from 0 to 1, made from the means of all."""
        factors = ops.reduce_mean(x, [2, 3], keep_dims=True)
        factors = self.normalised(factors, f"{name}.fc1", f"{name}.bn1")
        factors = ops.relu(factors)
        factors = self.normalised(factors, f"{name}.fc2", f"{name}.bn2")
        return ops.multiply(x, ops.sigmoid(factors))

    def _normalisation(
        self, name: str, channels: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Factor and offset of each channel."""
        mean, variance, weight, bias = (
            self._take(f"{name}.{part}", channels)
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        factor = weight / np.sqrt(variance + _EPSILON)
        return factor, bias - mean * factor

    def _take(self, name: str, *shape: int | None) -> NDArray[np.float64]:
        """The weights of that name and shape; None: any length.

        In float64, so that folding rounds only once.
        """
        weights = self._unused.pop(_PREFIX + name, None)
        if weights is None:
            raise ModelError(f"cannot load: {name} is missing")
        if weights.ndim != len(shape) or any(
            needed not in {None, length}
            for needed, length in zip(shape, weights.shape, strict=True)
        ):
            raise ModelError(f"cannot load: {name} has another shape than its layer")
        return weights.astype(np.float64)


def _constant(values: NDArray[np.float64]) -> ov.Node:
    return ops.constant(values.astype(np.float32))
