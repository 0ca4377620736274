import os
import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from ostiary.capture import photographs
from ostiary.capture.photographs import (
    decode_photograph,
    load_photograph,
    read_photograph,
)
from ostiary.errors import CaptureError

RED, GREEN, WHITE = (200, 10, 20), (15, 180, 30), (255, 255, 255)


def halves(size: tuple[int, int] = (64, 32)) -> Pillow.Image:
    """Red on the left, green on the right."""
    picture = Pillow.new("RGB", size, RED)
    picture.paste(GREEN, (size[0] // 2, 0, *size))
    return picture


def saved(
    path: Path, picture: Pillow.Image, format_: str | None = None, **options: object
) -> Path:
    picture.save(path, format_, **options)
    return path


def assert_near(pixel: np.ndarray, rgb: tuple[int, int, int], within: int = 0) -> None:
    assert np.abs(pixel[::-1].astype(int) - rgb).max() <= within


@pytest.mark.parametrize(("suffix", "within"), [("jpg", 3), ("png", 0), ("webp", 8)])
def test_each_format_gives_contiguous_bgr(
    tmp_path: Path, suffix: str, within: int
) -> None:
    image = load_photograph(saved(tmp_path / f"a.{suffix}", halves(), quality=95))

    assert image.shape == (32, 64, 3)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert image.flags.writeable
    assert_near(image[16, 8], RED, within)
    assert_near(image[16, 56], GREEN, within)


@pytest.mark.parametrize(
    ("mode", "left"),
    [
        ("L", (68, 68, 68)),
        ("1", None),
        ("LA", (68, 68, 68)),
        ("P", (204, 51, 51)),  # the nearest of the web palette
        ("RGBA", RED),
    ],
)
def test_other_modes_are_converted(
    tmp_path: Path, mode: str, left: tuple[int, int, int] | None
) -> None:
    image = load_photograph(saved(tmp_path / "a.png", halves().convert(mode)))

    assert image.shape == (32, 64, 3)
    if left is not None:
        assert_near(image[16, 8], left, 1)


def test_cmyk_is_converted(tmp_path: Path) -> None:
    image = load_photograph(saved(tmp_path / "a.jpg", halves().convert("CMYK")))

    assert_near(image[16, 8], RED, 8)


def test_what_is_transparent_is_white_whatever_hides_there(tmp_path: Path) -> None:
    layered = halves().convert("RGBA")
    layered.putpixel((3, 4), (*RED, 0))

    image = load_photograph(saved(tmp_path / "a.png", layered))

    assert_near(image[4, 3], WHITE)
    assert_near(image[4, 4], RED)


@pytest.mark.parametrize(
    ("orientation", "red_at"),
    [
        (1, (16, 8)),
        (2, (16, 56)),
        (3, (16, 56)),
        (4, (16, 8)),
        (5, (8, 16)),
        (6, (8, 16)),
        (7, (56, 16)),
        (8, (56, 16)),
    ],
)
def test_a_photograph_is_turned_as_its_camera_was_held(
    tmp_path: Path, orientation: int, red_at: tuple[int, int]
) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation

    image = load_photograph(saved(tmp_path / "a.png", halves(), exif=exif))

    assert image.shape[:2] == ((32, 64) if orientation < 5 else (64, 32))
    assert_near(image[red_at], RED)


def test_sixteen_bits_of_grey_are_refused(tmp_path: Path) -> None:
    grey = Pillow.fromarray(np.full((8, 8), 40_000, np.uint16))

    with pytest.raises(CaptureError, match="eight bits"):
        load_photograph(saved(tmp_path / "a.png", grey))


def test_odd_notes_of_the_camera_do_not_spoil_the_photograph(tmp_path: Path) -> None:
    cut_short = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x12\x01\x03\0"
    path = saved(tmp_path / "a.jpg", halves(), exif=cut_short, quality=95)
    with pytest.warns(UserWarning, match="EXIF"), Pillow.open(path) as picture:
        picture.getexif()

    assert_near(load_photograph(path)[16, 8], RED, 3)


@pytest.mark.parametrize("suffix", ["png", "webp"])
def test_a_moving_picture_is_refused(tmp_path: Path, suffix: str) -> None:
    other = halves().transpose(Pillow.Transpose.FLIP_LEFT_RIGHT)
    path = saved(
        tmp_path / f"a.{suffix}", halves(), save_all=True, append_images=[other]
    )

    with pytest.raises(CaptureError, match="moves"):
        load_photograph(path)


def test_of_a_telephones_double_jpeg_the_first_picture_is_taken(tmp_path: Path) -> None:
    gain_map = Pillow.new("RGB", (64, 32), WHITE)
    path = tmp_path / "a.jpg"
    halves().save(path, "MPO", save_all=True, append_images=[gain_map], quality=95)
    with Pillow.open(path) as picture:
        assert picture.n_frames == 2  # type: ignore[attr-defined]  # MPO only

    assert_near(load_photograph(path)[16, 8], RED, 6)


@pytest.mark.parametrize("format_", ["GIF", "BMP", "TIFF", "PPM", "ICO"])
def test_other_formats_are_refused_whatever_their_name(
    tmp_path: Path, format_: str
) -> None:
    with pytest.raises(CaptureError):
        load_photograph(saved(tmp_path / "a.jpg", halves(), format_))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_refused(tmp_path: Path, suffix: str, kept: float) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = saved(tmp_path / f"a.{suffix}", Pillow.fromarray(noise))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])

    with pytest.raises(CaptureError):
        load_photograph(path)


def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", Pillow.new("1", (10_001, 5_000)))

    with pytest.raises(CaptureError, match="50 megapixels"):
        load_photograph(path)


def test_a_picture_far_too_large_is_told_so(tmp_path: Path) -> None:
    """Beyond what Pillow itself opens."""
    png = saved(tmp_path / "a.png", Pillow.new("1", (8, 8))).read_bytes()
    header = b"IHDR" + (30_000).to_bytes(4) * 2 + png[24:29]
    path = tmp_path / "b.png"
    path.write_bytes(png[:12] + header + zlib.crc32(header).to_bytes(4) + png[33:])

    with pytest.raises(CaptureError, match="50 megapixels"):
        load_photograph(path)


@pytest.mark.parametrize("data", [b"", b"no picture", b"GIF89a" + bytes(64)])
def test_another_format_is_told_so(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(data)

    with pytest.raises(CaptureError, match="JPEG, PNG or WebP"):
        load_photograph(path)


def test_a_decompression_bomb_is_refused(tmp_path: Path) -> None:
    header = saved(tmp_path / "a.png", Pillow.new("1", (8, 8))).read_bytes()
    ihdr = (2**31 - 1).to_bytes(4, "big") * 2
    path = tmp_path / "b.png"
    path.write_bytes(header[:16] + ihdr + header[24:])

    with pytest.raises(CaptureError):
        load_photograph(path)


def a_sparse_file_of_two_gigabytes(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(2 * 2**30)
    return path


def a_pipe_that_nobody_writes_to(path: Path) -> Path:
    os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    "make",
    [
        a_sparse_file_of_two_gigabytes,
        a_pipe_that_nobody_writes_to,
        lambda _: Path("/dev/zero"),
        lambda path: path.parent,
        lambda path: path,
        lambda path: path / "\0",
    ],
)
def test_what_is_no_file_of_fitting_size_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], Path]
) -> None:
    path = make(tmp_path / "a.jpg")
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("it was opened"))

    with pytest.raises(CaptureError):
        load_photograph(path)


def test_a_file_longer_than_it_says_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photographs, "MAX_BYTES", 8)
    says_zero_bytes = Path("/proc/self/status")

    with pytest.raises(CaptureError, match="larger"):
        load_photograph(says_zero_bytes)


def test_a_file_that_grew_is_read_to_its_end() -> None:
    says_zero_bytes = Path("/proc/self/cmdline")

    assert read_photograph(says_zero_bytes) == says_zero_bytes.read_bytes()


def test_a_short_file_takes_no_room_for_the_longest(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"short")
    tracemalloc.start()
    try:
        assert read_photograph(path) == b"short"
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < photographs.MAX_BYTES / 8


def test_no_message_carries_the_files_name(tmp_path: Path) -> None:
    path = tmp_path / "somebody-by-name.jpg"

    with pytest.raises(CaptureError) as missing:
        load_photograph(path)
    path.write_bytes(b"nothing of a picture")
    with pytest.raises(CaptureError) as damaged:
        load_photograph(path)

    assert "somebody" not in str(missing.value) + str(damaged.value)


@given(
    start=st.sampled_from(
        [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x40\0\0\0WEBPVP8 "]
    ),
    rest=st.binary(max_size=400),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_junk_is_refused(tmp_path: Path, start: bytes, rest: bytes) -> None:
    path = tmp_path / "junk.jpg"
    path.write_bytes(start + rest)

    with pytest.raises(CaptureError):
        load_photograph(path)


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_changed_byte_is_refused_or_read_and_nothing_else(
    tmp_path: Path, data: st.DataObject
) -> None:
    format_ = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP"]))
    buffer = BytesIO()
    exif = Pillow.Exif()
    exif[0x0112] = 6
    halves((16, 16)).save(buffer, format_, exif=exif)
    changed = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(
            st.integers(1, 255)
        )
    path = tmp_path / "changed"
    path.write_bytes(changed)

    try:
        image = load_photograph(path)
    except CaptureError:
        return
    assert image.dtype == np.uint8
    assert image.shape[2] == 3


def many_scans(count: int) -> bytes:
    """A grey JPEG with a first scan and then so many that say nothing, in 16 bytes."""
    blocks = 8 * 8
    tables = b"\xff\xdb\0\x43\0" + bytes([1]) * 64
    frame = b"\xff\xc2\0\x0b\x08\0\x40\0\x40\x01\x01\x11\0"
    huffman = b"".join(
        b"\xff\xc4\0\x14" + bytes([kind, 1, *bytes(15), symbol])
        for kind, symbol in ((0x00, 0x00), (0x10, 0xE0))
    )
    first = b"\xff\xda\0\x08\x01\x01\0\0\0\0" + bytes(blocks // 8)
    further = b"\xff\xda\0\x08\x01\x01\0\x01\x3f\0" + b"\x00\x3f"
    return (
        b"\xff\xd8" + tables + frame + huffman + first + count * further + b"\xff\xd9"
    )


def test_a_picture_of_very_many_scans_is_not_decoded() -> None:
    assert decode_photograph(many_scans(9)).shape == (64, 64, 3)
    with pytest.raises(CaptureError, match="slow to read"):
        decode_photograph(many_scans(photographs.MOST_SCANS))


def test_what_lies_behind_the_end_or_in_its_data_counts_as_no_scan(
    tmp_path: Path,
) -> None:
    noise = b"\xff\xda" * 2 * photographs.MOST_SCANS
    path = tmp_path / "a.jpg"
    halves().save(path, progressive=True, comment=noise[:1000])

    data = path.read_bytes() + noise

    assert decode_photograph(data).shape == (32, 64, 3)
