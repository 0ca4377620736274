"""Whatever a person has their pass in."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from ostiary.capture.nfc import ndef_message
from ostiary.capture.qr import qr_image, qr_png
from ostiary.cli.pass_file import read_pass
from ostiary.errors import CaptureError, StorageError
from ostiary.terms import Image

TEXT = "0123456789ABC"


def save(path: Path, image: Image) -> Path:
    Pillow.fromarray(image[:, :, ::-1]).save(path)
    return path


@pytest.mark.parametrize("name", ["pass.png", "PASS.PNG"])
def test_a_picture_of_the_code(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(qr_png(TEXT, "M"))
    assert read_pass(tmp_path / name) == TEXT


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_text_file(tmp_path: Path, end: str) -> None:
    (tmp_path / "pass.txt").write_text(TEXT + end, newline="")
    assert read_pass(tmp_path / "pass.txt") == TEXT


@pytest.mark.parametrize("name", ["pass.ndef", "PASS.NDEF"])
def test_a_message_for_a_tag(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ndef_message(TEXT[:12]))
    assert read_pass(tmp_path / name) == TEXT[:12]


def test_a_message_with_something_else(tmp_path: Path) -> None:
    (tmp_path / "a.ndef").write_bytes(b"\xd0\x00\x00")
    with pytest.raises(CaptureError, match="no pass"):
        read_pass(tmp_path / "a.ndef")


def test_a_picture_without_a_code(tmp_path: Path) -> None:
    blank = save(tmp_path / "a.png", np.full((90, 90, 3), 255, np.uint8))
    with pytest.raises(CaptureError, match="shows no QR codes, not one"):
        read_pass(blank)


def test_a_picture_with_two_codes(tmp_path: Path) -> None:
    two = np.concatenate([qr_image(TEXT), qr_image("ABC")], axis=1)
    with pytest.raises(CaptureError, match="shows 2 QR codes, not one"):
        read_pass(save(tmp_path / "a.png", two))


def test_what_cannot_be_a_pass(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(CaptureError, match="neither a picture nor the text"):
        read_pass(tmp_path / "a.txt")
    with pytest.raises(CaptureError, match="an SVG file is for printing"):
        read_pass(tmp_path / "a.svg")
    for path in (tmp_path / "none.txt", tmp_path, Path("/dev/zero")):
        with pytest.raises(StorageError):
            read_pass(path)
