"""The transitions while a person is asked to move: ahead, the moves, ahead again.

Three things are asked of every look: what it looks like, whose face it is, and whether
it follows the one before. Only then does a move in it count (docs/adr/0038).
"""

from dataclasses import replace
from typing import Final

from ostiary.policy import Compared, NotVerified, decide
from ostiary.presentation import appearance, challenge, continuity, fusion
from ostiary.presentation.challenge import Motion, Move, Order, Progress, Reading, Sight
from ostiary.presentation.continuity import Run
from ostiary.reasons import Reason
from ostiary.terms import (
    Appearance,
    Challenge,
    ComparisonDecision,
    Features,
    Outcome,
    Probe,
    Undetermined,
)
from ostiary.transaction.conclusion import Step, conclude, discard, forget
from ostiary.transaction.effects import ClearTries, DrawMoves, Effect, Guide, Prompt
from ostiary.transaction.events import (
    DeviceFailed,
    Event,
    FaceObserved,
    MotionObserved,
    MovesDrawn,
)
from ostiary.transaction.rules import ANOTHER_SCENE, Rules, expired
from ostiary.transaction.states import AwaitingChallenge, AwaitingLastLook, State

SAID_IN_MOTION: Final = frozenset(
    {
        Reason.NO_FACE,
        Reason.SEVERAL_FACES,
        Reason.FACE_CUT_OFF,
        Reason.FACE_TOO_CLOSE,
    }
)
"""What somebody who moves is told: where to stand. Not how to hold the head, or to hold
it still: they move it as they were asked."""


def awaiting_moves(
    state: AwaitingChallenge | AwaitingLastLook,
    event: Event,
    seconds: float,
    rules: Rules,
) -> Step:
    """Take one event while somebody is asked to move, or to look ahead after it."""
    if isinstance(event, DeviceFailed):
        return conclude(NotVerified(event.reason), seconds, (state.face.values,))
    match state:
        case AwaitingChallenge():
            return _awaiting_challenge(state, event, seconds, rules)
        case AwaitingLastLook():
            return _awaiting_last_look(state, event, seconds, rules)


def _awaiting_challenge(
    state: AwaitingChallenge, event: Event, seconds: float, rules: Rules
) -> Step:
    match event:
        case MovesDrawn(order) if state.run and not state.progress:
            return _prompted(state, order, seconds)
        case MotionObserved(Motion() as motion):
            return _looked(state, motion, seconds, rules)
        case MotionObserved(Undetermined(reason)):
            return _unseen(state, reason, seconds, rules)
        case _:
            return _advanced(state, None, seconds, rules, discard(event))


def _prompted(state: AwaitingChallenge, order: Order, seconds: float) -> Step:
    progress = challenge.begin(order, seconds)
    return replace(state, progress=progress), (Prompt(progress.move),)


def _looked(
    state: AwaitingChallenge, motion: Motion, seconds: float, rules: Rules
) -> Step:
    """Take one look at a person who moves: its looks, whose face it is, the move."""
    forgotten = forget((motion.features.values,))
    if appearance.judge(motion.scores) is Appearance.ATTACK:
        looks, outcome = Appearance.ATTACK, Challenge.NOT_MADE
        return _challenged(state.face, looks, outcome, seconds, forgotten)
    reading = _reading(state.face, motion, rules)
    run = _followed(state, motion, reading, seconds, rules)
    scores = (*state.scores, *motion.scores)
    looked = replace(state, run=run, scores=scores, guidance=None)
    taken = _advanced(looked, _counted(looked, reading), seconds, rules, forgotten)
    return taken if state.guidance is None else _prompt_again(*taken)


def _unseen(
    state: AwaitingChallenge, reason: Reason, seconds: float, rules: Rules
) -> Step:
    """Take a look that shows no face that could be measured."""
    run = None if reason in ANOTHER_SCENE else state.run
    said = state.progress is None or reason in SAID_IN_MOTION
    guidance = reason if said else state.guidance
    state = replace(state, run=run, guidance=guidance)
    guided = (Guide(reason),) if said else ()
    return _advanced(state, Sight.UNCLEAR, seconds, rules, guided)


def _advanced(
    state: AwaitingChallenge,
    reading: Reading | None,
    seconds: float,
    rules: Rules,
    also: tuple[Effect, ...],
) -> Step:
    """Go on by one look, or by a moment without one."""
    progress, face, looks = state.progress, state.face, state.appearance
    if progress is None:
        if expired(state.since, seconds, rules.move_seconds):
            return _challenged(face, looks, Challenge.NOT_MADE, seconds, also)
        begins = reading is Move.LOOK_AHEAD and state.run is not None
        return state, (*also, DrawMoves()) if begins else also
    next_ = challenge.advance(progress, reading, seconds, rules.move_seconds)
    if next_ is Challenge.MADE:
        looks = fusion.worst(looks, appearance.judge(state.scores))
        waiting = AwaitingLastLook(face, looks, seconds)
        return waiting, (*also, Prompt(Move.LOOK_AHEAD))
    if isinstance(next_, Challenge):
        return _challenged(face, looks, next_, seconds, also)
    asked = (Prompt(next_.move),) if next_.since != progress.since else ()
    return replace(state, progress=next_), (*also, *asked)


def _reading(face: Features, motion: Motion, rules: Rules) -> Reading:
    """What a look shows of a move, by the holder's face."""
    reading = challenge.read(motion.parallax)
    same = rules.same_face(face, motion.features)
    # A sheet is one whoever it shows: tilted far, it is hardly recognised.
    return reading if same or reading is Sight.PICTURE else Sight.UNCLEAR


def _counted(state: AwaitingChallenge, reading: Reading) -> Reading:
    """What a reading counts for: the move that is asked for, only within a run.

    Another move, or a sheet, is one whether or not it was followed.
    """
    asked = state.progress is not None and reading is state.progress.move
    return Sight.UNCLEAR if asked and state.run is None else reading


def _followed(
    state: AwaitingChallenge,
    motion: Motion,
    reading: Reading,
    seconds: float,
    rules: Rules,
) -> Run | None:
    """The run of looks, with this one.

    A face that is turned far may not be recognised: it neither counts nor breaks the
    run, which lasts as long without it as without a look.
    """
    here = Run(motion.place, seconds)
    if reading is Move.LOOK_AHEAD and motion.scores:
        return here
    if state.run is None or not continuity.goes_on(state.run, motion.place, seconds):
        return None
    return here if rules.same_face(state.face, motion.features) else state.run


def _prompt_again(state: State, effects: tuple[Effect, ...]) -> Step:
    """Ask once more for a move, after the person was told something else."""
    match state:
        case AwaitingChallenge(progress=Progress() as progress):
            prompt = Prompt(progress.move)
            return state, effects if prompt in effects else (*effects, prompt)
        case _:
            return state, effects


def _awaiting_last_look(
    state: AwaitingLastLook, event: Event, seconds: float, rules: Rules
) -> Step:
    late = expired(state.since, seconds, rules.move_seconds)
    scores = () if late else _last_scores(state, event, rules)
    forgotten = discard(event)
    if not late and len(scores) < rules.probe_frames:
        return replace(state, scores=scores), (*forgotten, *_guidance(event))
    looks = fusion.worst(state.appearance, appearance.judge(scores))
    return _challenged(state.face, looks, Challenge.MADE, seconds, forgotten)


def _last_scores(
    state: AwaitingLastLook, event: Event, rules: Rules
) -> tuple[float | None, ...]:
    """The scores so far, with that of a look at the very face that moved."""
    match event:
        case FaceObserved(Probe(features, score)):
            same = rules.same_face(state.face, features)
            return (*state.scores, score) if same else state.scores
        case _:
            return state.scores


def _challenged(
    face: Features,
    looks: Appearance,
    outcome: Challenge,
    seconds: float,
    also: tuple[Effect, ...] = (),
) -> Step:
    """The comparison was a match; the looks and the moves decide the rest."""
    evidence = Compared(ComparisonDecision.MATCH, fusion.decide(looks, outcome))
    if decide(evidence).outcome is Outcome.GRANT:
        also = (*also, ClearTries())
    return conclude(evidence, seconds, (face.values,), also)


def _guidance(event: Event) -> tuple[Effect, ...]:
    match event:
        case FaceObserved(Undetermined(reason)):
            return (Guide(reason),)
        case _:
            return ()
