"""What is run: the real command, over a film of planted holders."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryFile
from typing import IO, Final

import numpy as np

from ostiary.capture.devices import open_video
from ostiary.config import Vision
from ostiary.credential import BiometricReference, encode_template
from ostiary.demo.passes import ISSUER, ZONE, Maker
from ostiary.gate.clock import SystemClock
from ostiary.presentation.fusion import Asking
from ostiary.storage.home import Home
from ostiary.terms import Features
from ostiary.vision.chain import (
    FaceChain,
    open_attack_detector,
    open_chain,
    open_motion_meter,
)
from ostiary.vision.store import ModelStore
from ostiary_residue.errors import ResidueError
from ostiary_residue.film import (
    HEIGHT,
    Camera,
    Film,
    Planes,
    as_picture,
    scene_with_code,
    scene_with_nobody,
)
from ostiary_residue.holders import LOOKS, Holder, holders_in
from ostiary_residue.looks import Looker
from ostiary_residue.patterns import Patterns, add_numbers, add_picture, add_template

COMMAND: Final = (sys.executable, "-c", "from ostiary.cli import main; main()")
"""The command `ostiary`, as this installation has it."""

CHAIN: Final = "retail-0095"

_CONFIG: Final = """\
zone = "{zone}"
time_zone = "UTC"
[files]
root = "root.cose"
trust = "trust.cose"
zone_keys = ["zones/{zone}-1.private.json"]
status_lists = ["status/{issuer}.cwt"]
[vision]
challenge = "{challenge}"
[passage]
door = "simulated"
open_seconds = 0.5
"""

_STAY: Final = {Asking.NEVER: LOOKS, Asking.WHEN_OPEN: LOOKS, Asking.ALWAYS: 16}
"""Seconds for which a holder stands there: until the looks are taken, or until the time
for two moves is over."""

_REST: Final = 2
"""Seconds between two of them."""

_AFTERWARDS: Final = 600
"""Pictures of nobody after the last of them: two seconds of work, in which the search
begins."""

_EVERY: Final = 20
_LAST: Final = 5
"""Of every so many presentations, and of the last ones, all that a chain makes of them
is searched for."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """One pass that is held up, and its holder.

    Attributes:
        text: the pass.
        features: what its template was made of.
        looks: pictures of the holder, with noise of their own.
    """

    text: str = field(repr=False)
    features: Features
    looks: tuple[Planes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Service:
    """A gate that has served, and still runs.

    Attributes:
        pid: the gate's process.
        decisions: how many of each reason.
        said: all that it has printed.
    """

    pid: int
    decisions: Counter[str]
    said: bytes = field(repr=False)


class Planting:
    """Holders, their passes, and what is to be searched for of them.

    Args:
        faces: photographs, one folder for each person.
        store: where models lie.
        challenge: when people are asked to move.
        rng: where noise comes from.

    Raises:
        ResidueError: no photographs that would do.
        ModelError: a model is missing.
    """

    def __init__(
        self,
        faces: Path,
        store: ModelStore,
        challenge: Asking,
        rng: np.random.Generator,
    ) -> None:
        self._rng = rng
        self._challenge = challenge
        self._camera = Camera(rng)
        self._chain = open_chain(CHAIN, store)
        attacks = open_attack_detector("appearance", store)
        self._holders = holders_in(faces, self._chain, attacks)
        meter = open_motion_meter(Asking.ALWAYS, store)
        other = Vision().zone.crop(as_picture(self._holders[0].looks[0]))
        self._looker = Looker(self._chain, attacks, meter, other)

    def present(self, home: Home, count: int) -> Sequence[Presentation]:
        """Make an owner's files, and as many passes as there are presentations."""
        holders = [self._holders[n % len(self._holders)] for n in range(count)]
        templates = [holder.template(self._rng) for holder in holders]
        references = iter([_reference(each, self._chain) for each in templates])
        at = SystemClock(UTC).now().replace(microsecond=0)
        maker = Maker(home, references.__next__, at, token_bytes)
        texts = maker.prepare_some(count)
        (home.path / "gate.toml").write_text(
            _CONFIG.format(zone=ZONE, issuer=ISSUER, challenge=self._challenge.value)
        )
        return [
            Presentation(text, template, self._looks(holder))
            for text, template, holder in zip(texts, templates, holders, strict=True)
        ]

    def pictures(self, presentations: Sequence[Presentation]) -> Iterator[Planes]:
        """What the gate's camera sees, one picture a second."""
        nobody = scene_with_nobody()
        for each in presentations:
            yield self._camera.take(scene_with_code(each.text))
            for number in range(_STAY[self._challenge]):
                later = number >= len(each.looks)
                look = each.looks[number % len(each.looks)]
                yield self._camera.take(look) if later else look
            for _ in range(_REST):
                yield self._camera.take(nobody)
        for _ in range(_AFTERWARDS):
            yield self._camera.take(nobody)

    def patterns(self, presentations: Sequence[Presentation], film: Film) -> Patterns:
        """All that is to be searched for."""
        patterns = Patterns()
        stay = 1 + _STAY[self._challenge] + _REST
        video = open_video(film.path)
        for number, each in enumerate(presentations):
            patterns.whole("text of a pass", each.text.encode())
            add_template(patterns, "template", each.features)
            add_numbers(patterns, "enrolled features", each.features.values)
            telling = number % _EVERY == 0 or len(presentations) - number <= _LAST
            for second in range(stay):
                picture = video.read()
                if picture is None:
                    raise ResidueError("the film cannot be read back")
                if 1 <= second <= LOOKS:
                    patterns.parts(
                        "picture, brightness", each.looks[second - 1][:HEIGHT]
                    )
                    patterns.parts("picture, pixels", picture)
                    if telling:
                        add_picture(patterns, "picture", picture)
                        self._looker.look(Vision().zone.crop(picture), patterns)
        video.release()
        return patterns

    def _looks(self, holder: Holder) -> tuple[Planes, ...]:
        return tuple(self._camera.take(look) for look in holder.looks)


def _reference(features: Features, chain: FaceChain) -> BiometricReference:
    template = encode_template(features, chain.coding)
    return BiometricReference(chain.extractor, chain.coding, template)


@contextmanager
def serving(
    command: Sequence[str], arguments: Sequence[str], film: Film, decisions: int
) -> Iterator[Service]:
    """A gate that has taken so many decisions, and goes on to look at its film.

    Args:
        command: what starts `ostiary`.
        arguments: where its configuration and its models lie.
        film: its camera.
        decisions: how many it has to take.

    Raises:
        ResidueError: it ended before.
    """
    options = ("gate", "run", "--source", film.path, "--show-decisions", "--json")
    with (
        TemporaryFile() as faults,
        subprocess.Popen(  # noqa: S603 - what we were told to search
            [*command, *options, *arguments],
            stdout=subprocess.PIPE,
            stderr=faults,
            pass_fds=(film.descriptor,),
        ) as process,
    ):
        try:
            yield _served(process, faults, decisions)
        finally:
            process.kill()


def _served(
    process: subprocess.Popen[bytes], faults: IO[bytes], decisions: int
) -> Service:
    """Wait until that many decisions are printed."""
    lines: list[bytes] = []
    reasons: Counter[str] = Counter()
    for line in process.stdout or ():
        lines.append(line)
        reasons[json.loads(line).get("reason", "camera")] += 1
        if reasons.total() == decisions:
            break
    faults.seek(0)
    said = b"".join(lines) + faults.read()
    if reasons.total() < decisions:
        raise ResidueError(
            f"the gate ended after {reasons.total()} of {decisions} decisions: "
            f"{said.decode(errors='replace')[-400:]}"
        )
    return Service(process.pid, reasons, said)
