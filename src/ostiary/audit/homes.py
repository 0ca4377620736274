"""An owner's own audit: of the home's journal, and of the logs that lie beside it.

audit/policy       keys of gates' journals, witnesses, quorum (C2SP tlog-policy)
audit/logs/NAME/   a log, or a link to one: what a gate publishes
audit/kept/FILE    an older checkpoint that was kept elsewhere
"""

from collections.abc import Sequence
from pathlib import Path

from ostiary.audit.logs import Audit, Evidence, audit_logs
from ostiary.errors import JournalError, StorageError
from ostiary.journal import JOURNAL_LIMITS, read_checkpoint, read_note
from ostiary.journal.policy import MOST_BYTES, WitnessPolicy, read_policy
from ostiary.storage.files import read_if_there, read_limited
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal


def audit_home(home: Home) -> Audit:
    """Audit all of it; what cannot be read of a log is a finding.

    Raises:
        JournalError: the policy is none, or a file that was kept is no checkpoint.
        StorageError: a file or folder cannot be read.
        TrustListError: the journal's key is not private.
    """
    own, policy = Journal.open(home.journal_path).reader, policy_of(home)
    keys = {} if policy is None else dict(policy.logs)
    kept = [read_kept(path) for path in _inside(home.audit_path / "kept")]
    logs = [own.path, *_inside(home.audit_path / "logs")]
    return audit_logs(logs, Evidence({**keys, own.key.name: own.key}, kept, policy))


def policy_of(home: Home) -> WitnessPolicy | None:
    """Which witnesses have to have signed; None: nobody is asked for.

    Raises:
        JournalError: it is no policy.
        StorageError: it cannot be read.
    """
    data = read_if_there(home.audit_path / "policy", MOST_BYTES)
    return None if data is None else read_policy(data)


def read_kept(path: Path) -> bytes:
    """The signed note of a checkpoint that was kept elsewhere; not checked.

    Raises:
        JournalError: it is none.
        StorageError: it cannot be read.
    """
    note = read_limited(path, JOURNAL_LIMITS.note_bytes)
    try:
        read_checkpoint(read_note(note).text)
    except JournalError as error:
        raise JournalError(f"{path} is no checkpoint: {error}") from None
    return note


def _inside(folder: Path) -> Sequence[Path]:
    """What lies in a folder, by name; nothing where there is none."""
    try:
        return sorted(folder.iterdir()) if folder.exists() else ()
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror}") from None
