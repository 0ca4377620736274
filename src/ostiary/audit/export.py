"""An audit as JSON, for other programs."""

import json
from collections.abc import Mapping
from typing import TypeAlias

from ostiary.audit.findings import Finding
from ostiary.audit.gates import GateFigures
from ostiary.audit.logs import Audit, LogAudit
from ostiary.journal import DeskHour

Json: TypeAlias = Mapping[str, object]


def to_json(audit: Audit) -> str:
    """All figures, findings and entries that it counted; moments in UTC."""
    content = {
        "wrong": audit.wrong,
        "findings": [_finding(each) for each in audit.findings],
        "logs": [_log(each) for each in audit.logs],
        "gates": [_gate(each) for each in audit.gates],
        "unchecked": list(audit.unchecked),
    }
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _finding(finding: Finding) -> Json:
    return {
        "kind": finding.kind.value,
        "wrong": finding.wrong,
        "log": finding.log,
        "entry": finding.index,
        "detail": finding.detail,
    }


def _log(log: LogAudit) -> Json:
    return {
        "path": f"{log.path}",
        "origin": log.origin,
        "verified": log.verified,
        "entries": log.size,
        "kept": list(log.kept),
        "witnesses": {who: at.isoformat() for who, at in log.signers.items()},
        "openings": [
            {
                "at": each.at.isoformat(),
                "gate": each.gate,
                "reason": each.reason.value,
                "attendant": each.attendant.hex(),
                "second": log.seconds[place].hex() if place in log.seconds else None,
            }
            for place, each in enumerate(log.openings)
        ],
        "releases": [
            {"at": each.at.isoformat(), "gate": each.gate, "cause": each.cause.value}
            for each in log.releases
        ],
        "changes": [
            {"entry": each.index, "at": each.at.isoformat(), "what": each.what}
            for each in log.changes
        ],
        "desks": {
            account.hex(): [_hour(hour) for hour in hours]
            for account, hours in log.desks.items()
        },
    }


def _hour(hour: DeskHour) -> Json:
    return {
        "at": hour.at.isoformat(),
        "issued": hour.issued,
        "revoked": hour.revoked,
    }


def _gate(gate: GateFigures) -> Json:
    return {
        "log": gate.log,
        "name": gate.name,
        "openings": gate.openings,
        "uncovered": gate.uncovered,
        "passages": gate.passages,
        "hours": gate.hours,
        "quiet": gate.quiet,
        "rate": gate.rate.value if gate.rate.trials else None,
        "interval": list(gate.rate.interval),
    }
