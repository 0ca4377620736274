"""The store against a real server on loopback, with every way a fetch can end."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.request import HTTPHandler, OpenerDirector

import pytest

from ostiary.download import https_opener
from ostiary.errors import ModelError
from ostiary.vision.catalogue import ModelCard, ModelFile, Web
from ostiary.vision.store import ModelStore, Standing

pytestmark = pytest.mark.enable_socket

CONTENT = bytes(range(256)) * 4096
SIZE = len(CONTENT)
FILE = ModelFile("net.onnx", SIZE, hashlib.sha256(CONTENT).hexdigest())


class Server(ThreadingHTTPServer):
    """Serves one content, as badly as it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.stops_after: int | None = None
        self.knows_ranges = True
        self.shifts_ranges_by = 0
        self.redirects_to: str | None = None
        self.asked: list[str | None] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        if self.server.redirects_to is not None:
            self.send_response_only(302)
            self.send_header("Location", self.server.redirects_to)
            self.end_headers()
            return
        if self.path != f"/{FILE.name}":
            self._refuse(404)
            return
        start = self._start(asked)
        if start >= len(self.server.content):
            self._refuse(416)
            return
        self._send(start)

    def _refuse(self, status: int) -> None:
        # Unlike `send_error`, `send_response_only` prints nothing.
        self.send_response_only(status)
        self.end_headers()

    def _start(self, asked: str | None) -> int:
        found = re.fullmatch(r"bytes=(\d+)-", asked or "")
        return int(found[1]) if found and self.server.knows_ranges else 0

    def _send(self, start: int) -> None:
        body = self.server.content[start:]
        self.send_response_only(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        if start:
            first = start + self.server.shifts_ranges_by
            last = len(self.server.content) - 1
            self.send_header("Content-Range", f"bytes {first}-{last}/{last + 1}")
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(body[: self.server.stops_after])


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def loopback_opener() -> OpenerDirector:
    opener = https_opener()
    opener.add_handler(HTTPHandler())
    return opener


@pytest.fixture
def store(server: Server, tmp_path: Path) -> ModelStore:
    card = ModelCard(
        name="net",
        job="a test",
        licence="none",
        training="none",
        folder="nets",
        source=Web(server.address),
        files=(FILE,),
    )
    return ModelStore(None, tmp_path, cards=(card,), opener=loopback_opener)


class Progress:
    def __init__(self) -> None:
        self.seen: list[tuple[str, int, int]] = []

    def __call__(self, file: str, done: int, total: int) -> None:
        self.seen.append((file, done, total))


def files(store: ModelStore) -> set[str]:
    return {path.name for path in store.cache.rglob("*") if path.is_file()}


def cut_short(server: Server, store: ModelStore, after: int) -> None:
    server.stops_after = after
    with pytest.raises(ModelError, match=f"cut off after {after} of {SIZE} bytes"):
        store.pull("net", Progress())
    server.stops_after = None


def test_a_whole_file_arrives_with_its_progress(
    server: Server, store: ModelStore
) -> None:
    progress = Progress()
    store.pull("net", progress)
    assert store.read("net", "net.onnx") == CONTENT
    assert files(store) == {"net.onnx"}
    assert server.asked == [None]
    done = [entry[1] for entry in progress.seen]
    assert done == sorted(done)
    assert progress.seen[-1] == ("net.onnx", SIZE, SIZE)


def test_what_is_there_is_not_fetched_again(server: Server, store: ModelStore) -> None:
    store.pull("net", Progress())
    store.pull("net", Progress())
    assert len(server.asked) == 1


def test_a_cut_connection_is_gone_on_with(server: Server, store: ModelStore) -> None:
    cut_short(server, store, 1000)
    assert files(store) == {"net.onnx.part"}
    assert store.verify("net") == {"net.onnx": Standing.MISSING}
    store.pull("net", Progress())
    assert server.asked == [None, "bytes=1000-"]
    assert store.read("net", "net.onnx") == CONTENT
    assert files(store) == {"net.onnx"}


def test_a_server_without_ranges_is_read_from_the_start(
    server: Server, store: ModelStore
) -> None:
    cut_short(server, store, 1000)
    server.knows_ranges = False
    store.pull("net", Progress())
    assert store.read("net", "net.onnx") == CONTENT


def test_a_server_that_sends_another_range_is_not_believed(
    server: Server, store: ModelStore
) -> None:
    cut_short(server, store, 1000)
    server.shifts_ranges_by = 5
    with pytest.raises(ModelError, match="another part of the file"):
        store.pull("net", Progress())
    assert store.verify("net") == {"net.onnx": Standing.MISSING}


def test_an_unfinished_file_that_is_too_long_for_the_server_is_dropped(
    server: Server, store: ModelStore
) -> None:
    cut_short(server, store, 1000)
    server.content = CONTENT[:500]
    with pytest.raises(ModelError, match="416"):
        store.pull("net", Progress())
    assert files(store) == set()


def test_an_unfinished_file_longer_than_the_whole_is_started_again(
    server: Server, store: ModelStore
) -> None:
    part = store.cache / "nets" / "net.onnx.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT + b"more")
    store.pull("net", Progress())
    assert server.asked == [None]
    assert store.read("net", "net.onnx") == CONTENT


def test_a_finished_file_without_its_name_needs_no_connection(
    server: Server, store: ModelStore
) -> None:
    part = store.cache / "nets" / "net.onnx.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(CONTENT)
    store.pull("net", Progress())
    assert server.asked == []
    assert store.read("net", "net.onnx") == CONTENT


def test_a_wrong_digest_is_refused_and_removed(
    server: Server, store: ModelStore
) -> None:
    server.content = b"x" + CONTENT[1:]
    with pytest.raises(ModelError, match="expected sha256"):
        store.pull("net", Progress())
    assert files(store) == set()


def test_a_wrong_file_in_the_cache_is_replaced(store: ModelStore) -> None:
    wrong = store.cache / "nets" / "net.onnx"
    wrong.parent.mkdir(parents=True)
    wrong.write_bytes(b"altered")
    assert store.verify("net") == {"net.onnx": Standing.WRONG_DIGEST}
    store.pull("net", Progress())
    assert store.verify("net") == {"net.onnx": Standing.VERIFIED}


def test_an_answer_that_is_too_long_is_thrown_away(
    server: Server, store: ModelStore
) -> None:
    server.content = CONTENT + b"more"
    with pytest.raises(ModelError, match=f"more than the {SIZE} bytes"):
        store.pull("net", Progress())
    assert files(store) == set()


def test_a_file_that_is_not_there_is_named(server: Server, store: ModelStore) -> None:
    gone = ModelStore(
        None,
        store.cache,
        cards=(
            ModelCard("net", "", "", "", "nets", Web(server.address + "x/"), (FILE,)),
        ),
        opener=loopback_opener,
    )
    with pytest.raises(ModelError, match=r"x/net\.onnx.*404"):
        gone.pull("net", Progress())


def test_a_cache_that_cannot_be_written_is_named(store: ModelStore) -> None:
    (store.cache / "nets").touch()
    with pytest.raises(ModelError, match="cannot write to"):
        store.pull("net", Progress())


def test_a_server_that_is_not_there_is_named(server: Server, store: ModelStore) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(ModelError, match="refused"):
        store.pull("net", Progress())


def test_plain_http_is_not_spoken_unless_told(server: Server, tmp_path: Path) -> None:
    card = ModelCard("net", "", "", "", "nets", Web(server.address), (FILE,))
    with pytest.raises(ModelError, match="unknown url type"):
        ModelStore(None, tmp_path, cards=(card,)).pull("net", Progress())
    assert server.asked == []


def test_a_redirect_leads_to_no_other_protocol(
    server: Server, store: ModelStore
) -> None:
    server.redirects_to = "file:///etc/hostname"
    with pytest.raises(ModelError, match="not allowed"):
        store.pull("net", Progress())
