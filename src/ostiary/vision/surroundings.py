"""A face with what is around it, as the networks for attack detection look at it."""

import math

import cv2
import numpy as np

from ostiary.terms import Image
from ostiary.vision.network import Network


class ScaledNetwork:
    """A network, and how much around the face it looks at."""

    def __init__(self, network: Network, scale: float) -> None:
        """Prepare the crop.

        Args:
            network: takes 1 x 3 x side x side, blue, green and red from 0 to 255;
                belongs to this object from here on.
            scale: as `surroundings` takes it.
        """
        self._network = network
        self._scale = scale
        side = network.input.shape[-1]
        self._crop: Image = np.zeros((side, side, 3), np.uint8)

    def run(
        self, image: Image, box: tuple[float, float, float, float]
    ) -> tuple[float, ...]:
        """All that the network says of a face.

        Args:
            image: height x width x 3, uint8, BGR.
            box: left, top, width, height of the face, in pixels.

        Raises:
            ModelError: the runtime fails.
        """
        square = surroundings(image, box, self._scale)
        cv2.resize(square, self._crop.shape[:2], dst=self._crop)
        np.copyto(self._network.input[0], self._crop.transpose(2, 0, 1))
        self._network.run()
        return tuple(self._network.output.tolist())

    def forget(self) -> None:
        """Overwrite crop and tensors."""
        self._crop.fill(0)
        self._network.forget()


def surroundings(
    image: Image, box: tuple[float, float, float, float], scale: float
) -> Image:
    """The face with what is around it, as a square.

    The networks' makers enlarge the detector's box as it is and press the result into
    a square. YuNet's boxes are taller than wide, and pressed faces look false to the
    networks. Where the picture is too small for the whole square, a smaller one is
    right: with the rest filled in, prints pass or people do not (docs/adr/0010).

    Args:
        image: height x width x 3, uint8.
        box: left, top, width, height of the face, in pixels.
        scale: side of the square, in sides of a square of the box's area; less where
            the picture is too small for that.

    Returns:
        A view of the picture, about the centre of the box, shifted to lie inside.
    """
    height, width = image.shape[:2]
    left, top, box_width, box_height = box
    side = scale * math.sqrt(max(box_width * box_height, 1.0))
    side = min(side, height, width)
    rows = _inside(top + box_height / 2, side, height)
    columns = _inside(left + box_width / 2, side, width)
    return image[rows, columns]


def _inside(centre: float, length: float, limit: int) -> slice:
    """A stretch of that length about the centre, shifted to lie between 0 and limit."""
    start = min(max(centre - length / 2, 0.0), limit - length)
    return slice(int(start), int(start) + max(int(length), 1))
