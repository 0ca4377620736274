from io import BytesIO

import cv2
import numpy as np
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image as Pillow

from ostiary.capture.qr import (
    DOTS_PER_INCH,
    MODULE_DOTS,
    Level,
    qr_image,
    qr_png,
    qr_svg,
    read_qr,
)
from ostiary.terms import Image

BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
PASS_TEXT = (BASE45 * 18)[:800]
"""As long as a pass for one zone."""


def picture(png: bytes) -> Image:
    return np.asarray(Pillow.open(BytesIO(png)).convert("RGB"))[:, :, ::-1].copy()


def modules(png: bytes) -> int:
    """Modules along a side, without the quiet zone."""
    return Pillow.open(BytesIO(png)).width // MODULE_DOTS - 8


@pytest.mark.parametrize("level", ["L", "M"])
def test_what_was_written_is_read(level: Level) -> None:
    assert read_qr(picture(qr_png(PASS_TEXT, level))) == (PASS_TEXT,)


@pytest.mark.parametrize(("level", "version"), [("L", 16), ("M", 18)])
def test_base45_takes_the_alphanumeric_mode(level: Level, version: int) -> None:
    # In bytes, 800 characters would need version 19 and 22 (ISO/IEC 18004, table 7).
    assert modules(qr_png(PASS_TEXT, level)) == 17 + 4 * version


def test_a_png_is_black_and_white_with_a_quiet_zone_of_four_modules() -> None:
    file = Pillow.open(BytesIO(qr_png(PASS_TEXT, "M")))
    dots = np.asarray(file)

    assert file.mode == "1"
    assert file.info["dpi"] == pytest.approx((DOTS_PER_INCH, DOTS_PER_INCH), rel=1e-3)
    quiet = 4 * MODULE_DOTS
    assert dots[:quiet].all()
    assert dots[:, -quiet:].all()
    assert not dots[quiet, quiet]


@pytest.mark.parametrize("level", ["L", "M"])
def test_a_picture_of_a_code_is_the_png_decoded(level: Level) -> None:
    image = qr_image(PASS_TEXT, level)

    assert np.array_equal(image, picture(qr_png(PASS_TEXT, level)))
    assert image.flags.writeable
    assert read_qr(image) == (PASS_TEXT,)


def test_an_svg_draws_the_same_symbol() -> None:
    svg = qr_svg(PASS_TEXT, "M")
    side = Pillow.open(BytesIO(qr_png(PASS_TEXT, "M"))).width

    assert svg.startswith(b"<?xml")
    assert f'<svg width="{side}" height="{side}"'.encode() in svg
    assert PASS_TEXT.encode() not in svg


@pytest.mark.parametrize("text", ["", "A" * 5000])
def test_what_no_symbol_holds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"empty|too long"):
        qr_png(text, "L")
    with pytest.raises(ValueError, match=r"empty|too long"):
        qr_svg(text, "L")


@pytest.mark.parametrize("degrees", [0, 17, 45, 90, 180, 263])
def test_a_code_is_read_in_a_camera_frame_however_it_is_turned(degrees: float) -> None:
    code = picture(qr_png(PASS_TEXT, "M"))
    turn = cv2.getRotationMatrix2D((388, 388), degrees, 0.6)
    turn[:, 2] += (640 - 388, 360 - 388)
    frame = cv2.warpAffine(code, turn, (1280, 720), borderValue=(170, 160, 150))

    assert read_qr(np.asarray(frame, np.uint8)) == (PASS_TEXT,)


def test_a_screen_in_dark_mode_is_read() -> None:
    assert read_qr(255 - picture(qr_png(PASS_TEXT, "L"))) == (PASS_TEXT,)


def test_several_codes_are_told_apart_and_equal_ones_are_not() -> None:
    one, other = picture(qr_png("ONE", "M")), picture(qr_png("TWO", "M"))

    assert sorted(read_qr(np.hstack([one, other, one]))) == ["ONE", "TWO"]


def test_a_text_past_any_cap_is_returned_as_it_is() -> None:
    assert read_qr(picture(qr_png("A" * 4000, "L"))) == ("A" * 4000,)


def test_text_that_is_not_base45_is_returned_as_it_is() -> None:
    assert read_qr(picture(qr_png("https://example.org/ä", "M"))) == (
        "https://example.org/ä",
    )


@pytest.mark.parametrize(
    "other",
    [
        zxingcpp.BarcodeFormat.MicroQRCode,
        zxingcpp.BarcodeFormat.RMQRCode,
        zxingcpp.BarcodeFormat.Aztec,
        zxingcpp.BarcodeFormat.DataMatrix,
    ],
)
def test_other_symbologies_are_not_read(other: zxingcpp.BarcodeFormat) -> None:
    symbol = np.asarray(zxingcpp.create_barcode("HELLO", other).to_image(scale=8))
    framed = np.pad(symbol, 40, constant_values=255)

    assert read_qr(np.repeat(framed[:, :, None], 3, axis=2)) == ()


@pytest.mark.parametrize(
    "shape",
    [(0, 0, 3), (0, 5, 3), (5, 0, 3), (1, 1, 3), (2, 65_536, 3), (65_536, 1, 3)],
)
def test_pictures_of_odd_shapes_hold_no_code(shape: tuple[int, ...]) -> None:
    assert read_qr(np.zeros(shape, np.uint8)) == ()


def test_a_part_of_a_picture_can_be_read() -> None:
    code = picture(qr_png("PART", "M"))
    wider = np.full((code.shape[0] + 20, code.shape[1] + 30, 3), 99, np.uint8)
    wider[10:-10, 10:-20] = code

    assert read_qr(wider[10:-10, 10:-20]) == ("PART",)


@given(
    arrays(
        np.uint8,
        st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)),
        fill=None,
    )
)
@settings(max_examples=50)
def test_noise_never_raises_and_is_left_as_it_was(image: Image) -> None:
    before = image.copy()

    assert read_qr(image) == ()

    assert np.array_equal(image, before)


def test_the_grey_copy_is_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Image] = []
    convert = cv2.cvtColor

    def noting(image: Image, code: int) -> Image:
        seen.append(np.asarray(convert(image, code), np.uint8))
        return seen[-1]

    monkeypatch.setattr(cv2, "cvtColor", noting)

    assert read_qr(picture(qr_png("GREY", "M"))) == ("GREY",)
    assert [copy.any() for copy in seen] == [False]
