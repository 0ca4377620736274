"""`ostiary gate try`, from the consent on the page to the open door."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from ostiary.capture.pace import Pace
from ostiary.capture.qr import qr_image, read_qr
from ostiary.config import Camera
from ostiary.demo import trial
from ostiary.terms import Frame, Image
from ostiary.vision.store import ModelStore
from ostiary.web.gate.pages import ServedPages

pytestmark = pytest.mark.enable_socket


MANY = 3


class Visitor:
    """Whoever follows the page."""

    def __init__(self, invitation: str) -> None:
        there = urlsplit(invitation)
        self._there = (there.hostname or "", there.port)
        self._origin = f"http://{there.netloc}"
        self._cookie = ""
        answer = self.ask("GET", there.path)
        self._cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        self.first = answer.getheader("Location")

    def ask(self, method: str, path: str) -> HTTPResponse:
        headers = {"Cookie": self._cookie, "Origin": self._origin}
        line = HTTPConnection(*self._there, timeout=20)
        line.request(method, path, b"" if method == "POST" else None, headers)
        answer = line.getresponse()
        self.body = answer.read()
        line.close()
        return answer


class Film:
    """First the pass of the page, then the person."""

    def __init__(self, visitor: Visitor, faces: list[Path]) -> None:
        self._visitor = visitor
        self._faces = faces

    def _pictures(self) -> Iterator[Image]:
        yield qr_image(shown_pass(self._visitor))
        for face in self._faces:
            yield np.asarray(cv2.imread(str(face)), np.uint8)

    def frames(self) -> Iterator[Frame]:
        at = datetime.now(UTC)  # noqa: TID251 - the pass was made by the real clock
        for number, picture in enumerate(self._pictures()):
            seconds = number / 5
            yield Frame(picture, at + timedelta(seconds=seconds), seconds)

    def close(self) -> None:
        pass


def shown_pass(visitor: Visitor) -> str:
    """The text of the code that the page shows."""
    assert visitor.ask("GET", "/try/pass").status == 200
    assert visitor.ask("GET", "/try/pass.png").status == 200
    picture = cv2.imdecode(np.frombuffer(visitor.body, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    framed = cv2.copyMakeBorder(
        picture, 40, 40, 40, 40, cv2.BORDER_CONSTANT, None, (255,) * 3
    )
    (text,) = read_qr(np.asarray(framed, np.uint8))
    return text


@pytest.mark.models
@pytest.mark.data
def test_consent_a_pass_and_an_open_door(
    models: str, data: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = sorted(Path(data, "nuaa-dev", "bona-fide", "0008").iterdir())
    for number, face in enumerate(faces[:12]):
        (tmp_path / f"{number:02}.jpg").symlink_to(face.resolve())
    monkeypatch.setattr(trial, "_CONFIG", trial._CONFIG.replace("[vision]", WHOLE))
    visitors: list[Visitor] = []
    opened: list[str] = []
    asked: list[tuple[object, ...]] = []

    def film(*how: object) -> Film:
        asked.append(how)
        return Film(visitors[0], faces[20:40])

    monkeypatch.setattr(trial, "open_lasting_source", film)
    page = io.StringIO()

    def visit(pages: ServedPages, _page: object) -> None:
        visitors.append(Visitor(pages.invite()))
        assert visitors[0].first == "/try"
        visitors[0].ask("GET", "/try")
        opened.append(visitors[0].body.decode())
        assert visitors[0].ask("GET", "/try/pass").status == 303
        assert visitors[0].ask("POST", "/try/consent").status == 303

    monkeypatch.setattr(trial, "_open", visit)
    trial.try_gate(
        str(tmp_path),
        store=ModelStore(Path(models), tmp_path / "cache"),
        chain_name="retail-0095",
        attack_detector="appearance",
        consented=False,
        page=page,
    )
    assert "Before anything is captured" in opened[0]
    assert "grant  holder-verified" in page.getvalue()
    # As any gate's: at rest it asks for fewer pictures, and says so to the camera.
    ((_, _, wanted, pace),) = asked
    assert (wanted, type(pace)) == (Camera().wanted, Pace)


WHOLE = "[vision]\nstanding_zone = [0.0, 0.0, 1.0, 1.0]"


def test_no_camera_is_opened_before_somebody_agreed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked in vain, it goes on asking; a version that is not the text's is none."""
    opened: list[str] = []
    monkeypatch.setattr(trial, "open_source", lambda spec, _clock: opened.append(spec))

    class Enough(Exception):  # noqa: N818 - ends the waiting
        pass

    asked = []

    def ask(*_: object) -> None:
        asked.append(1)
        if len(asked) > MANY:
            raise Enough

    monkeypatch.setattr(ServedPages, "pass_time", ask)
    with pytest.raises(Enough):
        trial.try_gate(
            "0",
            store=ModelStore(tmp_path, tmp_path),
            chain_name="retail-0095",
            attack_detector="appearance",
            consented=False,
            page=io.StringIO(),
        )
    assert opened == []
