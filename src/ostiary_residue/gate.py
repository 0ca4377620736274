"""What is run: the real command, over a film of planted holders."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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

_EMPTY: Final = 50
"""Pictures of nobody after the last of them."""

_STRAYS: Final = 80
"""Codes that are no passes, after that. Each makes the gate print a line; as nobody
reads the lines, it soon waits, and does not end before it was searched."""

_PIPE: Final = 4096
"""Bytes of its lines that wait, about thirty of them."""

_GO_ON: Final = 15
"""How many of these lines are read so that it goes on for a while."""

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
        stay: seconds for which the holder stands there.
    """

    text: str = field(repr=False)
    features: Features
    looks: tuple[Planes, ...] = field(repr=False)
    stay: int


@dataclass(frozen=True, slots=True)
class Service:
    """A gate that has served, and still runs.

    Attributes:
        process: the gate's.
        decisions: how many of each reason.
        said: all that it had printed by then.
    """

    process: subprocess.Popen[bytes]
    decisions: Counter[str]
    said: bytes = field(repr=False)

    def go_on(self) -> None:
        """Let it look at some more pictures."""
        for _ in range(_GO_ON):
            _next_line(self.process)


class Planting:
    """Holders, their passes, and what is to be searched for of them.

    Args:
        faces: photographs, one folder for each person.
        store: where models lie.
        rng: where noise comes from.

    Raises:
        ResidueError: no photographs that would do.
        ModelError: a model is missing.
    """

    def __init__(
        self, faces: Path, store: ModelStore, rng: np.random.Generator
    ) -> None:
        self._rng = rng
        self._camera = Camera(rng)
        # Noise of its own, or what it leaves of a wall would look like a holder's.
        self._empty = Camera(rng)
        self._chain = open_chain(CHAIN, store)
        attacks = open_attack_detector("appearance", store)
        self._holders = holders_in(faces, self._chain, attacks, self._camera)
        meter = open_motion_meter(Asking.ALWAYS)
        other = Vision().zone.crop(as_picture(self._holders[0].looks[0]))
        self._looker = Looker(self._chain, attacks, meter, other)

    def present(
        self, home: Home, count: int, challenge: Asking
    ) -> Sequence[Presentation]:
        """Make an owner's files, and as many passes as there are presentations.

        Args:
            home: an owner's directory, empty before.
            count: how many.
            challenge: when the gate asks people to move.
        """
        holders = [self._holders[n % len(self._holders)] for n in range(count)]
        templates = [holder.template(self._rng) for holder in holders]
        references = iter([_reference(each, self._chain) for each in templates])
        at = SystemClock(UTC).now().replace(microsecond=0)
        maker = Maker(home, references.__next__, at, token_bytes)
        texts = maker.prepare_some(count)
        (home.path / "gate.toml").write_text(
            _CONFIG.format(zone=ZONE, issuer=ISSUER, challenge=challenge.value)
        )
        return [
            Presentation(text, template, self._looks(holder), _STAY[challenge])
            for text, template, holder in zip(texts, templates, holders, strict=True)
        ]

    def pictures(self, presentations: Iterable[Presentation]) -> Iterator[Planes]:
        """What the gate's camera sees, one picture a second."""
        nobody = scene_with_nobody()
        for each in presentations:
            yield self._empty.take(scene_with_code(each.text))
            for number in range(each.stay):
                later = number >= len(each.looks)
                look = each.looks[number % len(each.looks)]
                yield self._camera.take(look) if later else look
            for _ in range(_REST):
                yield self._empty.take(nobody)
        for _ in range(_EMPTY):
            yield self._empty.take(nobody)
        for number in range(_STRAYS):
            yield self._empty.take(scene_with_code(f"STRAY {number}"))
            yield self._empty.take(nobody)

    def patterns(self, presentations: Sequence[Presentation], film: Film) -> Patterns:
        """All that is to be searched for."""
        patterns = Patterns()
        video = open_video(film.path)
        for number, each in enumerate(presentations):
            patterns.whole("text of a pass", each.text.encode())
            add_template(patterns, "template", each.features)
            add_numbers(patterns, "enrolled features", each.features.values)
            telling = number % _EVERY == 0 or len(presentations) - number <= _LAST
            for second in range(1 + each.stay + _REST):
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
            bufsize=0,
            pipesize=_PIPE,
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
    """Wait until that many decisions are printed, and the first stray code's."""
    lines: list[bytes] = []
    reasons: list[str] = []
    while len(reasons) <= decisions and (line := _next_line(process)):
        lines.append(line)
        reasons += _reason(line)
    faults.seek(0)
    said = b"".join(lines) + faults.read()
    if len(reasons) <= decisions:
        raise ResidueError(
            f"the gate ended before it had taken {decisions} decisions; it said: "
            f"{said.decode(errors='replace')[-400:]}"
        )
    return Service(process, Counter(reasons[:decisions]), said)


def _reason(line: bytes) -> list[str]:
    """The reason of a decision; empty: the line tells of a device."""
    try:
        told = json.loads(line)
        return [str(told["reason"])] if "outcome" in told else []
    except (KeyError, TypeError, ValueError):
        raise ResidueError("the gate printed something that is no decision") from None


def _next_line(process: subprocess.Popen[bytes]) -> bytes:
    """A line that it prints; empty when it has ended."""
    return b"" if process.stdout is None else process.stdout.readline()
