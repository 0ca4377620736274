"""Files of other gates, and the connection to one that is not what it should be."""

import asyncio
import json
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.errors import ConfigurationError, TrustListError
from ostiary.web.gate.peer_files import Peer, context_of, dump_peer, read_peer
from ostiary.web.gate.peers import RemoteGate
from ostiary.web.gate.view import Act, Deed, Said, View, dump_view
from ostiary.web.gate.watched import Changes
from tests import loops
from tests.web.certificates import write_certificate

PLAIN = Peer("south", "http://127.0.0.1:8470", "A" * 43, "")


def write(folder: Path, data: bytes) -> Path:
    path = folder / "south.gate.json"
    path.write_bytes(data)
    path.chmod(0o600)
    return path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("tls")
    return write_certificate(folder)[0].read_text()


def test_a_file_is_read_as_it_was_written(tmp_path: Path, certificate: str) -> None:
    peer = Peer("south", "https://south.example:8470", "A" * 43, certificate)
    assert read_peer(write(tmp_path, dump_peer(peer))) == peer
    assert "AAAA" not in repr(peer)
    context = context_of(peer)
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize(
    "members",
    [
        {"address": "http://south.example:8470"},
        {"address": "https://south.example:8470"},
        {"address": "http://127.0.0.1"},
        {"address": "http://127.0.0.1:8470/x"},
        {"address": "http://127.0.0.1:99999"},
        {"address": "ftp://127.0.0.1:21"},
        {"token": "A\r\nHost: x"},
        {"name": ""},
        {"certificate": "-----BEGIN CERTIFICATE-----"},
        {"version": 2},
        {"more": "x"},
    ],
    ids=str,
)
def test_what_would_show_the_token_or_is_no_file_is_refused(
    tmp_path: Path, members: dict[str, object]
) -> None:
    content = json.loads(dump_peer(PLAIN)) | members
    with pytest.raises(ConfigurationError, match="no file of another gate"):
        read_peer(write(tmp_path, json.dumps(content).encode()))


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, dump_peer(PLAIN))
    path.chmod(0o644)
    with pytest.raises(TrustListError, match="chmod 600"):
        read_peer(path)


@given(st.binary(max_size=300))
def test_rubbish_is_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.raises(ConfigurationError):
        read_peer(write(Path(folder), data))


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\n\r\n"


def watch(serve: Serve, act: Act | None = None) -> tuple[View | None, Said | None]:
    """What is seen of a gate that answers like that, and what came of an act."""

    async def run() -> tuple[View | None, Said | None]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        changes = Changes()
        gate = RemoteGate(replace(PLAIN, address=f"http://127.0.0.1:{port}"), changes)
        gate.join()
        await changes.wait(0.5)
        seen = gate.view()
        said = None if act is None else await gate.act(act)
        gate.leave()
        server.close()
        # Whoever still answers ends first.
        await asyncio.sleep(0.5)
        return seen, said

    return loops.run(run())


def answering(*lines: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"".join(lines))
        await writer.drain()
        await asyncio.sleep(0.2)
        writer.close()

    return serve


@pytest.mark.enable_socket
def test_what_a_gate_says_is_seen_under_the_name_it_has_here() -> None:
    line = dump_view(View(gate="whatever", unsafe=("unsafe_x",))) + b"\n"
    seen, said = watch(answering(OK, line), Act(Deed.DONE, 1))
    assert seen == View(gate="south", unsafe=("unsafe_x",))
    # It answered that with a view, too, which is no answer.
    assert said is Said.LOST


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "lines",
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n",),
        (b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere\r\n\r\n",),
        (OK, b"{}\n"),
        (OK, b"x" * 200_000 + b"\n"),
        (b"\xff" * 200_000,),
        (b"\r\n\r\n",),
        (),
    ],
    ids=[
        "forbidden",
        "elsewhere",
        "no view",
        "too long",
        "no head",
        "no status",
        "nothing",
    ],
)
def test_whatever_else_it_says_is_a_gate_that_is_lost(lines: tuple[bytes, ...]) -> None:
    seen, said = watch(answering(*lines), Act(Deed.CONFIRM, 1))
    assert (seen, said) == (None, Said.LOST)


@pytest.mark.enable_socket
def test_an_answer_counts_when_it_comes_back() -> None:
    _, said = watch(answering(OK, b"taken"), Act(Deed.CONFIRM, 1))
    assert said is Said.TAKEN


@pytest.mark.enable_socket
def test_a_gate_that_is_not_there_is_lost() -> None:
    gate = RemoteGate(replace(PLAIN, address="http://127.0.0.1:1"), Changes())
    assert loops.run(gate.act(Act(Deed.CONFIRM, 1))) is Said.LOST
    assert gate.view() is None
