"""Several journals, audited offline against what was kept elsewhere."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from ostiary.audit.findings import Finding, FindingKind
from ostiary.audit.gates import GateFigures, gate_figures, outliers
from ostiary.audit.trail import Change, Trail
from ostiary.errors import JournalError, StorageError
from ostiary.journal import (
    Checkpoint,
    DeskHour,
    DoorReleased,
    NoteKey,
    Opening,
    read_checkpoint,
    read_note,
)
from ostiary.journal.policy import WitnessPolicy
from ostiary.storage.journal import JournalReader


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an auditor holds besides the logs.

    Attributes:
        keys: of the journals, by origin.
        kept: older checkpoints of any of them, as signed notes.
        policy: which witnesses have to have signed; None: nobody is asked for.
    """

    keys: Mapping[str, NoteKey]
    kept: Sequence[bytes] = ()
    policy: WitnessPolicy | None = None


@dataclass(frozen=True, slots=True)
class LogAudit:
    """What one journal came to.

    Attributes:
        path: where it lies.
        origin: which it is; its path where that cannot be told.
        size: entries that were verified; 0 where it does not verify.
        kept: sizes of the older checkpoints that it has grown from.
        signers: witnesses by name, and when each signed.
        findings: in the order of the entries.
        openings: by hand.
        seconds: who signed second, by the opening's place among them.
        releases: of doors, past their gates.
        changes: what owners did.
        gates: figures by gate.
        desks: hours by account.
    """

    path: Path
    origin: str
    size: int = 0
    kept: tuple[int, ...] = ()
    signers: Mapping[str, datetime] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    openings: tuple[Opening, ...] = ()
    seconds: Mapping[int, bytes] = field(default_factory=dict)
    releases: tuple[DoorReleased, ...] = ()
    changes: tuple[Change, ...] = ()
    gates: tuple[GateFigures, ...] = ()
    desks: Mapping[bytes, tuple[DeskHour, ...]] = field(default_factory=dict)

    @property
    def verified(self) -> bool:
        """Whether all that it says was signed."""
        return all(each.kind is not FindingKind.NOT_VERIFIED for each in self.findings)


@dataclass(frozen=True, slots=True)
class Audit:
    """What all of them came to.

    Attributes:
        logs: one by one.
        unusual: gates whose rate chance does not explain.
        unchecked: what no finding can speak of, in sentences.
    """

    logs: tuple[LogAudit, ...]
    unusual: tuple[Finding, ...]
    unchecked: tuple[str, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of all journals."""
        return (*(each for log in self.logs for each in log.findings), *self.unusual)

    @property
    def wrong(self) -> bool:
        """Whether anything breaks a rule."""
        return any(each.wrong for each in self.findings)

    @property
    def gates(self) -> tuple[GateFigures, ...]:
        """Of all journals."""
        return tuple(each for log in self.logs for each in log.gates)


def audit_logs(paths: Sequence[Path], evidence: Evidence) -> Audit:
    """Audit journals, each from its files.

    One that cannot be read or verified is a finding, and the others are audited.
    """
    logs = tuple(_apart(_once(_audit(path, evidence) for path in paths)))
    figures = [each for log in logs for each in log.gates]
    return Audit(logs, tuple(outliers(figures)), tuple(_unchecked(logs, evidence)))


def _once(logs: Iterable[LogAudit]) -> Iterator[LogAudit]:
    """Count no journal twice: a second copy of one is not verified."""
    there: dict[str, Path] = {}
    for log in logs:
        if there.setdefault(log.origin, log.path) is not log.path:
            detail = f"{log.path} is the same journal as {there[log.origin]}"
            finding = Finding(FindingKind.NOT_VERIFIED, log.origin, None, detail)
            yield LogAudit(log.path, log.origin, findings=(finding,))
        else:
            yield log


def _apart(logs: Iterable[LogAudit]) -> Iterator[LogAudit]:
    """Tell openings of one journal that stand in one before it: an answer was copied.

    An assertion is for an entry, and does not say of which journal.
    """
    there: dict[Opening, str] = {}
    for log in logs:
        copied = tuple(
            Finding(
                FindingKind.REPLAYED,
                log.origin,
                None,
                f"gate {opening.gate}, {opening.at:%F %T}: in {there[opening]} too",
            )
            for opening in log.openings
            if there.setdefault(opening, log.origin) != log.origin
        )
        yield replace(log, findings=(*log.findings, *copied))


def _audit(path: Path, evidence: Evidence) -> LogAudit:
    origin = f"{path}"
    try:
        origin, key = _key_of(path, evidence)
        reader = JournalReader(path, key)
        trail = Trail(origin)
        # Before: a log that grows meanwhile has newer ones than what is verified.
        cosigned = reader.cosigned()
        checkpoint = reader.verify(trail.see)
        kept = tuple(
            reader.grown_from(note, checkpoint).size
            for note in _of(evidence.kept, origin)
        )
        seen = [(reader.grown_from(note, checkpoint).size, note) for note in cosigned]
        signers, unseen = _witnessed(seen, checkpoint, evidence.policy)
    except (JournalError, StorageError) as error:
        # Nothing that such a log says may be counted.
        finding = Finding(FindingKind.NOT_VERIFIED, origin, None, f"{error}")
        return LogAudit(path, origin, findings=(finding,))
    trail.find_gaps()
    return LogAudit(
        path,
        origin,
        checkpoint.size,
        kept,
        signers,
        (*unseen, *trail.findings),
        tuple(trail.openings),
        trail.seconds,
        tuple(trail.releases),
        tuple(trail.changes),
        tuple(gate_figures(trail)),
        {account: tuple(hours.values()) for account, hours in trail.desks.items()},
    )


def _key_of(path: Path, evidence: Evidence) -> tuple[str, NoteKey]:
    """Which journal a log claims to be, and the key that the auditor has of it."""
    origin = _origin(JournalReader.unchecked_note(path))
    key = evidence.keys.get(origin)
    if key is None:
        raise JournalError(f"it says that it is {origin}, and no key of it is given")
    return origin, key


def _origin(note: bytes) -> str:
    """Printable, whoever wrote it: it is shown before any signature is checked."""
    return read_checkpoint(read_note(note).text).origin


def _of(notes: Sequence[bytes], origin: str) -> list[bytes]:
    return [note for note in notes if _origin(note) == origin]


def _witnessed(
    cosigned: Sequence[tuple[int, bytes]],
    checkpoint: Checkpoint,
    policy: WitnessPolicy | None,
) -> tuple[Mapping[str, datetime], list[Finding]]:
    """Who signed the newest checkpoint that was shown to witnesses, and what is not."""
    if policy is None:
        return {}, []
    newest: Mapping[str, datetime] = {}
    for seen, note in cosigned:
        signers = policy.signers(read_note(note))
        if policy.suffices(signers):
            return signers, _unseen(checkpoint, seen if signers else 0)
        newest = newest or signers
    if policy.suffices(()):
        return newest, []
    names = ", ".join(sorted(newest)) or "nobody"
    detail = f"its quorum is {policy.quorum}, and {names} signed"
    finding = Finding(FindingKind.NOT_WITNESSED, checkpoint.origin, None, detail)
    return newest, [finding]


def _unseen(checkpoint: Checkpoint, seen: int) -> list[Finding]:
    if seen == checkpoint.size:
        return []
    detail = f"{checkpoint.size - seen} entries, from {seen} on"
    return [Finding(FindingKind.UNSEEN, checkpoint.origin, None, detail)]


def _unchecked(logs: Sequence[LogAudit], evidence: Evidence) -> list[str]:
    """What this audit cannot tell."""
    told = [
        "Whether doors were opened by hand without an entry: a journal cannot say.",
        "Whether doors were released while their gates were off, or by a wire that no "
        "gate hears.",
        "Who held an authenticator: its key answered, and perhaps its user's PIN.",
        "Whether the machine's clock was right: it says all moments.",
        "What owners loaded and signed: entries hold digests, and not the files.",
        "Rates of attendants: nobody enters who was on duty.",
    ]
    for log in logs:
        if log.verified and not log.kept and not log.signers:
            told.append(
                f"Whether entries of {log.origin} were taken out at the end, or all "
                "was written anew: nobody kept an older checkpoint."
            )
    origins = {log.origin for log in logs}
    for note in evidence.kept:
        if _origin(note) not in origins:
            told.append(f"A checkpoint that was kept of {_origin(note)}: no log of it.")
    if evidence.policy is None:
        told.append("Whether witnesses saw the same: no policy was given.")
    return told + [
        f"Gate {gate.name}: {gate.uncovered} openings in hours that it does not tell."
        for log in logs
        for gate in log.gates
        if gate.uncovered
    ]
