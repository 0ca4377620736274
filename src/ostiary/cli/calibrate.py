"""`ostiary calibrate`: from measured error rates to a threshold of one's own.

Besides `ostiary evaluate` the only command that imports the evaluation. Many
comparisons are formed here, of research data or of volunteers who agreed to exactly
that; no gate can import it.
"""

import secrets
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from ostiary.calibration import MOST_IMAGES, Fusion, dump_calibration
from ostiary.capture.sources import open_source
from ostiary.cli.clock import now
from ostiary.cli.options import ModelsOption, model_store, print_progress
from ostiary.config import load_config
from ostiary.credential.checks import check_name
from ostiary.errors import ConfigurationError
from ostiary.evaluation.calibrating import Calibrated, calibrate
from ostiary.evaluation.capturing import capture as capture_sitting
from ostiary.evaluation.consent import TEXT, VERSION, require_consent
from ostiary.evaluation.results import MAX_BYTES, read_evaluation
from ostiary.evaluation.sealed_captures import SealedCaptures
from ostiary.evaluation.site import evaluate_captures, lowest_fmr, people_for
from ostiary.evaluation.volunteers import MOST_FRAMES, Captures, Sitting
from ostiary.gate.clock import SystemClock
from ostiary.reasons import ADVICE, Reason
from ostiary.storage.files import create_atomically, locked, read_limited
from ostiary.vision.chain import FaceChain, open_chain

app = typer.Typer(
    help="Set a gate's comparison threshold by measured error rates.",
    no_args_is_help=True,
)


def _checked(name: str) -> str:
    """A name as files of ours can hold it."""
    try:
        check_name(name)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return name


TargetOption: TypeAlias = Annotated[
    float,
    typer.Option(
        min=1e-9, max=0.5, help="The FMR of one comparison that is not to be passed."
    ),
]
OutOption: TypeAlias = Annotated[
    Path,
    typer.Option(help="A new file; the gate's setting files.calibration names it."),
]
ConfigOption: TypeAlias = Annotated[
    Path, typer.Option(help="The gate's configuration: chain, standing zone, frames.")
]
CapturesOption: TypeAlias = Annotated[
    Path, typer.Option(help="The sealed file of what volunteers gave.")
]
KeyOption: TypeAlias = Annotated[
    Path, typer.Option(help="Its key, in another folder, best on a stick.")
]
VolunteerOption: TypeAlias = Annotated[
    str,
    typer.Option(help="A number or made-up name, not their own.", callback=_checked),
]


@app.command("evaluation")
def evaluation(
    file: Annotated[
        Path, typer.Argument(help="What `ostiary evaluate verification --json` wrote.")
    ],
    target_fmr: TargetOption,
    out: OutOption,
) -> None:
    """Turn an evaluation into a calibration file."""
    measured = read_evaluation(read_limited(file, MAX_BYTES))
    _write(calibrate(measured, target_fmr, now()), out)


@app.command("plan")
def plan(
    people: Annotated[int, typer.Option(min=2, max=1_000_000, help="Volunteers.")] = 30,
) -> None:
    """Say what so many volunteers can show, before anybody is asked."""
    _say_what_they_show(people)
    for fmr in (0.01, 0.001, 0.0001):
        typer.echo(f"FMR {fmr:g} takes {people_for(fmr):,} people at least")
    typer.echo("Whatever they show, the threshold is never below the built-in one.")


@app.command("capture")
def capture(
    config: ConfigOption,
    captures: CapturesOption,
    key: KeyOption,
    volunteer: VolunteerOption,
    session: Annotated[
        str, typer.Option(help="Which sitting of theirs, as 1 or 2.", callback=_checked)
    ],
    source: Annotated[
        str,
        typer.Option(help="A camera (0, /dev/video0, rtsp://...), a video, a folder."),
    ],
    consent: Annotated[
        str | None,
        typer.Option(help="Version of the consent text that the volunteer accepted."),
    ] = None,
    frames: Annotated[
        int, typer.Option(min=2, max=MOST_FRAMES, help="Usable frames to take.")
    ] = 12,
    models: ModelsOption = None,
) -> None:
    """Take one sitting of a consenting volunteer; no picture is kept."""
    require_consent(consent)
    typer.echo(f"The volunteer accepted, in version {VERSION}:\n\n{TEXT}")
    settings, sealed = load_config(config), SealedCaptures(captures, key)
    chain = open_chain(settings.vision.chain, model_store(models))
    with locked(captures):
        known = _known(sealed, chain)
        known.refuse_twice(volunteer, session)
        features = capture_sitting(
            open_source(source, SystemClock(settings.clock_zone)),
            chain,
            settings.vision.zone,
            frames,
            _guide,
        )
        sitting = Sitting(
            volunteer=volunteer,
            session=session,
            consent=VERSION,
            features=features,
        )
        added = known.with_sitting(sitting)
        try:
            if not known.sittings:
                sealed.begin(secrets.token_bytes)
            sealed.write(added, secrets.token_bytes)
        finally:
            added.forget()
    typer.echo(f"took {frames} frames of {volunteer}, session {session}")
    _say_what_they_show(len(added.volunteers))


@app.command("withdraw")
def withdraw(
    captures: CapturesOption, key: KeyOption, volunteer: VolunteerOption
) -> None:
    """Take out what a volunteer gave; with the last one, everything is destroyed."""
    sealed = SealedCaptures(captures, key)
    with locked(captures):
        left = sealed.read().without(volunteer)
        if left.sittings:
            sealed.write(left, secrets.token_bytes)
            left.forget()
        else:
            sealed.destroy()
    typer.echo(f"took out {volunteer}; volunteers left: {len(left.volunteers)}")


@app.command("finish")
def finish(
    config: ConfigOption,
    captures: CapturesOption,
    key: KeyOption,
    name: Annotated[
        str, typer.Option(help="What to call the site.", callback=_checked)
    ],
    target_fmr: TargetOption,
    enrolment_images: Annotated[
        int,
        typer.Option(
            min=1, max=MOST_IMAGES, help="Pictures that passes are enrolled from."
        ),
    ],
    out: OutOption,
    models: ModelsOption = None,
) -> None:
    """Compute and write the calibration, and destroy what volunteers gave."""
    settings, sealed = load_config(config), SealedCaptures(captures, key)
    chain = open_chain(settings.vision.chain, model_store(models))
    with locked(captures):
        known = sealed.read()
        _refuse_other_chain(known, chain)
        try:
            measured = evaluate_captures(
                name,
                known,
                chain,
                Fusion(enrolment_images, settings.vision.probe_frames),
                target_fmr=target_fmr,
                at=now(),
                progress=print_progress,
            )
        finally:
            known.forget()
        _write(calibrate(measured, target_fmr, now()), out)
        sealed.destroy()
    typer.echo("The key and the captures are destroyed.")


def _known(sealed: SealedCaptures, chain: FaceChain) -> Captures:
    """What was captured so far; with another chain it could not be compared."""
    if not sealed.exist():
        return Captures(chain.extractor, chain.dimensions)
    known = sealed.read()
    _refuse_other_chain(known, chain)
    return known


def _refuse_other_chain(known: Captures, chain: FaceChain) -> None:
    if known.extractor != chain.extractor:
        raise ConfigurationError(
            f"the captures are of {known.extractor}, the gate runs {chain.extractor}"
        )


def _write(calibrated: Calibrated, out: Path) -> None:
    calibration = calibrated.calibration
    create_atomically(out, dump_calibration(calibration))
    typer.echo(
        f"for FMR {calibration.target_fmr:g}: measured {calibration.measured:.4f}, "
        f"upper end {calibration.upper:.4f}, so the threshold is "
        f"{calibration.threshold:.4f}"
    )
    if calibration.threshold > calibration.upper:
        typer.echo("It is the built-in one: no calibration is looser.")
    typer.echo(f"FNMR there: {calibrated.fnmr_per_person:.2g}, one comparison")
    typer.echo(f"wrote {out}; the gate's setting files.calibration names it")


def _say_what_they_show(people: int) -> None:
    if people > 1:
        typer.echo(
            f"with {people:,} people you can show FMR <= {lowest_fmr(people):.2g}, "
            "not less"
        )


def _guide(reason: Reason) -> None:
    typer.echo(f"  {ADVICE[reason].holder}")
