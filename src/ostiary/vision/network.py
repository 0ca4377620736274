"""One neural network on OpenVINO, with tensors that can be overwritten."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal, TypeAlias

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from ostiary.errors import ModelError

Precision: TypeAlias = Literal["f32", "bf16"]
"""What the processor computes in. Left alone, OpenVINO picks bf16 where the processor
has it, and then scores differ between machines: docs/adr/0007."""

_CORE: Final = ov.Core()


class Network:
    """A network with one input and one output or more, run on one thread.

    Input and output are arrays of ours that OpenVINO works in, so `forget` reaches
    them. What the layers hand to one another lies in memory of OpenVINO's own, which
    is reused by every run; `forget` therefore runs the network once on nothing.

    Attributes:
        input: 1 x 3 x height x width float32, or 1 x height x width x 3, as the
            network has it; to be filled before `run`.
        outputs: what the network says, each float32, flat; overwritten by the next
            `run`.
        output: the first of them.
    """

    def __init__(
        self,
        model: bytes | ov.Model,
        weights: bytes = b"",
        *,
        precision: Precision = "f32",
    ) -> None:
        """Load a network.

        Args:
            model: ONNX, the XML half of OpenVINO's own format, or a graph.
            weights: the binary half of OpenVINO's own format; otherwise empty.
            precision: what the processor computes in.

        Raises:
            ModelError: the bytes are no network, or not of that form.
        """
        options = {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": 1,
        }
        try:
            if isinstance(model, bytes):
                model = _CORE.read_model(model, weights)
            compiled = _CORE.compile_model(model, "CPU", options)
            self.input: Final = _zeros(compiled.input(0))
            outputs = [_zeros(port) for port in compiled.outputs]
            self._request: Final = compiled.create_infer_request()
            self._request.set_input_tensor(ov.Tensor(self.input, shared_memory=True))
            for number, array in enumerate(outputs):
                tensor = ov.Tensor(array, shared_memory=True)
                self._request.set_output_tensor(number, tensor)
        except RuntimeError as error:
            raise ModelError("OpenVINO cannot load this network") from error
        self.outputs: Final = tuple(array.reshape(-1) for array in outputs)
        self.output: Final = self.outputs[0]

    def run(self) -> None:
        """Compute `outputs` from `input`.

        Raises:
            ModelError: the runtime fails.
        """
        try:
            # Not `infer`: that one hands out copies of the output.
            self._request.start_async()
            self._request.wait()
        except RuntimeError as error:
            raise ModelError("OpenVINO cannot run this network") from error

    def forget(self) -> None:
        """Overwrite input, outputs, and what lies between them."""
        self.input.fill(0)
        self.run()
        for output in self.outputs:
            output.fill(0)


def read_onnx(content: bytes) -> ov.Model:
    """A network in ONNX, not yet ready to run.

    Raises:
        ModelError: the bytes are no such network.
    """
    try:
        return _CORE.read_model(content, b"")
    except RuntimeError as error:
        raise ModelError("OpenVINO cannot load this network") from error


def resized(model: ov.Model, height: int, width: int) -> ov.Model:
    """A copy of a network, for pictures of another size.

    Args:
        model: takes 1 x channels x height x width; unchanged.
        height: in pixels.
        width: in pixels.

    Raises:
        ModelError: the network does not take that size.
    """
    copy = model.clone()
    try:
        copy.reshape([1, copy.input(0).shape[1], height, width])
    except RuntimeError as error:
        raise ModelError(f"this network takes no {width} x {height} pixels") from error
    return copy


def read_tflite(content: bytes) -> ov.Model:
    """A network in TensorFlow Lite's form.

    OpenVINO reads that form from a file alone, and only one that is named so. The file
    is one of ours that nobody else can reach, so that what is loaded is what was
    checked.

    Raises:
        ModelError: the bytes are no such network, or nothing can be written.
    """
    try:
        with TemporaryDirectory(prefix="ostiary-") as scratch:
            path = Path(scratch, "network.tflite")
            path.write_bytes(content)
            return _CORE.read_model(path)
    except OSError as error:
        raise ModelError(f"cannot write a temporary file: {error.strerror}") from error
    except RuntimeError as error:
        raise ModelError("OpenVINO cannot load this network") from error


def _zeros(port: ov.ConstOutput) -> NDArray[np.float32]:
    return np.zeros(tuple(port.shape), np.float32)
