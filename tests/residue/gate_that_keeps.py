"""The command `ostiary`, but that it keeps what it is told to overwrite.

Run by `test_gate_forgets.py`, to show that the search finds what is there.
"""

from ostiary import erasure

KEPT: list[object] = []


def keep(*buffers: object) -> None:
    """What stands in for `overwrite`."""
    KEPT.extend(buffers)


if __name__ == "__main__":
    # Before anything else has taken the name.
    erasure.overwrite = keep
    from ostiary.cli import main

    main()
