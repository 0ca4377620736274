"""The narrow seams between the core and the world, as Protocols.

Vision (detector, mesh, extractor, attack detector, motion), capture (frame source,
live source, code reader, tag), actuators (door), the attendant, and the two clocks.
Each boundary wraps what its library raises in `ostiary.errors`. What touches a face
offers `forget`, which overwrites every buffer that it can reach.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from ostiary.presentation.parallax import Parallax
from ostiary.reasons import Reason
from ostiary.terms import (
    Confirmation,
    Doorway,
    Face,
    Features,
    Frame,
    Image,
    Mesh,
    Sight,
)


class FrameSource(Protocol):
    """A camera, a video, a directory of photographs."""

    def frames(self) -> Iterator[Frame]:
        """Frames in order of time, until the source ends.

        Raises:
            CaptureError: the source cannot be opened, or stops giving pictures.
        """
        ...

    def close(self) -> None:
        """Let go of the device; harmless when done twice."""
        ...


class LiveSource(Protocol):
    """A camera that comes back, or any `FrameSource`."""

    def frames(self) -> Iterator[Sight]:
        """Frames in order of time, and outages as long as there are none.

        Raises:
            CaptureError: as `FrameSource`; a camera that comes back raises nothing.
        """
        ...

    def close(self) -> None:
        """Let go of the device; harmless when done twice."""
        ...


class CodeReader(Protocol):
    """Where the texts of credentials come from: a camera, a scanner, a reader of tags.

    It has threads of its own where it needs them; nothing here waits.
    """

    @property
    def fault(self) -> Reason | None:
        """What is wrong with it; None: it serves, as far as can be told."""
        ...

    def read(self, image: Image | None) -> Sequence[str] | None:
        """The distinct texts that are there, or have come since it was last asked.

        A reading that cannot be used is a text too, one that no credential has.

        Args:
            image: the gate's own camera's picture; None: it is not worth a look.

        Returns:
            The texts; None: it did not look, so what was there is there still.
        """
        ...

    def close(self) -> None:
        """Let go of the device; harmless when done twice."""
        ...


class Tag(Protocol):
    """An NFC Forum Type 2 tag that is held to a reader; a page has 4 bytes."""

    def read(self, page: int) -> bytes:
        """Four pages from this one on: 16 bytes.

        Raises:
            CaptureError: it has been taken away, or has no such page.
        """
        ...

    def write(self, page: int, data: bytes) -> None:
        """Set one page, to 4 bytes.

        Raises:
            CaptureError: it has been taken away, or does not take that.
        """
        ...


class FaceDetector(Protocol):
    """Finds faces in one picture."""

    def detect(self, image: Image) -> Sequence[Face]:
        """All faces found, in no promised order; an empty sequence where none is."""
        ...

    def forget(self) -> None:
        """Overwrite what the runtime still holds of the last picture."""
        ...


class FaceMesher(Protocol):
    """Puts a mesh of points on one face."""

    def look(self, image: Image, face: Face) -> Mesh | None:
        """The mesh of a face; None: no face is seen there."""
        ...

    def forget(self) -> None:
        """Overwrite the crop and the runtime's tensors."""
        ...


class FeatureExtractor(Protocol):
    """Aligns one face and makes features of it."""

    @property
    def identity(self) -> str:
        """Name and version of the whole chain, such as `retail-0095/2`."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of the feature vector."""
        ...

    def align(self, image: Image, face: Face, mesh: Mesh) -> Image:
        """The face in the extractor's own square: side x side x 3, uint8, BGR.

        The array belongs to the extractor and is overwritten by the next call.

        Args:
            image: height x width x 3, uint8, BGR.
            face: as found in it.
            mesh: of that face; stays the caller's.
        """
        ...

    def extract(self, aligned: Image) -> Features:
        """Features of an aligned face."""
        ...

    def forget(self) -> None:
        """Overwrite the aligned face and the runtime's tensors."""
        ...


class AttackDetector(Protocol):
    """Tells a living face from a picture of one (ISO/IEC 30107-3)."""

    @property
    def identity(self) -> str:
        """Name and version, or a name that says that nothing is assessed."""
        ...

    def assess(self, image: Image, face: Face) -> float | None:
        """Score of one frame, 0 (attack) to 1 (bona fide); None: not assessed.

        A probability, were people and pictures of them equally frequent: what follows
        from it is the same for every detector (`presentation.appearance`).
        """
        ...

    def forget(self) -> None:
        """Overwrite crops and tensors."""
        ...


class MotionMeter(Protocol):
    """Measures how a face moved since a first look, for relief."""

    @property
    def begun(self) -> bool:
        """Whether there is a first look."""
        ...

    def begin(self, image: Image, mesh: Mesh) -> None:
        """Take the first look; it stays in memory until `forget`."""
        ...

    def measure(self, image: Image, mesh: Mesh) -> Parallax | None:
        """The parallax between the first look and this one; None: not assessed."""
        ...

    def forget(self) -> None:
        """Overwrite the first look, and crops."""
        ...


class Door(Protocol):
    """Whatever keeps people out until it is told otherwise."""

    def open(self) -> None:
        """Release the door, for no longer than the driver was told at its start.

        Raises:
            ActuatorError: it is not certain that the door took the order. It is then
                not carried out later either.
        """
        ...

    def close(self) -> None:
        """Lock the door.

        Raises:
            ActuatorError: it is not certain that the door took the order.
        """
        ...

    def look(self) -> Doorway:
        """What its sensors tell; asked with every frame, so it does not wait.

        Raises:
            ActuatorError: the door, or a sensor that it should have, does not answer.
        """
        ...

    def let_go(self) -> None:
        """Let go of wires and connections, the door locked; harmless when done twice.

        Raises:
            ActuatorError: the door did not take the order to lock.
        """
        ...


class Attendant(Protocol):
    """Whoever looks at the document of a person with a pass without a face."""

    def ask(self) -> None:
        """Put the question; an earlier one that was not answered is void."""
        ...

    def answer(self) -> Confirmation | None:
        """What was said to the latest question; None while nothing was said."""
        ...


class Clock(Protocol):
    """What time it is."""

    def now(self) -> datetime:
        """Wall-clock time, timezone-aware; may be wrong, may jump."""
        ...

    def seconds(self) -> float:
        """Seconds on a clock that never runs backwards."""
        ...


class Stopwatch(Protocol):
    """Measures how long the stages of one transaction take."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Add the time spent inside to the stage of that name."""
        ...
