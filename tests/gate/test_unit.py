"""The unit says what the settings need and no more, as systemd itself judges it."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ostiary.cli.application import app
from ostiary.config import parse_config
from ostiary.errors import ConfigurationError
from ostiary.gate.unit import Installation, _quoted, is_ours, unit_of

ANALYZE = shutil.which("systemd-analyze")
LEAST = """
zone = "north"
time_zone = "UTC"
[files]
root = "root.cose"
trust = "trust.cose"
status_lists = []
high_water = "/var/lib/ostiary/high-water.json"
attempts = "/var/lib/ostiary/attempts.json"
[passage]
door = "simulated"
"""
WATCHED = LEAST + '[metrics]\n[power]\nups = "ups@192.0.2.7:3493"\n'
STREAM = 'rtsp://192.0.2.9/live?a=%41&b=c d$e"f\\'


def installed(
    text: str = LEAST,
    source: str = "/dev/v4l/by-id/usb-Camera",
    *,
    user: str = "ostiary",
    path: str = "/etc/ostiary/gate.toml",
    program: str = "/bin/true",
    kiosk: bool = False,
    allowed: tuple[str, ...] = (),
    peers: tuple[str, ...] = (),
) -> str:
    return unit_of(
        Installation(
            config=parse_config(text.encode(), Path("/etc/ostiary/gate.toml")),
            path=Path(path),
            source=source,
            models=Path("/opt/ostiary/models"),
            program=Path(program),
            user=user,
            kiosk=kiosk,
            allowed=allowed,
            peers=peers,
        )
    )


def setting(unit: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", unit, re.MULTILINE)


@pytest.mark.parametrize("text", [LEAST, WATCHED])
@pytest.mark.parametrize("source", ["0", "/dev/video1", STREAM, "rtsp://[::1]/a"])
def test_systemd_finds_little_exposed_and_nothing_wrong(
    tmp_path: Path, text: str, source: str
) -> None:
    if ANALYZE is None:
        pytest.skip("systemd-analyze is not here")
    unit = tmp_path / "ostiary-gate.service"
    unit.write_text(installed(text, source))
    for arguments in (
        ["security", "--offline=true", "--no-pager", "--threshold=19"],
        ["verify"],
    ):
        result = subprocess.run(  # noqa: S603 - Debian's
            [ANALYZE, *arguments, str(unit)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout
        assert unit.name not in result.stderr, result.stderr


def test_only_what_is_needed_is_open() -> None:
    alone = installed()
    assert setting(alone, "PrivateNetwork") == ["yes"]
    assert setting(alone, "RestrictAddressFamilies") == ["AF_UNIX"]
    assert setting(alone, "DeviceAllow") == ["char-video4linux rw"]
    assert setting(alone, "StateDirectory") == ['"ostiary"']
    assert setting(alone, "ReadWritePaths") == []
    wired = installed(WATCHED, STREAM)
    assert setting(wired, "PrivateDevices") == ["yes"]
    assert setting(wired, "DeviceAllow") == []
    assert setting(wired, "IPAddressDeny") == ["any"]
    assert setting(wired, "IPAddressAllow") == ["localhost 192.0.2.7 192.0.2.9"]
    elsewhere = LEAST.replace("/var/lib/ostiary/a", "/srv/a gate/a")
    both = installed(elsewhere)
    assert setting(both, "ReadWritePaths") == ['"/srv/a gate"']
    entering = '[attendants]\nstaff = "/srv/staff.json"\njournal = "/srv/journal"\n'
    journalled = installed(LEAST + entering)
    assert setting(journalled, "ReadWritePaths") == ['"/srv/journal"']


def test_a_door_has_its_devices_and_its_broker() -> None:
    pins = "[gpio]\nrelay_pin = 17\nrelay_active_high = true\n"
    bus = '[osdp]\ndevice = "/dev/ttyUSB0"\nkey = "key"\n'
    broker = '[broker]\nhost = "localhost"\n'
    unit = installed(LEAST + pins + bus + broker, STREAM)
    assert setting(unit, "DeviceAllow") == [
        f"char-{kind} rw" for kind in ("gpiochip", "ttyACM", "ttyAMA", "ttyS", "ttyUSB")
    ]
    assert setting(unit, "SupplementaryGroups") == ["dialout gpio"]
    assert setting(unit, "IPAddressAllow") == ["localhost 192.0.2.9"]
    named = broker.replace("localhost", "broker.example") + 'authority = "ca.pem"\n'
    with pytest.raises(ConfigurationError, match=r"broker\.host, not its name"):
        installed(LEAST + named)


@pytest.mark.parametrize(
    ("driver", "device", "allowed"),
    [
        ("keyboard", "/dev/input/event3", ["char-input"]),
        (
            "serial",
            "/dev/ttyACM0",
            [f"char-{kind}" for kind in ("ttyACM", "ttyAMA", "ttyS", "ttyUSB")],
        ),
        ("second-camera", "1", ["char-video4linux"]),
        ("second-camera", STREAM.replace("\\", "").replace('"', ""), []),
    ],
)
def test_a_reader_has_its_devices(driver: str, device: str, allowed: list[str]) -> None:
    reader = f"[reader]\ndriver = \"{driver}\"\ndevice = '{device}'\n"
    unit = installed(LEAST + reader, "rtsp://192.0.2.9/live")
    assert setting(unit, "DeviceAllow") == [f"{kind} rw" for kind in allowed]
    assert setting(unit, "IPAddressAllow") == ["192.0.2.9"]


ATTENDED = LEAST + '[attendants]\nstaff = "/var/lib/ostiary/staff.json"\n'
OUTSIDE = (
    ATTENDED
    + """[pages]
address = "192.0.2.5"
certificate = "pages.pem"
key = "pages.private.pem"
"""
)


def test_the_pages_are_reached_by_those_who_are_named() -> None:
    here = installed(ATTENDED, STREAM)
    assert setting(here, "IPAddressAllow") == ["localhost 192.0.2.9"]
    assert "--kiosk" not in setting(here, "ExecStart")[0]
    shown = installed(kiosk=True)
    assert setting(shown, "PrivateNetwork") == []
    assert setting(shown, "IPAddressAllow") == ["localhost"]
    assert '"--kiosk"' in setting(shown, "ExecStart")[0]
    named = ("192.0.2.64/26", "2001:db8::/64")
    outside = installed(OUTSIDE, allowed=named, peers=("https://192.0.2.6:8470",))
    allowed = ["192.0.2.6 192.0.2.64/26 2001:db8::/64"]
    assert setting(outside, "IPAddressAllow") == allowed


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ('[attendants]\nstaff = "/home/gate/staff.json"', "attendants.staff"),
        ('[attendants]\ngates = ["a", "/root/b"]', "attendants.gates"),
        ('[attendants]\ntoken = "/tmp/token"', "attendants.token"),
        (
            '[pages]\ncertificate = "/home/c.pem"\nkey = "/etc/k.pem"',
            "pages.certificate",
        ),
        ('[broker]\nhost = "::1"\ncredentials = "/home/b"', "broker.credentials"),
        ('[reader]\ndriver = "nfc-simulated"\ndevice = "/home/r"', "reader.device"),
    ],
)
def test_every_file_lies_where_the_unit_can_look(section: str, name: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"{name} .*unit cannot look"):
        installed(f"{LEAST}{section}\n")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"user": "root"}, "does not run as root"),
        ({"user": "a b"}, "cannot be the name of an account"),
        ({"source": "rtsp://camera.example/"}, "not its name"),
        ({"source": "rtsp://["}, "not its name"),
        ({"peers": ("https://south.example:8470",)}, "another gate, not its name"),
        ({"text": OUTSIDE}, r"pages\.address 192\.0\.2\.5 is for other machines"),
        ({"text": LEAST + '[metrics]\nlisten = "[::]:9161"\n'}, "for other machines"),
        ({"allowed": ("192.0.2.1/24",)}, "is no network"),
        ({"allowed": ("localhost",)}, "is no network"),
        ({"source": "a\nExecStartPre=/bin/sh"}, "control characters"),
        ({"path": "gate.toml"}, "is to be whole"),
        ({"path": "/root/gate.toml"}, "lies where the unit cannot look"),
        ({"program": "/home/a/ostiary"}, "lies where the unit cannot look"),
        ({"path": "/var/lib/ostiary/gate.toml"}, "could change it"),
        ({"text": LEAST.replace("north", "n\\u0007")}, "zone: a name is printable"),
    ],
)
def test_what_a_unit_cannot_do_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        installed(**change)


def unquoted(text: str) -> str:
    """As systemd reads it (systemd.syntax(7), systemd.service(5))."""
    assert text[0] == text[-1] == '"'
    plain = re.sub(r"\\(.)", r"\1", text[1:-1])
    return plain.replace("$$", "$").replace("%%", "%")


@given(st.text(st.characters(exclude_categories=("C", "Z"))))
def test_whatever_is_written_is_read_back(text: str) -> None:
    if text.isprintable():
        assert unquoted(_quoted(text)) == text
        inner = _quoted(text)[1:-1].replace("\\\\", "").replace('\\"', "")
        assert '"' not in inner
        assert "\\" not in inner


def test_a_unit_that_was_changed_is_not_ours() -> None:
    unit = installed()
    assert is_ours(unit)
    assert not is_ours(unit.replace("WatchdogSec=30", "WatchdogSec=0"))
    assert not is_ours("[Unit]\n")
    assert not is_ours("")


def test_the_command_replaces_nothing_of_anybody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit, config = tmp_path / "gate.service", Path("/etc/ostiary/gate.toml")
    monkeypatch.delenv("OSTIARY_MODELS", raising=False)
    loaded = parse_config(LEAST.encode(), config)
    monkeypatch.setattr("ostiary.cli.install.load_signed_config", lambda _: loaded)
    monkeypatch.setattr("sys.argv", ["/opt/ostiary/bin/ostiary"])
    arguments = ["gate", "install", "--config", str(config), "--source", "0"]

    def call(*more: str) -> str:
        result = CliRunner().invoke(app, [*arguments, "--unit", str(unit), *more])
        return result.output if result.exit_code == 0 else str(result.exception)

    assert '"/opt/ostiary/bin/ostiary" "gate" "run"' in call("--print")
    assert not unit.exists()
    assert "systemctl enable --now gate.service" in call()
    written = unit.read_text()
    assert is_ours(written)
    assert "--user" not in call("--user", "door")
    assert "User=door" in unit.read_text()
    unit.write_text(written.replace("WatchdogSec=30", "WatchdogSec=0"))
    assert "is not replaced" in call()
    assert "WatchdogSec=0" in unit.read_text()
