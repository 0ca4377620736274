"""An owner's directory with everything that a desk needs, made in one go."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from ostiary.credential import (
    Act,
    Entries,
    Entry,
    LifeCycle,
    Randomness,
    RootDocument,
    StatusList,
    new_issuer_key,
    new_root_key,
    new_zone_key,
    sign_status_list,
)
from ostiary.desk.service import Desk
from ostiary.staff import Account, StaffRole, make_verifier
from ostiary.staff.passwords import SALT_BYTES
from ostiary.storage.files import write_atomically
from ostiary.storage.home import Home
from ostiary.storage.owner import sign_root, sign_trust
from ostiary.storage.registry import require_extra
from ostiary.storage.registry.records import KEY_BYTES, Place
from ostiary.vision.chain import Grade, grade_of

ISSUER: Final = "desk"
ZONES: Final = ("north", "south")

_LIFE: Final = timedelta(days=90)
_STATUS_LIFE: Final = timedelta(days=7)
_STATUS_TTL: Final = timedelta(hours=12)

_GATE: Final = """\
zone = "{zone}"
time_zone = "UTC"

[files]
root = "root.cose"
trust = "trust.cose"
zone_keys = ["zones/{zone}-1.private.json"]
status_lists = ["status/{issuer}.cwt"]

[vision]
chain = "{chain}"
attack_detector = "{attack_detector}"
unsafe_evaluation_grade_chain = {evaluation}

[passage]
door = "simulated"
"""


def make_desk(folder: Path, at: datetime, randomness: Randomness) -> Desk:
    """Make keys, trust, a status list and a registry; the desk of it.

    Args:
        folder: empty, or not there yet.
        at: now, aware, whole seconds.
        randomness: a source of random bytes fit for keys.

    Raises:
        ConfigurationError: the extra `desk` is missing.
        StorageError: the disk does not do it.
    """
    require_extra()
    from ostiary.storage.registry.registry import Registry  # noqa: PLC0415 - the extra

    home = Home(folder)
    _make_keys(home, at, randomness)
    place = Place.make(home, None, "main", randomness(KEY_BYTES))
    registry = Registry.create(place)
    place.connect(home)
    registry.adopt(ISSUER, home.register(ISSUER))
    _publish(home, at)
    return Desk.open(home, randomness)


def _make_keys(home: Home, at: datetime, randomness: Randomness) -> None:
    """Keys of issuer, zones and owner, and a trust list that names them."""
    life = LifeCycle.between(at, at + _LIFE)
    issuer = new_issuer_key(ISSUER, randomness)
    home.add_issuer(issuer, f"urn:demo:{ISSUER}")
    keys = [new_zone_key(zone, 1, at, at + _LIFE, randomness) for zone in ZONES]
    for key in keys:
        home.add_zone_key(key)
    owner = new_root_key("owner", randomness)
    home.add_root_key(owner)
    sign_root(home, RootDocument.alone(owner.public, at, at + _LIFE), [owner])
    listed = [Entry(key.public, life) for key in keys]
    entries = Entries.of([*listed, Entry(issuer.public, life, frozenset(ZONES))])
    home.change_draft(lambda _: entries)
    sign_trust(home, [owner], at, at + _LIFE)


def _publish(home: Home, at: datetime) -> None:
    """Sign the status list of its issuer; nobody is revoked on it."""
    register = home.register(ISSUER)
    status = StatusList(
        issuer=ISSUER,
        uri=register.uri,
        issued_at=at,
        expires_at=at + _STATUS_LIFE,
        ttl=_STATUS_TTL,
        bits=register.bits(),
    )
    key = home.issuer_key(ISSUER, Act.ISSUE, at)
    home.save_status_list(ISSUER, sign_status_list(status, key))


def add_account(
    home: Home, name: str, role: StaffRole, password: str, randomness: Randomness
) -> Account:
    """Make somebody who may sign in."""
    verifier = make_verifier(password, randomness(SALT_BYTES))
    account = Account(name, role, verifier)
    home.staff.change(lambda known: known.added(account))
    return account


def write_gate(home: Home, chain: str, attack_detector: str) -> Path:
    """Write the configuration of a gate that takes the desk's passes; where it lies."""
    text = _GATE.format(
        zone=ZONES[0],
        issuer=ISSUER,
        chain=chain,
        attack_detector=attack_detector,
        evaluation=str(grade_of(chain) is Grade.EVALUATION).lower(),
    )
    path = home.path / "gate.toml"
    write_atomically(path, text.encode())
    return path
