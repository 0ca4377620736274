"""Opening by hand, between a browser and the gate: wishes, and what came of them.

Nothing here decides anything. Which authenticator an account has is looked up, what is
to be signed comes from the gate, and the gate judges what was signed.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ostiary.errors import ConfigurationError, OstiaryError
from ostiary.gate.openings import SIGNING_SECONDS, NotOpened
from ostiary.journal import Assertion, OpeningReason
from ostiary.storage.authenticators import AuthenticatorsFile
from ostiary.web.gate.link import (
    HandDrawn,
    HandDropped,
    HandEnded,
    HandSeconded,
    HandSigned,
    HandWaits,
    HandWished,
    Message,
)

DRAWING_SECONDS: Final = 5.0
"""How long the gate may take to draw up an entry: it looks with each frame."""

MOST_WISHES: Final = 8

WISH_BYTES: Final = 16
"""By which a wish is named, at random, to whoever asked and to nobody else."""

NO_KIOSK: Final = "no-kiosk-for-a-receipt"
"""What comes of a wish for a receipt where no screen stands before the person."""

LOST: Final = "gate-lost"
"""What came of a wish that the gate did not answer: nobody knows."""

CHALLENGE_BYTES: Final = 32
"""Of a registration (WebAuthn level 2, section 13.4.3: at least 16)."""


_UNFIT: Final = (ValueError, TypeError, LookupError, EOFError, RecursionError)
"""What the decoders below `webauthn` raise at rubbish, beside its own."""


@dataclass(slots=True)
class Hands:
    """Wishes to open the gate that these pages belong to.

    Attributes:
        tell: says something to the gate.
        file: which authenticator an account has; None: nobody opens by hand here.
        offered: reasons that the gate says are; none: it knows of no rules.
        seconds: a clock that never runs backwards.
    """

    tell: Callable[[Message], None]
    file: AuthenticatorsFile | None = None
    offered: frozenset[str] = frozenset()
    seconds: Callable[[], float] = time.monotonic
    _waiting: dict[str, asyncio.Future[HandDrawn | HandEnded]] = field(
        default_factory=dict, repr=False
    )
    _seconds_wanted: dict[str, tuple[HandWaits, float]] = field(
        default_factory=dict, repr=False
    )
    _registering: dict[str, bytes] = field(default_factory=dict, repr=False)

    def identifier(self, account: str) -> bytes | None:
        """Of the credential of the account's authenticator; None: it has none."""
        return self._known().get(account)

    def account(self, attendant: str) -> str | None:
        """Whose authenticator that is, by its name in hexadecimal; None: nobody's."""
        known = self._known().items()
        found = (name for name, each in known if name_of(each) == attendant)
        return next(found, None)

    def waiting(self, account: str) -> tuple[HandWaits, ...]:
        """What waits for a second signature, and can have it from this account."""
        now = self.seconds()
        self._seconds_wanted = {
            wish: each for wish, each in self._seconds_wanted.items() if now < each[1]
        }
        own = self.identifier(account) if self._seconds_wanted else None
        if own is None:
            return ()
        wanted = (each for each, _ in self._seconds_wanted.values())
        return tuple(each for each in wanted if each.attendant != name_of(own))

    def hear(self, message: Message) -> None:
        """Take what the gate says, if somebody waits for it."""
        if isinstance(message, HandWaits):
            until = self.seconds() + message.seconds
            self._seconds_wanted[message.wish] = (message, until)
        if isinstance(message, HandDrawn | HandEnded):
            self._seconds_wanted.pop(message.wish, None)
            waiting = self._waiting.pop(message.wish, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(message)

    async def wish(
        self, identifier: bytes, reason: OpeningReason, *, receipt: bool = False
    ) -> HandDrawn | HandEnded:
        """What is to be signed, or why nothing is."""
        wish = secrets.token_hex(WISH_BYTES)
        wished = HandWished(wish, name_of(identifier), reason, receipt)
        return await self._answer(wished, DRAWING_SECONDS)

    async def sign(self, wish: str, said: Assertion) -> HandEnded:
        """What came of it."""
        if len(wish) > 2 * WISH_BYTES:
            # None of ours; it might not even fit through to the gate.
            return HandEnded(wish, NotOpened.LATE)
        return await self._signed(HandSigned(wish, *_parts(said)))

    async def countersign(
        self, challenge: bytes, identifier: bytes, said: Assertion
    ) -> HandEnded:
        """What came of what another attendant's authenticator said.

        Args:
            challenge: of what waits: its wish is known to whoever asked for it alone.
            identifier: of the credential of the other one's authenticator.
            said: what it said.
        """
        named = challenge.hex()
        waits = (each for each, _ in self._seconds_wanted.values())
        found = next((each for each in waits if each.challenge == named), None)
        if found is None:
            return HandEnded("", NotOpened.LATE)
        wish, attendant = secrets.token_hex(WISH_BYTES), name_of(identifier)
        seconded = HandSeconded(wish, found.wish, attendant, *_parts(said))
        return await self._signed(seconded)

    def drop(self, wish: str) -> None:
        """Whoever wished it does not sign."""
        self.tell(HandDropped(wish))

    def begin_registration(self, session: str) -> bytes:
        """What an authenticator is to answer to, once."""
        challenge = secrets.token_bytes(CHALLENGE_BYTES)
        if len(self._registering) >= MOST_WISHES:
            self._registering.pop(next(iter(self._registering)))
        self._registering[session] = challenge
        return challenge

    def registered(self, session: str, host: str, origin: str, answer: str) -> str:
        """The text that an owner enters of what an authenticator answered.

        Args:
            session: whose it is.
            host: by which the page was called.
            origin: of the page.
            answer: the credential as the browser writes it, JSON.

        Raises:
            ConfigurationError: it is no answer to what was asked.
        """
        challenge = self._registering.pop(session, None)
        if challenge is None:
            raise ConfigurationError("no registration was begun")
        return registration_text(challenge, host, origin, answer)

    def _known(self) -> Mapping[str, bytes]:
        try:
            return MappingProxyType({}) if self.file is None else self.file.read()
        except OstiaryError:
            return MappingProxyType({})

    async def _signed(self, signed: HandSigned | HandSeconded) -> HandEnded:
        # The gate gives up first: what it says of that is worth more than silence.
        answer = await self._answer(signed, SIGNING_SECONDS + DRAWING_SECONDS)
        if isinstance(answer, HandEnded):
            return answer
        return HandEnded(signed.wish, LOST)

    async def _answer(
        self, message: HandWished | HandSigned | HandSeconded, seconds: float
    ) -> HandDrawn | HandEnded:
        wish = message.wish
        if wish in self._waiting or len(self._waiting) >= MOST_WISHES:
            return HandEnded(wish, NotOpened.ANOTHER)
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[wish] = waiting
        self.tell(message)
        try:
            async with asyncio.timeout(seconds):
                answer: HandDrawn | HandEnded = await waiting
        except TimeoutError:
            return HandEnded(wish, LOST)
        finally:
            self._waiting.pop(wish, None)
        return answer


def name_of(identifier: bytes) -> str:
    """What entries call an attendant: SHA-256 of the identifier, hexadecimal."""
    return hashlib.sha256(identifier).hexdigest()


def _parts(said: Assertion) -> tuple[str, str, str]:
    data, client = said.authenticator_data.hex(), said.client_data.hex()
    return data, client, said.signature.hex()


def registration_text(challenge: bytes, host: str, origin: str, answer: str) -> str:
    """Identifier and public key of a new credential, hexadecimal, with a dot between.

    Raises:
        ConfigurationError: it is no answer to that challenge on that page, or the extra
            `openings` is not installed.
    """
    try:
        import webauthn  # noqa: PLC0415 - of an extra
        from webauthn.helpers.exceptions import (  # noqa: PLC0415 - of an extra
            WebAuthnException,
        )
    except ImportError:
        raise ConfigurationError(
            "opening by hand takes the extra openings: pip install ostiary[openings]"
        ) from None
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
        )
    except (WebAuthnException, *_UNFIT) as error:
        name = type(error).__name__
        raise ConfigurationError(f"not a registration of this page: {name}") from None
    return f"{made.credential_id.hex()}.{made.credential_public_key.hex()}"
