"""The graphs: against a plain computation, and against the same weights in ONNX."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ostiary.errors import ModelError
from ostiary.vision.minifasnet_graph import build_minifasnet
from ostiary.vision.network import Network
from ostiary.vision.torch_weights import read_torch_weights

Weights = dict[str, NDArray[np.float32]]
Numbers = NDArray[np.float64]

STAGES = (("conv_23", "conv_3", 4), ("conv_34", "conv_4", 6), ("conv_45", "conv_5", 2))


class Invented:
    """Random weights of a small network: so many channels everywhere."""

    def __init__(self, *, excitation: bool, channels: int = 4) -> None:
        self.draw = np.random.default_rng(1)
        self.weights: Weights = {}
        self.channels = channels
        self.block("conv1", inputs=3, side=3)
        self.block("conv2_dw", inputs=1, side=3)
        for step, chain, length in STAGES:
            self.bottleneck(step)
            for index in range(length):
                self.bottleneck(f"{chain}.model.{index}")
            if excitation:
                self.excitation(f"{chain}.model.{length - 1}.se_module")
        self.block("conv_6_sep")
        self.convolution("conv_6_dw.conv", "conv_6_dw.bn", channels, 1, 5)
        self.put("linear.weight", 8, channels)
        self.normalisation("bn", 8)
        self.put("prob.weight", 3, 8)

    def put(self, name: str, *shape: int) -> None:
        scale = np.prod(shape[1:]) ** -0.5
        values = self.draw.normal(0, scale, shape).astype(np.float32)
        self.weights[f"module.{name}"] = values

    def normalisation(self, name: str, channels: int) -> None:
        self.put(f"{name}.running_mean", channels)
        self.put(f"{name}.bias", channels)
        for part in ("running_var", "weight"):
            values = self.draw.uniform(0.5, 1.5, channels).astype(np.float32)
            self.weights[f"module.{name}.{part}"] = values

    def convolution(
        self, name: str, normalisation: str, outputs: int, inputs: int, side: int
    ) -> None:
        self.put(f"{name}.weight", outputs, inputs, side, side)
        self.normalisation(normalisation, outputs)

    def block(self, name: str, inputs: int | None = None, side: int = 1) -> None:
        inputs = inputs or self.channels
        self.convolution(f"{name}.conv", f"{name}.bn", self.channels, inputs, side)
        self.put(f"{name}.prelu.weight", self.channels)

    def bottleneck(self, name: str) -> None:
        self.block(f"{name}.conv")
        self.block(f"{name}.conv_dw", inputs=1, side=3)
        project = f"{name}.project"
        count = self.channels
        self.convolution(f"{project}.conv", f"{project}.bn", count, count, 1)

    def excitation(self, name: str) -> None:
        self.convolution(f"{name}.fc1", f"{name}.bn1", 2, self.channels, 1)
        self.convolution(f"{name}.fc2", f"{name}.bn2", self.channels, 2, 1)


class Plain:
    """The network as its maker describes it, layer by layer, nothing folded."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def get(self, name: str) -> Numbers:
        return self.weights[f"module.{name}"].astype(np.float64)

    def normalised(self, x: Numbers, name: str) -> Numbers:
        mean, variance, weight, bias = (
            self.get(f"{name}.{part}").reshape(-1, *[1] * (x.ndim - 1))
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        return np.asarray((x - mean) / np.sqrt(variance + 1e-5) * weight + bias)

    def convolved(
        self, x: Numbers, name: str, stride: int = 1, padding: int = 0
    ) -> Numbers:
        filters = self.get(f"{name}.weight")
        edge = (padding, padding)
        windows = sliding_window_view(
            np.pad(x, ((0, 0), edge, edge)), filters.shape[2:], (1, 2)
        )[:, ::stride, ::stride]
        if filters.shape[1] == 1:
            return np.asarray(np.einsum("cyxij,cij->cyx", windows, filters[:, 0]))
        return np.asarray(np.einsum("cyxij,ocij->oyx", windows, filters))

    def block(
        self, x: Numbers, name: str, stride: int = 1, padding: int = 0
    ) -> Numbers:
        x = self.convolved(x, f"{name}.conv", stride, padding)
        x = self.normalised(x, f"{name}.bn")
        slope = self.get(f"{name}.prelu.weight").reshape(-1, 1, 1)
        return np.where(x < 0, slope * x, x)

    def bottleneck(self, x: Numbers, name: str, stride: int = 1) -> Numbers:
        x = self.block(x, f"{name}.conv")
        x = self.block(x, f"{name}.conv_dw", stride, 1)
        x = self.convolved(x, f"{name}.project.conv")
        return self.normalised(x, f"{name}.project.bn")

    def excited(self, x: Numbers, name: str) -> Numbers:
        if f"module.{name}.fc1.weight" not in self.weights:
            return x
        factor = x.mean((1, 2), keepdims=True)
        factor = self.normalised(self.convolved(factor, f"{name}.fc1"), f"{name}.bn1")
        factor = self.convolved(np.maximum(factor, 0), f"{name}.fc2")
        factor = self.normalised(factor, f"{name}.bn2")
        return np.asarray(x / (1 + np.exp(-factor)))

    def probabilities(self, x: Numbers) -> Numbers:
        x = self.block(x, "conv1", 2, 1)
        x = self.block(x, "conv2_dw", 1, 1)
        for step, chain, length in STAGES:
            x = self.bottleneck(x, step, 2)
            for index in range(length):
                name = f"{chain}.model.{index}"
                change = self.bottleneck(x, name)
                x = x + self.excited(change, f"{name}.se_module")
        x = self.block(x, "conv_6_sep")
        x = self.normalised(self.convolved(x, "conv_6_dw.conv"), "conv_6_dw.bn")
        x = self.normalised(self.get("linear.weight") @ x.ravel(), "bn")
        powers = np.exp(self.get("prob.weight") @ x)
        return np.asarray(powers / powers.sum())


def output_of(network: Network, image: NDArray[np.generic]) -> NDArray[np.float32]:
    np.copyto(network.input[0], image, casting="same_kind")
    network.run()
    return network.output.copy()


@pytest.mark.parametrize("excitation", [False, True])
def test_a_graph_computes_what_its_maker_describes(*, excitation: bool) -> None:
    weights = Invented(excitation=excitation).weights
    network = Network(build_minifasnet(weights, excitation=excitation))
    image = np.random.default_rng(2).normal(0, 0.5, (3, 80, 80))
    expected = Plain(weights).probabilities(image)
    assert expected.max() < 0.9
    np.testing.assert_allclose(output_of(network, image), expected, atol=1e-5)


@pytest.mark.parametrize("excitation", [False, True])
def test_every_weight_is_needed_and_must_fit(*, excitation: bool) -> None:
    weights = Invented(excitation=excitation).weights
    for name, values in weights.items():
        without = {key: value for key, value in weights.items() if key != name}
        with pytest.raises(ModelError, match=f"{name[7:]} is missing"):
            build_minifasnet(without, excitation=excitation)
        with pytest.raises(ModelError, match="cannot load"):
            build_minifasnet(weights | {name: values[:-1]}, excitation=excitation)
        with pytest.raises(ModelError, match=f"{name[7:]} has another shape"):
            build_minifasnet(weights | {name: values[None]}, excitation=excitation)


def test_a_weight_for_no_layer_is_refused() -> None:
    weights = Invented(excitation=True).weights
    with pytest.raises(ModelError, match="is for no layer"):
        build_minifasnet(weights, excitation=False)
    more = weights | {"module.other": np.zeros(1, np.float32)}
    with pytest.raises(ModelError, match=r"module\.other is for no layer"):
        build_minifasnet(more, excitation=True)


def test_layers_that_do_not_fit_together_are_refused() -> None:
    weights = Invented(excitation=True).weights
    name = "module.conv_23.conv.conv.weight"
    with pytest.raises(ModelError, match="do not fit together"):
        build_minifasnet(weights | {name: weights[name][:, :2]}, excitation=True)


def crops() -> Iterator[NDArray[np.floating]]:
    """Noise, and squares of even colour: on those alone the classes change."""
    draw = np.random.default_rng(3)
    for side in (1, 16):
        for _ in range(25):
            coarse = draw.uniform(0, 255, (3, 80 // side, 80 // side))
            yield np.kron(coarse, np.ones((side, side)))


@pytest.mark.models
@pytest.mark.parametrize(
    ("name", "excitation"),
    [("2.7_80x80_MiniFASNetV2", False), ("4_0_0_80x80_MiniFASNetV1SE", True)],
)
def test_the_real_weights_give_what_they_give_in_onnx(
    models: str, name: str, *, excitation: bool
) -> None:
    folder = Path(models, "minifasnet")
    onnx = folder / f"{name}.own.onnx"
    if not onnx.is_file():
        pytest.skip("the same weights in ONNX are published nowhere, nor are they here")
    weights = read_torch_weights((folder / f"{name}.pth").read_bytes())
    ours = Network(build_minifasnet(weights, excitation=excitation))
    theirs = Network(onnx.read_bytes())
    outputs = np.array(
        [[output_of(network, crop) for network in (ours, theirs)] for crop in crops()]
    )
    assert len(outputs) == 50
    assert np.ptp(outputs, axis=0).max() > 0.5
    np.testing.assert_allclose(outputs[:, 0], outputs[:, 1], rtol=0, atol=1e-4)
