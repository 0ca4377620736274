"""Overwriting what has served."""


def overwrite(buffer: bytearray) -> None:
    """Fill a buffer with zeros, through every view of it that still exists."""
    buffer[:] = bytes(len(buffer))
