"""The process of the desk's pages: one owner's directory, on one address."""

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import uvicorn

from ostiary.desk.enrolment import Enrolment
from ostiary.desk.service import Desk
from ostiary.errors import ConfigurationError
from ostiary.staff import Limits
from ostiary.web.connections import Loop
from ostiary.web.desk.app import links, make_desk_app
from ostiary.web.desk.counter import Counter
from ostiary.web.desk.site import ISSUERS, DeskSite
from ostiary.web.desk.studio import Studio
from ostiary.web.entrance import Entrance
from ostiary.web.languages import Languages
from ostiary.web.serving import limit_files, open_listener, settings_of
from ostiary.web.tls import serving
from ostiary.web.wallet import wallet_address

LIMITS: Final = Limits(idle_seconds=15 * 60.0, whole_seconds=10 * 3600.0)
"""How long staff stay signed in; docs/adr/0061."""

SETTLING_SECONDS: Final = 60.0
"""How often hours that are over are looked for, to be entered in the journal."""

PRUNING_SECONDS: Final = 3600.0
"""How often records are looked for whose time is over (`RETENTION`, in days)."""

TELLING_SECONDS: Final = 60.0
"""How often hours that are over are looked for, to be told to the owner."""

FORGETTING_SECONDS: Final = 5.0
"""How often it is looked for enrolments that nobody goes on with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a desk's pages are served.

    Attributes:
        address: an IP address of this machine's.
        port: 0 for one that is free.
        hosts: names by which browsers may call it, beside the address.
        certificate: PEM file; None: without TLS, for this machine alone.
        key: PEM file of its private key; None: it lies with the certificate.
    """

    address: str = "127.0.0.1"
    port: int = 0
    hosts: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None

    def tls(self) -> ssl.SSLContext | None:
        """What it is served with.

        Raises:
            ConfigurationError: it would be served to others without TLS, or with a
                certificate that cannot be used.
        """
        if self.certificate is None:
            if self.key is not None:
                raise ConfigurationError("a key without a certificate: --certificate")
            if not _parsed(self.address).is_loopback:
                raise ConfigurationError(
                    "without TLS a desk is served on this machine alone: give "
                    "--certificate and --key, or leave --address out"
                )
            return None
        try:
            return serving(self.certificate, self.key)
        except OSError as error:
            why = None if isinstance(error, ssl.SSLError) else error.strerror
            raise ConfigurationError(
                "certificate and key cannot be used together: "
                f"{why or 'not PEM, not of one another, or under a password'}"
            ) from None

    def listener(self) -> socket.socket:
        """A socket that listens there.

        Raises:
            ConfigurationError: the address is taken, or not this machine's.
        """
        _parsed(self.address)
        try:
            return open_listener(self.address, self.port)
        except OSError as error:
            raise ConfigurationError(
                f"{self.address} port {self.port} cannot be served at: {error.strerror}"
            ) from None

    def origin(self, port: int) -> str:
        """How a browser calls it, by its first name or its address."""
        scheme = "http" if self.certificate is None else "https"
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{scheme}://{self.hosts[0] if self.hosts else address}:{port}"

    @property
    def names(self) -> tuple[str, ...]:
        """By which names it may be called."""
        return ("localhost", self.address, *self.hosts)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        raise ConfigurationError(f"--address {address!r}: not an IP address") from None


def make_site(
    desk: Desk,
    begin: Callable[[], Enrolment],
    now: Callable[[], datetime],
    unsafe: tuple[str, ...] = (),
    wallet: str | None = None,
) -> DeskSite:
    """What the pages of a desk share.

    Args:
        desk: the home, its registry and its journal.
        begin: makes an enrolment.
        now: the time, in UTC, to the second.
        unsafe: what is switched off, for every page to say.
        wallet: where holders' wallet lies; None: on this server.

    Raises:
        ConfigurationError: no wallet can lie there.
    """
    if wallet is not None:
        wallet_address(wallet)
    entrance = Entrance(
        staff=desk.home.staff, limits=LIMITS, roles=ISSUERS, cookie="desk"
    )
    studio = Studio(begin, entrance.seconds)
    counter = Counter(desk, studio, now, entrance.seconds)
    return DeskSite(
        desk, entrance, now, Languages(), studio, counter, links(), unsafe, wallet
    )


def serve(site: DeskSite, place: Place, ready: Callable[[str], None]) -> None:
    """Serve a desk's pages until this process is told to stop.

    Args:
        site: what the pages share.
        place: where.
        ready: told the address when browsers may come.

    Raises:
        ConfigurationError: the place cannot be served at.
    """
    tls = place.tls()
    with place.listener() as listener:
        # What a browser sends is nobody's log line, and neither is a traceback over it.
        logging.disable()
        limit_files()
        server = uvicorn.Server(settings_of(make_desk_app(site, place.names), tls))
        ready(place.origin(listener.getsockname()[1]))
        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(serve_until_told(site, server, listener))


async def serve_until_told(
    site: DeskSite, server: uvicorn.Server, listener: socket.socket
) -> None:
    """Serve, and meanwhile do what has its time."""
    chores = [
        asyncio.create_task(each(site)) for each in (_settle, _prune, _forget, _tell)
    ]
    try:
        await server.serve(sockets=[listener])
    finally:
        for chore in chores:
            chore.cancel()
        await site.counter.close()
        site.studio.close()
        site.tally.close()


async def _settle(site: DeskSite) -> None:
    while True:
        # What cannot be entered now is told by the next act, and entered later.
        with site.tally.going_on():
            await asyncio.to_thread(site.desk.settle, site.now())
        await asyncio.sleep(SETTLING_SECONDS)


async def _prune(site: DeskSite) -> None:
    while True:
        # What cannot be done now, as its registry is away, is done later.
        for chore in (site.desk.mend, site.desk.prune):
            with site.tally.going_on():
                await asyncio.to_thread(chore, site.now())
        await asyncio.sleep(PRUNING_SECONDS)


async def _forget(site: DeskSite) -> None:
    def is_there(who: str) -> bool:
        return site.entrance.session(who) is not None

    while True:
        # A model that fails while it forgets must not keep the others from it.
        with site.tally.going_on():
            await site.studio.forget_idle()
        with site.tally.going_on():
            await site.counter.forget_idle(is_there)
        await asyncio.sleep(FORGETTING_SECONDS)


async def _tell(site: DeskSite) -> None:
    while True:
        site.tally.tell()
        await asyncio.sleep(TELLING_SECONDS)
