"""`ostiary gate try`: a gate for whoever has just found this project."""

import sys
from typing import Annotated

import typer

from ostiary.cli.demo import MESH, choose_chain, choose_detector, pull
from ostiary.cli.options import ModelsOption, model_store
from ostiary.demo.trial import try_gate
from ostiary.desk.consent import require_consent


def try_(
    source: Annotated[
        str,
        typer.Option(help="A camera (0, /dev/video0, rtsp://...), a video, a folder."),
    ] = "0",
    consent: Annotated[
        str | None,
        typer.Option(help="The consent text that you accept; else the page asks you."),
    ] = None,
    models: ModelsOption = None,
) -> None:
    """Try a gate on yourself: get a pass on a page, show it, walk through.

    The door is simulated. Keys and pass go with the command; nothing of you is kept.
    """
    if consent is not None:
        require_consent(consent)
    store = model_store(models)
    chain = choose_chain(store)
    pull(store, MESH)
    detector = choose_detector(store)
    if detector == "absent":
        typer.echo("Attack detection is not here: the gate refers everybody.")
    try_gate(
        source,
        store=store,
        chain_name=chain,
        attack_detector=detector,
        consented=consent is not None,
        page=sys.stdout,
    )
