"""The command `ostiary`, but that it keeps what it is told to overwrite.

Run by `test_gate_forgets.py`, to show that the search finds what is there.
"""

from unittest.mock import patch

KEPT: list[object] = []


def keep(*buffers: object) -> None:
    """What stands in for `overwrite`."""
    KEPT.extend(buffers)


def main() -> None:
    """Run the command with it."""
    # Before anything else has taken the name.
    with patch("ostiary.erasure.overwrite", keep):
        from ostiary import cli  # noqa: PLC0415
        from ostiary.vision.chain import FaceChain  # noqa: PLC0415

        with patch.object(FaceChain, "forget", keep):
            cli.main()


if __name__ == "__main__":
    main()
