"""The one tree of exceptions.

Non-match, poor quality, a suspected attack and failure to acquire are values, not
exceptions. No message carries biometric data or a holder's name. Misuse by a caller is
`ValueError`.
"""

from ostiary.reasons import Reason


class OstiaryError(Exception):
    """Anything that Ostiary reports as going wrong."""


class CredentialError(OstiaryError):
    """A credential, or what it relies on, that cannot be accepted.

    Attributes:
        reason: which one of the closed list; the only thing the gate acts upon.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class MalformedError(CredentialError):
    """It is not written as the specification says."""


class TrustError(CredentialError):
    """The trust list, or the clock, that it would be judged by cannot be relied on."""


class CannotUnsealError(CredentialError):
    """It is not sealed, not to a key held here, or its seal does not open."""


class UntrustedIssuerError(CredentialError):
    """No issuer that is trusted now, and for this zone, stands behind it."""


class InvalidSignatureError(CredentialError):
    """The issuer's signature does not hold."""


class OutsideValidityError(CredentialError):
    """Not now, or not here."""


class StatusError(CredentialError):
    """Its status cannot be established."""


class RevokedError(CredentialError):
    """Its issuer withdrew it."""


class IncompatibleReferenceError(CredentialError):
    """Its biometric reference cannot be compared by this gate."""


class TrustListError(OstiaryError):
    """A trust list, status list or key file that cannot be used."""


class StorageError(OstiaryError):
    """A file that cannot be read or written."""


class RegistryError(StorageError):
    """An act that the registry of passes does not allow as things stand."""


class FetchError(OstiaryError):
    """A file that cannot be fetched over the network."""


class DeviceError(OstiaryError):
    """A device that does not do its work."""


class CaptureError(DeviceError):
    """A camera, video or photograph that yields no picture."""


class UnfitSourceError(CaptureError):
    """A source of pictures or codes that cannot serve, however long one waits."""


class ActuatorError(DeviceError):
    """A door that does not answer."""


class TokenError(DeviceError):
    """A hardware token that is absent, refuses, or keeps another key."""


class ModelError(OstiaryError):
    """A model that is missing, has a wrong digest, or cannot be loaded or fetched."""


class EnrolmentError(OstiaryError):
    """No reference can be made from what was captured.

    Attributes:
        reason: why, from the closed list.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class EvaluationError(OstiaryError):
    """Pictures, or a list of them, from which no error rates can be told."""


class ConfigurationError(OstiaryError):
    """A setting that is missing, unknown or out of range."""


class JournalError(OstiaryError):
    """A journal, or something taken from one, that is not as it has to be."""


class TamperedError(JournalError):
    """What lies in a journal is not what was signed; the message says where."""


class WriteFailedError(JournalError):
    """An entry that did not reach the disk; what it is about must not be done."""
