"""`ostiary gate try`: consent and enrolment on a page, then one's own gate."""

import os
import time
import webbrowser
from contextlib import ExitStack
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TextIO

import numpy as np

from ostiary.capture.sources import open_lasting_source, open_source
from ostiary.config import GateConfig, load_config
from ostiary.demo.camera import enrol_from
from ostiary.demo.passes import ISSUER, ZONE
from ostiary.demo.rehearsal import maker
from ostiary.desk.consent import VERSION
from ostiary.erasure import overwrite
from ostiary.gate.assembly import equip
from ostiary.gate.clock import SystemClock
from ostiary.gate.displays import Several, say
from ostiary.gate.lines import DecisionLines
from ostiary.gate.loop import Gate
from ostiary.storage.files import write_atomically
from ostiary.storage.home import Home
from ostiary.vision.chain import Grade, grade_of, open_chain
from ostiary.vision.store import ModelStore
from ostiary.web.browser import has_screen
from ostiary.web.gate.pages import ServedPages

LISTENING_SECONDS: Final = 0.1
"""How often it is asked whether they agreed."""

_CONFIG: Final = """\
zone = "{zone}"
time_zone = "UTC"

[files]
root = "root.cose"
trust = "trust.cose"
zone_keys = ["zones/{zone}-1.private.json"]
status_lists = ["status/{issuer}.cwt"]

[vision]
chain = "{chain}"
attack_detector = "{attack_detector}"
unsafe_evaluation_grade_chain = {evaluation}

[passage]
door = "simulated"

[pages]
port = 0
"""


def try_gate(
    spec: str,
    *,
    store: ModelStore,
    chain_name: str,
    attack_detector: str,
    consented: bool,
    page: TextIO,
) -> None:
    """Enrol whoever agrees on the page, show them their pass, and be their gate.

    The camera is opened after they agreed and not before. Keys, lists and the pass go
    with the command; nothing of a face is written.

    Args:
        spec: the camera, as `open_source` takes it.
        store: where models lie.
        chain_name: the extraction chain.
        attack_detector: the attack detector; `absent` refers everybody.
        consented: whether they agreed already, and are not asked.
        page: where is printed what to do.

    Raises:
        OstiaryError: no camera, no usable face within a minute, no models.
    """
    clock = SystemClock(UTC)
    with TemporaryDirectory(prefix="ostiary-try-") as folder, ExitStack() as ending:
        home = Home(Path(folder))
        config = _configured(home, chain_name, attack_detector)
        pages = ServedPages(config, clock, _no_fault, _nobody_comes, trial=True)
        ending.callback(pages.close)
        _open(pages, page)
        if not consented:
            _await_consent(pages, clock)
        _enrol(spec, pages, home, chain_name, store)
        say(page, "Your pass is on the page. Photograph or print it; then to the gate.")
        gear = equip(config, store, Several(DecisionLines(page), pages))
        say(page, "The gate is ready. Ctrl-C ends it, and with it your pass.")
        wanted = config.camera.wanted
        Gate(gear).run(open_lasting_source(spec, clock, wanted, gear.pace))


def _no_fault(_at: object) -> None:
    """Its lists were made a moment ago."""


def _nobody_comes() -> None:
    """Whoever tries it is alone with it."""


def _configured(home: Home, chain: str, attack_detector: str) -> GateConfig:
    text = _CONFIG.format(
        zone=ZONE,
        issuer=ISSUER,
        chain=chain,
        attack_detector=attack_detector,
        evaluation=str(grade_of(chain) is Grade.EVALUATION).lower(),
    )
    path = home.path / "gate.toml"
    write_atomically(path, text.encode())
    return load_config(path)


def _open(pages: ServedPages, page: TextIO) -> None:
    address = pages.invite()
    say(page, f"Open this in a browser of this computer; it serves once: {address}")
    if has_screen(os.environ):
        webbrowser.open(address)


def _await_consent(pages: ServedPages, clock: SystemClock) -> None:
    while pages.consented != VERSION:
        pages.pass_time(clock.now())
        time.sleep(LISTENING_SECONDS)


def _enrol(
    spec: str, pages: ServedPages, home: Home, chain_name: str, store: ModelStore
) -> None:
    chain = open_chain(chain_name, store)
    pages.enrol()
    reference = enrol_from(open_source(spec, SystemClock(UTC)), chain, pages)
    text = maker(home, reference).prepare_one()
    overwrite(np.frombuffer(reference.data, np.uint8))
    pages.hand_out(text)
