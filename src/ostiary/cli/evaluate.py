"""`ostiary evaluate`: error rates, measured offline on people who may be measured."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from ostiary.cli.clock import now
from ostiary.cli.options import ModelsOption, model_store
from ostiary.config import Vision
from ostiary.credential.template import Coding
from ostiary.evaluation.acquisition import FaceRule, Progress
from ostiary.evaluation.cache import NOTICE as CACHE_NOTICE
from ostiary.evaluation.cache import FeatureCache, FileCache, Maker, NoCache
from ostiary.evaluation.comparing import Protocol
from ostiary.evaluation.dataset import read_data_set
from ostiary.evaluation.pad.data import read_recordings
from ostiary.evaluation.pad.evaluate import Plan, evaluate_pad
from ostiary.evaluation.pad.report import NOTICE as PAD_NOTICE
from ostiary.evaluation.pad.report import report as pad_report
from ostiary.evaluation.pad.report import summary as pad_summary
from ostiary.evaluation.pad.results import dump_pad_evaluation
from ostiary.evaluation.pad.views import View
from ostiary.evaluation.report.summary import summary
from ostiary.evaluation.report.verification import report
from ostiary.evaluation.report.wording import NOTICE
from ostiary.evaluation.results import dump_evaluation
from ostiary.evaluation.ten_fold import read_pairs
from ostiary.evaluation.verification import evaluate
from ostiary.storage.files import write_atomically
from ostiary.vision.chain import FaceChain, open_attack_detector, open_chain

app = typer.Typer(help="Measure error rates, offline.", no_args_is_help=True)

MOST_IMAGES: Final = 30
"""As many as a transaction may fuse."""

AS_THE_CHAIN: Final = "chain"
NOT_CODED: Final = "none"
_CODINGS: Final = (AS_THE_CHAIN, *Coding, NOT_CODED)

STANDARD_OUTPUT: Final = Path("-")
"""Where the numbers go in place of the summary."""


@app.callback()
def evaluations() -> None:
    """What is measured has a name: `verification`, `pad`."""


@app.command("verification")
def verification(
    data: Annotated[
        Path, typer.Argument(help="A directory PERSON/IMAGE, or a CSV table.")
    ],
    pairs: Annotated[
        Path | None, typer.Option(help="Pairs in LFW's form, for the ten-fold figure.")
    ] = None,
    chain: Annotated[
        str, typer.Option(help="Which extraction chain compares.")
    ] = "retail-0095",
    coding: Annotated[
        str, typer.Option(help=f"Of references: {', '.join(_CODINGS)}.")
    ] = AS_THE_CHAIN,
    enrolment_images: Annotated[
        int, typer.Option(min=1, max=MOST_IMAGES, help="Pictures to a reference.")
    ] = 1,
    probe_images: Annotated[
        int, typer.Option(min=1, max=MOST_IMAGES, help="Pictures to a probe.")
    ] = 1,
    attempts: Annotated[
        int, typer.Option(min=1, max=MOST_IMAGES, help="Attempts to a transaction.")
    ] = 1,
    face: Annotated[
        FaceRule,
        typer.Option(help="The sole face, as at a gate; the central one, as in LFW."),
    ] = FaceRule.SOLE,
    cache: Annotated[
        Path | None,
        typer.Option(help="Keep features here, to resume. Biometric data!"),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json",
            help="Where to write all numbers; -: shown in place of the summary.",
        ),
    ] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="Where to write an HTML page.")
    ] = None,
    models: ModelsOption = None,
) -> None:
    """Measure FMR, FNMR, FAR and FRR of a chain.

    Every reference is compared with every probe: this is for research data, or for
    volunteers who agreed to exactly that. No photograph is kept, and features only in
    the file that --cache names. Interrupted, it goes on from there; without a cache it
    begins anew.
    """
    _refuse_unwritable(json_file, report_file, cache)
    typer.echo(NOTICE, err=True)
    loaded = open_chain(chain, model_store(models))
    protocol = Protocol(
        enrolment_images=enrolment_images,
        probe_images=probe_images,
        attempts=attempts,
        coding=_coding(coding, loaded),
        face=face,
    )
    listed = read_pairs(pairs) if pairs else ()
    data_set = read_data_set(data)
    with _features(cache, loaded, face) as features, _shown() as progress:
        evaluation = evaluate(
            data_set,
            loaded,
            protocol,
            pairs=listed,
            cache=features,
            at=now(),
            progress=progress,
        )
    _publish(summary(evaluation), dump_evaluation(evaluation), json_file)
    if report_file:
        write_atomically(report_file, report(evaluation))


@app.command("pad")
def pad(
    data: Annotated[
        Path,
        typer.Argument(help="A directory bona-fide/SUBJECT/ and SPECIES/SUBJECT/."),
    ],
    chain: Annotated[
        str, typer.Option(help="Which extraction chain compares.")
    ] = "retail-0095",
    attack_detector: Annotated[
        str, typer.Option(help="Which attack detector is measured.")
    ] = "appearance",
    view: Annotated[
        View, typer.Option(help="How pictures are shown to the gate.")
    ] = View.BY_SIZE,
    probe_frames: Annotated[
        int, typer.Option(min=1, max=MOST_IMAGES, help="Frames to a presentation.")
    ] = Vision().probe_frames,
    worse_conditions: Annotated[
        bool,
        typer.Option(
            "--worse-conditions", help="Look again in the dark, blurred, far away..."
        ),
    ] = False,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json",
            help="Where to write all numbers; -: shown in place of the summary.",
        ),
    ] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="Where to write an HTML page.")
    ] = None,
    models: ModelsOption = None,
) -> None:
    """Measure APCER, BPCER and IAPAR of an attack detector.

    Pictures and videos of people and of attacks go the gate's own way. This is for
    research data, or for volunteers who agreed to exactly that; nothing is kept of them
    but numbers. docs/presentation-attacks.md says how to run a day of tests.
    """
    _refuse_unwritable(json_file, report_file)
    typer.echo(PAD_NOTICE, err=True)
    recordings = read_recordings(data)
    store = model_store(models)
    with _shown() as progress:
        evaluation = evaluate_pad(
            recordings,
            open_chain(chain, store),
            open_attack_detector(attack_detector, store),
            Plan(
                view=view,
                probe_frames=probe_frames,
                worse_conditions=worse_conditions,
            ),
            at=now(),
            progress=progress,
        )
    _publish(pad_summary(evaluation), dump_pad_evaluation(evaluation), json_file)
    if report_file:
        write_atomically(report_file, pad_report(evaluation))


def _refuse_unwritable(json_file: Path | None, *others: Path | None) -> None:
    """Before an hour of work, rather than after it."""
    if STANDARD_OUTPUT in others:
        raise typer.BadParameter("-: only --json goes to the standard output")
    for path in (json_file, *others):
        if path is not None and path != STANDARD_OUTPUT and not _is_writable(path):
            what = "a file in a folder that can be written to"
            raise typer.BadParameter(f"{path}: {what}")


def _is_writable(path: Path) -> bool:
    folder = path.absolute().parent
    return not path.is_dir() and folder.is_dir() and os.access(folder, os.W_OK)


def _publish(lines: Iterable[str], numbers: bytes, json_file: Path | None) -> None:
    """The summary to the standard output, unless the numbers take its place."""
    if json_file == STANDARD_OUTPUT:
        typer.echo(numbers, nl=False)
        return
    for line in lines:
        typer.echo(line)
    if json_file:
        write_atomically(json_file, numbers)


def _coding(name: str, chain: FaceChain) -> Coding | None:
    if name not in _CODINGS:
        raise typer.BadParameter(f"--coding is one of {', '.join(_CODINGS)}")
    if name == NOT_CODED:
        return None
    return chain.coding if name == AS_THE_CHAIN else Coding(name)


@contextmanager
def _features(
    path: Path | None, chain: FaceChain, face: FaceRule
) -> Iterator[FeatureCache]:
    """A cache where one was asked for; what is new is written however this ends."""
    cache: FeatureCache = NoCache()
    afterwards = "begins anew next time; --cache would keep what is done"
    if path is not None:
        typer.echo(f"{path} {CACHE_NOTICE}", err=True)
        rules = f"{face}; {chain.limits}; {chain.enrolment_limits}"
        cache = FileCache(path, Maker(chain.extractor, rules, chain.dimensions))
        afterwards = f"goes on from {path} next time"
    try:
        yield cache
    except KeyboardInterrupt:
        typer.echo(f"interrupted; {afterwards}", err=True)
        raise
    finally:
        cache.close()


@contextmanager
def _shown() -> Iterator[Progress]:
    """Progress on the terminal, a step to a line, as often as it looks different."""
    last: tuple[str, int] | None = None

    def show(step: str, done: int, total: int) -> None:
        nonlocal last
        percent = 100 * done // max(total, 1)
        if last == (step, percent):
            return
        if last is not None and last[0] != step:
            typer.echo("", err=True)
        last = step, percent
        bar = "#" * (percent // 4)
        typer.echo(f"\r{step:<14} [{bar:<25}] {percent:>3}%", nl=False, err=True)

    try:
        yield show
    finally:
        if last is not None:
            typer.echo("", err=True)
