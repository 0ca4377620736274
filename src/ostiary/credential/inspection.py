"""Looking at a credential without believing it.

From outside: what anyone learns who sees the QR code. Opened with a zone's key:
everything but the template. Neither checks the signature, and neither result can be
taken for a `VerifiedCredential`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ostiary.credential.claims import Claims, Hours, StatusReference, read_claims
from ostiary.credential.keys import ZoneKey
from ostiary.credential.sealing import read_sealed, unseal
from ostiary.credential.signing import Signed, is_unsealed, read_signed
from ostiary.credential.template import Coding
from ostiary.credential.text import read_base45, read_text
from ostiary.erasure import overwrite
from ostiary.errors import CannotUnsealError
from ostiary.reasons import Reason

_SEALED_ALGORITHMS: Final = ("A256GCM", "ECDH-ES+A256KW over X25519")
_UNSEALED_ALGORITHMS: Final = ("Ed25519",)


@dataclass(frozen=True, slots=True)
class OutsideView:
    """What anyone learns who sees the code.

    Attributes:
        sealed: whether the rest is hidden.
        text_characters: length of the base45 text.
        compressed_bytes: length after base45.
        cose_bytes: length after zlib.
        algorithms: names of what protects it.
        key_identifiers: of the zone keys that open it, or of the key that signed an
            unsealed one; 8 bytes each. They show zone and epoch to who knows them.
    """

    sealed: bool
    text_characters: int
    compressed_bytes: int
    cose_bytes: int
    algorithms: tuple[str, ...]
    key_identifiers: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class OpenedView:
    """Everything but the template, as the credential claims it.

    Attributes:
        signature: always says that it was not checked.
        signing_key: identifier of the key that is said to have signed; 8 bytes.
        issuer: the issuer that it names.
        zones: the zones that it names.
        issued_at: moments are in UTC.
        not_before: first valid moment.
        expires_at: first moment past it.
        identifier: 16 bytes.
        status: where its status stands.
        hours: zone -> windows.
        extractor: what made the template; None for the lane without a face.
        coding: how it is written.
        template_bytes: how long it is; 0 without a face.
    """

    signature: str = field(init=False, default="not checked")
    signing_key: bytes
    issuer: str
    zones: tuple[str, ...]
    issued_at: datetime
    not_before: datetime
    expires_at: datetime
    identifier: bytes = field(repr=False)
    status: StatusReference | None
    hours: Mapping[str, tuple[Hours, ...]]
    extractor: str | None
    coding: Coding | None
    template_bytes: int


def inspect_outside(text: str) -> OutsideView:
    """Look at the code alone.

    Raises:
        MalformedError: not a credential.
    """
    message = read_text(text)
    sealed = not is_unsealed(message)
    if sealed:
        recipients = read_sealed(message).recipients
        identifiers = tuple(recipient.key_identifier for recipient in recipients)
    else:
        identifiers = (read_signed(message).key_identifier,)
    return OutsideView(
        sealed=sealed,
        text_characters=len(text),
        compressed_bytes=len(read_base45(text)),
        cose_bytes=len(message),
        algorithms=_SEALED_ALGORITHMS if sealed else _UNSEALED_ALGORITHMS,
        key_identifiers=identifiers,
    )


def inspect_opened(text: str, zone_keys: Sequence[ZoneKey]) -> OpenedView:
    """Open it with one of those keys, of whatever epoch, and leave out the template.

    Raises:
        MalformedError: not a credential.
        IncompatibleReferenceError: a face entry of a kind not known here.
        CannotUnsealError: `NO_RECIPIENT`, or `CANNOT_UNSEAL`.
    """
    content = _open(read_text(text), zone_keys)
    try:
        signed = read_signed(content)
        return _view(signed, read_claims(signed.payload))
    finally:
        overwrite(content)


def _open(message: bytes, zone_keys: Sequence[ZoneKey]) -> bytearray:
    if is_unsealed(message):
        return bytearray(message)
    sealed = read_sealed(message)
    held = {key.public.identifier: key for key in zone_keys}
    for recipient in sealed.recipients:
        if recipient.key_identifier in held:
            return unseal(sealed, recipient, held[recipient.key_identifier].key)
    raise CannotUnsealError(Reason.NO_RECIPIENT)


def _view(signed: Signed, claims: Claims) -> OpenedView:
    reference = claims.reference
    return OpenedView(
        signing_key=signed.key_identifier,
        issuer=claims.issuer,
        zones=claims.zones,
        issued_at=claims.issued_at,
        not_before=claims.not_before,
        expires_at=claims.expires_at,
        identifier=claims.identifier,
        status=claims.status,
        hours=claims.hours,
        extractor=reference.extractor if reference else None,
        coding=reference.coding if reference else None,
        template_bytes=len(reference.data) if reference else 0,
    )
