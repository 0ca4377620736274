"""Those who work at the pages: their accounts, passwords, sessions, and failed tries.

Values and rules alone; `ostiary.storage.staff` has the file, `ostiary.web` the pages.
"""

from ostiary.staff.accounts import (
    MAX_BYTES,
    Account,
    Accounts,
    StaffRole,
    State,
    check_account_name,
    dump_accounts,
    load_accounts,
)
from ostiary.staff.invitations import Invitations
from ostiary.staff.passwords import check_new_password, is_password, make_verifier
from ostiary.staff.sessions import Limits, Session, Sessions
from ostiary.staff.throttle import Throttle

__all__ = [
    "MAX_BYTES",
    "Account",
    "Accounts",
    "Invitations",
    "Limits",
    "Session",
    "Sessions",
    "StaffRole",
    "State",
    "Throttle",
    "check_account_name",
    "check_new_password",
    "dump_accounts",
    "is_password",
    "load_accounts",
    "make_verifier",
]
