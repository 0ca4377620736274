"""`ostiary keys new gate`, `hand-over` and `rotate`, as an owner would try them."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ostiary.cli.application import app
from ostiary.credential import GateKey, State, load_key, take_over
from ostiary.errors import ConfigurationError, TrustListError
from ostiary.storage.home import Home

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `ostiary` in a home of its own."""
    environment = {"OSTIARY_HOME": str(tmp_path / "home")}
    return lambda *words: CliRunner().invoke(
        app, list(map(str, words)), env=environment
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def founded(run: Run, home: Home) -> Home:
    """A home with an owner, an issuer, a zone and a gate, and a signed list."""
    for words in (
        ("keys", "new", "root", "ada"),
        ("keys", "new", "issuer", "acme"),
        ("keys", "new", "zone", "north"),
        ("keys", "new", "gate", "door"),
        ("trust", "add", "acme", "--zone", "north"),
        ("trust", "add", gate_file(home, "door"), "--zone", "north"),
        ("trust", "sign"),
    ):
        result = run(*words)
        assert result.exit_code == 0, (words, result.exception)
    return home


def gate_file(home: Home, stem: str, kind: str = "public") -> Path:
    return home.path / "gates" / f"{stem}.{kind}.json"


def gate_key(home: Home, stem: str = "door") -> GateKey:
    key = load_key(gate_file(home, stem, "private").read_bytes())
    assert isinstance(key, GateKey)
    return key


def test_a_gate_makes_a_key_of_its_own(run: Run, home: Home) -> None:
    said = run("keys", "new", "gate", "door").output
    assert gate_key(home).public.identifier.hex() in said
    assert str(gate_file(home, "door", "private")) in said
    assert f"trust add {gate_file(home, 'door')} --zone ZONE" in said
    assert json.loads(gate_file(home, "door", "private").read_text())["d"] not in said
    assert gate_file(home, "door", "private").stat().st_mode & 0o777 == 0o600


def test_a_further_key_does_not_replace_the_first(run: Run, home: Home) -> None:
    for _ in range(3):
        assert run("keys", "new", "gate", "door").exit_code == 0
    keys = [gate_key(home, stem).public for stem in ("door", "door.2", "door.3")]
    assert len({key.identifier for key in keys}) == 3
    assert {key.name for key in keys} == {"door"}


def test_a_name_that_could_lead_elsewhere_is_refused(run: Run, home: Home) -> None:
    result = run("keys", "new", "gate", "../door")
    assert isinstance(result.exception, ConfigurationError)
    assert not home.path.exists()


def test_the_keys_of_a_zone_are_sealed_to_the_gate(
    run: Run, founded: Home, tmp_path: Path
) -> None:
    result = run("keys", "hand-over", "north", "--to", "door", "--out", tmp_path)
    assert result.exit_code == 0
    path = tmp_path / "north-0.door.sealed"
    assert str(path) in result.output
    (there,) = founded.zone_keys("north")
    assert take_over(path.read_bytes(), gate_key(founded)).public == there.public


@pytest.mark.parametrize(
    ("words", "asked", "message"),
    [
        ((), ("north", "yard"), "no gate 'yard'"),
        ((), ("south", "door"), "not for zone 'south'"),
        (("remove", "door", "--compromised"), ("north", "door"), "compromised"),
        (("remove", "north-0", "--compromised"), ("north", "door"), "no key of zone"),
    ],
)
def test_nothing_is_handed_over_to_whom_it_is_not_for(
    run: Run,
    founded: Home,
    words: tuple[str, ...],
    asked: tuple[str, str],
    message: str,
) -> None:
    if words:
        run("trust", *words)
        assert run("trust", "sign").exit_code == 0
    zone, to = asked
    result = run("keys", "hand-over", zone, "--to", to, "--out", founded.path)
    assert isinstance(result.exception, TrustListError)
    assert message in str(result.exception)
    assert not list(founded.path.glob("*.sealed"))


def test_a_draft_hands_nothing_over(run: Run, founded: Home, tmp_path: Path) -> None:
    run("keys", "new", "gate", "yard")
    run("trust", "add", gate_file(founded, "yard"), "--zone", "north")
    result = run("keys", "hand-over", "north", "--to", "yard", "--out", tmp_path)
    assert isinstance(result.exception, TrustListError)
    assert "in force names no gate 'yard'" in str(result.exception)


def test_the_next_keys_are_in_the_draft_and_then_in_the_list(
    run: Run, founded: Home
) -> None:
    for kind, name in (("issuer", "acme"), ("zone", "north")):
        result = run("keys", "rotate", kind, name, "--lead", "7")
        assert result.exit_code == 0, result.exception
        assert "Next: ostiary trust sign" in result.output
    assert len(founded.trust().entries.issuers) == 1
    assert run("trust", "sign").exit_code == 0
    entries = founded.trust().entries
    for listed in (entries.issuers, entries.zones):
        old, new = listed
        assert old.life.ending_from == new.life.active_from
        assert new.life.state(old.life.active_from) is State.NEW
    assert [key.public.epoch for key in founded.zone_keys("north")] == [0, 1]
    assert len(founded.issuer_keys("acme")) == 2


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [("issuer", "nobody", "no issuer"), ("zone", "east", "no key of zone 'east'")],
)
def test_what_is_not_here_is_not_rotated(
    run: Run, founded: Home, kind: str, name: str, message: str
) -> None:
    result = run("keys", "rotate", kind, name)
    assert isinstance(result.exception, ConfigurationError)
    assert message in str(result.exception)
    assert len(founded.zone_keys("north")) == 1


@pytest.mark.parametrize(("kind", "name"), [("issuer", "acme"), ("zone", "north")])
def test_a_rotation_that_is_refused_makes_no_key(
    run: Run, founded: Home, kind: str, name: str
) -> None:
    assert run("keys", "rotate", kind, name).exit_code == 0
    keys = len(founded.issuer_keys("acme")), len(founded.zone_keys("north"))
    draft = founded.draft()
    result = run("keys", "rotate", kind, name)
    assert isinstance(result.exception, TrustListError)
    assert "listed already" in str(result.exception)
    assert (len(founded.issuer_keys("acme")), len(founded.zone_keys("north"))) == keys
    assert founded.draft() == draft


def test_no_command_prints_anything_private(
    run: Run, founded: Home, tmp_path: Path
) -> None:
    results = [
        run("keys", "rotate", "issuer", "acme"),
        run("keys", "rotate", "zone", "north"),
        run("keys", "hand-over", "north", "--to", "door", "--out", tmp_path),
        run("trust", "show"),
    ]
    said = "".join(result.output + str(result.exception) for result in results)
    files = list(founded.path.glob("*/*.private.json"))
    assert len(files) == 6
    for file in files:
        assert json.loads(file.read_text())["d"] not in said
