"""`ostiary audit`: journals, verified and summed up without a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from ostiary.audit import Audit, Evidence, audit_logs, to_html, to_json, to_text
from ostiary.audit.homes import read_kept
from ostiary.cli.options import HomeOption
from ostiary.errors import ConfigurationError
from ostiary.journal import NoteKey
from ostiary.journal.policy import MOST_BYTES, WitnessPolicy, read_policy
from ostiary.storage.files import read_limited, write_atomically
from ostiary.storage.home import Home
from ostiary.storage.journal import Journal

NOT_AS_EXPECTED: Final = 1


def audit(
    logs: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Journals' logs, or copies of them.",
            metavar="[LOG]...",
            show_default="that of the home",
        ),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help="A journal's public key, as it was told. Repeatable."),
    ] = None,
    policy: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="Keys of journals, and which witnesses have to have signed.",
        ),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(
            dir_okay=False,
            help="An older checkpoint that was kept elsewhere. Repeatable.",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the report as a page.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON in the place of tables.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Verify journals, and say who opened what, and what stands out.

    Exit code 1 says that something breaks a rule. What could not be checked is said at
    the end.
    """
    kept = [read_kept(path) for path in against or ()]
    asked = None if policy is None else read_policy(read_limited(policy, MOST_BYTES))
    paths, keys = _journals(logs or (), _keys(key or (), asked), home)
    done = audit_logs(paths, Evidence({each.name: each for each in keys}, kept, asked))
    _show(done, html, as_json=as_json)
    if done.wrong:
        raise typer.Exit(NOT_AS_EXPECTED)


def _keys(told: Sequence[str], policy: WitnessPolicy | None) -> list[NoteKey]:
    listed = policy.logs.values() if policy is not None else ()
    return [*map(NoteKey.read, told), *listed]


def _journals(
    logs: Sequence[Path], keys: list[NoteKey], home: Path | None
) -> tuple[Sequence[Path], list[NoteKey]]:
    if logs and not keys:
        raise ConfigurationError(
            "a log cannot vouch for itself: give its public key by --key or --policy"
        )
    if logs:
        return logs, keys
    path = Home.at(home).journal_path
    if not path.exists():
        raise ConfigurationError(f"no journal in {path.parent}: nothing was entered")
    reader = Journal.open(path).reader
    return [reader.path], [*keys, reader.key]


def _show(done: Audit, html: Path | None, *, as_json: bool) -> None:
    if html is not None:
        write_atomically(html, to_html(done).encode())
    typer.echo(to_json(done) if as_json else to_text(done), nl=False)
    if html is not None and not as_json:
        typer.echo(f"Wrote {html}")
