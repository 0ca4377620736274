"""From the desk's hand-over to the holder's phone."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from typer.testing import CliRunner

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")

from ostiary.capture.photographs import decode_photograph
from ostiary.capture.qr import read_qr
from ostiary.cli.application import app
from ostiary.desk.service import Desk
from ostiary.errors import ConfigurationError
from ostiary.web.desk.server import make_site
from ostiary.web.wallet import wallet_files, wallet_link
from tests.web.desk_stand import (
    DeskStand,
    Visitor,
    desk_stand,
    make_home,
    no_models,
    served,
)

PLACE = "https://passes.example/wallet/"


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskStand]:
    with desk_stand(tmp_path_factory.mktemp("desk") / "home") as there:
        yield there


def waiting(stand: DeskStand) -> tuple[Visitor, str]:
    """An issuer with a pass that waits to be handed over, and the pass."""
    visitor = stand.visitor("isa")
    dates = re.findall(
        r'name="(\w+)" type="date" value="([^"]+)"', visitor.get("/new").text
    )
    fields = {"issuer": "desk", "zone-north": "on", "lane": "faceless"}
    visitor.post("/new", **dict(dates), **fields, when="always", own="")
    assert visitor.post("/new/issue").status == 303
    [text] = read_qr(decode_photograph(visitor.get("/new/pass/pass.png").body))
    return visitor, text


def codes(page: Page) -> tuple[str, ...]:
    picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return read_qr(np.asarray(picture, np.uint8))


@pytest.mark.enable_socket
def test_a_phone_scans_the_link_and_shows_the_pass(
    stand: DeskStand, browser: Browser
) -> None:
    visitor, text = waiting(stand)
    desk = browser.new_context(viewport={"width": 1200, "height": 900})
    name, _, secret = visitor.cookie.partition("=")
    desk.add_cookies([{"name": name, "value": secret, "url": stand.origin}])
    page = desk.new_page()
    page.goto(f"{stand.origin}/new/wallet")
    page.wait_for_load_state()
    [link] = codes(page)
    assert link == wallet_link(f"{stand.origin}/wallet/", text)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response
    assert found["violations"] == []
    desk.close()
    phone = browser.new_context(viewport={"width": 320, "height": 568})
    page = phone.new_page()
    page.goto(link)
    page.wait_for_selector("body[data-state=closing]")
    assert codes(page) == (text,)
    phone.close()


@pytest.mark.enable_socket
def test_there_is_no_link_where_no_pass_waits(stand: DeskStand) -> None:
    assert stand.visitor().get("/new/wallet").headers["location"] == "/sign-in"
    visitor, text = waiting(stand)
    shown = visitor.get("/new/wallet")
    assert (shown.status, "on this machine alone" in shown.text) == (200, True)
    assert text[:30] not in shown.text
    visitor.post("/new/give-up")
    assert visitor.get("/new/wallet").headers["location"] == "/new"
    assert visitor.get("/new/wallet/link.svg").status == 404


@pytest.mark.enable_socket
def test_the_wallet_may_lie_elsewhere(tmp_path: Path, browser: Browser) -> None:
    site = replace(make_home(tmp_path / "home", no_models), wallet=PLACE)
    with served(site) as stand:
        visitor, text = waiting(stand)
        assert "on this machine alone" not in visitor.get("/new/wallet").text
        page = browser.new_page(viewport={"width": 900, "height": 900})
        page.set_content(visitor.get("/new/wallet/link.svg").text)
        assert codes(page) == (wallet_link(PLACE, text),)
        page.close()


def test_where_no_wallet_can_lie_no_desk_is_served(stand: DeskStand) -> None:
    desk: Desk = stand.site.desk
    with pytest.raises(ConfigurationError, match="no address of a wallet"):
        make_site(
            desk, no_models, stand.site.now, wallet="http://passes.example/wallet/"
        )


def test_a_folder_is_written_for_another_host(tmp_path: Path) -> None:
    out = tmp_path / "wallet"
    result = CliRunner().invoke(app, ["desk", "wallet", "--out", str(out)])
    assert result.exit_code == 0
    assert {path.name for path in out.iterdir()} == set(wallet_files())
