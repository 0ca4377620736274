"""A gate's configuration: what is read, and how mistakes are named."""

import dataclasses
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostiary.config import (
    Credentials,
    GateConfig,
    Log,
    Metrics,
    Passage,
    Power,
    Vision,
    load_config,
    unsafe_settings,
)
from ostiary.errors import ConfigurationError
from ostiary.presentation.fusion import Asking
from ostiary.terms import Rectangle

LEAST = """
zone = "north"
time_zone = "Europe/Paris"
[files]
root = "root.cose"
trust = "trust.cose"
zone_keys = ["north-1.private.json"]
status_lists = []
[passage]
door = "simulated"
"""


def load(folder: Path, text: str) -> GateConfig:
    path = folder / "gate.toml"
    path.write_text(text)
    return load_config(path)


def test_the_least_configuration_takes_the_defaults(tmp_path: Path) -> None:
    config = load(tmp_path, LEAST)
    assert config.zone == "north"
    assert str(config.clock_zone) == "Europe/Paris"
    assert config.files.root == tmp_path / "root.cose"
    assert config.files.trust == tmp_path / "trust.cose"
    assert config.credentials == Credentials()
    assert config.vision == Vision()
    assert config.vision.zone == Rectangle(0.25, 0.0, 0.5, 1.0)
    assert unsafe_settings(config) == ()


def test_settings_replace_defaults(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        LEAST
        + 'attendant = "terminal"\nopen_seconds = 4\n'
        + "[vision]\nprobe_frames = 5\nstanding_zone = [0, 0.1, 1, 0.9]\n"
        + 'challenge = "always"\nmove_seconds = 8\n'
        + "[credentials]\nmax_status_age_hours = 720\n",
    )
    rules = config.rules(0.5)
    assert (rules.probe_frames, rules.passage_seconds) == (5, 4.0)
    assert rules.comparison_threshold == 0.5
    assert (rules.challenge, rules.move_seconds) == (Asking.ALWAYS, 8.0)
    assert config.vision.zone == Rectangle(0, 0.1, 1, 0.9)
    assert config.credentials.max_status_age.days == 30


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "zone is missing"),
        (LEAST.replace('zone = "north"', "zone = 7"), "zone is to be of type str"),
        (LEAST.replace('zone = "north"', 'zone = ""'), "zone is empty"),
        (LEAST.replace("Europe/Paris", "Mars/Base"), "'Mars/Base' is unknown"),
        (LEAST.replace("Europe/Paris", "../../etc"), "is unknown"),
        (LEAST.replace('root = "root.cose"', ""), "files.root is missing"),
        (LEAST.replace('trust = "trust.cose"', ""), "files.trust is missing"),
        (
            LEAST.replace("status_lists = []", 'status_lists = "a"'),
            "list of file names",
        ),
        (
            LEAST.replace("status_lists = []", "status_lists = [1]"),
            "files.status_lists[0] is to be of type str",
        ),
        (LEAST.replace('door = "simulated"', ""), "passage.door is missing"),
        (LEAST + "speed = 1", "passage.speed is unknown; known here: attendant"),
        (LEAST + "[gate]", "gate is unknown"),
        (LEAST + "[vision]\nprobe_frames = 0", "out of range"),
        (
            LEAST + "[vision]\nprobe_frames = 1.5",
            "vision.probe_frames is to be of type",
        ),
        (LEAST + "[vision]\nprobe_frames = true", "vision.probe_frames is to be of"),
        (LEAST + "[vision]\nstanding_zone = [0, 0, 2, 1]", "out of range"),
        (LEAST + "[vision]\nstanding_zone = [0, 0, 1]", "out of range"),
        (LEAST + '[vision]\nstanding_zone = ["a", 0, 1, 1]', "standing_zone[0]"),
        (LEAST + "[vision]\nface_seconds = 0", "out of range"),
        (LEAST + "[vision]\nface_seconds = nan", "out of range"),
        (LEAST + "[vision]\nmove_seconds = 0", "out of range"),
        (LEAST + '[vision]\nchallenge = "sometimes"', "out of range"),
        (LEAST + "[credentials]\nmax_status_age_hours = -1", "out of range"),
        (LEAST + "[credentials]\nmax_status_age_hours = inf", "out of range"),
        (LEAST + "[credentials]\nunsafe_accept_unsealed = 1", "of type bool"),
        ("credentials = 3\n" + LEAST, "[credentials] is to be a table"),
        ("zone = ", "not TOML"),
        ("a = " + "[" * 5000, "gate.toml"),
        (LEAST.replace("trust.cose", "a\\u0000b"), "files.trust holds a character"),
        (
            LEAST.replace("north-1.private.json", "a\\u0000b"),
            "files.zone_keys[0] holds a character",
        ),
        (LEAST + "[vision]\nface_seconds = inf", "at most 300 seconds"),
        (LEAST + "open_seconds = 301", "at most 300 seconds"),
        (LEAST + "[vision]\nprobe_frames = 31", "1 to 30"),
        (LEAST + '[metrics]\nlisten = "localhost:9161"', "metrics.listen is out of"),
        (LEAST + '[metrics]\nlisten = "127.0.0.1:0"', "from 1 to 65535"),
        (LEAST + '[metrics]\nlisten = "::1:9161"', "in brackets"),
        (LEAST + "[power]", "power.ups is missing"),
        (LEAST + '[power]\nups = "ups"', "power.ups is out of range"),
        (LEAST + '[power]\nups = "a b@127.0.0.1:3493"', "ups@127.0.0.1:3493"),
        (LEAST + '[power]\nups = "u@[::1]:1"\nback_seconds = nan', "0 to 3600"),
        (LEAST + '[log]\nform = "xml"', "log.form is out of range"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(tmp_path, text)
    assert message in str(error.value)
    assert "gate.toml" in str(error.value)


def test_files_that_are_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="not TOML"):
        load_config(tmp_path / "binary.toml")
    with pytest.raises(ConfigurationError, match="no regular file"):
        load_config(Path("/dev/zero"))
    (tmp_path / "long.toml").write_text("#" * 70_000)
    with pytest.raises(ConfigurationError, match="long"):
        load_config(tmp_path / "long.toml")


def test_weakening_settings_are_found_by_their_name(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        LEAST
        + "[vision]\nunsafe_evaluation_grade_chain = true\n"
        + "[credentials]\nunsafe_accept_unsealed = true\n",
    )
    assert unsafe_settings(config) == (
        "unsafe_accept_unsealed",
        "unsafe_evaluation_grade_chain",
    )


def test_every_default_has_its_source() -> None:
    for section in (Credentials, Vision, Passage, Metrics, Power, Log):
        for setting in dataclasses.fields(section):
            if setting.default is not dataclasses.MISSING:
                assert setting.metadata["source"], setting.name


@given(text=st.text(max_size=200))
def test_only_documented_errors_come_out(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("config") / "gate.toml"
    path.write_text(LEAST + text, errors="replace")
    with suppress(ConfigurationError):
        load_config(path)


def test_optional_sections_are_off_until_they_are_written(tmp_path: Path) -> None:
    config = load(tmp_path, LEAST)
    assert (config.metrics, config.power, config.log.is_json) == (None, None, False)
    config = load(
        tmp_path,
        LEAST + '[metrics]\n[power]\nups = "hall@[::1]:3493"\n[log]\nform = "json"\n',
    )
    assert config.metrics is not None
    assert config.metrics.address == ("127.0.0.1", 9161)
    assert config.power is not None
    assert config.power.supply == ("hall", "::1", 3493)
    assert config.log.is_json


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (LEAST + "\n[vision]\n\nprobe_frames = 0 # none\n", 14),
        (LEAST + "[vision]\nspeed = 1", 12),
        (LEAST.replace('door = "simulated"', ""), 9),
        ("vision.face_seconds = 0\n" + LEAST, 1),
        ("a = 1\nb = = 2", 2),
        (LEAST + 'open_seconds = """', 11),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"gate\.toml:{line}: "):
        load(tmp_path, text)
    (tmp_path / "gate.toml").write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(ConfigurationError, match=r"gate\.toml:2: .*UTF-8"):
        load_config(tmp_path / "gate.toml")


CONSOLE = LEAST + 'attendant = "console"\n'


def test_attendants_sign_in_where_they_are_asked(tmp_path: Path) -> None:
    config = load(tmp_path, CONSOLE + '[attendants]\nstaff = "staff.json"\n')
    assert config.attendants.staff == tmp_path / "staff.json"
    with pytest.raises(ConfigurationError, match=r"attendants\.staff"):
        load(tmp_path, CONSOLE)


@pytest.mark.parametrize(
    "line",
    [
        "idle_minutes = 0.5",
        "idle_minutes = nan",
        "session_hours = 25",
        "session_hours = 0",
        'name = " north"',
        'name = "a\\nb"',
        'gates = "north.gate.json"',
        "gates = [1]",
        "staff = 1",
        'password = "of all of them"',
    ],
)
def test_attendants_settings_that_cannot_be(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigurationError, match="attendants"):
        load(tmp_path, LEAST + f"[attendants]\n{line}\n")
