"""Passes on paper: rendered by another program, and read again by the gate's reader."""

import os
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from ostiary.capture.qr import read_qr
from ostiary.credential import (
    BiometricReference,
    Claims,
    Coding,
    Hours,
    StatusReference,
    issue,
    new_issuer_key,
    new_zone_key,
)
from ostiary.desk.issuing import IssuedPass
from ostiary.desk.printing import Said, card_lines, card_pdf, sheet_pdf
from ostiary.storage.registry.records import read_identifier
from ostiary.terms import Image

pytest.importorskip("reportlab", reason="the extra desk is not there")

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DOTS_PER_MILLIMETRE = 8

needs_poppler = pytest.mark.skipif(
    shutil.which("pdftoppm") is None, reason="poppler is not installed: make poppler"
)


def made(*, face: bool, names: tuple[str, ...] = ("north", "south")) -> IssuedPass:
    """A pass that opens these zones, the first on Mondays, as large as usual."""
    issuer = new_issuer_key("acme", os.urandom)
    ends = AT + 60 * DAY
    zones = [new_zone_key(name, 0, AT, ends, os.urandom).public for name in names]
    data = bytearray(os.urandom(128))
    claims = Claims(
        issuer="acme",
        zones=names,
        issued_at=AT,
        not_before=AT,
        expires_at=AT + 30 * DAY,
        identifier=os.urandom(16),
        status=StatusReference("https://acme.example/status", 7),
        hours={names[0]: (Hours(frozenset({0}), 0, 60),)},
        reference=BiometricReference("test/1", Coding.INT8, data) if face else None,
    )
    return IssuedPass(issue(claims, issuer, zones, os.urandom), 7, claims)


def rendered(pdf: bytes, folder: Path) -> Image:
    """The only page as a printer would show it, at 203 dots an inch."""
    (folder / "pass.pdf").write_bytes(pdf)
    dots = str(round(DOTS_PER_MILLIMETRE * 25.4))
    words = ["pdftoppm", "-r", dots, "-png", "pass.pdf", "page"]
    subprocess.run(words, check=True, cwd=folder)  # noqa: S603 - fixed words
    [path] = folder.glob("page*.png")
    page = cv2.imread(str(path))
    assert page is not None
    return np.asarray(page, np.uint8)


def words(folder: Path) -> str:
    run = ["pdftotext", "-layout", "pass.pdf", "-"]
    done = subprocess.run(run, check=True, cwd=folder, capture_output=True, text=True)  # noqa: S603 - fixed words
    return done.stdout


@needs_poppler
@pytest.mark.parametrize("face", [True, False])
def test_a_card_is_read_by_the_gate_and_by_people(
    tmp_path: Path, *, face: bool
) -> None:
    issued = made(face=face)
    page = rendered(card_pdf(issued), tmp_path)
    height, width = page.shape[:2]
    assert (width, height) == pytest.approx((105 * 8, 148.5 * 8), abs=2)
    assert read_qr(page) == (issued.text,)
    said = words(tmp_path)
    for part in (
        "north, mon 00:00-01:00",
        "south, at any hour",
        "2026-12-21 12:00 UTC",
        "nly gates of these zones",
    ):
        assert part in said
    number = re.search(r"((?:[0-9a-f]{4} ){7}[0-9a-f]{4})\n", said)
    assert number is not None
    assert read_identifier(number[1]) == issued.claims.identifier
    assert ("template of your face" in said) == face
    assert ("attendant" in said) != face


@needs_poppler
def test_a_card_leaves_nothing_out_however_long_its_names(tmp_path: Path) -> None:
    names = ("m" * 32, "w" * 32, "m-" * 16, "w1" * 16)
    page = rendered(card_pdf(made(face=True, names=names)), tmp_path)
    margin = 8 * DOTS_PER_MILLIMETRE
    assert page[:, -margin:].min() == page[-margin:].min() == 255
    said = words(tmp_path)
    for name in names:
        assert f"{name}, " in said


def test_both_lanes_are_told_the_same_things() -> None:
    def about(*, face: bool) -> list[str]:
        return [line.about for line in card_lines(made(face=face)) if line.about]

    assert about(face=True) == about(face=False)
    assert {"Use", "Holds", "If it is lost", "To withdraw"} <= set(about(face=True))


def test_many_hours_are_said_to_be_there() -> None:
    issued = made(face=False)
    days = [Hours(frozenset({day}), 0, 60) for day in range(3)]
    claims = replace(issued.claims, hours={"north": tuple(days)})
    lines = card_lines(replace(issued, claims=claims))
    assert lines[:2] == (
        Said("Opens", "north, at certain hours"),
        Said("", "south, at any hour"),
    )


@needs_poppler
def test_a_sheet_says_where_it_is_cut(tmp_path: Path) -> None:
    issued = made(face=True)
    page = rendered(sheet_pdf(issued), tmp_path)
    assert page.shape[:2] == pytest.approx((297 * 8, 210 * 8), abs=2)
    assert read_qr(page) == (issued.text,)
    # Cut marks, and nothing else, reach the edge.
    middle = 105 * DOTS_PER_MILLIMETRE
    dark = np.flatnonzero((page[4] < 200).any(axis=1))
    assert dark.size
    assert abs(dark - middle).max() <= 2


def test_nothing_tells_when_it_was_printed() -> None:
    issued = made(face=False)
    assert card_pdf(issued) == card_pdf(issued)
