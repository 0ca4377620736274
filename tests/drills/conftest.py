from pathlib import Path

import pytest

from ostiary.gate.clock import SystemClock
from tests.drills.company import Company


@pytest.fixture
def unfounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A company before its first day, with all its clocks in one hand."""
    company = Company(tmp_path / "company")
    monkeypatch.setattr(SystemClock, "now", company.hand.tell())
    return company


@pytest.fixture
def company(unfounded: Company) -> Company:
    """A company with an owner, an issuer and a zone, and no gate yet."""
    unfounded.found()
    return unfounded
