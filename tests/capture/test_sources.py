import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from ostiary.capture import devices
from ostiary.capture.camera import Camera
from ostiary.capture.devices import (
    open_device,
    open_stream,
    open_video,
)
from ostiary.capture.lasting import LastingCamera
from ostiary.capture.sources import (
    SECONDS_PER_PHOTOGRAPH,
    PhotographDirectory,
    VideoFile,
    _live,
    open_lasting_source,
    open_source,
)
from ostiary.errors import CaptureError, UnfitSourceError
from ostiary.reasons import Reason
from ostiary.terms import Image, Outage

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
RATE = 10
SIZE = (96, 64)
MEMORY = Path("/dev/shm")  # noqa: S108 - what is held in memory alone lies there


class StandingClock:
    def now(self) -> datetime:
        return START

    def seconds(self) -> float:
        return 100.0


CLOCK = StandingClock()


def write_video(path: Path, count: int, rate: float = RATE) -> Path:
    """Frame i is a noisy picture whose mean is about 20 * (i + 1)."""
    rng = np.random.default_rng(7)
    codec = cv2.VideoWriter.fourcc(*"MJPG")
    writer = cv2.VideoWriter(str(path), codec, rate, SIZE)
    assert writer.isOpened()
    for number in range(count):
        noise = rng.integers(-15, 16, (SIZE[1], SIZE[0], 3))
        writer.write((20 * (number + 1) + noise).astype(np.uint8))
    writer.release()
    return path


def write_photograph(path: Path, value: int) -> Path:
    Pillow.new("RGB", (32, 16), (value, value, value)).save(path)
    return path


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "a.avi", 8)


def test_a_video_gives_all_its_frames_in_order(video: Path) -> None:
    source = VideoFile(video, CLOCK)
    frames = list(source.frames())

    assert [round(frame.image.mean() / 20) for frame in frames] == list(range(1, 9))
    assert all(frame.image.shape == (64, 96, 3) for frame in frames)
    assert all(frame.image.dtype == np.uint8 for frame in frames)


def test_a_videos_frames_are_stamped_by_its_own_rate(video: Path) -> None:
    frames = list(VideoFile(video, CLOCK).frames())

    assert [frame.seconds for frame in frames] == pytest.approx(
        [100 + number / RATE for number in range(8)]
    )
    assert frames[5].at == START + timedelta(seconds=0.5)


def test_a_taken_frame_is_the_takers_own(video: Path) -> None:
    frames = VideoFile(video, CLOCK).frames()
    first = next(frames)
    first.image.fill(0)
    second = next(frames)

    assert not first.image.any()
    assert second.image.any()
    assert not np.shares_memory(first.image, second.image)


def test_a_closed_video_gives_no_more_frames(video: Path) -> None:
    source = VideoFile(video, CLOCK)
    frames = source.frames()
    next(frames)

    source.close()
    source.close()

    assert list(frames) == []


def test_a_video_cut_short_ends_with_its_last_whole_frame(video: Path) -> None:
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])

    frames = list(VideoFile(video, CLOCK).frames())

    assert 2 <= len(frames) <= 5
    assert [round(frame.image.mean() / 20) for frame in frames] == list(
        range(1, len(frames) + 1)
    )


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", b"no video at all", bytes(5000), os.urandom(5000)]
)
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.avi").write_bytes(content)

    with pytest.raises(CaptureError, match="does not open"):
        VideoFile(tmp_path / "a.avi", CLOCK)


def test_a_video_without_a_frame_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.avi", 1)
    data = path.read_bytes()
    start = data.index(b"movi")
    path.write_bytes(data[: start + 4] + bytes(len(data) - start - 4))

    with pytest.raises(CaptureError):
        list(VideoFile(path, CLOCK).frames())


class StandIn:
    """Stands in for `cv2.VideoCapture`: opens, and then yields nothing.

    Args:
        rate: frames a second that it claims.
        fault: what reading raises; None: reading only finds nothing.
    """

    def __init__(self, rate: float = RATE, fault: Exception | None = None) -> None:
        self.asked: tuple[object, ...] = ()
        self.settings: dict[int, float] = {}
        self.released = 0
        self._rate = rate
        self._fault = fault

    def __call__(self, *asked: object) -> "StandIn":
        self.asked = asked
        return self

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def set(self, setting: int, value: float) -> bool:
        self.settings[setting] = value
        return False  # As a camera that declines.

    def get(self, setting: int) -> float:
        assert setting == cv2.CAP_PROP_FPS
        return self._rate

    def read(self) -> tuple[bool, None]:
        if self._fault is not None:
            raise self._fault
        return False, None

    def release(self) -> None:
        self.released += 1


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf"), 90_000.0])
def test_a_video_without_a_usable_frame_rate_is_refused_and_let_go(
    monkeypatch: pytest.MonkeyPatch, rate: float
) -> None:
    capture = StandIn(rate)
    monkeypatch.setattr(cv2, "VideoCapture", capture)

    with pytest.raises(CaptureError, match="frame rate"):
        VideoFile(Path("a.avi"), CLOCK)

    assert capture.released == 1


@pytest.mark.parametrize("fault", [None, cv2.error("of OpenCV's own")])
def test_an_opened_video_that_reads_nothing_is_a_capture_error(
    monkeypatch: pytest.MonkeyPatch, fault: Exception | None
) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", StandIn(fault=fault))

    with pytest.raises(CaptureError, match="no picture"):
        list(VideoFile(Path("a.avi"), CLOCK).frames())


def test_photographs_are_shown_in_order_of_their_names(tmp_path: Path) -> None:
    for name, value in (("b.png", 60), ("A.JPG", 20), ("c.webp", 90), ("a.jpeg", 40)):
        write_photograph(tmp_path / name, value)
    (tmp_path / "notes.txt").write_text("left aside")
    (tmp_path / "folder.txt").mkdir()

    frames = list(PhotographDirectory(tmp_path, CLOCK).frames())

    assert [round(frame.image.mean(), -1) for frame in frames] == [20, 40, 60, 90]
    assert [frame.seconds for frame in frames] == [
        100 + number * SECONDS_PER_PHOTOGRAPH for number in range(4)
    ]
    assert frames[2].at == START + timedelta(seconds=2 * SECONDS_PER_PHOTOGRAPH)


def test_a_directory_without_photographs_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()

    with pytest.raises(CaptureError, match="holds no photograph"):
        PhotographDirectory(tmp_path, CLOCK)


def test_a_photograph_that_cannot_be_loaded_is_told_by_its_place(
    tmp_path: Path,
) -> None:
    write_photograph(tmp_path / "a.png", 50)
    (tmp_path / "somebody.png").touch()
    frames = PhotographDirectory(tmp_path, CLOCK).frames()
    next(frames)

    with pytest.raises(CaptureError, match="photograph 2") as refused:
        next(frames)

    assert "somebody" not in str(refused.value)


def test_a_closed_directory_gives_no_more_frames(tmp_path: Path) -> None:
    write_photograph(tmp_path / "a.png", 50)
    write_photograph(tmp_path / "b.png", 50)
    source = PhotographDirectory(tmp_path, CLOCK)
    frames = source.frames()
    next(frames)

    source.close()

    assert list(frames) == []


def test_a_directory_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot be read"):
        PhotographDirectory(tmp_path / "missing", CLOCK)


def test_paths_are_told_apart(video: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photographs"
    folder.mkdir()
    write_photograph(folder / "a.png", 50)

    assert isinstance(open_source(str(video), CLOCK), VideoFile)
    assert isinstance(open_source(str(folder), CLOCK), PhotographDirectory)


@pytest.mark.skipif(not MEMORY.is_dir(), reason="no directory in memory here")
def test_what_lies_in_memory_is_no_device(video: Path) -> None:
    with TemporaryDirectory(dir=MEMORY) as folder:
        write_photograph(Path(folder) / "a.png", 50)
        film = Path(folder) / video.name
        film.write_bytes(video.read_bytes())
        for opening in (open_source, open_lasting_source):
            assert isinstance(opening(folder, CLOCK), PhotographDirectory)
            source = opening(str(film), CLOCK)
            assert isinstance(source, VideoFile)
            source.close()


@pytest.mark.parametrize(
    ("spec", "opened", "backend"),
    [
        ("0", "/dev/video0", cv2.CAP_V4L2),
        ("12", "/dev/video12", cv2.CAP_V4L2),
        ("/dev/video3", "/dev/video3", cv2.CAP_V4L2),
        ("/dev/v4l/by-id/front", "/dev/v4l/by-id/front", cv2.CAP_V4L2),
        ("rtsp://camera/1", "rtsp://camera/1", cv2.CAP_FFMPEG),
        ("rtsps://camera/1", "rtsps://camera/1", cv2.CAP_FFMPEG),
    ],
)
def test_cameras_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, spec: str, opened: str, backend: int
) -> None:
    capture = StandIn()
    monkeypatch.setattr(cv2, "VideoCapture", capture)
    monkeypatch.setattr(devices, "refuse_virtual", lambda device: None)
    source = open_source(spec, CLOCK)

    assert isinstance(source, Camera)
    assert capture.asked[:2] == (opened, backend)
    with pytest.raises(CaptureError):
        next(source.frames())
    source.close()
    assert capture.released == 1


@pytest.mark.parametrize(
    "spec",
    [
        *("", "-1", "1234", "٣", "missing.avi", "http://camera/1", "file:///a.avi"),
        *("nul\0", "/dev/null", "/dev/", "rtsp://", "rtsp://:554/1", "rtsp://a:x/1"),
    ],
)
def test_anything_else_is_refused(spec: str) -> None:
    for opening in (open_source, open_lasting_source):
        with pytest.raises(CaptureError):
            opening(spec, CLOCK)


def test_of_a_gates_sources_only_cameras_and_streams_last(
    monkeypatch: pytest.MonkeyPatch, video: Path
) -> None:
    capture = StandIn()
    assert isinstance(open_lasting_source(str(video), CLOCK), VideoFile)

    monkeypatch.setattr(cv2, "VideoCapture", capture)
    lasting = open_lasting_source("rtsp://camera/1", CLOCK)

    assert isinstance(lasting, LastingCamera)
    assert isinstance(next(lasting.frames()), Outage)
    lasting.close()
    assert capture.released == 1


def test_a_gate_waits_for_a_camera_that_is_not_there_yet() -> None:
    lasting = open_lasting_source("999", CLOCK)
    sight = next(lasting.frames())
    assert isinstance(sight, Outage)
    assert sight.reason is Reason.CAMERA_FAULT
    lasting.close()


def test_an_address_is_in_no_message_nor_repr() -> None:
    address = "rtsp://someone:secret@camera:99999/"
    with pytest.raises(UnfitSourceError) as refused:
        open_lasting_source(address, CLOCK)
    assert "secret" not in str(refused.value)
    assert "secret" not in repr(_live(address))


def test_a_camera_that_is_not_there_is_refused() -> None:
    with pytest.raises(CaptureError, match="camera"):
        open_source("999", CLOCK)
    with pytest.raises(CaptureError, match="camera"):
        open_source("/dev/null", CLOCK)


@pytest.mark.enable_socket
def test_a_stream_that_does_not_answer_is_refused_without_telling_its_password() -> (
    None
):
    with pytest.raises(CaptureError) as refused:
        open_source("rtsp://someone:secret@127.0.0.1:1/", CLOCK)

    assert "secret" not in str(refused.value)


def test_a_real_capture_behaves_as_the_camera_thread_expects(video: Path) -> None:
    camera = Camera(open_video(str(video)), CLOCK, stall=60)
    taken: list[float] = []
    with pytest.raises(CaptureError, match="stopped"):
        taken.extend(frame.image.mean() for frame in camera.frames())

    camera.close()

    # However few were taken: in order, none overwritten, and the last among them.
    assert taken == sorted(taken)
    assert round(taken[0]) > 0
    assert round(taken[-1] / 20) == 8


def test_a_camera_is_asked_for_720_lines_and_no_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    capture = StandIn()
    monkeypatch.setattr(cv2, "VideoCapture", capture)
    monkeypatch.setattr(devices, "refuse_virtual", lambda device: None)

    open_device("/dev/video0")

    assert capture.asked[:2] == ("/dev/video0", cv2.CAP_V4L2)
    assert capture.settings == {
        cv2.CAP_PROP_FOURCC: cv2.VideoWriter.fourcc(*"MJPG"),
        cv2.CAP_PROP_FRAME_WIDTH: 1280,
        cv2.CAP_PROP_FRAME_HEIGHT: 720,
        cv2.CAP_PROP_FPS: 15.0,
        cv2.CAP_PROP_BUFFERSIZE: 1,
    }


def test_a_stream_is_opened_with_time_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    capture = StandIn()
    monkeypatch.setattr(cv2, "VideoCapture", capture)

    open_stream("rtsp://camera/1")

    name, backend, limits = capture.asked
    assert (name, backend) == ("rtsp://camera/1", cv2.CAP_FFMPEG)
    assert isinstance(limits, tuple)
    assert dict(zip(limits[::2], limits[1::2], strict=True)) == {
        cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: 5000,
        cv2.CAP_PROP_READ_TIMEOUT_MSEC: 5000,
    }


def test_the_libraries_say_nothing_themselves(video: Path) -> None:
    # FFmpeg complains of a damaged video on its own, unless it is told not to.
    data = bytearray(video.read_bytes())
    for place in range(len(data) // 3, len(data) // 2):
        data[place] ^= 0x5A
    video.write_bytes(data)
    script = (
        "import sys\n"
        "from ostiary.capture.devices import open_device, open_video\n"
        "from ostiary.errors import CaptureError\n"
        "pictures = open_video(sys.argv[1])\n"
        "while pictures.read() is not None: pass\n"
        "try: open_device('/dev/null')\n"
        "except CaptureError: print('refused')\n"
    )

    command = [sys.executable, "-c", script, str(video)]
    said = subprocess.run(  # noqa: S603 - ours
        command, check=True, capture_output=True, timeout=60
    )

    assert (said.stdout, said.stderr) == (b"refused\n", b"")


def test_a_picture_is_an_array_of_its_own(video: Path) -> None:
    pictures = open_video(str(video))
    images: list[Image] = []
    while (image := pictures.read()) is not None:
        images.append(image)
    pictures.release()
    pictures.release()

    assert pictures.read() is None
    assert len({image.ctypes.data for image in images}) == 8
    assert all(image.flags.owndata and image.flags.writeable for image in images)
