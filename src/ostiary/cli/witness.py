"""`ostiary witness`: sign that journals of others only ever grew."""

import os
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
import uvicorn

from ostiary.cli.clock import now
from ostiary.errors import JournalError
from ostiary.journal import NoteKey
from ostiary.journal.note import Note, dump_note
from ostiary.journal.witnessing import Refusal, read_asked
from ostiary.storage.files import read_limited, write_atomically
from ostiary.storage.witness import Refused, WitnessState
from ostiary.witness import make_app
from ostiary.witness.server import BODY_BYTES

app = typer.Typer(
    help="Sign that journals of others only ever grew.", no_args_is_help=True
)

StateOption: TypeAlias = Annotated[
    Path, typer.Option("--state", file_okay=False, help="The witness's directory.")
]

_WHY = {
    Refusal.MALFORMED: "it is no checkpoint with a proof",
    Refusal.NOT_SIGNED: "the journal's key has not signed it",
    Refusal.UNKNOWN: "this journal is not followed; see ostiary witness follow",
    Refusal.REWRITTEN: "the journal was REWRITTEN since it was signed here last",
}


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="Such as witness.example/one.")],
    state: StateOption,
) -> None:
    """Begin a witness, and print the key that policies name."""
    witness = WitnessState.begin(state, name, os.urandom)
    typer.echo(f"Began {state}. Public key: {witness.note_key.text}")


@app.command("follow")
def follow(
    key: Annotated[str, typer.Argument(help="A journal's public key.")],
    state: StateOption,
) -> None:
    """Sign what that journal shows from now on."""
    read = NoteKey.read(key)
    WitnessState.open(state).follow(read)
    typer.echo(f"Follows {read.name}")


@app.command("sign")
def sign(
    file: Annotated[
        Path,
        typer.Argument(
            dir_okay=False,
            help="What `ostiary journal checkpoint --grown-from` wrote.",
        ),
    ],
    out: Annotated[
        Path, typer.Option(dir_okay=False, help="File for the signed checkpoint.")
    ],
    state: StateOption,
) -> None:
    """Sign a checkpoint that came on a stick."""
    witness, body = WitnessState.open(state), read_limited(file, BODY_BYTES)
    answer = witness.add_checkpoint(body, now())
    if isinstance(answer, Refused):
        raise JournalError(f"not signed: {_why(answer)}")
    asked = read_asked(body, witness.follows().logs)
    if isinstance(asked, Refusal):
        raise JournalError("not signed: the journal is no longer followed")
    note = Note(asked.note.text, (*asked.note.signatures, answer))
    write_atomically(out, dump_note(note))
    typer.echo(f"Wrote {out}; ostiary journal cosign takes it")


@app.command("serve")
def serve(
    state: StateOption,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535)] = 8_470,
) -> None:
    """Answer journals that ask over the network (C2SP tlog-witness).

    It speaks http: put it behind something that speaks https where others than this
    machine ask. Signatures need no secrecy; who asks may well.
    """
    witness = WitnessState.open(state)
    typer.echo(f"{witness.note_key.text} at http://{host}:{port}")
    uvicorn.run(
        make_app(witness, now),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=32,
        timeout_keep_alive=10,
    )


def _why(refused: Refused) -> str:
    if refused.refusal is Refusal.CONFLICT:
        return (
            f"{refused.size} entries were signed here last; if the journal has as many "
            f"or more, bring: ostiary journal checkpoint --grown-from {refused.size}; "
            "if not, entries were taken out or changed"
        )
    return _WHY[refused.refusal]
