"""`ostiary desk`: the desk's pages."""

import os
import secrets
import sys
import webbrowser
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer

from ostiary.cli import desk_token
from ostiary.cli.clock import now
from ostiary.cli.demo import ATTACK_DETECTOR, choose_chain, choose_detector
from ostiary.cli.options import HomeOption, ModelsOption, model_store
from ostiary.demo.desk_home import add_account, make_desk, write_gate
from ostiary.desk.enrolment import ABSENT, enrolments
from ostiary.desk.printing import require_printing
from ostiary.desk.service import Desk
from ostiary.staff import StaffRole
from ostiary.storage.home import Home
from ostiary.vision.chain import chain_names
from ostiary.web.browser import has_screen
from ostiary.web.desk.server import Place, make_site
from ostiary.web.desk.server import serve as serve_desk
from ostiary.web.wallet import save_wallet

app = typer.Typer(
    help="Serve the desk's pages, at which passes are issued.", no_args_is_help=True
)
app.add_typer(desk_token.app, name="token")

PORT: Final = 8480

_UNSAFE: Final = "attack detection is off"

_TRYING: Final = """\
Sign in as {name} with the password  {password}
In the end, save the pass; then, while this runs, show it to a gate:
  {program} gate run --config {gate} --source 0 --show-decisions{models}
Keys, records and accounts go with this command. Ctrl-C ends it."""


@app.command("serve")
def serve(
    address: Annotated[
        str, typer.Option(help="An IP address of this machine.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0 for one that is free.")
    ] = PORT,
    host: Annotated[
        list[str] | None,
        typer.Option(help="A name by which browsers call it; once for each."),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="PEM file; with it other machines may come.", dir_okay=False),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(help="PEM file of the certificate's private key.", dir_okay=False),
    ] = None,
    wallet: Annotated[
        str | None,
        typer.Option(
            help="Where holders' wallet lies: https://passes.example/wallet/.",
            show_default="on this server",
        ),
    ] = None,
    chain: Annotated[
        str, typer.Option(help="Which extraction chain makes the templates.")
    ] = chain_names()[0],
    without_attack_detection: Annotated[
        bool,
        typer.Option(
            "--unsafe-without-attack-detection",
            help="Enrol faces that nothing has searched for signs of a picture.",
        ),
    ] = False,
    models: ModelsOption = None,
    home: HomeOption = None,
) -> None:
    """Serve the desk's pages to staff: owners and issuers. Ctrl-C ends it."""
    require_printing()
    opened = Desk.open(Home.at(home), os.urandom)
    place = Place(
        address=address,
        port=port,
        hosts=tuple(host or ()),
        certificate=certificate,
        key=key,
    )
    # Before the models are loaded, which takes seconds.
    place.tls()
    detector = ABSENT if without_attack_detection else ATTACK_DETECTOR
    begin = enrolments(chain, detector, model_store(models))
    unsafe = (_UNSAFE,) if detector == ABSENT else ()
    site = make_site(opened, begin, now, unsafe, wallet)
    serve_desk(site, place, lambda origin: _tell(origin, unsafe))


@app.command("try")
def try_(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0 for one that is free.")
    ] = PORT,
    models: ModelsOption = None,
) -> None:
    """Try a desk: everything it takes is made for you, and goes with the command."""
    require_printing()
    store = model_store(models)
    chain = choose_chain(store)
    detector = choose_detector(store)
    begin = enrolments(chain, detector, store)
    with TemporaryDirectory(prefix="ostiary-desk-") as folder:
        opened = make_desk(Path(folder), now(), os.urandom)
        name, password = "owner", "-".join(secrets.token_hex(2) for _ in range(4))
        add_account(opened.home, name, StaffRole.OWNER, password, os.urandom)
        gate = write_gate(opened.home, chain, detector)
        unsafe = (_UNSAFE,) if detector == ABSENT else ()

        def ready(origin: str) -> None:
            _tell(origin, unsafe)
            if unsafe:
                typer.echo("The gate has none, either, so that it refers everybody.")
            said = (
                "" if models is None else f" --models {quote(str(models.absolute()))}"
            )
            told = _TRYING.format(
                name=name,
                password=password,
                # In a checkout it is on nobody's path.
                program=quote(str(Path(sys.argv[0]).absolute())),
                gate=gate,
                models=said,
            )
            typer.echo(told)
            if has_screen(os.environ):
                webbrowser.open(origin)

        serve_desk(make_site(opened, begin, now, unsafe), Place(port=port), ready)


@app.command("wallet")
def wallet(
    out: Annotated[Path, typer.Option(help="The folder; an older page is renewed.")],
) -> None:
    """Write the wallet's page for any host of static files.

    Passes stand in the links of their holders, and not among these files.
    """
    save_wallet(out)
    typer.echo(f"wrote {out}: serve it over https, from an origin of its own")


def _tell(origin: str, unsafe: tuple[str, ...]) -> None:
    for what in unsafe:
        typer.echo(f"UNSAFE: {what}")
    typer.echo(f"The desk is at {origin}")
