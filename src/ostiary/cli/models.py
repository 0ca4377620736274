"""`ostiary models`: which models there are, whose they are, whether they are sound."""

from collections.abc import Sequence
from typing import Annotated, Final

import typer

from ostiary.cli.options import ModelsOption, model_store, print_progress
from ostiary.vision.catalogue import (
    CARDS,
    ModelCard,
    RegistryArchive,
    RegistryWheel,
    Source,
    Web,
    find_card,
)
from ostiary.vision.store import ModelStore, Standing

app = typer.Typer(help="List, show, fetch and verify models.", no_args_is_help=True)

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(help="Names of models, as `list` shows them; none: all."),
]

_BYTES_PER_MB: Final = 1_000_000


@app.command("list")
def list_models(models: ModelsOption = None) -> None:
    """Show every model: its job, licence, size, and where it would be loaded from."""
    store = model_store(models)
    for card in CARDS:
        typer.echo(f"{card.name}: {card.job}")
        typer.echo(f"  licence   {card.licence}")
        typer.echo(f"  size      {card.size / _BYTES_PER_MB:.1f} MB")
        typer.echo(f"  found     {_whereabouts(store, card)}")


@app.command("show")
def show(names: NamesArgument = None, models: ModelsOption = None) -> None:
    """Show whole cards: what a model learned from, its source, digest and size."""
    store = model_store(models)
    for card in _cards(names):
        typer.echo(f"{card.name}: {card.job}")
        typer.echo(f"  licence   {card.licence}")
        typer.echo(f"  training  {card.training}")
        for line in _source(card.source):
            typer.echo(f"  source    {line}")
        typer.echo(f"  found     {_whereabouts(store, card)}")
        for file in card.files:
            typer.echo(f"  file      {file.name}, {file.size:,} bytes")
            typer.echo(f"    sha256  {file.sha256}")


@app.command("pull")
def pull(names: NamesArgument = None, models: ModelsOption = None) -> None:
    """Fetch what is missing into the user's cache; nothing else goes to the network."""
    store = model_store(models)
    for card in _cards(names):
        store.pull(card.name, print_progress)
        typer.echo(f"{card.name}: {Standing.VERIFIED}")


@app.command("verify")
def verify(names: NamesArgument = None, models: ModelsOption = None) -> None:
    """Look at every byte; fails when a model is missing or not what it should be."""
    store = model_store(models)
    standings = [
        (card.name, file, standing)
        for card in _cards(names)
        for file, standing in store.verify(card.name).items()
    ]
    for name, file, standing in standings:
        typer.echo(f"{standing:<13} {name}/{file}")
    if any(standing is not Standing.VERIFIED for _, _, standing in standings):
        raise typer.Exit(1)


def _cards(names: Sequence[str] | None) -> Sequence[ModelCard]:
    return [find_card(CARDS, name) for name in names] if names else CARDS


def _source(source: Source) -> tuple[str, ...]:
    match source:
        case Web(folder):
            return (folder,)
        case RegistryArchive(project, version, sha256, folder):
            archive = f"source archive of {project} {version}, from the registry"
            return archive, f"sha256 {sha256}", f"files in {folder}"
        case RegistryWheel(project, version, python, platform, sha256, folder):
            wheel = f"wheel of {project} {version}, from the registry; not installed"
            tags = f"built for Python {python}, {platform}"
            return wheel, tags, f"sha256 {sha256}", f"files in {folder}"


def _whereabouts(store: ModelStore, card: ModelCard) -> str:
    places = [store.locate(card.name, file.name) for file in card.files]
    folders = sorted({str(place.parent) for place in places if place is not None})
    if None not in places:
        return ", ".join(folders)
    return f"in part, in {', '.join(folders)}" if folders else "no"
