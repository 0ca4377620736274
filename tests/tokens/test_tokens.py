"""Keys on a token: SoftHSM stands in for hardware, behind the same PKCS#11 driver."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from typer.testing import CliRunner, Result

from ostiary import tokens
from ostiary.cli.application import EXIT_CODES, app
from ostiary.credential import (
    TokenKey,
    TokenUri,
    new_issuer_key,
)
from ostiary.errors import ConfigurationError, DeviceError, OstiaryError, TokenError
from ostiary.storage.home import Home

if TYPE_CHECKING:
    from pkcs11 import Session

pkcs11 = pytest.importorskip("pkcs11", reason="the extra hardware-keys is not there")

PIN: Final = "4711-secret"
KEYS: Final = {"desk": ["signs"], "spare": ["signs", "twice", "twice", "rsa"]}
"""Labels of keys, by the label of the token."""

DRIVERS: Final = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
)
DRIVER: Final = next(filter(lambda path: Path(path).exists(), DRIVERS), "")

needs_softhsm = pytest.mark.skipif(
    not DRIVER or shutil.which("softhsm2-util") is None,
    reason="SoftHSM is not installed: make softhsm",
)

Run = Callable[..., Result]


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A driver with the tokens and keys of `KEYS`."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\n")
    # The driver reads it whenever it is initialised.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(configuration))
        for label in KEYS:
            subprocess.run(  # noqa: S603 - fixed words
                [
                    *("softhsm2-util", "--init-token", "--free", "--label", label),
                    *("--so-pin", "12345678", "--pin", PIN),
                ],
                check=True,
                capture_output=True,
            )
        library = pkcs11.lib(DRIVER)
        library.reinitialize()
        for label, keys in KEYS.items():
            with library.get_token(token_label=label).open(
                rw=True, user_pin=PIN
            ) as session:
                for identifier, key in enumerate(keys):
                    make_key(session, key, bytes([identifier]))
        yield DRIVER


def make_key(session: "Session", label: str, identifier: bytes) -> None:
    if label == "rsa":
        session.generate_keypair(pkcs11.KeyType.RSA, 2048, label=label, store=True)
        return
    parameters = session.create_domain_parameters(
        pkcs11.KeyType.EC_EDWARDS,
        {
            pkcs11.Attribute.EC_PARAMS: pkcs11.util.ec.encode_named_curve_parameters(
                "1.3.101.112"
            )
        },
        local=True,
    )
    parameters.generate_keypair(label=label, id=identifier, store=True)


@pytest.fixture
def pin_file(tmp_path: Path) -> Path:
    path = tmp_path / "pin"
    path.write_text(f"{PIN}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `ostiary` in a home of its own."""
    environment = {"OSTIARY_HOME": str(tmp_path / "home")}
    return lambda *words: CliRunner().invoke(app, words, env=environment)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def address(driver: str, pin_file: Path, *, on: str = "desk") -> str:
    return (
        f"pkcs11:token={on};object=signs;type=private"
        f"?module-path={driver}&pin-source=file:{pin_file}"
    )


def uri(driver: str, *, key: str = "signs", on: str = "desk") -> TokenUri:
    return TokenUri(driver, key, b"", {"token": on}, None)


def refusal(result: Result, kind: type[OstiaryError] = TokenError) -> str:
    assert isinstance(result.exception, kind), result.output
    return str(result.exception)


def give(pin: str) -> Callable[[TokenUri], str]:
    return lambda _uri: pin


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output + str(result.exception)
    return result.output


@needs_softhsm
def test_an_owner_and_an_issuer_whose_keys_stay_on_tokens_sign_what_gates_accept(
    run: Run, home: Home, driver: str, pin_file: Path
) -> None:
    spare = address(driver, pin_file, on="spare")
    done(run("keys", "new", "root", "owner", "--token", spare))
    made = run("keys", "new", "issuer", "acme", "--token", address(driver, pin_file))
    assert "stays on its token" in done(made)
    done(run("trust", "add", "acme", "--zone", "north"))
    assert "signed by owner" in done(run("trust", "sign"))
    done(run("status", "build", "acme"))
    done(run("status", "check", str(home.status_paths()[0])))
    assert len(private_files(home)) == 2
    assert all("d" not in json.loads(file.read_text()) for file in private_files(home))


@needs_softhsm
def test_an_issuer_whose_key_stays_on_a_token_is_given_none_in_a_file(
    run: Run, home: Home, driver: str, pin_file: Path
) -> None:
    done(run("keys", "new", "root", "ada"))
    done(run("keys", "new", "issuer", "acme", "--token", address(driver, pin_file)))
    done(run("trust", "add", "acme", "--zone", "north"))
    draft = home.draft_path.read_bytes()
    told = refusal(run("keys", "rotate", "issuer", "acme"), ConfigurationError)
    assert "stays on a hardware token" in told
    assert "keys new issuer acme-2 --token" in told
    assert home.draft_path.read_bytes() == draft
    assert len(private_files(home)) == 2


@needs_softhsm
def test_a_settings_key_on_a_token_signs_a_configuration(
    run: Run, home: Home, driver: str, pin_file: Path, tmp_path: Path
) -> None:
    done(run("keys", "new", "settings", "owner", "--token", address(driver, pin_file)))
    file = tmp_path / "gate.toml"
    file.write_text("")
    run("keys", "new", "root", "ada")
    done(run("trust", "add", str(home.path / "settings" / "owner.public.json")))
    done(run("trust", "sign"))
    assert "for any gate" in done(run("trust", "sign-file", str(file)))


def private_files(home: Home) -> list[Path]:
    return list(home.path.glob("*/*.private.json"))


@needs_softhsm
def test_a_file_that_refers_to_a_token_holds_no_secret(
    run: Run, home: Home, driver: str, pin_file: Path
) -> None:
    run("keys", "new", "issuer", "acme", "--token", address(driver, pin_file))
    file = home.path / "issuer" / "acme.private.json"
    content = json.loads(file.read_text())
    assert "d" not in content
    assert PIN not in file.read_text()
    assert content["token"].startswith("pkcs11:token=desk;object=signs?")


@needs_softhsm
def test_what_a_token_signs_is_checked_against_the_key_that_was_taken_up(
    home: Home, driver: str, pin_file: Path
) -> None:
    other = new_issuer_key("acme", lambda size: bytes([7]) * size)
    text = address(driver, pin_file)
    home.add_issuer(TokenKey(other.public, TokenUri.read(text)), "urn:acme", 8)
    (key,) = home.issuer_keys("acme")
    with pytest.raises(TokenError, match="another than the one that was taken up"):
        key.key.sign(b"message")


@needs_softhsm
def test_a_signature_of_a_token_is_one_of_its_key(driver: str) -> None:
    public = tokens.read_public_key(uri(driver, on="spare"), give(PIN))
    # Logged in already: no PIN is needed twice in one process.
    signer = tokens.TokenSigner(uri(driver, on="spare"), public, give("wrong"))
    assert signer.public_key() == public
    public.verify(signer.sign(bytearray(b"message")), b"message")


@needs_softhsm
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"on": "gone"}, "not there"),
        ({"key": "gone"}, "keeps no such key"),
        ({"key": "twice", "on": "spare"}, "several such keys"),
        ({"key": "rsa", "on": "spare"}, "EC_POINT|AttributeTypeInvalid|Ed25519"),
    ],
)
def test_what_a_token_does_not_have_is_told(
    driver: str, changed: dict[str, str], told: str
) -> None:
    with pytest.raises(TokenError, match=told):
        tokens.read_public_key(uri(driver, **changed), give(PIN))


def test_a_token_is_asked_for_only_when_it_signs(home: Home) -> None:
    key = new_issuer_key("acme", lambda size: bytes([7]) * size)
    home.add_issuer(TokenKey(key.public, uri("/none.so")), "urn:acme", 8)
    (kept,) = home.issuer_keys("acme")
    assert kept.public == key.public
    with pytest.raises(TokenError, match=r"none\.so"):
        kept.key.sign(b"message")


@needs_softhsm
def test_a_wrong_pin_is_not_tried_again(driver: str) -> None:
    asked = []

    def pin(of: TokenUri) -> str:
        asked.append(of)
        return "wrong"

    with_nobody_logged_in(driver)
    with pytest.raises(TokenError, match="refuses the PIN"):
        tokens.read_public_key(uri(driver), pin)
    assert len(asked) == 1


@needs_softhsm
def test_without_a_terminal_nobody_waits_for_a_pin(run: Run, driver: str) -> None:
    text = f"pkcs11:token=desk;object=signs?module-path={driver}"
    told = refusal(run("keys", "new", "issuer", "acme", "--token", text))
    assert "pin-source" in told


@needs_softhsm
def test_a_pin_that_others_can_read_is_refused(
    run: Run, driver: str, pin_file: Path
) -> None:
    pin_file.chmod(0o644)
    result = run("keys", "new", "issuer", "acme", "--token", address(driver, pin_file))
    assert "holds a secret" in refusal(result, OstiaryError)


@pytest.mark.parametrize("content", [b"", b"no library"])
def test_a_driver_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "driver.so"
    if content:
        path.write_bytes(content)
    with pytest.raises(TokenError, match=r"driver\.so"):
        tokens.read_public_key(uri(str(path)), give(PIN))


@pytest.mark.parametrize("kind", sorted(tokens._ADVICE))
def test_every_named_complaint_of_a_token_is_one_that_the_library_knows(
    kind: str,
) -> None:
    complaint = getattr(pkcs11, kind)
    with (
        pytest.raises(TokenError) as refused,
        tokens._token_errors(pkcs11, uri("/driver.so")),
    ):
        raise complaint
    assert tokens._ADVICE[kind] in str(refused.value)
    assert kind not in str(refused.value)


def test_any_other_complaint_is_named() -> None:
    with (
        pytest.raises(TokenError, match="it says FunctionFailed"),
        tokens._token_errors(pkcs11, uri("/driver.so")),
    ):
        raise pkcs11.FunctionFailed


def test_without_the_extra_its_name_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pkcs11", None)
    with pytest.raises(ConfigurationError, match=r"ostiary\[hardware-keys\]"):
        tokens.read_public_key(uri("/driver.so"), give(PIN))


def test_a_token_that_does_not_do_its_work_is_a_device() -> None:
    assert issubclass(TokenError, DeviceError)
    assert EXIT_CODES[DeviceError] == 7


def test_a_uri_that_is_none_is_a_setting_that_is_wrong(run: Run) -> None:
    result = run("keys", "new", "issuer", "acme", "--token", "pkcs11:object=x")
    assert "module-path" in refusal(result, ConfigurationError)


def with_nobody_logged_in(driver: str) -> None:
    pkcs11.lib(driver).reinitialize()
