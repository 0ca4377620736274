"""Passwords of staff: what may be one, and what is kept in place of it.

Kept is an Argon2id verifier (RFC 9106) with a salt for each account, in the usual PHC
form, which names its own parameters. What may be a password is NIST SP 800-63B-4,
section 3.1.1: long, of any characters, and none of those that are tried first: words of
the place, and what a finger makes that runs along the keys.
"""

import re
import unicodedata
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import Argon2Error, InvalidHashError

SALT_BYTES: Final = 16
"""RFC 9106, section 3.1: 16 bytes suffice for all applications."""

LEAST_CHARACTERS: Final = 15
"""SP 800-63B-4: for a password that nothing else stands beside."""

MOST_CHARACTERS: Final = 128
"""SP 800-63B-4 asks for 64 at least."""

LEAST_DIFFERENT: Final = 6
"""Characters that differ, outside of runs: a key that was held down is no password."""

CONTEXT: Final = ("ostiary", "password")
"""Words of the place that no password holds, beside the name of its account."""

LEAST_OF_A_NAME: Final = 3
"""Characters of a name that is looked for: a shorter one stands in many words."""

ROWS: Final = (
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    # German, then French keys, where they differ.
    "qwertzuiop",
    "yxcvbnm",
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
)
"""Along what fingers run, to the right or to the left."""

LEAST_OF_A_RUN: Final = 4
"""Characters in a row that make a run: three stand in words, as in `first`."""

_RUNS: Final = frozenset(
    (keys + keys)[at : at + LEAST_OF_A_RUN]
    for row in ROWS
    for keys in (row, row[::-1])
    for at in range(len(keys))
)
"""Every shortest run, also past the end of a row to its beginning."""

_HASHER: Final = PasswordHasher(
    time_cost=3,
    memory_cost=64 * 1024,
    parallelism=4,
    hash_len=32,
    salt_len=SALT_BYTES,
    type=Type.ID,
)
"""RFC 9106, section 4, second recommended option: 3 passes over 64 MiB in 4 lanes."""

_PARAMETERS: Final = "$argon2id$v=19$m=65536,t=3,p=4$"
_FORM: Final = re.compile(
    re.escape(_PARAMETERS) + r"[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}"
)

NOBODY: Final = f"{_PARAMETERS}{'A' * 22}${'A' * 43}"
"""A verifier that no password is known to fit: an unknown name costs the same time."""


def check_new_password(password: str, name: str) -> None:
    """Refuse what is no password for the account of that name.

    Raises:
        ValueError: too short, too long, of a few characters or runs along the keys,
            with the name or a word of the place in it, or with characters that cannot
            be typed again.
    """
    text = _normal(password)
    if len(text) < LEAST_CHARACTERS:
        raise ValueError(
            f"a password has at least {LEAST_CHARACTERS} characters: a few words do"
        )
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"a password has at most {MOST_CHARACTERS} characters")
    if not text.isprintable():
        raise ValueError("a password has characters that can be typed and seen")
    if _different(text.casefold()) < LEAST_DIFFERENT:
        raise ValueError("a password is not one key held down, nor a row of keys")
    if any(word in text.casefold() for word in _words(name)):
        raise ValueError(
            "a password does not hold the name of its account, nor one of the words "
            f"{', '.join(CONTEXT)}"
        )


def make_verifier(password: str, salt: bytes) -> str:
    """What is kept in place of a password.

    Args:
        password: as it was typed.
        salt: 16 random bytes, for this account and this password alone.

    Raises:
        ValueError: a salt of another length.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return _HASHER.hash(_normal(password), salt=salt)


def check_verifier(verifier: str) -> None:
    """Refuse a verifier that was not made with these very parameters.

    A file that asked for more memory or time than there is could stop the pages.

    Raises:
        ValueError: it was not.
    """
    if not _FORM.fullmatch(verifier):
        raise ValueError("a verifier is Argon2id with the parameters of docs/adr/0050")


def is_password(verifier: str, password: str) -> bool:
    """Whether that is the password; takes the same time either way."""
    if len(password) > 4 * MOST_CHARACTERS:
        # Normal forms are shorter at times. Nobody's password, whoever asks.
        password = ""
    try:
        return _HASHER.verify(verifier, _normal(password))
    except (Argon2Error, InvalidHashError, UnicodeEncodeError):
        return False


def _words(name: str) -> tuple[str, ...]:
    return CONTEXT if len(name) < LEAST_OF_A_NAME else (*CONTEXT, name)


def _different(text: str) -> int:
    """How many characters differ of those that stand in no run along the keys."""
    run = {
        at + step
        for at in range(len(text))
        if text[at : at + LEAST_OF_A_RUN] in _RUNS
        for step in range(LEAST_OF_A_RUN)
    }
    return len({character for at, character in enumerate(text) if at not in run})


def _normal(password: str) -> str:
    """One form of what several keyboards write in several (RFC 8265, section 4.2)."""
    return unicodedata.normalize("NFC", password)
