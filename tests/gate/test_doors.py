"""Which door a configuration names, and what is refused."""

import gc
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ostiary.actuators import SimulatedDoor
from ostiary.actuators.mqtt import MqttDoor
from ostiary.broker import Broker, Connection, Message
from ostiary.config import GateConfig, load_config, unsafe_settings
from ostiary.errors import (
    ActuatorError,
    ConfigurationError,
    DeviceError,
    StorageError,
    TrustListError,
)
from ostiary.gate import doors
from ostiary.gate.doors import DRIVERS, broker_of, describe_door, open_door
from ostiary.gate.home_assistant import open_home_assistant
from tests.actuators.mqtt_peers import MOSQUITTO, Device, Mosquitto, free_port
from tests.gate.conftest import CONFIG

REAL = 'without_power = "locked"\n'
GPIO = "[gpio]\nrelay_pin = 17\nrelay_active_high = true\n"
OSDP = '[osdp]\ndevice = "/dev/ttyOstiaryAbsent"\nkey = "osdp.key"\n'
LANE = '[mqtt_door]\ntopic = "lane/1"\n'


def config_of(folder: Path, driver: str, more: str) -> GateConfig:
    path = folder / "gate.toml"
    path.write_text(CONFIG.replace('"simulated"', f'"{driver}"') + more)
    return load_config(path)


def broker(port: int, more: str = "") -> str:
    return f'[broker]\nhost = "localhost"\nport = {port}\n{more}'


def test_the_simulated_door_needs_nothing_and_may_say_what_it_does(
    tmp_path: Path,
) -> None:
    config = config_of(tmp_path, "simulated", "")
    assert isinstance(open_door(config), SimulatedDoor)
    assert describe_door(config).endswith("without power is not stated")
    stated = config_of(tmp_path, "simulated", 'without_power = "released"\n')
    assert describe_door(stated) == "door simulated: without power it is released"


@pytest.mark.parametrize("driver", ["", "Simulated", "simulated ", "wiegand"])
def test_an_unknown_driver_is_refused_and_never_replaced(
    tmp_path: Path, driver: str
) -> None:
    with pytest.raises(ConfigurationError, match="simulated, gpio, mqtt, osdp"):
        open_door(config_of(tmp_path, driver, REAL))


@pytest.mark.parametrize("driver", sorted(set(DRIVERS) - {"simulated"}))
def test_a_real_door_has_to_say_what_it_does_without_power(
    tmp_path: Path, driver: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"passage\.without_power is missing"):
        config_of(tmp_path, driver, "")


def test_nothing_but_locked_or_released_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="'shut' is none of: locked, released"):
        config_of(tmp_path, "gpio", 'without_power = "shut"\n' + GPIO)


@pytest.mark.parametrize(
    ("driver", "more", "message"),
    [
        ("gpio", "", r"this door needs the section \[gpio\]"),
        ("mqtt", "", r"this door needs the section \[mqtt_door\]"),
        ("mqtt", LANE, r"this door needs the section \[broker\]"),
        ("osdp", "", r"this door needs the section \[osdp\]"),
        ("gpio", GPIO + "beam_pins = [1, 2, 3]\n", "more than two beams"),
        ("osdp", OSDP + "address = 127\n", "is too large"),
        ("osdp", OSDP + "beam_input = 256\n", "is too large"),
        ("osdp", OSDP + "release_input = 256\n", "is too large"),
        ("osdp", OSDP + "supply_input = -1\n", "is too large"),
        ("mqtt", '[mqtt_door]\ntopic = "lane/#"\n' + broker(1), "is no topic"),
        ("mqtt", '[mqtt_door]\ntopic = "/lane"\n' + broker(1), "is no topic"),
        ("mqtt", '[mqtt_door]\ntopic = ""\n' + broker(1), "is no topic"),
        ("mqtt", LANE + broker(70000), "port is out of range"),
    ],
)
def test_what_a_driver_lacks_is_named(
    tmp_path: Path, driver: str, more: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        open_door(config_of(tmp_path, driver, REAL + more))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("[gpio]\nrelay_pin = 17\n", r"gpio\.relay_active_high is missing"),
        (GPIO + 'contact_pin = "22"\n', r"gpio\.contact_pin is to be of type int"),
        (
            GPIO + 'beam_pins = [22, "x"]\n',
            r"gpio\.beam_pins\[1\] is to be of type int",
        ),
        (GPIO + "pin = 1\n", r"gpio\.pin is unknown"),
        ('[osdp]\ndevice = "x"\nkey = 7\n', r"osdp\.key is to be of type str"),
        ('[broker]\nhost = "far.example"\n', r"broker\.authority is missing"),
        ("held_seconds = 4.9\n", r"passage\.held_seconds is shorter than"),
    ],
)
def test_a_section_is_read_like_any_other(
    tmp_path: Path, more: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        config_of(tmp_path, "simulated", more)


def test_a_broker_elsewhere_takes_tls_or_a_setting_that_says_unsafe(
    tmp_path: Path,
) -> None:
    far = '[broker]\nhost = "far.example"\n'
    safe = config_of(tmp_path, "simulated", far + 'authority = "ca.pem"\n')
    assert broker_of(safe).authority == tmp_path / "ca.pem"
    assert unsafe_settings(safe) == ()
    unsafe = config_of(tmp_path, "simulated", far + "unsafe_without_tls = true\n")
    assert broker_of(unsafe).authority is None
    assert unsafe_settings(unsafe) == ("unsafe_without_tls",)


def private(path: Path, content: str) -> Path:
    path.write_text(content)
    path.chmod(0o600)
    return path


def test_user_and_password_of_the_broker_are_two_lines_of_a_private_file(
    tmp_path: Path,
) -> None:
    with_login = broker(1883, 'credentials = "login"\n')
    config = config_of(tmp_path, "simulated", with_login)
    with pytest.raises(StorageError):
        broker_of(config)
    login = private(tmp_path / "login", "gate\ncorrect horse\n")
    read = broker_of(config)
    assert (read.user, read.password) == ("gate", "correct horse")
    assert "horse" not in repr(read)
    login.chmod(0o644)
    with pytest.raises(TrustListError, match="chmod 600"):
        broker_of(config)
    for content in ("gate", "a\nb\nc\n", ""):
        private(login, content)
        with pytest.raises(ConfigurationError, match="two lines"):
            broker_of(config)


@pytest.mark.parametrize("content", ["", "00" * 16, "0f" * 15, "xy" * 16, "0f" * 17])
def test_an_osdp_key_is_thirty_two_digits_and_not_all_nought(
    tmp_path: Path, content: str
) -> None:
    private(tmp_path / "osdp.key", content)
    with pytest.raises(ConfigurationError, match="32 hexadecimal digits"):
        open_door(config_of(tmp_path, "osdp", REAL + OSDP))


def test_a_real_door_that_is_not_there_refuses_to_start(tmp_path: Path) -> None:
    pytest.importorskip("osdp", reason="the extra osdp is not there")
    pytest.importorskip("gpiozero", reason="the extra gpio is not there")
    private(tmp_path / "osdp.key", "0f" * 16)
    for driver, more in (("osdp", OSDP), ("gpio", GPIO)):
        with pytest.raises(ActuatorError):
            open_door(config_of(tmp_path, driver, REAL + more))


@pytest.mark.enable_socket
def test_a_broker_that_is_not_there_refuses_to_start_a_door(tmp_path: Path) -> None:
    config = config_of(tmp_path, "mqtt", REAL + LANE + broker(free_port()))
    with pytest.raises(DeviceError, match="does not let the gate in"):
        open_door(config)


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Mosquitto]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed: make mosquitto")
    passwords = tmp_path / "passwords"
    passwords.touch(0o600)
    made = Mosquitto(tmp_path, f"allow_anonymous false\npassword_file {passwords}")
    yield made
    made.kill()


@pytest.mark.enable_socket
def test_a_broker_takes_nobody_without_the_password(
    lane: Mosquitto, tmp_path: Path
) -> None:
    private(tmp_path / "login", f"gate\n{secrets.token_hex()}\n")
    with_login = broker(lane.port, 'credentials = "login"\n')
    config = config_of(tmp_path, "mqtt", REAL + LANE + with_login)
    with pytest.raises(ActuatorError, match="does not let the gate in"):
        open_door(config)


def certify(folder: Path) -> Path:
    """A key and a certificate for localhost that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    now = datetime.now(UTC)  # noqa: TID251 - the TLS library asks the clock too
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    (folder / "ca.pem").write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
    )
    return folder / "ca.pem"


# The client library leaves a socket whose handshake failed to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.enable_socket
@pytest.mark.skipif(MOSQUITTO is None, reason="no mosquitto: make mosquitto")
def test_a_broker_is_believed_only_by_its_certificate(tmp_path: Path) -> None:
    authority = certify(tmp_path)
    (tmp_path / "other").mkdir()
    served = Mosquitto(
        tmp_path,
        f"allow_anonymous true\ncertfile {authority}\nkeyfile {tmp_path}/key.pem",
    )
    will = Message("ostiary/north/availability", b"offline")
    try:
        for path, stands in ((authority, True), (certify(tmp_path / "other"), False)):
            address = Broker("localhost", served.port, path)
            connection = Connection(address, "gate", will)
            assert connection.wait(5.0) is stands
            connection.end(will)
            del connection
        gc.collect()
    finally:
        served.kill()


@pytest.mark.enable_socket
@pytest.mark.skipif(MOSQUITTO is None, reason="no mosquitto: make mosquitto")
def test_a_door_and_home_assistant_share_a_broker(tmp_path: Path) -> None:
    served = Mosquitto(tmp_path)
    device = Device(served.port)
    home = '[home_assistant]\ntopic = "ostiary/north"\nname = "North"\n'
    config = config_of(tmp_path, "mqtt", REAL + LANE + broker(served.port) + home)
    door = open_door(config)
    display = open_home_assistant(config)
    try:
        assert isinstance(door, MqttDoor)
        assert display is not None
        door.open()
        assert device.lock == "released"
    finally:
        if display is not None:
            display.close()
        door.let_go()
        device.stop()
        served.kill()


def test_home_assistant_is_told_nothing_unless_it_is_named(tmp_path: Path) -> None:
    assert open_home_assistant(config_of(tmp_path, "simulated", "")) is None
    alone = '[home_assistant]\ntopic = "ostiary/north"\nname = "North"\n'
    with pytest.raises(ConfigurationError, match=r"section \[broker\]"):
        open_home_assistant(config_of(tmp_path, "simulated", alone))
    with pytest.raises(ConfigurationError, match=r"home_assistant\.topic"):
        open_home_assistant(
            config_of(tmp_path, "simulated", alone.replace("ostiary/north", "a+b"))
        )


def test_every_driver_is_tried_here() -> None:
    assert set(doors.DRIVERS) == {"simulated", "gpio", "mqtt", "osdp"}
