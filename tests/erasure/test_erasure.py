"""Overwriting reaches every view."""

import numpy as np

from ostiary.erasure import overwrite


def test_arrays_of_any_type_are_overwritten_in_place() -> None:
    arrays = [np.ones((2, 3), kind) for kind in (np.uint8, np.int8, np.float32)]
    views = [array[1:] for array in arrays]
    overwrite(*arrays)
    assert not any(view.any() for view in views)


def test_buffers_are_overwritten_through_their_views() -> None:
    buffer = bytearray(b"template")
    view = memoryview(buffer)[2:]
    overwrite(buffer)
    assert bytes(view) == bytes(6)
    assert len(buffer) == 8
