"""`ostiary desk`: the desk's pages."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ostiary.cli import desk_token
from ostiary.cli.clock import now
from ostiary.cli.demo import ATTACK_DETECTOR
from ostiary.cli.options import HomeOption, ModelsOption, model_store
from ostiary.desk.enrolment import enrolments
from ostiary.desk.service import Desk
from ostiary.storage.home import Home
from ostiary.web.desk.server import Place, make_site
from ostiary.web.desk.server import serve as serve_desk

app = typer.Typer(
    help="Serve the desk's pages, at which passes are issued.", no_args_is_help=True
)
app.add_typer(desk_token.app, name="token")


@app.callback()
def desk() -> None:
    """Serve the desk's pages, at which passes are issued."""


@app.command("serve")
def serve(
    address: Annotated[
        str, typer.Option(help="An IP address of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8470,
    host: Annotated[
        list[str] | None,
        typer.Option(help="A name by which browsers call it; once for each."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="PEM file; needed for other machines.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="PEM file of the certificate's private key.")
    ] = None,
    chain: Annotated[
        str, typer.Option(help="Which extraction chain makes the templates.")
    ] = "retail-0095",
    models: ModelsOption = None,
    home: HomeOption = None,
) -> None:
    """Serve the desk's pages to staff, until Ctrl-C."""
    opened = Desk.open(Home.at(home), os.urandom)
    place = Place(
        address=address,
        port=port,
        hosts=tuple(host or ()),
        certificate=certificate,
        key=key,
    )
    begin = enrolments(chain, ATTACK_DETECTOR, model_store(models))
    serve_desk(make_site(opened, begin, now), place, _tell)


def _tell(origin: str) -> None:
    typer.echo(f"The desk is at {origin}")
