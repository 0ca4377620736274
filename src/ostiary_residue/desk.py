"""A desk that is run: the real command, and a clerk who enrols people at its pages."""

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from http.client import HTTPConnection, HTTPException
from itertools import cycle, islice
from pathlib import Path
from secrets import token_bytes
from tempfile import TemporaryFile
from time import sleep
from typing import Final
from urllib.parse import urlencode, urlsplit

import cv2
import numpy as np
from numpy.typing import NDArray

from ostiary.capture.photographs import SUFFIXES, decode_photograph, load_photograph
from ostiary.capture.qr import read_qr
from ostiary.demo.desk_home import add_account, make_desk
from ostiary.desk.consent import VERSION
from ostiary.errors import CaptureError, EnrolmentError
from ostiary.gate.clock import SystemClock
from ostiary.presentation import appearance
from ostiary.staff import StaffRole
from ostiary.storage.home import Home
from ostiary.terms import Appearance, Features, Image, Undetermined
from ostiary.vision.chain import open_attack_detector, open_chain
from ostiary.vision.store import ModelStore
from ostiary_residue.errors import ResidueError
from ostiary_residue.gate import CHAIN
from ostiary_residue.looks import arrays_within
from ostiary_residue.patterns import (
    Patterns,
    add_numbers,
    add_picture,
    add_template,
    add_text,
)

WANTED: Final = 3
"""Pictures of each person, of which the desk makes a template."""

_MOST_PHOTOGRAPHS: Final = 12
_MOST_PEOPLE: Final = 8
_NOISE: Final = 2.0
"""Standard deviation, in grey levels: no two pictures are alike."""

_QUALITY: Final = 95
_ACCOUNT: Final = "clerk"
_PASSWORD: Final = "four words on tea"  # noqa: S105 - of a desk that is gone soon
_PATIENCE: Final = 120.0
"""Seconds that an answer may take: the first waits for the models."""

_MOST_TRIES: Final = 100
_PAUSE: Final = 0.2
_TOO_SOON: Final = 429
_OK: Final = 200
_SEEN_AGAIN: Final = 5
"""Pages that are asked for between two searches of its memory."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody who is enrolled.

    Attributes:
        files: their pictures, as a browser sends them.
        features: what the template is made of.
    """

    files: tuple[bytes, ...] = field(repr=False)
    features: Features = field(repr=False)


class Applicants:
    """People for a desk, and what is to be searched for of them.

    Args:
        faces: photographs, one folder for each person.
        store: where models lie.
        rng: where noise comes from.

    Raises:
        ResidueError: nobody whom a desk would enrol.
        ModelError: a model is missing.
    """

    def __init__(
        self, faces: Path, store: ModelStore, rng: np.random.Generator
    ) -> None:
        self._rng = rng
        self._chain = open_chain(CHAIN, store)
        self._attacks = open_attack_detector("appearance", store)
        self._others: list[NDArray[np.generic]] = []
        self._people = list(islice(self._usable(faces), _MOST_PEOPLE))
        if not self._people:
            raise ResidueError(
                f"{faces}: nobody has {WANTED} photographs that a desk takes; one "
                "folder for each person is wanted, with photographs in it"
            )

    def draw(self, count: int, patterns: Patterns) -> Iterator[Applicant]:
        """So many, one after the other, and add what is to be searched for of each."""
        people = cycle(self._people)
        found = 0
        for _ in range(_MOST_TRIES * count):
            applicant = self._applicant(next(people), patterns)
            if applicant is not None:
                found += 1
                yield applicant
            if found == count:
                return
        raise ResidueError("too many pictures are refused once they have noise")

    def _usable(self, faces: Path) -> Iterator[tuple[Image, ...]]:
        """Photographs of each person, three that a desk takes."""
        for person in sorted(each for each in faces.iterdir() if each.is_dir()):
            taken = [image for image in _photographs(person) if self._sample(image)]
            if len(taken) >= WANTED:
                yield tuple(taken[:WANTED])

    def _sample(self, image: Image) -> Features | None:
        seen = self._chain.acquire(image.copy(), self._attacks)
        if isinstance(seen, Undetermined):
            return None
        if appearance.judge([seen.bona_fide_score]) is not Appearance.SUFFICES:
            return None
        return seen.features

    def _applicant(
        self, photographs: Sequence[Image], patterns: Patterns
    ) -> Applicant | None:
        files = tuple(map(self._file, photographs))
        images = [decode_photograph(bytearray(file)) for file in files]
        samples: list[Features] = []
        held: list[NDArray[np.generic]] = []
        for image in images:
            sample = self._sample(image)
            if sample is None:
                return None
            samples.append(Features(sample.extractor, sample.values.copy()))
            held = [a.copy() for a in arrays_within(self._chain, self._attacks)]
        try:
            features = self._chain.unite(
                [Features(each.extractor, each.values.copy()) for each in samples]
            )
        except EnrolmentError:
            return None
        add_template(patterns, "template", features)
        for file, image, each in zip(files, images, samples, strict=True):
            patterns.parts("picture's file", file[file.index(b"\xff\xda") :])
            add_picture(patterns, "picture", image)
            add_numbers(patterns, "features", each.values)
        self._add_held(patterns, held)
        return Applicant(files, features)

    def _add_held(self, patterns: Patterns, held: list[NDArray[np.generic]]) -> None:
        """What the chain holds of this one, and did not of the one before."""
        if len(self._others) == len(held):
            for array, other in zip(held, self._others, strict=True):
                patterns.parts("array of the chain", array, unlike=other)
        self._others = held

    def _file(self, photograph: Image) -> bytes:
        noise = self._rng.normal(0, _NOISE, photograph.shape)
        noisy = np.clip(photograph + noise, 0, 255).astype(np.uint8)
        options = (cv2.IMWRITE_JPEG_QUALITY, _QUALITY)
        return cv2.imencode(".jpg", noisy, options)[1].tobytes()


def _photographs(person: Path) -> Iterator[Image]:
    paths = sorted(p for p in person.iterdir() if p.suffix.lower() in SUFFIXES)
    for path in paths[:_MOST_PHOTOGRAPHS]:
        try:
            yield load_photograph(path)
        except CaptureError:
            continue


class Clerk:
    """A browser of somebody who enrols people; it keeps nothing but its cookie.

    Args:
        origin: where the desk is.

    Raises:
        ResidueError: the desk does not let them in.
    """

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._cookie = self._csrf = ""
        fields = {"name": _ACCOUNT, "password": _PASSWORD}
        _, headers, _ = self._post("/sign-in", **fields)
        self._cookie = headers.get("set-cookie", "").partition(";")[0]
        self._csrf = self._found(r'data-csrf="([^"]+)"', "/")

    def enrol(self, applicant: Applicant) -> str:
        """Make a pass for somebody, hand it over, and give back its text."""
        page = self.get("/new").decode()
        dates = dict(re.findall(r'name="(\w+)" type="date" value="([^"]+)"', page))
        lane = {"issuer": "desk", "zone-north": "on", "lane": "face"}
        self._post("/new", **lane, **dates, when="always", own="")
        path = "/new/consent?language=en"
        digest = self._found(r'name="digest" value="(\w+)"', path)
        making = self._found(r'name="making" value="(\d+)"', path)
        agreed = {"version": VERSION, "digest": digest, "agreed": "yes"}
        self._post(path, making=making, **agreed)
        self._post("/new/begin")
        for file in applicant.files:
            self._look(file)
        self._post("/new/issue", making=making)
        number = self._found(r'name="identifier" value="(\w+)"', "/new/pass")
        texts = read_qr(decode_photograph(bytearray(self.get("/new/pass/pass.png"))))
        handed, _, _ = self._post("/new/handed-over", identifier=number)
        if handed != _OK or len(texts) != 1:
            raise ResidueError("the desk did not make the pass")
        return texts[0]

    def get(self, path: str) -> bytes:
        """A page, or a file."""
        return self._ask("GET", path, b"", {})[2]

    def _look(self, file: bytes) -> None:
        kind = {"Content-Type": "image/jpeg", "X-CSRF": self._csrf}
        answers = (
            self._ask("POST", "/new/look", file, kind) for _ in range(_MOST_TRIES)
        )
        for status, _, told in answers:
            if status == _OK and b'"reason":null' in told:
                return
            if status != _TOO_SOON:
                break
            sleep(_PAUSE)
        raise ResidueError("the desk did not take a picture that it should take")

    def _found(self, pattern: str, path: str) -> str:
        found = re.search(pattern, self.get(path).decode())
        if found is None:
            raise ResidueError("the desk's pages are not as they were")
        return found[1]

    def _post(self, path: str, **fields: str) -> tuple[int, dict[str, str], bytes]:
        body = urlencode({"csrf": self._csrf, **fields}).encode()
        return self._ask("POST", path, body, {})

    def _ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        host = urlsplit(self._origin).netloc
        sent = {"Cookie": self._cookie, "Origin": self._origin, **headers}
        try:
            with closing(HTTPConnection(host, timeout=_PATIENCE)) as connection:
                connection.request(method, path, body, sent)
                answer = connection.getresponse()
                named = {name.lower(): value for name, value in answer.getheaders()}
                return answer.status, named, answer.read()
        except (OSError, HTTPException):
            raise ResidueError("the desk does not answer any more") from None


@dataclass(frozen=True, slots=True)
class Served:
    """A desk that has enrolled people, and still runs.

    Attributes:
        process: the desk's.
        acts: what it did, and how often.
        said: all that it had printed by then.
        clerk: whoever enrolled them.
    """

    process: subprocess.Popen[bytes]
    acts: Counter[str]
    said: bytes = field(repr=False)
    clerk: Clerk = field(repr=False)

    def go_on(self) -> None:
        """Let it serve some more pages."""
        for _ in range(_SEEN_AGAIN):
            self.clerk.get("/")


@contextmanager
def enrolling(
    command: Sequence[str],
    arguments: Sequence[str],
    home: Home,
    applicants: Iterator[Applicant],
    patterns: Patterns,
) -> Iterator[Served]:
    """A desk at which all applicants got their passes.

    Args:
        command: what starts `ostiary`.
        arguments: where its models lie.
        home: an owner's directory, empty before.
        applicants: one after the other.
        patterns: takes the texts of the passes.

    Raises:
        ResidueError: it did not serve, or did not enrol everybody.
    """
    at = SystemClock(UTC).now().replace(microsecond=0)
    desk = make_desk(home.path, at - timedelta(minutes=1), token_bytes)
    add_account(desk.home, _ACCOUNT, StaffRole.ISSUER, _PASSWORD, token_bytes)
    options = ("desk", "serve", "--port", "0", "--home", str(home.path))
    with (
        TemporaryFile() as faults,
        subprocess.Popen(  # noqa: S603 - what we were told to search
            [*command, *options, *arguments],
            stdout=subprocess.PIPE,
            stderr=faults,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process,
    ):
        try:
            line = b"" if process.stdout is None else process.stdout.readline()
            found = re.search(rb"http://\S+", line)
            if found is None:
                raise ResidueError("the desk does not serve its pages")
            clerk = Clerk(found[0].decode())
            acts: Counter[str] = Counter()
            for applicant in applicants:
                add_text(patterns, clerk.enrol(applicant))
                acts["handed-over"] += 1
            faults.seek(0)
            yield Served(process, acts, line + faults.read(), clerk)
        finally:
            process.kill()
