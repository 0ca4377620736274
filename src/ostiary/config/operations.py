"""The sections for whoever watches over a gate: figures, power, log."""

import re
from dataclasses import dataclass

from ostiary.config.addresses import split_address
from ostiary.config.setting import REQUIRED, setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Figures and health for whoever watches over the gate; off without the section."""

    listen: str = setting(
        "127.0.0.1:9161",
        unit="address:port",
        source="this machine alone; docs/adr/0044 says what can be read there",
    )

    @property
    def address(self) -> tuple[str, int]:
        """Where to listen."""
        return split_address(self.listen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """The supply that bridges a power cut; none without the section."""

    ups: str = setting(
        REQUIRED, unit="name@address:port", source="as upsd of NUT calls it"
    )
    low_seconds: float = setting(
        5.0,
        unit="seconds",
        source="a battery that is called low once may be a blip (docs/adr/0045)",
        within=(0, 300),
    )
    lost_seconds: float = setting(
        15.0,
        unit="seconds",
        source="as long as upsmon's DEADTIME: silence on battery is a low battery",
        within=(1, 300),
    )
    back_seconds: float = setting(
        30.0,
        unit="seconds",
        source="power that returns may go again (docs/adr/0045)",
        within=(0, 3600),
    )

    @property
    def supply(self) -> tuple[str, str, int]:
        """Name of the supply, and address and port of its upsd."""
        name, _, where = self.ups.partition("@")
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name):
            raise ValueError("write it like ups@127.0.0.1:3493")
        return name, *split_address(where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What a gate writes for its owner, by the hour."""

    form: str = setting(
        "text", unit="text or json", source="people read it first, machines when asked"
    )

    @property
    def is_json(self) -> bool:
        """Whether each line is a JSON object."""
        if self.form not in {"text", "json"}:
            raise ValueError('it is "text" or "json"')
        return self.form == "json"
