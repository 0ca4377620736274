"""A systemd timer that removes records whose time is over, unasked."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ostiary.errors import ConfigurationError

TIMER: Final = "ostiary-prune.timer"

_SPECIAL: Final = re.compile(r"""[\s"'\\%$]""")
"""What systemd reads as something else than itself (systemd.syntax(7))."""

_SERVICE: Final = """\
[Unit]
Description=Ostiary removes records of passes whose time is over
After=time-sync.target

[Service]
Type=oneshot
User={user}
ExecStart={program} registry prune --home {home}
ReadWritePaths={home}
LimitCORE=0
NoNewPrivileges=yes
CapabilityBoundingSet=
PrivateTmp=yes
ProtectSystem=strict
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictNamespaces=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077
"""

_TIMER: Final = """\
[Unit]
Description=Ostiary removes records of passes daily

[Timer]
OnCalendar=daily
# Also after days on which the machine was off.
Persistent=yes
RandomizedDelaySec=1h

[Install]
WantedBy=timers.target
"""


def pruning_units(program: Path, home: Path, user: str) -> Mapping[str, str]:
    """The units, by the names of their files.

    Args:
        program: the `ostiary` command; whole, from the root.
        home: the owner's directory; whole, from the root. A registry in a file
            elsewhere takes a drop-in with ReadWritePaths.
        user: the account that they run as.

    Raises:
        ConfigurationError: a name that a unit cannot say.
    """
    for each in (str(program), str(home), user):
        if _SPECIAL.search(each):
            raise ConfigurationError(f"{each!r} cannot stand in a systemd unit")
    service = _SERVICE.format(program=program, home=home, user=user)
    return {TIMER: _TIMER, TIMER.replace(".timer", ".service"): service}
