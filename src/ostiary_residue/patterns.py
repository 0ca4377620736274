"""What is searched for: stretches of bytes that stand there by no accident.

    array -> the forms that a program might keep it in -> bytes -> stretches

A stretch is found wherever enough bytes of it in a row are left, at any address: 16 of
a template, 32 of a picture, 64 of numbers that others may have too.
"""

import base64
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import base45
import cv2
import numpy as np
from numpy.typing import NDArray

from ostiary.credential import BiometricReference, Coding
from ostiary.credential.template import decode_template, encode_template
from ostiary.terms import Features, Image
from ostiary.web.gate.pages import mirror_file, mirror_picture

RUN: Final = 16
"""Bytes in a row that count as found. Less could be chance in hundreds of megabytes."""

PICTURE_RUN: Final = 32
"""The same of a picture: short ramps stand in tables of the libraries."""

LONG_RUN: Final = 64
"""The same of numbers that may be small and whole, of which others have many."""

STRETCH: Final = 96
"""Bytes of each stretch that is taken of something large, such as a picture."""

MOST_STRETCHES: Final = 24
"""How many are taken of it, from all over."""

HEAD: Final = 32
"""Characters at the beginning of a pass that are, or may be, those of everybody's: the
algorithms that it was sealed with."""

RICH: Final = 10
"""Least number of different values in a stretch: a plain wall is nobody."""


@dataclass(frozen=True, slots=True)
class Block:
    """Stretches of one kind and length.

    Attributes:
        kind: what they are of.
        stretches: n x length uint8.
        run: how many bytes in a row count as found.
    """

    kind: str
    stretches: NDArray[np.uint8] = field(repr=False)
    run: int


@dataclass(frozen=True, slots=True)
class Patterns:
    """All that is searched for."""

    blocks: list[Block] = field(default_factory=list, repr=False)

    def whole(
        self, kind: str, data: bytes | NDArray[np.generic], run: int = RUN
    ) -> None:
        """Search for every part of these bytes that is as long as `run`."""
        raw = _bytes(data)
        if len(raw) >= run:
            self.blocks.append(Block(kind, raw[None, :], run))

    def parts(
        self,
        kind: str,
        data: bytes | NDArray[np.generic],
        unlike: NDArray[np.generic] | None = None,
    ) -> None:
        """Search for stretches of something large.

        Args:
            kind: what it is.
            data: the bytes of it.
            unlike: as large, of somebody else: what is the same in both is nobody's.
        """
        raw = _bytes(data)
        if len(raw) < STRETCH:
            return
        starts = np.linspace(0, len(raw) - STRETCH, 20 * MOST_STRETCHES, dtype=int)
        cut = np.lib.stride_tricks.sliding_window_view(raw, STRETCH)[starts]
        telling = _values_in(cut) >= RICH
        if unlike is not None and unlike.nbytes == len(raw):
            others = np.lib.stride_tricks.sliding_window_view(_bytes(unlike), STRETCH)
            telling &= (cut == others[starts]).sum(axis=1) < PICTURE_RUN
        rich = cut[telling]
        if len(rich):
            chosen = rich[:: max(1, len(rich) // MOST_STRETCHES)]
            run = LONG_RUN if _is_of_words(data) else PICTURE_RUN
            self.blocks.append(Block(kind, chosen, run))

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many stretches are searched for, by kind."""
        counts: Counter[str] = Counter()
        for block in self.blocks:
            counts[block.kind] += len(block.stretches)
        return counts


def add_template(patterns: Patterns, name: str, features: Features) -> None:
    """Search for features in every form of a template, and in all that it is read to.

    Args:
        patterns: takes them.
        name: what they are, in the kind of each.
        features: of length 1.
    """
    for coding in Coding:
        packed = bytes(encode_template(features, coding))
        patterns.whole(f"{name}, {coding}", packed)
        for written, text in written_forms(packed):
            patterns.whole(f"{name}, {coding}, {written}", text)
        carried = BiometricReference(features.extractor, coding, packed)
        size = features.values.size
        decoded = decode_template(carried, features.extractor, size).values
        add_numbers(patterns, f"{name}, {coding}, read", decoded)
        largest = 7 if coding is Coding.INT4 else 127
        steps = np.rint(decoded / np.abs(decoded).max() * largest)
        patterns.whole(f"{name}, {coding}, unpacked", steps.astype(np.int8))
        for form in (np.float32, np.float16):
            # Not float64, one of which is a whole word of next to nothing but zeros.
            kind = f"{name}, {coding}, not normalised, {np.dtype(form).name}"
            patterns.whole(kind, steps.astype(form), LONG_RUN)


def add_text(patterns: Patterns, text: str) -> None:
    """Search for the text of a pass, where it is nobody else's.

    Further on too, every pass has a few bytes in a row that say how it is sealed.
    """
    patterns.whole("text of a pass", text[HEAD:].encode(), LONG_RUN)


def add_numbers(patterns: Patterns, name: str, values: NDArray[np.floating]) -> None:
    """Search for numbers as float32, float64 and float16."""
    for form in (np.float32, np.float64, np.float16):
        patterns.whole(f"{name}, {np.dtype(form).name}", values.astype(form))


def written_forms(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Bytes as text, wherever in a longer text they begin."""
    yield "hexadecimal", data.hex().encode()
    for skipped in range(3):
        yield "base64", base64.b64encode(data[skipped:])
    for skipped in range(2):
        yield "base45", base45.b45encode(data[skipped:])


def add_picture(patterns: Patterns, name: str, picture: Image) -> None:
    """Search for a picture: its rows in two orders, its grey, as float32, as JPEG."""
    patterns.parts(f"{name}, pixels", picture)
    patterns.parts(f"{name}, pixels, red first", picture[:, :, ::-1])
    patterns.parts(f"{name}, grey", cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    planes = picture.transpose(2, 0, 1)
    patterns.parts(f"{name}, planes", planes)
    patterns.parts(f"{name}, planes, float32", planes.astype(np.float32))
    _add_jpeg(patterns, name, cv2.imencode(".jpg", picture)[1].tobytes())


def add_mirror(patterns: Patterns, zone: Image) -> None:
    """Search for what a kiosk's mirror shows of a standing zone."""
    small = mirror_picture(zone)
    patterns.parts("picture of the mirror, pixels", small)
    _add_jpeg(patterns, "picture of the mirror", mirror_file(small).tobytes())


def _add_jpeg(patterns: Patterns, name: str, file: bytes) -> None:
    # From the scan on (ITU-T T.81, B.2.3): the tables before it are everybody's.
    patterns.parts(f"{name}, JPEG", file[file.index(b"\xff\xda") :])


def _bytes(data: bytes | NDArray[np.generic]) -> NDArray[np.uint8]:
    if isinstance(data, bytes):
        return np.frombuffer(data, np.uint8)
    return np.ascontiguousarray(data).reshape(-1).view(np.uint8)


def _is_of_words(data: bytes | NDArray[np.generic]) -> bool:
    return not isinstance(data, bytes) and data.itemsize > 1


def _values_in(stretches: NDArray[np.uint8]) -> NDArray[np.intp]:
    """How many different values there are in each."""
    steps: NDArray[np.intp] = (np.diff(np.sort(stretches, axis=1), axis=1) != 0).sum(1)
    return steps + 1
