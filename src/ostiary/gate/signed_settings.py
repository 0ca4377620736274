"""Which of its own files a gate may start on.

A trust list that names a settings key asks for signed ones; nothing else turns that on,
or off again. A key that has ended or was compromised still asks, and vouches for
nothing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ostiary.config import Files, GateConfig, parse_config, read_config
from ostiary.credential import LIMITS, Act, FileKind, ListedSettings
from ostiary.errors import StorageError, TrustListError
from ostiary.gate.clock import SystemClock
from ostiary.storage.file_signatures import read_signature
from ostiary.storage.home import read_root_file, read_trust_file
from ostiary.storage.zone_keys import read_gate_key


@dataclass(frozen=True, slots=True)
class SettingsGuard:
    """Whoever may say what a gate's settings are, at one moment.

    Attributes:
        listed: settings keys that the trust list names; none asks for no signature.
        gate: name of the gate, as its own key has it; None if it has no key.
        at: now; timezone-aware.
    """

    listed: Sequence[ListedSettings]
    gate: str | None
    at: datetime

    @classmethod
    def of(cls, files: Files, at: datetime) -> "SettingsGuard":
        """Whom the trust list of a gate's files names.

        Raises:
            StorageError: the root document, the trust list or the gate's key cannot
                be read.
            TrustListError: one of them is not in order.
        """
        trust = read_trust_file(files.trust, read_root_file(files.root))
        own = None if files.gate_key is None else read_gate_key(files.gate_key).name
        return cls(trust.entries.settings, own, at)

    def check(self, path: Path, content: bytes, kind: FileKind) -> None:
        """Check that a file may be relied upon.

        Args:
            path: where it lies, and its signature beside it.
            content: the very bytes that are relied upon.
            kind: what they are read as.

        Raises:
            TrustListError: it has no signature that counts, and needs one.
        """
        if not self.listed:
            return
        try:
            self._check_signature(path, content, kind)
        except (StorageError, TrustListError) as error:
            raise TrustListError(
                f"{path}: the trust list names a settings key, so this gate starts on "
                f"signed files only: {error}"
            ) from None

    def _check_signature(self, path: Path, content: bytes, kind: FileKind) -> None:
        signature = read_signature(path)
        keys = [entry.key for entry in self.listed]
        signer = self.listed[
            keys.index(signature.check(content, kind, self.gate, keys))
        ]
        if signature.signed_at - self.at > LIMITS.clock_skew:
            raise TrustListError("signed in the future; check the clocks")
        if not signer.life.vouches(Act.SIGN_SETTINGS, signature.signed_at, self.at):
            raise TrustListError(
                f"the key of {signer.key.name!r} did not count when it signed, or does "
                "not any more"
            )


def load_signed_config(path: Path) -> GateConfig:
    """A gate's configuration, signed if its owner asks for that.

    Raises:
        ConfigurationError: as `load_config`.
        StorageError: the root document or the trust list cannot be read.
        TrustListError: one of them is not in order, or no signature counts.
    """
    config, _ = read_signed_config(path)
    return config


def read_signed_config(path: Path) -> tuple[GateConfig, bytes]:
    """The same, and the SHA-256 of the very bytes that it was read from.

    Raises:
        ConfigurationError: as `load_config`.
        StorageError: the root document or the trust list cannot be read.
        TrustListError: one of them is not in order, or no signature counts.
    """
    content = read_config(path)
    config = parse_config(content, path)
    now = SystemClock(config.clock_zone).now()
    SettingsGuard.of(config.files, now).check(path, content, FileKind.CONFIGURATION)
    return config, hashlib.sha256(content).digest()
