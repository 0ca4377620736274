"""What upsd answers is believed in nothing but its one line; the real one is asked."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ostiary.config import Power
from ostiary.gate.supply import Stage, Supply
from ostiary.gate.ups import PowerWatch, ask

pytestmark = pytest.mark.enable_socket

DUMMY, UPSD = Path("/lib/nut/dummy-ups"), Path("/lib/nut/upsd")


class StandingClock:
    """A clock that the test sets."""

    at = 0.0

    def now(self) -> object:
        raise AssertionError("nobody asks")

    def seconds(self) -> float:
        return self.at


def answering(answer: bytes, seen: list[bytes]) -> int:
    """A daemon that gives one answer to whoever asks first; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as connection:
            seen.append(connection.recv(100))
            connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def settings(port: int) -> Power:
    return Power(ups=f"hall@127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("answer", "supply"),
    [
        (b'VAR hall ups.status "OL"\n', Supply.MAINS),
        (b'VAR hall ups.status "OB LB"\n', Supply.LOW),
        (b'VAR other ups.status "OL"\n', Supply.UNKNOWN),
        (b'VAR hall ups.status "OL"', Supply.UNKNOWN),
        (b'VAR hall battery.charge "OL"\n', Supply.UNKNOWN),
        (b"ERR DATA-STALE\n", Supply.UNKNOWN),
        (b"ERR UNKNOWN-UPS\n", Supply.UNKNOWN),
        (b"\xff\x00" * 4000, Supply.UNKNOWN),
        (b"", Supply.UNKNOWN),
    ],
)
def test_one_line_is_believed(answer: bytes, supply: Supply) -> None:
    seen: list[bytes] = []
    assert ask(settings(answering(answer, seen))) is supply
    assert seen == [b"GET VAR hall ups.status\n"]


def test_nobody_there_is_no_answer() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as gone:
        port = gone.getsockname()[1]
    assert ask(settings(port)) is Supply.UNKNOWN


def test_the_watch_keeps_what_follows() -> None:
    clock = StandingClock()
    said = iter([Supply.BATTERY, Supply.LOW, Supply.LOW])
    watch = PowerWatch(settings(1), clock, lambda _: next(said))  # type: ignore[arg-type] # no wall clock
    stages = []
    for clock.at in (1.0, 2.0, 9.0):
        watch.look()
        stages.append(watch.power.stage)
    assert stages == [Stage.ON_BATTERY, Stage.LOW, Stage.ASLEEP]


@pytest.fixture
def upsd(tmp_path: Path) -> Iterator[tuple[Power, Path]]:
    """A real upsd over NUT's simulated supply, and the file that it reads."""
    if not (DUMMY.exists() and UPSD.exists()):
        pytest.skip("NUT is not installed: make nut")
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    state = tmp_path / "hall.dev"
    state.write_text("ups.status: OL\nTIMER 1\n")
    (tmp_path / "ups.conf").write_text(
        f"[hall]\ndriver = dummy-ups\nport = {state}\nmode = dummy\n"
    )
    (tmp_path / "upsd.conf").write_text(f"LISTEN 127.0.0.1 {port}\n")
    (tmp_path / "upsd.users").write_text("")
    user = "root" if os.getuid() == 0 else ""
    environment = {
        **os.environ,
        "NUT_CONFPATH": str(tmp_path),
        "NUT_STATEPATH": str(tmp_path),
        "NUT_ALTPIDPATH": str(tmp_path),
        "NUT_PIDPATH": str(tmp_path),
    }
    as_user = ["-u", user] if user else []
    started = [
        subprocess.Popen(  # noqa: S603 - Debian's
            [program, *arguments, *as_user],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for program, arguments in (
            (str(DUMMY), ["-F", "-a", "hall"]),
            (str(UPSD), ["-F"]),
        )
    ]
    try:
        yield Power(ups=f"hall@127.0.0.1:{port}"), state
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def said_within(settings: Power, wanted: Supply, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if ask(settings) is wanted:
            return True
        time.sleep(0.1)
    return False


def test_the_real_upsd_says_when_power_fails(upsd: tuple[Power, Path]) -> None:
    settings, state = upsd
    assert said_within(settings, Supply.MAINS, 15)
    state.write_text("ups.status: OB DISCHRG LB\nTIMER 1\n")
    assert said_within(settings, Supply.LOW, 15)
    other = Power(ups=settings.ups.replace("hall", "cellar"))
    assert ask(other) is Supply.UNKNOWN
