"""A desk that is killed while a program's pass is being made: `python -m` this."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final
from unittest.mock import patch

from ostiary.desk.service import Desk
from ostiary.storage.home import Home
from tests.web.programs import Program, stand_over

KEY: Final = "8e03978e-40d5-43dd-bc93-6894a57f9324"

MOMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reserved": "ostiary.desk.service.sign_pass",
        "signed": "ostiary.storage.registry.requests.Requests.note",
        "noted": "ostiary.web.desk.api.forms.Form.answer",
    }
)
"""What is called next, when a pass has come so far."""


def die(*_: object, **__: object) -> None:
    """As when the power goes."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(home: Path, moment: str, secret: str, ends: str) -> None:
    """Have a pass made, and die when it has come so far."""
    with (
        stand_over(Desk.open(Home(home), os.urandom)) as stand,
        patch(MOMENTS[moment], die),
    ):
        Program(stand.origin, secret).order(KEY, expires_at=ends)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
