"""A picture that is sent to the desk lies nowhere, not for a moment."""

import builtins
import io
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import Mock

import pytest

from ostiary.web.desk import studio
from tests.desk.staged_enrolment import PERSON, StagedChain, picture, staged
from tests.web.desk_stand import Issuing, desk_stand

pytest.importorskip("sqlalchemy", reason="the extra desk is not there")
pytestmark = pytest.mark.enable_socket

LONG = 4 * 2**20
"""Bytes; frameworks that take forms of several parts lay down what has more than one
mebibyte."""

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
WRITING = frozenset("wax+")


@dataclass(frozen=True)
class Heard:
    """What was opened, by path or by descriptor.

    By mocks in the places of those that open files: an audit hook, which would hear of
    all, stays until the process ends, and CPython 3.11 may then fail to start a thread
    under coverage.
    """

    by_name: Mock
    by_number: Mock

    @property
    def written(self) -> list[Path]:
        """Every file that Python opened to write to it."""
        calls = [
            *(call for call in self.by_name.call_args_list if _writes(*call.args)),
            *(call for call in self.by_number.call_args_list if call.args[1] & WRITES),
        ]
        return [Path(os.fsdecode(call.args[0])).absolute() for call in calls]


def _writes(file: object, mode: str = "r", *_rest: object) -> bool:
    return isinstance(file, str | bytes | os.PathLike) and bool(WRITING & set(mode))


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Heard:
    """In an empty folder, with an empty one for what is temporary."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path / "temporary")
    heard = Heard(Mock(wraps=io.open), Mock(wraps=os.open))
    monkeypatch.setattr(io, "open", heard.by_name)
    monkeypatch.setattr(builtins, "open", heard.by_name)
    monkeypatch.setattr(os, "open", heard.by_number)
    return heard


def in_parts(data: bytes) -> tuple[bytes, str]:
    """A form of several parts (RFC 7578), with a file in it."""
    head = 'Content-Disposition: form-data; name="file"; filename="../a.jpg"'
    body = f"--part\r\n{head}\r\nContent-Type: image/jpeg\r\n\r\n".encode()
    return body + data + b"\r\n--part--\r\n", "multipart/form-data; boundary=part"


def test_a_form_of_several_parts_is_refused_and_lies_nowhere(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio, "SECONDS_BETWEEN", 0.0)
    home = tmp_path / "home"
    with desk_stand(home, staged(StagedChain())) as stand:
        issuing = Issuing(stand.visitor("isa"))
        issuing.wish()
        issuing.consent()
        issuing.visitor.post("/new/begin")
        body, kind = in_parts(picture(PERSON) + bytes(LONG))
        for path in ("/new/look", "/new", "/new/consent"):
            assert issuing.visitor.send(path, body, kind).status in {303, 403, 415, 422}
        # Padded, so that it would be laid down too if anybody did.
        padded = picture(PERSON) + bytes(LONG)
        issuing.visitor.send("/new/look", padded, "image/jpeg")
        while not issuing.look(PERSON)["complete"]:
            pass
        issuing.visitor.post("/new/issue")
        assert issuing.visitor.get("/new/pass/sheet.pdf").body.startswith(b"%PDF")
        assert issuing.visitor.post("/new/handed-over").status == 200
    assert heard.written
    assert [path for path in heard.written if home not in path.parents] == []
    assert list((tmp_path / "temporary").iterdir()) == []


def test_what_is_laid_down_would_be_heard(tmp_path: Path, heard: Heard) -> None:
    with tempfile.SpooledTemporaryFile(max_size=1) as file:
        file.write(bytes(2))
        with tempfile.NamedTemporaryFile() as named:
            assert Path(named.name) in heard.written
    assert all(path.is_relative_to(tmp_path) for path in heard.written)
