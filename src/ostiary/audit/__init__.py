"""The auditor: what journals say, whether it may be believed, and what stands out."""

from ostiary.audit.export import to_json
from ostiary.audit.findings import Finding, FindingKind
from ostiary.audit.logs import Audit, Evidence, LogAudit, audit_logs
from ostiary.audit.page import to_html
from ostiary.audit.summary import to_text

__all__ = [
    "Audit",
    "Evidence",
    "Finding",
    "FindingKind",
    "LogAudit",
    "audit_logs",
    "to_html",
    "to_json",
    "to_text",
]
