"""`ostiary trust`: which issuers the gates believe."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from ostiary.cli.clock import now
from ostiary.cli.options import HomeOption
from ostiary.cli.sign_file import sign_file
from ostiary.credential import LIMITS, IssuerPublicKey, TrustedIssuer, load_key
from ostiary.errors import TrustListError
from ostiary.storage.files import read_limited
from ostiary.storage.home import Home, check_file_name

app = typer.Typer(help="Say which issuers the gates believe.", no_args_is_help=True)
app.command("sign-file")(sign_file)


@app.command("add")
def add(
    issuer: Annotated[
        str,
        typer.Argument(
            metavar="NAME-OR-FILE",
            help="An issuer of yours, or the file of a public key.",
        ),
    ],
    zone: Annotated[
        list[str], typer.Option(help="A zone that it may issue for; once for each.")
    ],
    days: Annotated[
        int, typer.Option(min=1, max=3650, help="How long, from now.")
    ] = 365,
    another_key: Annotated[
        bool,
        typer.Option(
            "--another-key", help="It is another key of an issuer trusted already."
        ),
    ] = False,
    home: HomeOption = None,
) -> None:
    """Trust an issuer's key; what was said of the same key before is replaced."""
    owned, start = Home.at(home), now()
    zones = frozenset(check_file_name(each) for each in zone)
    key = _public_key(owned, issuer)
    trusted = TrustedIssuer(key, start, start + timedelta(days=days), zones)
    owned.add_trusted(trusted, another_key=another_key)
    typer.echo(_describe(trusted, start))
    typer.echo(f"Wrote {owned.trust_path}")
    typer.echo("Next: bring it to the gates; their setting files.trust names it.")


@app.command("show")
def show(home: HomeOption = None) -> None:
    """Show whom the trust list names, for which zones, and how long."""
    trust, at = Home.at(home).trust(), now()
    for issuer in trust.issuers:
        typer.echo(_describe(issuer, at))
    if not trust.issuers:
        typer.echo("The trust list is empty: every pass is refused.")
        typer.echo("Next: ostiary trust add NAME-OR-FILE --zone ZONE")


def _public_key(home: Home, issuer: str) -> IssuerPublicKey:
    if issuer in home.issuers():
        return home.issuer_public_key(issuer)
    key = load_key(read_limited(Path(issuer), LIMITS.key_file_bytes))
    if not isinstance(key, IssuerPublicKey):
        raise TrustListError(
            f"{issuer} is not the public key of an issuer; that is what "
            "'ostiary keys export' writes"
        )
    return key


def _describe(issuer: TrustedIssuer, at: datetime) -> str:
    ended = " (ended)" if at >= issuer.not_after else ""
    later = " (not yet)" if at < issuer.not_before else ""
    return (
        f"issuer {issuer.key.name}: key {issuer.key.identifier.hex()}, "
        f"{issuer.not_before:%Y-%m-%d} to {issuer.not_after:%Y-%m-%d}{ended}{later}, "
        f"zones: {', '.join(sorted(issuer.zones)) or 'none'}"
    )
