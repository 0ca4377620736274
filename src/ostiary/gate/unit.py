"""A systemd unit for one gate, as narrow as its configuration lets it be.

What a gate needs follows from its settings: which devices, which addresses, which
folder it writes to. Everything else is shut (systemd.exec(5), systemd.resource-control
(5)). Two doors stay open that a service without neural networks would shut, since
OpenVINO compiles them to machine code when it loads: memory that is written and then
executed, and the processor's description in /proc and /sys.
"""

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ostiary.config import GateConfig, sections_of
from ostiary.errors import ConfigurationError

_MARK: Final = "# Written by `ostiary gate install`; SHA-256 of what follows: "

_STATE: Final = Path("/var/lib")

_SERIAL: Final = ("ttyACM", "ttyAMA", "ttyS", "ttyUSB")
"""Kinds of serial ports, as /proc/devices calls them."""

_HARDENING: Final = """\
# Nothing of its memory reaches a disk.
LimitCORE=0
MemorySwapMax=0
# It is nobody, may become nobody else, and has no rights of its own.
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictSUIDSGID=yes
PrivateUsers=yes
KeyringMode=private
UMask=0077
# It sees a system that it cannot change, and of other processes nothing.
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateMounts=yes
PrivateIPC=yes
ProtectProc=invisible
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
RemoveIPC=yes
# The calls that a service makes, and none of those that change the machine.
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @obsolete
SystemCallErrorNumber=EPERM
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What a unit is written for.

    Attributes:
        config: what the gate is told.
        path: where that lies; whole, from the root.
        source: the camera.
        models: the directory of models; None: the account's cache.
        program: the `ostiary` command; whole, from the root.
        user: the gate's account.
        kiosk: whether it serves the page that people at the door look at.
        allowed: networks of those who look at its pages and figures.
        peers: addresses of the other gates that its attendants watch.
    """

    config: GateConfig
    path: Path
    source: str
    models: Path | None
    program: Path
    user: str
    kiosk: bool = False
    allowed: tuple[str, ...] = ()
    peers: tuple[str, ...] = ()


def unit_of(wanted: Installation) -> str:
    """The unit, whole.

    Raises:
        ConfigurationError: something that a unit cannot say, or cannot reach once it
            is as narrow as this.
    """
    _refuse_unreachable(wanted)
    lines = "\n".join(_lines(wanted))
    digest = hashlib.sha256(lines.encode()).hexdigest()
    return f"{_MARK}{digest}\n{lines}"


def is_ours(text: str) -> bool:
    """Whether a unit is one that was written here and not changed since."""
    first, _, rest = text.partition("\n")
    digest = hashlib.sha256(rest.encode()).hexdigest()
    return first == f"{_MARK}{digest}"


def _lines(wanted: Installation) -> Iterator[str]:
    yield from (
        "[Unit]",
        f"Description=Ostiary gate of zone {_specified(wanted.config.zone)}",
        "After=time-sync.target network.target",
        "# A gate that fails is started again for as long as it takes.",
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        "Type=notify",
        f"ExecStart={' '.join(map(_quoted, _command(wanted)))}",
        "Environment=PYTHONDONTWRITEBYTECODE=1",
        f"User={wanted.user}",
        "Restart=always",
        "RestartSec=2",
        "TimeoutStartSec=60",
        "# A loop that stands still is ended, and started again.",
        "WatchdogSec=30",
        *_written(wanted.config),
        *_HARDENING.splitlines(),
        *_devices(wanted),
        *_network(wanted),
        "",
        "[Install]",
        "WantedBy=multi-user.target",
        "",
    )


def _command(wanted: Installation) -> list[str]:
    models = [] if wanted.models is None else ["--models", str(wanted.models)]
    return [
        str(wanted.program),
        *("gate", "run", "--config", str(wanted.path), "--source", wanted.source),
        *(["--kiosk"] if wanted.kiosk else []),
        *models,
    ]


def _written(config: GateConfig) -> Iterator[str]:
    """The folders that the gate writes to, and no others."""
    yield "# What it notes for itself, and nothing else, can be written."
    for folder in sorted(
        {config.files.high_water.parent, config.files.attempts.parent}
    ):
        if folder.is_relative_to(_STATE):
            yield f"StateDirectory={_quoted(str(folder.relative_to(_STATE)))}"
            yield "StateDirectoryMode=0700"
        else:
            yield f"ReadWritePaths={_quoted(str(folder))}"


def _folders(config: GateConfig) -> set[Path]:
    return {config.files.high_water.parent, config.files.attempts.parent}


def _devices(wanted: Installation) -> Iterator[str]:
    yield "# The devices that it is wired to."
    groups = dict(_device_groups(wanted))
    yield f"PrivateDevices={'no' if groups else 'yes'}"
    yield "DevicePolicy=closed"
    for kind in groups:
        yield f"DeviceAllow={kind} rw"
    if groups:
        yield f"SupplementaryGroups={' '.join(sorted(set(groups.values())))}"


def _device_groups(wanted: Installation) -> Iterator[tuple[str, str]]:
    """Kinds of devices, as /proc/devices calls them, and who may use them on Debian."""
    reader = wanted.config.reader
    if any(re.fullmatch(r"[0-9]{1,3}|/dev/.*", each) for each in _cameras(wanted)):
        yield "char-video4linux", "video"
    if reader.driver == "keyboard":
        yield "char-input", "input"
    if wanted.config.gpio is not None:
        yield "char-gpiochip", "gpio"
    if wanted.config.osdp is not None or reader.driver == "serial":
        yield from ((f"char-{kind}", "dialout") for kind in _SERIAL)


def _cameras(wanted: Installation) -> tuple[str, ...]:
    """The camera, and one for codes where there is one."""
    reader = wanted.config.reader
    return wanted.source, *([reader.device] if reader.driver == "second-camera" else [])


def _network(wanted: Installation) -> Iterator[str]:
    """The addresses that the configuration names, and no others."""
    addresses = sorted(set(_addresses(wanted)))
    yield "# The addresses that its settings name."
    if not addresses:
        yield "PrivateNetwork=yes"
        yield "RestrictAddressFamilies=AF_UNIX"
        return
    yield "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6"
    yield "IPAddressDeny=any"
    local = [each for each in addresses if ip_network(each).is_loopback]
    others = [each for each in addresses if each not in local]
    yield f"IPAddressAllow={' '.join([*(['localhost'] if local else []), *others])}"


def _addresses(wanted: Installation) -> Iterator[str]:
    config = wanted.config
    yield from _clients(wanted)
    if config.power is not None:
        yield config.power.supply[1]
    if config.broker is not None:
        local = config.broker.host == "localhost"
        yield _address("broker.host", "127.0.0.1" if local else config.broker.host)
    for source in _cameras(wanted):
        if "://" in source:
            yield _address_of("the camera's rtsp address", source)
    for peer in wanted.peers:
        yield _address_of("the file of another gate", peer)


def _clients(wanted: Installation) -> Iterator[str]:
    """Those who look at pages and figures: whoever is named, or this machine alone."""
    for what, address in _served(wanted):
        if ip_address(address).is_loopback:
            yield address
        elif not wanted.allowed:
            raise ConfigurationError(
                f"{what} {address} is for other machines, and the unit lets none in: "
                "say which, such as --allow 192.0.2.0/24"
            )
    for network in wanted.allowed:
        try:
            yield str(ip_network(network))
        except ValueError:
            raise ConfigurationError(
                f"--allow {network!r} is no network such as 192.0.2.0/24"
            ) from None


def _served(wanted: Installation) -> Iterator[tuple[str, str]]:
    """What other machines may look at, and at which address of this one."""
    config = wanted.config
    if config.metrics is not None:
        yield "metrics.listen", config.metrics.address[0]
    if wanted.kiosk or config.attendants.staff is not None:
        yield "pages.address", config.pages.address


def _address_of(where: str, url: str) -> str:
    """The address in a URL; another machine would have to be asked for a name."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return _address(where, host)


def _address(where: str, host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        raise ConfigurationError(
            "the unit allows the addresses that it names and no others: write an "
            f"address into {where}, not its name"
        ) from None


def _refuse_unreachable(wanted: Installation) -> None:
    """Refuse what would lie where the unit cannot look."""
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,30}", wanted.user):
        raise ConfigurationError(f"{wanted.user!r} cannot be the name of an account")
    if wanted.user == "root":
        raise ConfigurationError("a gate does not run as root: --user ostiary")
    if wanted.path.parent in _folders(wanted.config):
        raise ConfigurationError(
            "a gate that may write to the folder of its own configuration could change "
            "it: let files.high_water and files.attempts lie in /var/lib/ostiary"
        )
    for what, path in _reached(wanted):
        if not path.is_absolute():
            raise ConfigurationError(f"{what} {path} is to be whole, from the root on")
        if path.parts[1:2] in {("home",), ("root",), ("tmp",)}:
            raise ConfigurationError(
                f"{what} {path} lies where the unit cannot look (/home, /root, /tmp); "
                "put it below /opt, /etc or /var/lib"
            )


def _reached(wanted: Installation) -> Iterable[tuple[str, Path]]:
    yield "the command", wanted.program
    yield "the configuration", wanted.path
    for name, section in sections_of(wanted.config):
        for each in dataclasses.fields(section):
            for path in _paths(getattr(section, each.name)):
                yield f"{name}.{each.name}", path
    reader = wanted.config.reader
    if reader.driver == "nfc-simulated":
        yield "reader.device", Path(reader.device)
    if wanted.models is not None:
        yield "the directory of models", wanted.models


def _paths(value: object) -> Iterator[Path]:
    match value:
        case Path():
            yield value
        case tuple():
            yield from (each for each in value if isinstance(each, Path))
        case _:
            return


def _quoted(argument: str) -> str:
    """An argument as a unit's command line writes it (systemd.service(5))."""
    escaped = _specified(argument).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("$", "$$") + '"'


def _specified(text: str) -> str:
    """Text in a unit: without anything that would end the line, or be expanded."""
    if not text.isprintable():
        raise ConfigurationError("a name with control characters cannot be in a unit")
    return text.replace("%", "%%")
