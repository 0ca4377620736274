"""What owners do to accounts, by a command or at a page."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from ostiary.desk.accounts import AccountKeeper, check_typed_twice, checked_name
from ostiary.errors import ConfigurationError, WriteFailedError
from ostiary.journal import OwnerAct, OwnerActKind
from ostiary.staff import Account, StaffRole, State, make_verifier
from ostiary.storage.staff import StaffFile
from tests.conftest import NOW

VERIFIER = make_verifier("four words on tea", bytes(16))
OTHER = make_verifier("five words on tea", bytes(16))
KIM = Account("kim", StaffRole.ATTENDANT, VERIFIER)
LEE = Account("lee", StaffRole.OWNER, VERIFIER)
ZOE = Account("zoe", StaffRole.OWNER, VERIFIER)


@dataclass
class House:
    """A file of accounts, and what was entered."""

    staff: StaffFile
    entered: list[OwnerAct] = field(default_factory=list)

    def keeper(self, by: str | None = None, at: datetime = NOW) -> AccountKeeper:
        return AccountKeeper(self.staff, self.entered.append, at, by)

    def acts(self) -> list[OwnerActKind]:
        return [each.act for each in self.entered]


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(StaffFile(tmp_path / "staff.json"))
    for account in (KIM, LEE, ZOE):
        made.keeper().add(account)
    made.entered.clear()
    return made


def test_every_act_is_entered_with_the_account_as_it_is_then(house: House) -> None:
    lee = house.keeper("lee")
    lee.set_state("kim", State.SUSPENDED)
    suspended = house.staff.read().existing("kim")
    lee.set_state("kim", State.ACTIVE)
    lee.set_password("kim", OTHER)
    changed = house.staff.read().existing("kim")
    lee.remove("kim")
    assert house.entered == [
        OwnerAct(NOW, OwnerActKind.STAFF_SUSPENDED, suspended.digest),
        OwnerAct(NOW, OwnerActKind.STAFF_REINSTATED, KIM.digest),
        OwnerAct(NOW, OwnerActKind.STAFF_PASSWORD_SET, changed.digest),
        OwnerAct(NOW, OwnerActKind.STAFF_REMOVED, changed.digest),
    ]
    assert house.staff.read().find("kim") is None


def refuse(act: OwnerAct) -> None:
    del act
    raise WriteFailedError("the disk is full")


@pytest.mark.parametrize(
    "act",
    [
        lambda keeper: keeper.set_state("kim", State.SUSPENDED),
        lambda keeper: keeper.set_password("kim", OTHER),
        lambda keeper: keeper.set_own_password(KIM, OTHER),
        lambda keeper: keeper.remove("kim"),
        lambda keeper: keeper.add(Account("max", StaffRole.OWNER, VERIFIER)),
    ],
)
def test_what_cannot_be_entered_is_not_done(
    house: House, act: Callable[[AccountKeeper], None]
) -> None:
    before = house.staff.read()
    with pytest.raises(WriteFailedError):
        act(AccountKeeper(house.staff, refuse, NOW))
    assert house.staff.read() == before


@pytest.mark.parametrize(
    "act",
    [
        lambda keeper: keeper.set_state("lee", State.SUSPENDED),
        lambda keeper: keeper.remove("lee"),
    ],
)
def test_an_owner_at_a_page_neither_suspends_nor_removes_themself(
    house: House, act: Callable[[AccountKeeper], None]
) -> None:
    with pytest.raises(ConfigurationError, match="another owner does"):
        act(house.keeper("lee"))
    assert house.acts() == []
    # Whoever holds the directory may.
    act(house.keeper())
    assert house.staff.read().active("lee") is None


def test_whose_account_was_changed_meanwhile_changes_no_password(house: House) -> None:
    house.keeper().set_own_password(KIM, OTHER)
    changed = house.staff.read().existing("kim")
    assert house.entered == [
        OwnerAct(NOW, OwnerActKind.STAFF_PASSWORD_SET, changed.digest)
    ]
    house.keeper("lee").set_state("kim", State.SUSPENDED)
    for account in (KIM, changed, house.staff.read().existing("kim")):
        with pytest.raises(ConfigurationError, match="changed meanwhile"):
            house.keeper().set_own_password(account, VERIFIER)
    assert house.staff.read().existing("kim").verifier == OTHER


def test_of_two_owners_who_suspend_each_other_one_stays(house: House) -> None:
    house.keeper("lee").set_state("zoe", State.SUSPENDED)
    with pytest.raises(ConfigurationError, match="no owner any more"):
        house.keeper("zoe").set_state("lee", State.SUSPENDED)
    assert house.staff.read().active("lee") == LEE


@pytest.mark.parametrize("by", ["kim", "nobody"])
def test_nobody_but_an_owner_acts(house: House, by: str) -> None:
    with pytest.raises(ConfigurationError, match="no owner any more"):
        house.keeper(by).remove("zoe")
    assert house.acts() == []


def test_what_changes_nothing_is_not_entered(house: House) -> None:
    with pytest.raises(ConfigurationError, match="active already"):
        house.keeper().set_state("kim", State.ACTIVE)
    with pytest.raises(ConfigurationError, match="no account"):
        house.keeper().remove("nobody")
    with pytest.raises(ConfigurationError, match="already"):
        house.keeper().add(KIM)
    assert house.acts() == []


@pytest.mark.parametrize("name", ["", "Kim", "kim\n", "\u202eeel", "кim", "k" * 33])
def test_hostile_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="lower-case"):
        checked_name(name)


@pytest.mark.parametrize(
    ("typed", "again"),
    [
        ("short", "short"),
        ("four words on tea", "four words on tee"),
        ("kim likes long words", "kim likes long words"),
        ("four words \u202e on tea", "four words \u202e on tea"),
    ],
)
def test_no_message_quotes_what_was_typed(typed: str, again: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        check_typed_twice(typed, again, "kim")
    assert typed not in str(caught.value)
