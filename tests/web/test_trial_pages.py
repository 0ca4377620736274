"""The pages of whoever tries the gate on themselves."""

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest

from ostiary.capture.qr import read_qr
from ostiary.desk.consent import TEXT, VERSION
from pages.staged import Stand, stand

pytestmark = pytest.mark.enable_socket

Client = Any
"""The fixture's type; test modules import nothing from one another."""

PATHS = ("/try", "/try/pass", "/try/pass.png")


@pytest.fixture
def trying(in_thread: None) -> Iterator[Stand]:
    with stand(trial=True) as there:
        yield there


def test_they_are_not_there_in_service(kiosk: Client) -> None:
    assert {kiosk.get(path)[0] for path in PATHS} == {404}
    assert kiosk.post("/try/consent") == 404


def test_nobody_else_sees_or_agrees_to_anything(
    trying: Stand, clients: Callable[[Stand], Client]
) -> None:
    stranger = clients(trying)
    trying.pages.hand_out("PASS")
    assert {stranger.get(path)[0] for path in PATHS} == {403}
    assert stranger.post("/try/consent") == 403
    trying.pass_time()
    assert trying.pages.consented is None


def test_consent_then_the_pass(
    trying: Stand, clients: Callable[[Stand], Client]
) -> None:
    visitor = clients(trying)
    assert visitor.enter(trying.pages.invite()) == 303
    status, body = visitor.get("/try")
    assert status == 200
    for line in TEXT.splitlines():
        assert line in body.decode()
    assert visitor.get("/try/pass")[0] == 303
    assert visitor.get("/try/pass.png")[0] == 403
    assert visitor.post("/try/consent") == 303
    trying.pass_time()
    assert trying.pages.consented == VERSION
    trying.pages.enrol()
    trying.pages.hand_out("SEALED")
    while visitor.get("/try/pass")[0] != 200:
        pass
    assert visitor.get("/try")[0] == 303
    _, png = visitor.get("/try/pass.png")
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    framed = np.pad(picture, ((40, 40), (40, 40), (0, 0)), constant_values=255)
    assert list(read_qr(framed.astype(np.uint8))) == ["SEALED"]
