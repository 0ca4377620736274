"""`ostiary verify`: one pass, one photograph, the path that a gate takes."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ostiary.capture.photographs import load_photograph
from ostiary.capture.qr import qr_image
from ostiary.capture.stills import Stills
from ostiary.cli.options import HomeOption, ModelsOption, model_store
from ostiary.cli.pass_file import read_pass
from ostiary.config import Credentials, Files, GateConfig, Passage, Vision, check_config
from ostiary.errors import CaptureError, MalformedError
from ostiary.gate.assembly import equip
from ostiary.gate.attempts import NoMark
from ostiary.gate.clock import SystemClock
from ostiary.gate.displays import Recorder
from ostiary.gate.lines import DecisionLines
from ostiary.gate.loop import Gate
from ostiary.reasons import Reason
from ostiary.storage.home import Home
from ostiary.terms import Image, Outcome
from ostiary.vision.chain import Grade, grade_of

NOT_GRANTED = 1


def verify(
    credential: Annotated[
        Path, typer.Option(help="The pass: a picture of its code, its text or .ndef.")
    ],
    image: Annotated[Path, typer.Option(help="A photograph of the person there.")],
    zone: Annotated[
        str | None,
        typer.Option(
            help="The zone of the gate.", show_default="the only one with keys here"
        ),
    ] = None,
    time_zone: Annotated[
        str, typer.Option(help="Civil time zone in which hours are read.")
    ] = "UTC",
    chain: Annotated[
        str,
        typer.Option(help="Which extraction chain compares."),
    ] = "retail-0095",
    attack_detector: Annotated[
        str,
        typer.Option(help="Which attack detector assesses the photograph."),
    ] = "appearance",
    models: ModelsOption = None,
    home: HomeOption = None,
) -> None:
    """Check a pass and a photograph as a gate would.

    Says what the gate would do, and exits with 0 if it would open. One photograph
    instead of several frames, so that this is for trying and for help at the desk, not
    for a door.
    """
    owner = Home.at(home)
    weak = grade_of(chain) is Grade.EVALUATION
    if weak:
        typer.echo(f"{chain} is of evaluation grade: no gate should decide by it")
    name = owner.only_zone(zone)
    config = GateConfig(
        zone=name,
        time_zone=time_zone,
        files=Files(
            root=owner.root_path,
            trust=owner.trust_path,
            zone_keys=owner.zone_key_paths(name),
            status_lists=owner.status_paths(),
            high_water=owner.high_water_path,
        ),
        credentials=Credentials(),
        vision=Vision(
            chain=chain,
            attack_detector=attack_detector,
            standing_zone=(0.0, 0.0, 1.0, 1.0),
            probe_frames=1,
            unsafe_evaluation_grade_chain=weak,
        ),
        passage=Passage(door="simulated"),
    )
    check_config(config)
    record = Recorder()
    gear = equip(config, model_store(models), record)
    gate = Gate(replace(gear, attempts=NoMark()))
    pictures = (_code(read_pass(credential)), load_photograph(image))
    gate.run(Stills(pictures, SystemClock(config.clock_zone)))
    if record.decision is None or record.at is None:
        raise CaptureError("nothing was decided")
    DecisionLines(sys.stdout).announce(record.decision, record.at, record.stages)
    if record.decision.outcome is not Outcome.GRANT:
        raise typer.Exit(NOT_GRANTED)


def _code(text: str) -> Image:
    """The picture that a gate would see of the text."""
    try:
        return qr_image(text)
    except ValueError:
        # Nothing, or more than any code holds.
        reason = Reason.TEXT_TOO_LONG if text else Reason.TEXT_NOT_BASE45
        raise MalformedError(reason) from None
