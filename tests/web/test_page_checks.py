"""`gate check` looks at the pages: address, certificate, key, accounts, other gates."""

import socket
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ostiary.config import Attendants, GateConfig, Pages
from ostiary.errors import ConfigurationError, OstiaryError, TrustListError
from ostiary.gate.checks import Bench, Finding, Verdict
from ostiary.gate.checks.finding import Look
from ostiary.gate.clock import SystemClock
from ostiary.storage.staff import StaffFile
from ostiary.vision.store import ModelStore
from ostiary.web.gate.checks import attendants, certificate, pages
from ostiary.web.gate.peer_files import Peer, dump_peer
from pages.staged import configured
from tests.web.attended import KIM
from tests.web.certificates import write_certificate

NOW = datetime.now(UTC)  # noqa: TID251 - certificates count by the machine's clock
DAY = timedelta(days=1)


def looked(look: Look, config: GateConfig, at: datetime = NOW) -> list[Finding]:
    bench = Bench(
        path=Path("gate.toml"),
        config=config,
        source=None,
        store=ModelStore(None, Path("none")),
        clock=SystemClock(UTC),
        at=at,
        open_door=False,
    )
    return list(look(bench))


@pytest.mark.enable_socket
def test_an_address_that_is_taken_and_a_language_that_is_not_there_are_told() -> None:
    (found,) = looked(pages, configured(Pages(port=0)))
    assert found.verdict is Verdict.OK
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=r"pages\.port"):
            looked(pages, configured(Pages(port=port)))
    with pytest.raises(ConfigurationError, match=r"pages\.language"):
        looked(pages, configured(Pages(port=0, language="xx")))


@pytest.fixture
def encrypted(tmp_path: Path) -> GateConfig:
    """A gate whose certificate counts from yesterday until tomorrow."""
    path, key = write_certificate(tmp_path)
    return configured(Pages(certificate=path, key=key))


def test_how_long_a_certificate_counts_is_told(encrypted: GateConfig) -> None:
    (plain,) = looked(certificate, configured(Pages()))
    assert plain.verdict is Verdict.OK
    (soon,) = looked(certificate, encrypted)
    assert (soon.verdict, soon.mend) == (Verdict.WARNING, "have another one made")
    with pytest.raises(ConfigurationError, match="expired"):
        looked(certificate, encrypted, NOW + 2 * DAY)
    with pytest.raises(ConfigurationError, match="not before"):
        looked(certificate, encrypted, NOW - 2 * DAY)


def test_a_key_that_others_can_read_or_that_is_not_its_own_is_told(
    encrypted: GateConfig, tmp_path: Path
) -> None:
    key = encrypted.pages.key
    assert key is not None
    key.chmod(0o640)
    with pytest.raises(TrustListError, match="chmod 600"):
        looked(certificate, encrypted)
    (tmp_path / "other").mkdir()
    _, other = write_certificate(tmp_path / "other")
    torn = replace(encrypted, pages=replace(encrypted.pages, key=other))
    with pytest.raises(ConfigurationError, match="cannot be used together"):
        looked(certificate, torn)
    missing = replace(encrypted.pages, certificate=tmp_path / "none.pem")
    with pytest.raises(OstiaryError, match=r"none\.pem"):
        looked(certificate, replace(encrypted, pages=missing))


def verdicts(settings: Attendants) -> list[Verdict]:
    config = replace(configured(Pages()), attendants=settings)
    return [each.verdict for each in looked(attendants, config)]


def test_accounts_token_and_other_gates_are_looked_at(tmp_path: Path) -> None:
    assert verdicts(Attendants()) == [Verdict.OK]
    staff, token = tmp_path / "staff.json", tmp_path / "token"
    peers = (tmp_path / "south.json", tmp_path / "east.json")
    named = Attendants(staff=staff, token=token, gates=peers)
    missing = [Verdict.WARNING, Verdict.WARNING, Verdict.FAILS, Verdict.FAILS]
    assert verdicts(named) == missing
    StaffFile(staff).change(lambda known: known.added(KIM))
    token.write_text("t" * 43)
    token.chmod(0o600)
    peers[1].write_bytes(dump_peer(Peer("east", "http://127.0.0.1:1", "t" * 43, "")))
    peers[1].chmod(0o600)
    assert verdicts(named) == [Verdict.OK, Verdict.OK, Verdict.FAILS, Verdict.OK]
    token.chmod(0o604)
    with pytest.raises(TrustListError, match="chmod 600"):
        verdicts(named)
